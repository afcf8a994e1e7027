"""The state of Supvisors as a whole.

Holds: the table of its transitions, and the way that a follower takes to its master's state.
Must not touch: processes, applications, how an address came to its state.
Invariants: the state changes by a row of `TRANSITIONS` only; SHUTDOWN is the last.
Tests: tests/core/test_phase.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, Literal

from supvisors.model import SupvisorsState


class Trigger(Enum):
    """What moves the Supvisors state; the value is the reason that a note gives."""

    ASSEMBLED = "the local address is running and there is a master"
    STARTS_DONE = "no automatic start is left to do"
    MASTER_LOST = "there is no master"
    SHUTDOWN_BEGAN = "supervisord stops all its programs, to end"
    RELOAD_BEGAN = "supervisord stops all its programs, to reload"
    RELOADED = "supervisord has reloaded under a living agent"
    AGENT_LEFT = "the agent was told to end"


_INITIALIZATION, _DEPLOYMENT, _OPERATION = (
    SupvisorsState.INITIALIZATION,
    SupvisorsState.DEPLOYMENT,
    SupvisorsState.OPERATION,
)

#: Semantics, section 4. A pair that is not listed changes nothing: AGENT_LEFT alone is a
#: restart of the agent, which is no event in the life of the system.
TRANSITIONS: Final[Mapping[tuple[SupvisorsState, Trigger], SupvisorsState]] = {
    (_INITIALIZATION, Trigger.ASSEMBLED): _DEPLOYMENT,
    (_DEPLOYMENT, Trigger.STARTS_DONE): _OPERATION,
    (_DEPLOYMENT, Trigger.MASTER_LOST): _INITIALIZATION,
    (_OPERATION, Trigger.MASTER_LOST): _INITIALIZATION,
    (SupvisorsState.CONCILIATION, Trigger.MASTER_LOST): _INITIALIZATION,
    (_INITIALIZATION, Trigger.SHUTDOWN_BEGAN): SupvisorsState.SHUTTING_DOWN,
    (_DEPLOYMENT, Trigger.SHUTDOWN_BEGAN): SupvisorsState.SHUTTING_DOWN,
    (_OPERATION, Trigger.SHUTDOWN_BEGAN): SupvisorsState.SHUTTING_DOWN,
    (_INITIALIZATION, Trigger.RELOAD_BEGAN): SupvisorsState.RESTARTING,
    (_DEPLOYMENT, Trigger.RELOAD_BEGAN): SupvisorsState.RESTARTING,
    (_OPERATION, Trigger.RELOAD_BEGAN): SupvisorsState.RESTARTING,
    (SupvisorsState.RESTARTING, Trigger.RELOADED): _INITIALIZATION,
    (SupvisorsState.RESTARTING, Trigger.AGENT_LEFT): SupvisorsState.SHUTDOWN,
    (SupvisorsState.SHUTTING_DOWN, Trigger.AGENT_LEFT): SupvisorsState.SHUTDOWN,
}

#: What the good-bye of the only supervisord means for the whole.
LEAVING: Final[Mapping[Literal["shutdown", "reload"], Trigger]] = {
    "shutdown": Trigger.SHUTDOWN_BEGAN,
    "reload": Trigger.RELOAD_BEGAN,
}

#: The triggers that lead a follower from its state to its master's.
_TO_OPERATION: Final = (Trigger.ASSEMBLED, Trigger.STARTS_DONE)


class Phase:
    """The machine over `TRANSITIONS`.

    Attributes:
        state: the Supvisors state, INITIALIZATION at first.
    """

    def __init__(self) -> None:
        self.state = SupvisorsState.INITIALIZATION

    def fire(self, trigger: Trigger) -> bool:
        """Move by the table; return whether the state changed."""
        before = self.state
        self.state = TRANSITIONS.get((before, trigger), before)
        return self.state is not before


def way(state: SupvisorsState, goal: SupvisorsState) -> tuple[Trigger, ...]:
    """Return the triggers that lead a follower from `state` to its master's, row by row.

    So the clients of a follower hear the states that the master's hear, even when a beat tells
    of two of them at once. A state that has no such way is left to the events that bring it.
    """
    if state is goal:
        return ()
    back = (Trigger.MASTER_LOST,) if (state, Trigger.MASTER_LOST) in TRANSITIONS else ()
    ways = (_TO_OPERATION[:1], _TO_OPERATION[1:], _TO_OPERATION, back)
    for triggers in (*ways, (*back, *_TO_OPERATION[:1])):
        reached = state
        for trigger in triggers:
            reached = TRANSITIONS.get((reached, trigger), reached)
        if reached is goal:
            return triggers
    return ()
