"""Requests that are answered, or asked again.

Holds: `Slots`, the eight of a client; `Question`, one kind of request with its back-off.
Must not touch: what is asked for.
Invariants: at most one topic of a question is subscribed at any time; two first tries of one
    question are at least `RETRY_FIRST_S` apart.
Tests: tests/wire/test_sync.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from supvisors.wire.requests import SLOTS

#: How long an answer is waited for at first, and at the most, in s: twice as long each time.
RETRY_FIRST_S: Final = 1.0
RETRY_LAST_S: Final = 16.0


class Slots:
    """The slots of a client, in turn."""

    def __init__(self) -> None:
        self._last = -1

    def take(self) -> int:
        self._last = (self._last + 1) % SLOTS
        return self._last


class Question:
    """One request that is wanted, under way, or answered.

    Args:
        slots: of the client.

    Attributes:
        topic: what is subscribed, b"" before the first request.
        due: when to ask, or to ask again; None when nothing is wanted.
    """

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._wait_s = RETRY_FIRST_S
        self._asked: float | None = None
        self.topic = b""
        self.due: float | None = None

    def want(self, now: float) -> None:
        """Ask as soon as may be, if nothing is under way."""
        if self.due is None:
            self._wait_s = RETRY_FIRST_S
            self.due = now if self._asked is None else max(now, self._asked + RETRY_FIRST_S)

    def expect(self, now: float) -> None:
        """Wait for an answer that comes by itself; ask when it does not."""
        if self.due is None:
            self._wait_s = RETRY_FIRST_S
            self.due = now + RETRY_FIRST_S

    def ask(self, now: float, topic_of: Callable[[int], bytes]) -> tuple[bytes, bytes]:
        """Return what to unsubscribe (b"" for nothing) and what to subscribe.

        Args:
            topic_of: the topic of the request in a slot.
        """
        before, self.topic = self.topic, topic_of(self._slots.take())
        self._asked = now
        self.due = now + self._wait_s
        self._wait_s = min(2 * self._wait_s, RETRY_LAST_S)
        return before, self.topic

    def release(self) -> bytes:
        """Return what to unsubscribe, now that the answer is here."""
        before, self.topic = self.topic, b""
        return before

    def answered(self) -> None:
        """Want nothing more."""
        self.due = None

    def go_on(self, now: float) -> None:
        """The answer came, and there is more to ask at once."""
        self._wait_s = RETRY_FIRST_S
        self.due = now
