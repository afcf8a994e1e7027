"""The course of the Supvisors state: every change of it is noted and published.

Holds: `Course`.
Must not touch: the table of changes (`phase.py`), why one is due.
Invariants: a follower goes its master's way row by row.
Tests: tests/core/test_phase.py, tests/core/test_core.py.
"""

from __future__ import annotations

from supvisors.core.phase import Phase, Trigger, way
from supvisors.core.telling import Telling
from supvisors.model import SupvisorsState, SupvisorsStatus


class Course:
    """The Supvisors state as clients know it."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._phase = Phase()

    @property
    def state(self) -> SupvisorsState:
        return self._phase.state

    @property
    def status(self) -> SupvisorsStatus:
        """The body that clients know."""
        return SupvisorsStatus(self._phase.state)

    def move(self, trigger: Trigger) -> bool:
        """Move by the table; return whether the state changed."""
        before = self._phase.state
        if not self._phase.fire(trigger):
            return False
        self._telling.note(
            "Supvisors state changed",
            ("from", before.name),
            ("to", self._phase.state.name),
            ("because", trigger.value),
        )
        self._telling.publish(self.status)
        return True

    def follow(self, goal: SupvisorsState) -> None:
        """Go the way to the master's state."""
        for trigger in way(self._phase.state, goal):
            self.move(trigger)
