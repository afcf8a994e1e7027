"""The state of Supvisors as a whole.

Holds: the table of its transitions, and the way that a follower takes to its master's state.
Must not touch: processes, applications, how an address came to its state.
Invariants: the state changes by a row of `TRANSITIONS` only; SHUTDOWN is the last.
Tests: tests/core/test_phase.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    CONFLICTS = "a process runs more often than its rule wants"
    CONFLICTS_OVER = "no process runs more often than its rule wants"
    RESTART_ORDERED = "an operator has everything restarted"
    SHUTDOWN_ORDERED = "an operator has everything shut down"
    CALLED_OFF = "another master leads, and goes on"


_INITIALIZATION, _DEPLOYMENT, _OPERATION, _CONCILIATION, _RESTARTING, _SHUTTING_DOWN = (
    SupvisorsState.INITIALIZATION,
    SupvisorsState.DEPLOYMENT,
    SupvisorsState.OPERATION,
    SupvisorsState.CONCILIATION,
    SupvisorsState.RESTARTING,
    SupvisorsState.SHUTTING_DOWN,
)
#: States in which everything is being stopped.
ENDING: Final = frozenset({_RESTARTING, _SHUTTING_DOWN})
#: What the system may be doing when it is told to end.
_ALIVE: Final = (_INITIALIZATION, _DEPLOYMENT, _OPERATION, _CONCILIATION)


def _from(
    states: Iterable[SupvisorsState], trigger: Trigger, to: SupvisorsState
) -> dict[tuple[SupvisorsState, Trigger], SupvisorsState]:
    return {(state, trigger): to for state in states}


#: Semantics, section 4. A pair that is not listed changes nothing: AGENT_LEFT alone is a
#: restart of the agent, which is no event in the life of the system.
TRANSITIONS: Final[Mapping[tuple[SupvisorsState, Trigger], SupvisorsState]] = {
    (_INITIALIZATION, Trigger.ASSEMBLED): _DEPLOYMENT,
    (_DEPLOYMENT, Trigger.STARTS_DONE): _OPERATION,
    (_OPERATION, Trigger.CONFLICTS): _CONCILIATION,
    (_CONCILIATION, Trigger.CONFLICTS_OVER): _OPERATION,
    **_from(_ALIVE[1:], Trigger.MASTER_LOST, _INITIALIZATION),
    **_from(_ALIVE, Trigger.SHUTDOWN_BEGAN, _SHUTTING_DOWN),
    **_from(_ALIVE, Trigger.RELOAD_BEGAN, _RESTARTING),
    **_from(_ALIVE[1:], Trigger.RESTART_ORDERED, _RESTARTING),
    **_from(_ALIVE[1:], Trigger.SHUTDOWN_ORDERED, _SHUTTING_DOWN),
    **_from((_RESTARTING, _SHUTTING_DOWN), Trigger.CALLED_OFF, _INITIALIZATION),
    (_RESTARTING, Trigger.RELOADED): _INITIALIZATION,
    **_from((_RESTARTING, _SHUTTING_DOWN), Trigger.AGENT_LEFT, SupvisorsState.SHUTDOWN),
}

#: What the good-bye of the only supervisord means for the whole.
LEAVING: Final[Mapping[Literal["shutdown", "reload"], Trigger]] = {
    "shutdown": Trigger.SHUTDOWN_BEGAN,
    "reload": Trigger.RELOAD_BEGAN,
}

#: The triggers that lead a follower from its state to its master's.
_FOLLOWED: Final = (
    Trigger.ASSEMBLED,
    Trigger.STARTS_DONE,
    Trigger.CONFLICTS,
    Trigger.CONFLICTS_OVER,
    Trigger.RESTART_ORDERED,
    Trigger.SHUTDOWN_ORDERED,
    Trigger.MASTER_LOST,
    Trigger.CALLED_OFF,
)


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
    of two of them at once. An agent that begins while its master ends everything waits for the
    next master. A state that has no such way is left to the events that bring it.
    """
    if goal in ENDING and (state is _INITIALIZATION or state in ENDING):
        return ()
    ways: dict[SupvisorsState, tuple[Trigger, ...]] = {state: ()}
    found = [state]
    for reached in found:
        for trigger in _FOLLOWED:
            following = TRANSITIONS.get((reached, trigger), reached)
            if following not in ways:
                ways[following] = (*ways[reached], trigger)
                found.append(following)
    return ways.get(goal, ())
