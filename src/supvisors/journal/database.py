"""The SQLite file of the journal.

Holds: `Database`, its schema, appending, reading, trimming; `Damaged`.
Must not touch: threads, the loop; what an event means.
Invariants: one transaction appends rows and the last number of every address among them. Every
statement that touches many rows is a single step of SQLite (see `append`).
Tests: tests/journal/test_database.py.

The module `sqlite3` gives the interpreter's lock away for each step of a statement, and takes
it back afterwards. Beside a busy loop that takes up to 5 ms for each, so that 1,000 rows one by
one took 0.8 s of waiting where one statement with 1,000 rows took 20 ms (bench/journal.py).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, Final, NamedTuple

NAME: Final = "events.db"
#: Of the tables below; a file of another version is set aside.
FORMAT: Final = 1
#: Rows that are appended by one statement, at the most.
CHUNK_ROWS: Final = 512
#: How long to wait for an agent that is just ending, in s.
LOCK_TIMEOUT_S: Final = 2.0
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


_VALUES: Final = itemgetter(0, 1, 3)
_SOURCE: Final = itemgetter(2)
_LIFE: Final = itemgetter(slice(0, 2))


class Damaged(Exception):
    """The file is no journal, or not whole."""


#: For each address its lives, the latest first: boot identity and highest number.
Lives = dict[str, list[tuple[str, int]]]


class Database:
    """The file in one directory, made when it is not there.

    Used by one thread at a time.

    Args:
        directory: it is there.

    Raises:
        Damaged: what is there is not a journal that can be read.
        sqlite3.OperationalError: the file cannot be opened or made.
    """

    def __init__(self, directory: str) -> None:
        self.path = os.path.join(directory, NAME)
        self._db = sqlite3.connect(
            self.path, LOCK_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            with _told_as_damage():
                self.identity = self._open()
                self.last = self._one("SELECT coalesce(max(seq), 0) FROM event")
        except BaseException:
            self._db.close()
            raise

    def _open(self) -> str:
        for statement in _SETTINGS:
            self._db.execute(statement)
        with self._transaction():
            for statement in _SCHEMA:
                self._db.execute(statement)
            about = self._db.execute("SELECT format, identity FROM about").fetchall()
            if not about:
                about = [(FORMAT, secrets.token_hex(8))]
                self._db.execute("INSERT INTO about VALUES (?, ?)", about[0])
        if len(about) != 1 or about[0][0] != FORMAT or not isinstance(about[0][1], str):
            raise Damaged(f"it is of another format: {about}")
        return str(about[0][1])

    def check(self) -> None:
        """Look at every page of the file.

        Raises:
            Damaged: with what is wrong.
        """
        with _told_as_damage():
            said = self._one("PRAGMA quick_check(1)")
        if said != "ok":
            raise Damaged(str(said))

    def lives(self) -> Lives:
        """Return the highest number of each life of each address's supervisord.

        Raises:
            Damaged: it cannot be read.
        """
        found: Lives = {}
        with _told_as_damage():
            rows = self._db.execute(
                "SELECT address, boot, number FROM high ORDER BY address, rank DESC"
            )
            for address, boot, number in rows.fetchall():
                found.setdefault(address, []).append((boot, number))
        return found

    # --- writing ---------------------------------------------------------------------------

    def append(self, rows: Sequence[Row]) -> None:
        """Add rows, in the order of their numbers; the highest of each life goes with them.

        Raises:
            Damaged: the file is not whole.
            sqlite3.OperationalError: the disk is full, for example; nothing was added.
        """
        # no loop over rows here: the loop of the agent would wait for each turn of it
        latest = dict(zip(map(_LIFE, map(_SOURCE, rows)), rows, strict=True))
        highest = [(*row.source, row.seq) for row in latest.values()]
        with _told_as_damage(), self._transaction():
            for chunk in _chunks(rows):
                values = ",".join(["(?,?,?)"] * len(chunk))
                parameters = list(chain.from_iterable(map(_VALUES, chunk)))
                self._db.execute(f"INSERT INTO event VALUES {values}", parameters)
            self._note(highest)
        if rows:
            self.last = rows[-1].seq

    def note(self, lives: Lives) -> None:
        """Take over what was the highest of each life, into a database that is new.

        Raises:
            Damaged: the file is not whole.
            sqlite3.OperationalError: it cannot be written.
        """
        with _told_as_damage(), self._transaction():
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
        with _told_as_damage():
            first = self._first()
            bound = self._first_since(oldest_ms)
            if self._used_bytes() > bytes_max:
                bound = max(bound, first + int((self.last - first + 1) * TRIMMED_PART) + 1)
            bound = min(bound, self.last)  # the last row stays: it says which numbers were used
            if bound <= first:
                return 0
            gone = self._db.execute("DELETE FROM event WHERE seq < ?", (bound,)).rowcount
            if self._pages("page_count") > bytes_max:
                # `execute` would stop after the first page, since no row comes back
                self._db.executescript("PRAGMA incremental_vacuum")
            return int(gone)

    # --- reading ---------------------------------------------------------------------------

    def page(self, after: int, upto: int, count: int) -> tuple[bytes, int, int]:
        """Return records with a number above `after` and up to `upto`, `count` at the most.

        Returns:
            The records as JSON with commas between, how many they are, and the number of the
            last one, `after` without any.

        Raises:
            Damaged: the file is not whole.
        """
        with _told_as_damage():
            text, number, last = self._db.execute(
                "SELECT group_concat(record), count(*), max(seq) FROM (SELECT seq, record "
                "FROM event WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?)",
                (after, upto, count),
            ).fetchone()
        return (text or "").encode(), number, after if last is None else last

    def first(self) -> int:
        """Return the number of the oldest row, of the next one when there is none.

        Raises:
            Damaged: the file is not whole.
        """
        with _told_as_damage():
            return self._first()

    def first_since(self, t_ms: int) -> int:
        """Return the number of the oldest row that is not older than `t_ms`.

        Raises:
            Damaged: the file is not whole.
        """
        with _told_as_damage():
            return self._first_since(t_ms)

    def time_of(self, seq: int) -> int | None:
        """Return when the first row from `seq` on was published, None without one.

        Raises:
            Damaged: the file is not whole.
        """
        with _told_as_damage():
            return self._time_of(seq)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # --- parts -----------------------------------------------------------------------------

    def _note(self, highest: Iterable[tuple[str, str, int, int]]) -> None:
        for values in highest:
            self._db.execute("REPLACE INTO high VALUES (?, ?, ?, ?)", values)

    def _first(self) -> int:
        return int(self._one("SELECT coalesce(min(seq), ?) FROM event", self.last + 1))

    def _first_since(self, t_ms: int) -> int:
        """Times never go back from row to row, so that halving finds it without an index."""
        low, high = self._first(), self.last + 1
        while low < high:
            middle = (low + high) // 2
            found = self._time_of(middle)
            if found is not None and found < t_ms:
                low = middle + 1
            else:
                high = middle
        row = self._db.execute("SELECT min(seq) FROM event WHERE seq >= ?", (low,)).fetchone()
        return low if row[0] is None else int(row[0])

    def _time_of(self, seq: int) -> int | None:
        row = self._db.execute(
            "SELECT t FROM event WHERE seq >= ? ORDER BY seq LIMIT 1", (seq,)
        ).fetchone()
        return None if row is None else int(row[0])

    def _used_bytes(self) -> int:
        return self._pages("page_count") - self._pages("freelist_count")

    def _pages(self, what: str) -> int:
        return int(self._one(f"PRAGMA {what}")) * int(self._one("PRAGMA page_size"))

    def _one(self, statement: str, *parameters: object) -> Any:
        return self._db.execute(statement, parameters).fetchone()[0]

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


@contextlib.contextmanager
def _told_as_damage() -> Iterator[None]:
    """Tell a file that is not whole from one that cannot be written just now."""
    try:
        yield
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        raise Damaged(str(error)) from error
