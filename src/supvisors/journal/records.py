"""What can be read of the journal's SQLite file.

Holds: `Records`, a connection that reads; `Damaged`; the name of the file.
Must not touch: what is written (`database.py`); threads; what an event means.
Invariants: a reader neither waits for who writes nor holds him up, since the file has a WAL.
Every statement that touches many rows is a single step of SQLite (see `database.py`).
Tests: tests/journal/test_database.py, tests/journal/test_journal.py.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from typing import Any, Final

NAME: Final = "events.db"
#: Of the tables; a file of another version is set aside.
FORMAT: Final = 1
#: How long to wait for an agent that is just ending, in s.
LOCK_TIMEOUT_S: Final = 2.0


class Damaged(Exception):
    """The file is no journal, or not whole."""


#: For each address its lives, the latest first: boot identity and highest number.
Lives = dict[str, list[tuple[str, int]]]


@contextlib.contextmanager
def told_as_damage() -> Iterator[None]:
    """Tell a file that is not whole from one that cannot be read or written just now."""
    try:
        yield
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        raise Damaged(str(error)) from error


class Records:
    """The file in one directory, to be read.

    Used by one thread at a time.

    Args:
        directory: a `Database` was made there.

    Attributes:
        identity: of the journal.

    Raises:
        Damaged: what is there is not a journal that can be read. Every method raises it too.
        sqlite3.OperationalError: the file cannot be opened.
    """

    def __init__(self, directory: str) -> None:
        self.path = os.path.join(directory, NAME)
        self._db = sqlite3.connect(
            self.path, LOCK_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            with told_as_damage():
                self._prepare()
                self.identity = self._read_identity()
        except BaseException:
            self._db.close()
            raise

    @property
    def last(self) -> int:
        """Number of the latest row, 0 without one."""
        with told_as_damage():
            return int(self._one("SELECT coalesce(max(seq), 0) FROM event"))

    def lives(self) -> Lives:
        """Return the highest number of each life of each address's supervisord."""
        found: Lives = {}
        with told_as_damage():
            rows = self._db.execute(
                "SELECT address, boot, number FROM high ORDER BY address, rank DESC"
            )
            for address, boot, number in rows.fetchall():
                found.setdefault(address, []).append((boot, number))
        return found

    def page(self, after: int, upto: int, count: int) -> tuple[bytes, int, int]:
        """Return records with a number above `after` and up to `upto`, `count` at the most.

        Returns:
            The records as JSON with commas between, how many they are, and the number of the
            last one, `after` without any.
        """
        with told_as_damage():
            text, number, last = self._db.execute(
                "SELECT group_concat(record), count(*), max(seq) FROM (SELECT seq, record "
                "FROM event WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?)",
                (after, upto, count),
            ).fetchone()
        return (text or "").encode(), number, after if last is None else last

    def first(self) -> int:
        """Return the number of the oldest row, 1 when there is none."""
        with told_as_damage():
            return int(self._one("SELECT coalesce(min(seq), 1) FROM event"))

    def first_since(self, t_ms: int) -> int:
        """Return the number of the oldest row that is not older than `t_ms`, or of the next one.

        Times never go back from row to row, so that halving finds it without an index.
        """
        low, high = self.first(), self.last + 1
        while low < high:
            middle = (low + high) // 2
            found = self.time_of(middle)
            if found is not None and found < t_ms:
                low = middle + 1
            else:
                high = middle
        with told_as_damage():
            row = self._one("SELECT min(seq) FROM event WHERE seq >= ?", low)
        return low if row is None else int(row)

    def time_of(self, seq: int) -> int | None:
        """Return when the first row from `seq` on was published, None without one."""
        with told_as_damage():
            row = self._db.execute(
                "SELECT t FROM event WHERE seq >= ? ORDER BY seq LIMIT 1", (seq,)
            ).fetchone()
        return None if row is None else int(row[0])

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # --- parts -----------------------------------------------------------------------------

    def _prepare(self) -> None:
        self._db.execute("PRAGMA query_only = ON")

    def _read_identity(self) -> str:
        about = self._db.execute("SELECT format, identity FROM about").fetchall()
        if len(about) != 1 or about[0][0] != FORMAT or not isinstance(about[0][1], str):
            raise Damaged(f"it is of another format: {about}")
        return str(about[0][1])

    def _one(self, statement: str, *parameters: object) -> Any:
        return self._db.execute(statement, parameters).fetchone()[0]
