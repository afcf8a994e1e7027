"""The table of the Supvisors state, row by row."""

from __future__ import annotations

import itertools

import pytest

from supvisors.core.phase import LEAVING, TRANSITIONS, Phase, Trigger, way
from supvisors.model import SupvisorsState

MOVES = {
    ("INITIALIZATION", "ASSEMBLED"): "DEPLOYMENT",
    ("INITIALIZATION", "SHUTDOWN_BEGAN"): "SHUTTING_DOWN",
    ("INITIALIZATION", "RELOAD_BEGAN"): "RESTARTING",
    ("DEPLOYMENT", "STARTS_DONE"): "OPERATION",
    ("DEPLOYMENT", "MASTER_LOST"): "INITIALIZATION",
    ("OPERATION", "MASTER_LOST"): "INITIALIZATION",
    ("CONCILIATION", "MASTER_LOST"): "INITIALIZATION",
    ("DEPLOYMENT", "SHUTDOWN_BEGAN"): "SHUTTING_DOWN",
    ("DEPLOYMENT", "RELOAD_BEGAN"): "RESTARTING",
    ("OPERATION", "SHUTDOWN_BEGAN"): "SHUTTING_DOWN",
    ("OPERATION", "RELOAD_BEGAN"): "RESTARTING",
    ("CONCILIATION", "SHUTDOWN_BEGAN"): "SHUTTING_DOWN",
    ("CONCILIATION", "RELOAD_BEGAN"): "RESTARTING",
    ("OPERATION", "CONFLICTS"): "CONCILIATION",
    ("CONCILIATION", "CONFLICTS_OVER"): "OPERATION",
    ("DEPLOYMENT", "RESTART_ORDERED"): "RESTARTING",
    ("OPERATION", "RESTART_ORDERED"): "RESTARTING",
    ("CONCILIATION", "RESTART_ORDERED"): "RESTARTING",
    ("DEPLOYMENT", "SHUTDOWN_ORDERED"): "SHUTTING_DOWN",
    ("OPERATION", "SHUTDOWN_ORDERED"): "SHUTTING_DOWN",
    ("CONCILIATION", "SHUTDOWN_ORDERED"): "SHUTTING_DOWN",
    ("RESTARTING", "CALLED_OFF"): "INITIALIZATION",
    ("SHUTTING_DOWN", "CALLED_OFF"): "INITIALIZATION",
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


#: From a follower's state to its master's; pairs that are not listed have no way.
WAYS = {
    ("INITIALIZATION", "DEPLOYMENT"): ["ASSEMBLED"],
    ("INITIALIZATION", "OPERATION"): ["ASSEMBLED", "STARTS_DONE"],
    ("INITIALIZATION", "CONCILIATION"): ["ASSEMBLED", "STARTS_DONE", "CONFLICTS"],
    ("DEPLOYMENT", "OPERATION"): ["STARTS_DONE"],
    ("DEPLOYMENT", "CONCILIATION"): ["STARTS_DONE", "CONFLICTS"],
    ("DEPLOYMENT", "INITIALIZATION"): ["MASTER_LOST"],
    ("OPERATION", "CONCILIATION"): ["CONFLICTS"],
    ("OPERATION", "INITIALIZATION"): ["MASTER_LOST"],
    ("OPERATION", "DEPLOYMENT"): ["MASTER_LOST", "ASSEMBLED"],
    ("CONCILIATION", "OPERATION"): ["CONFLICTS_OVER"],
    ("CONCILIATION", "INITIALIZATION"): ["MASTER_LOST"],
    ("CONCILIATION", "DEPLOYMENT"): ["MASTER_LOST", "ASSEMBLED"],
    **{(s, "RESTARTING"): ["RESTART_ORDERED"] for s in ("DEPLOYMENT", "OPERATION", "CONCILIATION")},
    **{
        (s, "SHUTTING_DOWN"): ["SHUTDOWN_ORDERED"]
        for s in ("DEPLOYMENT", "OPERATION", "CONCILIATION")
    },
    **{(s, "INITIALIZATION"): ["CALLED_OFF"] for s in ("RESTARTING", "SHUTTING_DOWN")},
    **{(s, "DEPLOYMENT"): ["CALLED_OFF", "ASSEMBLED"] for s in ("RESTARTING", "SHUTTING_DOWN")},
    **{
        (s, "OPERATION"): ["CALLED_OFF", "ASSEMBLED", "STARTS_DONE"]
        for s in ("RESTARTING", "SHUTTING_DOWN")
    },
    **{
        (s, "CONCILIATION"): ["CALLED_OFF", "ASSEMBLED", "STARTS_DONE", "CONFLICTS"]
        for s in ("RESTARTING", "SHUTTING_DOWN")
    },
}


@pytest.mark.parametrize(("state", "goal"), list(itertools.product(SupvisorsState, SupvisorsState)))
def test_a_follower_goes_its_masters_way_row_by_row(
    state: SupvisorsState, goal: SupvisorsState
) -> None:
    triggers = way(state, goal)
    assert [t.name for t in triggers] == WAYS.get((state.name, goal.name), [])
    for trigger in triggers:
        state = TRANSITIONS[state, trigger]
    assert not triggers or state is goal
