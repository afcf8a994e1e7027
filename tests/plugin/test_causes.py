"""Why a process was started or stopped last: each way to a start or a stop, and how often it was
started again by itself; the words are those that the agent knows."""

from __future__ import annotations

import pytest
from supervisor.states import ProcessStates, SupervisorStates

from supvisors import model
from supvisors.plugin import causes
from supvisors.plugin.causes import (
    BY_AUTORESTART,
    BY_AUTOSTART,
    BY_COMMAND,
    BY_RELOAD,
    BY_SHUTDOWN,
    Causes,
    why_leaving,
)

RUNNING, RESTARTING = SupervisorStates.RUNNING, SupervisorStates.RESTARTING
SHUTDOWN = SupervisorStates.SHUTDOWN


def by_itself(told: Causes, state: int) -> None:
    told.by_itself = True
    told.starts(state)
    told.by_itself = False


def test_plugin_and_agent_use_the_same_words() -> None:
    def words(module: object) -> dict[str, str]:
        return {k: v for k, v in vars(module).items() if k.startswith("BY_")}

    assert words(causes) == words(model)


def test_before_anything_happened_there_is_no_cause() -> None:
    assert (Causes().cause, Causes().restarts) == ("", 0)


def test_a_start_and_a_stop_have_the_cause_that_is_given() -> None:
    told = Causes()
    with told.given("rule of rank 2"):
        told.starts(ProcessStates.STOPPED)
    assert told.cause == "rule of rank 2"
    with told.given("conciliation"):
        told.stops(RUNNING)
    assert told.cause == "conciliation"


def test_without_one_it_is_a_command_of_supervisor() -> None:
    told = Causes()
    told.starts(ProcessStates.STOPPED)
    assert told.cause == BY_COMMAND
    with pytest.raises(ValueError, match="refused"), told.given("a rule"):
        raise ValueError("refused")
    told.stops(RUNNING)
    assert told.cause == BY_COMMAND, "what is given for one order does not hold for the next"


def test_what_supervisor_starts_by_itself() -> None:
    told = Causes()
    by_itself(told, ProcessStates.STOPPED)
    assert (told.cause, told.restarts) == (BY_AUTOSTART, 0)
    for count in (1, 2):
        by_itself(told, ProcessStates.EXITED)
        assert (told.cause, told.restarts) == (BY_AUTORESTART, count)
    with told.given("a rule"):
        told.starts(ProcessStates.EXITED)
    assert (told.cause, told.restarts) == ("a rule", 0)


def test_a_further_try_belongs_to_the_same_start() -> None:
    told = Causes()
    with told.given("a rule"):
        told.starts(ProcessStates.STOPPED)
    by_itself(told, ProcessStates.BACKOFF)
    assert (told.cause, told.restarts) == ("a rule", 0)
    by_itself(told, ProcessStates.EXITED)
    by_itself(told, ProcessStates.BACKOFF)
    assert (told.cause, told.restarts) == (BY_AUTORESTART, 1)


@pytest.mark.parametrize(
    ("mood", "cause"), [(RUNNING, ""), (RESTARTING, BY_RELOAD), (SHUTDOWN, BY_SHUTDOWN)]
)
def test_a_supervisord_that_leaves_stops_everything(mood: int, cause: str) -> None:
    assert why_leaving(mood) == cause
    told = Causes()
    told.stops(mood)
    assert told.cause == (cause or BY_COMMAND)
