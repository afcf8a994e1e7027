"""The state of Supvisors as a whole.

Holds: the table of its transitions; who is master of a list of one.
Must not touch: processes, applications, how an address came to its state.
Invariants: the state changes by a row of `TRANSITIONS` only; SHUTDOWN is the last.
Tests: tests/core/test_phase.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, Literal

from supvisors.model import SupvisorsState


class Trigger(Enum):
    """What moves the Supvisors state; the value is the reason that a note gives."""

    ASSEMBLED = "the local address is running and there is a master"
    STARTS_DONE = "no automatic start is left to do"
    SHUTDOWN_BEGAN = "supervisord stops all its programs, to end"
    RELOAD_BEGAN = "supervisord stops all its programs, to reload"
    RELOADED = "supervisord has reloaded under a living agent"
    AGENT_LEFT = "the agent was told to end"


#: Semantics, section 4. A pair that is not listed changes nothing: AGENT_LEFT alone is a
#: restart of the agent, which is no event in the life of the system.
TRANSITIONS: Final[Mapping[tuple[SupvisorsState, Trigger], SupvisorsState]] = {
    (SupvisorsState.INITIALIZATION, Trigger.ASSEMBLED): SupvisorsState.DEPLOYMENT,
    (SupvisorsState.DEPLOYMENT, Trigger.STARTS_DONE): SupvisorsState.OPERATION,
    (SupvisorsState.INITIALIZATION, Trigger.SHUTDOWN_BEGAN): SupvisorsState.SHUTTING_DOWN,
    (SupvisorsState.DEPLOYMENT, Trigger.SHUTDOWN_BEGAN): SupvisorsState.SHUTTING_DOWN,
    (SupvisorsState.OPERATION, Trigger.SHUTDOWN_BEGAN): SupvisorsState.SHUTTING_DOWN,
    (SupvisorsState.INITIALIZATION, Trigger.RELOAD_BEGAN): SupvisorsState.RESTARTING,
    (SupvisorsState.DEPLOYMENT, Trigger.RELOAD_BEGAN): SupvisorsState.RESTARTING,
    (SupvisorsState.OPERATION, Trigger.RELOAD_BEGAN): SupvisorsState.RESTARTING,
    (SupvisorsState.RESTARTING, Trigger.RELOADED): SupvisorsState.INITIALIZATION,
    (SupvisorsState.RESTARTING, Trigger.AGENT_LEFT): SupvisorsState.SHUTDOWN,
    (SupvisorsState.SHUTTING_DOWN, Trigger.AGENT_LEFT): SupvisorsState.SHUTDOWN,
}

#: What the good-bye of the only supervisord means for the whole.
LEAVING: Final[Mapping[Literal["shutdown", "reload"], Trigger]] = {
    "shutdown": Trigger.SHUTDOWN_BEGAN,
    "reload": Trigger.RELOAD_BEGAN,
}


def master_of(addresses: Sequence[str]) -> str | None:
    """Return who leads: a list of one is led by its only address, several must elect."""
    return addresses[0] if len(addresses) == 1 else None


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
