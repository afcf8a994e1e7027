"""A journal in a directory, with what it says, and what to put into it."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from supvisors.journal import Journal, Limits, PageRead
from supvisors.log import Log, line
from supvisors.wire.dialect2 import encode_record

#: Far above what is needed, since the machine is shared.
TIMEOUT_S = 30.0
LARGE = Limits(bytes_max=100 * 1024**2, age_max_days=7)
BODY = b'{"group":"g","name":"n","state":20,"expected":true,"now":4,"pid":5,"address":"alpha"}'


class Heard(Log):
    """A log that keeps its lines."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def write(self, level: str, reason: str, facts: Any = ()) -> None:
        self.lines.append(f"{level} {line(reason, facts)}")


class Desk:
    """A journal, and a queue in the place of a loop.

    Args:
        state_dir: its directory.
    """

    def __init__(self, state_dir: Path, limits: Limits = LARGE) -> None:
        self.log = Heard()
        self._is_closed = False
        self._queue: queue.Queue[Callable[[], None]] = queue.Queue()
        self.journal = Journal(str(state_dir), limits, self.log, self._queue.put)

    def take(self, number: int, address: str = "alpha", boot: str = "b1", t_ms: int = 0) -> bool:
        """Offer an event; return whether it is new."""
        before = self.journal.last
        self.number(number, address, boot, t_ms)
        return self.journal.last > before

    def number(
        self, number: int, address: str = "alpha", boot: str = "b1", t_ms: int = 0
    ) -> int | None:
        """Offer an event; return the number that it is said to have."""
        source = address, boot, number
        return self.journal.take(
            source, t_ms or now_ms(), lambda seq, t: encode_record(seq, t, source, None, BODY)
        )

    def read(
        self, after: int = 0, count: int = 1000, since_ms: int | None = None, identity: str = ""
    ) -> PageRead:
        """Return a page by number, or since a time."""
        pages: list[PageRead] = []
        place = None if since_ms is not None else (identity or self.journal.safe[0], after)
        self.journal.read(pages.append, count, after=place, since_ms=since_ms or 0)
        self.until(lambda: pages)
        return pages[0]

    def do(self) -> None:
        """Do what the journal wants done in the loop by now."""
        while not self._queue.empty():
            self._queue.get()()

    def until(self, condition: Callable[[], object]) -> None:
        """Do what the journal wants done in the loop, until something is so."""
        deadline = time.monotonic() + TIMEOUT_S
        while not condition():
            assert time.monotonic() < deadline
            try:
                self._queue.get(timeout=0.01)()
            except queue.Empty:
                pass

    def settle(self) -> None:
        """Wait until all that was taken is on disk."""
        self.until(lambda: self.journal.safe[1] == self.journal.last)

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self.journal.close()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def sources(page: PageRead) -> list[tuple[int, str, str, int]]:
    """Return number in the journal and source of each record of a page."""
    records = msgspec.json.decode(b"[" + b",".join(page.records) + b"]")
    return [(record["seq"], *record["id"]) for record in records]


def numbers(page: PageRead) -> list[int]:
    """Return the number in the journal of each record of a page."""
    return [source[0] for source in sources(page)]
