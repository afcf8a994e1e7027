"""The SQLite file of the journal, to be written.

Holds: `Database`, its schema, appending, trimming; setting a damaged file aside.
Must not touch: threads, the loop; what an event means; how it is read (`records.py`).
Invariants: one transaction appends rows and the last number of every address among them. Every
statement that touches many rows is a single step of SQLite.
Tests: tests/journal/test_database.py.

The module `sqlite3` gives the interpreter's lock away for each step of a statement, and takes
it back afterwards. Beside a busy loop that takes up to 5 ms for each, so that 1,000 rows one by
one took 0.8 s of waiting where one statement with 1,000 rows took 20 ms.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import Final, NamedTuple

from supvisors.journal.records import FORMAT, NAME, Damaged, Lives, Records, told_as_damage

#: Rows that are appended by one statement, at the most.
CHUNK_ROWS: Final = 512
#: Part of the rows that goes when the file is full.
TRIMMED_PART: Final = 0.1

_SETTINGS: Final = (
    "PRAGMA auto_vacuum = INCREMENTAL",
    "PRAGMA journal_mode = WAL",
    # what a client was told to be safe is safe from a loss of power, too
    "PRAGMA synchronous = FULL",
    "PRAGMA journal_size_limit = 4194304",
)
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS about (format INTEGER NOT NULL, identity TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS event "
    "(seq INTEGER PRIMARY KEY, t INTEGER NOT NULL, record TEXT NOT NULL)",
    # the highest number of each life of a supervisord; the latest life has the highest rank
    "CREATE TABLE IF NOT EXISTS high (address TEXT NOT NULL, boot TEXT NOT NULL, "
    "number INTEGER NOT NULL, rank INTEGER NOT NULL, PRIMARY KEY (address, boot))",
)


class Row(NamedTuple):
    """One event.

    Attributes:
        seq: its number in the journal.
        t_ms: when it was published first, in POSIX ms; never less than that of the row before.
        source: address, boot identity of its supervisord, number there.
        record: as a page of a replay has it.
    """

    seq: int
    t_ms: int
    source: tuple[str, str, int]
    record: str


_VALUES: Final = itemgetter(0, 1, 3)
_SOURCE: Final = itemgetter(2)
_LIFE: Final = itemgetter(slice(0, 2))


class Database(Records):
    """The file in one directory, made when it is not there.

    Used by one thread at a time.

    Args:
        directory: it is there.

    Raises:
        Damaged: what is there is not a journal that can be read. Every method raises it too.
        sqlite3.OperationalError: the file cannot be opened, made or written; then nothing has
            changed.
    """

    def _prepare(self) -> None:
        for statement in _SETTINGS:
            self._db.execute(statement)
        with self._transaction():
            for statement in _SCHEMA:
                self._db.execute(statement)
            if not self._one("SELECT count(*) FROM about"):
                about = (FORMAT, secrets.token_hex(8))
                self._db.execute("INSERT INTO about VALUES (?, ?)", about)

    def check(self) -> None:
        """Look at every page of the file.

        Raises:
            Damaged: with what is wrong.
        """
        with told_as_damage():
            said = self._one("PRAGMA quick_check(1)")
        if said != "ok":
            raise Damaged(str(said))

    def append(self, rows: Sequence[Row]) -> None:
        """Add rows, in the order of their numbers; the highest of each life goes with them.

        Raises:
            Damaged: the file is not whole.
            sqlite3.OperationalError: the disk is full, for example; nothing was added.
        """
        # no loop over rows here: the loop of the agent would wait for each turn of it
        latest = dict(zip(map(_LIFE, map(_SOURCE, rows)), rows, strict=True))
        highest = [(*row.source, row.seq) for row in latest.values()]
        with told_as_damage(), self._transaction():
            for chunk in _chunks(rows):
                values = ",".join(["(?,?,?)"] * len(chunk))
                parameters = list(chain.from_iterable(map(_VALUES, chunk)))
                self._db.execute(f"INSERT INTO event VALUES {values}", parameters)
            self._note(highest)

    def note(self, lives: Lives) -> None:
        """Take over what was the highest of each life, into a database that is new.

        Raises:
            Damaged: the file is not whole.
            sqlite3.OperationalError: it cannot be written.
        """
        with told_as_damage(), self._transaction():
            for address, known in lives.items():
                self._note((address, *life, -age) for age, life in enumerate(known))

    def trim(self, bytes_max: int, oldest_ms: int) -> int:
        """Forget what is too old, and the oldest while the file is too large.

        Returns:
            How many rows went.

        Raises:
            Damaged: the file is not whole.
            sqlite3.OperationalError: it cannot be written.
        """
        with told_as_damage():
            first, last = self.first(), self.last
            bound = self.first_since(oldest_ms)
            if self._used_bytes() > bytes_max:
                bound = max(bound, first + int((last - first + 1) * TRIMMED_PART) + 1)
            bound = min(bound, last)  # the last row stays: it says which numbers were used
            if bound <= first:
                return 0
            gone = self._db.execute("DELETE FROM event WHERE seq < ?", (bound,)).rowcount
            if self._pages("page_count") > bytes_max:
                # `execute` would stop after the first page, since no row comes back
                self._db.executescript("PRAGMA incremental_vacuum")
            return int(gone)

    # --- parts -----------------------------------------------------------------------------

    def _note(self, highest: Iterable[tuple[str, str, int, int]]) -> None:
        for values in highest:
            self._db.execute("REPLACE INTO high VALUES (?, ?, ?, ?)", values)

    def _used_bytes(self) -> int:
        return self._pages("page_count") - self._pages("freelist_count")

    def _pages(self, what: str) -> int:
        return int(self._one(f"PRAGMA {what}")) * int(self._one("PRAGMA page_size"))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                with contextlib.suppress(sqlite3.Error):  # the first error is the one that counts
                    self._db.execute("ROLLBACK")
            raise


def set_aside(directory: str) -> str:
    """Give the file another name, in the place of the one that was set aside before.

    Returns:
        Where it is now.

    Raises:
        OSError: it cannot be renamed.
    """
    path = os.path.join(directory, NAME)
    for name in os.listdir(directory):
        if name.startswith(f"{NAME}.damaged-"):
            os.unlink(os.path.join(directory, name))
    aside = f"{path}.damaged-{int(time.time())}"
    for suffix in ("-wal", "-shm", ""):
        with contextlib.suppress(FileNotFoundError):
            os.replace(path + suffix, aside + suffix)
    return aside


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Yield chunks of few different lengths, since SQLite remembers a statement for each."""
    at, size = 0, CHUNK_ROWS
    while at < len(rows):
        while size > len(rows) - at:
            size //= 2
        yield rows[at : at + size]
        at += size
