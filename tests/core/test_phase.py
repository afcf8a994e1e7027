"""The table of the Supvisors state, row by row."""

from __future__ import annotations

import itertools

import pytest

from supvisors.core.phase import LEAVING, Phase, Trigger, master_of
from supvisors.model import SupvisorsState

MOVES = {
    ("INITIALIZATION", "ASSEMBLED"): "DEPLOYMENT",
    ("INITIALIZATION", "SHUTDOWN_BEGAN"): "SHUTTING_DOWN",
    ("INITIALIZATION", "RELOAD_BEGAN"): "RESTARTING",
    ("DEPLOYMENT", "STARTS_DONE"): "OPERATION",
    ("DEPLOYMENT", "SHUTDOWN_BEGAN"): "SHUTTING_DOWN",
    ("DEPLOYMENT", "RELOAD_BEGAN"): "RESTARTING",
    ("OPERATION", "SHUTDOWN_BEGAN"): "SHUTTING_DOWN",
    ("OPERATION", "RELOAD_BEGAN"): "RESTARTING",
    ("RESTARTING", "RELOADED"): "INITIALIZATION",
    ("RESTARTING", "AGENT_LEFT"): "SHUTDOWN",
    ("SHUTTING_DOWN", "AGENT_LEFT"): "SHUTDOWN",
}


def test_the_first_state() -> None:
    assert Phase().state is SupvisorsState.INITIALIZATION


@pytest.mark.parametrize(("state", "trigger"), list(itertools.product(SupvisorsState, Trigger)))
def test_every_pair_of_state_and_trigger(state: SupvisorsState, trigger: Trigger) -> None:
    phase = Phase()
    phase.state = state
    after = MOVES.get((state.name, trigger.name), state.name)

    assert phase.fire(trigger) == (after != state.name)
    assert phase.state.name == after


def test_what_a_good_bye_means() -> None:
    assert LEAVING["shutdown"] is Trigger.SHUTDOWN_BEGAN
    assert LEAVING["reload"] is Trigger.RELOAD_BEGAN


def test_a_list_of_one_is_led_by_its_only_address() -> None:
    assert master_of(["alpha"]) == "alpha"
    assert master_of(["alpha", "beta"]) is None
