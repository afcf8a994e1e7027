"""What this agent says of itself, and when.

Holds: `Beats`, which numbers the beats and says when one more is due between two ticks.
Must not touch: what the beat is about.
Invariants: a beat at every local tick; a change that others decide by is told soon after it,
but never more often than `spacing_s`, so that N agents that start together do not flood.
Tests: tests/core/test_beats.py, tests/sim/.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from supvisors.core.messages import Beat
from supvisors.core.outputs import Say
from supvisors.core.telling import Telling
from supvisors.model import SupvisorsState

SPACING_S = 0.1
#: What each further address adds to it: a beat goes to all of them.
SPACING_PER_ADDRESS_S = 0.002


class Beats:
    """The beats of one agent.

    Args:
        address_count: length of the address list.

    Attributes:
        due_s: when a beat is due besides those of the ticks, None for never.
    """

    def __init__(self, address_count: int, telling: Telling) -> None:
        self._telling = telling
        self._is_alone = address_count == 1
        self._spacing_s = SPACING_S + SPACING_PER_ADDRESS_S * address_count
        self._last: Beat | None = None
        self._last_s = float("-inf")
        self.due_s: float | None = None

    def tick(self, now: float, beat: Beat) -> bool:
        """Say it at a tick of the local address; return whether it was said."""
        if not self._is_alone:
            self._say(now, beat)
        return not self._is_alone

    def settle(self, now: float, beat: Beat) -> bool:
        """Say it if others have to know before the next tick; return whether it was said."""
        if self._last is None:
            return False
        if beat == replace(self._last, number=beat.number):
            self.due_s = None
        elif now >= self._last_s + self._spacing_s:
            self._say(now, beat)
            return True
        else:
            self.due_s = self._last_s + self._spacing_s
        return False

    def good_bye(
        self, now: float, beat: Beat, leaving: Literal["agent", "supervisord"], grace_s: int
    ) -> None:
        """Say that it is the last one."""
        if not self._is_alone:
            self._say(now, replace(beat, leaving=leaving, grace_s=grace_s))
        self._last = self.due_s = None

    @property
    def said_state(self) -> SupvisorsState | None:
        """The Supvisors state that peers were told last, None before the first beat."""
        return self._last.state if self._last is not None else None

    @property
    def next_number(self) -> int:
        """The number that the next beat has."""
        return self._last.number + 1 if self._last is not None else 1

    def _say(self, now: float, beat: Beat) -> None:
        self._last, self._last_s, self.due_s = beat, now, None
        self._telling.emit(Say(beat))
