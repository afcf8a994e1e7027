"""Pages of the journal, and the thread that reads them.

Holds: `Pages`; `Wish` and `PageRead`, what is asked for and what comes; `Held`.
Must not touch: what is written; what an event means; SQL (`records.py`).
Invariants: a page has all that was taken before it was asked for and can still be had: what the
disk has not taken yet comes from memory. Who asks waits for no write, however long it hangs.
Tests: tests/journal/test_journal.py.
"""

from __future__ import annotations

import functools
import queue
import sqlite3
import threading
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from supvisors.journal.database import Row
from supvisors.journal.records import Damaged, Records
from supvisors.log import Log

#: How long the end of the agent waits for a page that is being read.
CLOSE_TIMEOUT_S: Final = 5.0

Deliver = Callable[[Callable[[], None]], object]


@dataclass(frozen=True, slots=True)
class PageRead:
    """A page of a replay.

    Attributes:
        identity: of the journal.
        safe: number of its last record that is on disk.
        records: one JSON text for each record, or several of them with commas between.
        next: where the next page begins; None when this is the last.
        gone: what was asked for is not held, and the first record that is has this number.
    """

    identity: str
    safe: int
    records: tuple[bytes, ...] = ()
    next: int | None = None
    gone: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """A page that somebody waits for.

    Attributes:
        identity, after: a journal and a number in it: from the record after that on; None for
            a wish by time.
        since_ms: from this POSIX time on, in ms.
        upto: number of the last event that was taken when it was asked for.
        count: records in the page, at the most.
        answer: is called in the loop.
    """

    identity: str | None
    after: int | None
    since_ms: int
    upto: int
    count: int
    answer: Callable[[PageRead], None]


@dataclass(frozen=True, slots=True)
class Held:
    """What the journal has at one moment.

    Attributes:
        identity, safe: of the file, and number of the last record in it.
        waiting: later ones, in the order of their numbers, which the file may have by now.
    """

    identity: str
    safe: int
    waiting: tuple[Row, ...]


class Pages:
    """Answers wishes one after the other, in a thread of its own.

    A wish that cannot be met just now is not answered: who wants a page asks again.

    Args:
        directory: of the file.
        held: tells what the journal has; called in the thread.
        spoil: is told in the thread that the file of an identity is damaged.
        deliver: lets a function be called in the loop.
    """

    def __init__(
        self,
        directory: str,
        held: Callable[[], Held],
        spoil: Callable[[str, Damaged], None],
        log: Log,
        deliver: Deliver,
    ) -> None:
        self._directory = directory
        self._held = held
        self._spoil = spoil
        self._log = log
        self._deliver = deliver
        self._trouble = ""
        #: what the file of an identity is read with; None while that one is damaged
        self._open: tuple[str, Records | None] = ("", None)
        self._wishes: queue.SimpleQueue[Wish | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal-pages", daemon=True)
        self._thread.start()

    def ask(self, wish: Wish) -> None:
        """Have a page read and `wish.answer` called with it. For the loop."""
        self._wishes.put(wish)

    def warnings(self) -> list[str]:
        """Return what an operator should look at."""
        trouble = self._trouble
        return [f"the journal in {self._directory} cannot be read: {trouble}"] if trouble else []

    def close(self) -> None:
        """Let go of the file; who still waits is not answered."""
        self._wishes.put(None)
        self._thread.join(CLOSE_TIMEOUT_S)

    # --- the thread ------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while (wish := self._wishes.get()) is not None:
                self._answer(wish)
        except BaseException as error:
            self._deliver(functools.partial(throw, error))  # an error of ours ends the agent
            raise
        finally:
            self._close_file()

    def _answer(self, wish: Wish) -> None:
        held = self._held()
        try:
            records = self._records(held.identity)
            page = _page(records, held, wish) if records is not None else None
        except (OSError, sqlite3.OperationalError) as error:
            self._say_trouble(str(error))
            return
        except Damaged as error:
            self._close_file()
            self._open = held.identity, None
            self._spoil(held.identity, error)
            return
        self._trouble = ""
        if page is not None:
            self._deliver(functools.partial(wish.answer, page))

    def _records(self, identity: str) -> Records | None:
        """Return what the file of an identity can be read with, None while it is damaged.

        A damaged file is another one's to replace; the new one has another identity.
        """
        if self._open[0] != identity:
            self._close_file()
            self._open = identity, Records(self._directory)
        return self._open[1]

    def _close_file(self) -> None:
        _, records = self._open
        self._open = "", None
        if records is not None:
            records.close()

    def _say_trouble(self, words: str) -> None:
        is_new, self._trouble = words != self._trouble, words
        if is_new:
            facts = [("directory", self._directory), ("why", words)]
            reason = "the journal cannot be read; clients ask again"
            self._deliver(functools.partial(self._log.write, "warn", reason, facts))


def throw(error: BaseException) -> None:
    """Raise an error of a thread in the loop."""
    raise error


def _page(records: Records, held: Held, wish: Wish) -> PageRead:
    first = records.first()
    after = wish.after
    if after is None:
        after = records.first_since(wish.since_ms) - 1
        is_held = first == 1 or after >= first
    else:
        is_held = wish.identity == held.identity and first - 1 <= after <= wish.upto
    if not is_held:
        return PageRead(held.identity, held.safe, gone=first)
    data, count, last = records.page(after, wish.upto, wish.count)
    page = [data] if count else []
    begin = bisect_right(held.waiting, last, key=attrgetter("seq"))
    for row in held.waiting[begin : begin + wish.count - count]:
        if row.seq <= wish.upto:
            page.append(row.record.encode())
            last = row.seq
    if last < wish.upto and not page:  # the last ones are those that were lost
        return PageRead(held.identity, held.safe, gone=wish.upto + 1)
    return PageRead(held.identity, held.safe, tuple(page), None if last == wish.upto else last)
