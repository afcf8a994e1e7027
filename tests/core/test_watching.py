"""Operators' own starts and stops at supervisord, and the groups that they remove."""

from __future__ import annotations

import pytest

from supvisors.core.inputs import GroupRemoved
from supvisors.core.messages import Wanted
from supvisors.model import (
    BY_AUTOSTART,
    BY_COMMAND,
    BY_RELOAD,
    BY_SHUTDOWN,
    ProcessRule,
)
from supvisors.model import ProcessState as S
from tests.core.managed import Managed, ranks
from tests.core.stage import LOCAL


def wanted(it: Managed, name: str = "shop:web") -> Wanted:
    found = [intent.wanted for intent in it.core.view().intents if intent.name == name]
    return found[0] if found else "auto"


@pytest.fixture
def it() -> Managed:
    made = Managed(ranks(web=1), plain=["free:tool"])
    made.obey()
    return made


@pytest.mark.parametrize(
    ("cause", "after"),
    [
        (BY_COMMAND, "stopped"),
        (BY_SHUTDOWN, "started"),
        (BY_RELOAD, "started"),
        ("operator beta#1: restart_process shop:web", "started"),
    ],
)
def test_whose_stop_is_a_wish(it: Managed, cause: str, after: Wanted) -> None:
    it.tell("shop:web", LOCAL, S.STOPPING, S.STOPPED, cause=cause)
    assert wanted(it) == after


def test_a_stop_that_another_address_tells_is_told_by_its_own_agent(it: Managed) -> None:
    it.tell("shop:web", "beta", S.STARTING, S.RUNNING, S.STOPPING, S.STOPPED, cause=BY_COMMAND)
    assert wanted(it) == "started"


def test_a_start_by_hand_ends_the_wish(it: Managed) -> None:
    it.tell("shop:web", LOCAL, S.STOPPING, S.STOPPED, cause=BY_COMMAND)
    it.tell("shop:web", LOCAL, S.STARTING, cause=BY_AUTOSTART)
    assert wanted(it) == "stopped"
    it.tell("shop:web", LOCAL, S.RUNNING, S.STOPPING, S.STOPPED, cause=BY_SHUTDOWN)
    it.tell("shop:web", LOCAL, S.STARTING, cause=BY_COMMAND)
    assert wanted(it) == "started"


def test_a_stop_while_supervisor_waits_for_the_next_try_is_a_wish_too(it: Managed) -> None:
    it.tell("shop:web", LOCAL, S.BACKOFF)
    it.tell("shop:web", LOCAL, S.STOPPED, cause=BY_COMMAND)
    assert wanted(it) == "stopped"


def test_what_no_rule_names_has_no_wishes(it: Managed) -> None:
    it.tell("free:tool", LOCAL, S.STARTING, S.RUNNING, S.STOPPING, S.STOPPED, cause=BY_COMMAND)
    assert wanted(it, "free:tool") == "auto"


def test_of_what_runs_on_every_host_the_stop_of_one_is_no_wish() -> None:
    it = Managed({"shop:web": ProcessRule(start_sequence=1, single=False)})
    it.obey()
    it.tell("shop:web", LOCAL, S.STOPPING, S.STOPPED, cause=BY_COMMAND)
    assert wanted(it) == "started"


def test_a_group_that_is_removed_was_not_stopped_by_wish(it: Managed) -> None:
    it.tell("shop:web", LOCAL, S.STOPPING, S.STOPPED, cause=BY_COMMAND)
    tap = it.taps[LOCAL]
    it.turn(GroupRemoved(LOCAL, tap.boot, tap.next(), "shop"))
    assert wanted(it) == "auto"
