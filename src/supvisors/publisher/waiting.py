"""Who waits for a snapshot or a page, and when he is served.

Holds: `Waiting`, a queue with a budget of bytes.
Must not touch: sockets, clocks; what the answer is.
Invariants: in any second at most `BYTES_PER_S` and one answer above it are sent, so that a crowd
that joins does not hold up the events of others; one connection has at most as many requests in
the queue as it has slots, so that none holds up the requests of others.
Tests: tests/publisher/test_waiting.py.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from supvisors.wire.requests import SLOTS, ReplayRequest, SnapshotRequest

#: Answers per second, in bytes: 26 snapshots of 10,000 processes.
BYTES_PER_S: Final = 64_000_000
#: What may be sent at once after a pause.
BURST_BYTES: Final = 8_000_000
#: Time between two services while somebody waits: all that came meanwhile share one snapshot.
PERIOD_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Waiter:
    """A request that was not answered yet.

    Attributes:
        port: index of the socket that it came from.
    """

    port: int
    connection: int
    request: SnapshotRequest | ReplayRequest


class Waiting:
    """Requests in the order in which they came.

    Args:
        now_s: a time that never goes back.
    """

    def __init__(self, now_s: float) -> None:
        self._queue: dict[tuple[int, bytes], Waiter] = {}
        self._per_connection: Counter[tuple[int, int]] = Counter()
        self._budget = float(BURST_BYTES)
        self._filled_s = now_s
        self._next_s = now_s

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, waiter: Waiter) -> None:
        """Let a request wait; one too many of a connection is forgotten, and asked again."""
        key = waiter.port, waiter.request.topic
        place = waiter.port, waiter.connection
        if key not in self._queue and self._per_connection[place] < SLOTS:
            self._queue[key] = waiter
            self._per_connection[place] += 1

    def withdraw(self, port: int, topic: bytes) -> None:
        """Forget a request that nobody waits for any more."""
        if (port, topic) in self._queue:
            self._drop((port, topic))

    def take(self, now_s: float) -> Waiter | None:
        """Return whom to serve now, None when it is nobody or not time yet."""
        self._budget += (now_s - self._filled_s) * BYTES_PER_S
        self._budget = min(self._budget, BURST_BYTES)
        self._filled_s = now_s
        if not self._queue or self._budget <= 0 or now_s < self._next_s:
            return None
        return self._drop(next(iter(self._queue)))

    def charge(self, size: int) -> None:
        """Take note of the size of an answer, in bytes."""
        self._budget -= size

    def served(self, now_s: float) -> None:
        """Begin a pause, in which requests gather."""
        self._next_s = now_s + PERIOD_S

    def due_s(self) -> float | None:
        """Return when somebody can be served, None when nobody waits."""
        if not self._queue:
            return None
        return max(self._next_s, self._filled_s + max(0.0, -self._budget) / BYTES_PER_S)

    def _drop(self, key: tuple[int, bytes]) -> Waiter:
        waiter = self._queue.pop(key)
        place = waiter.port, waiter.connection
        self._per_connection[place] -= 1
        if not self._per_connection[place]:
            del self._per_connection[place]
        return waiter
