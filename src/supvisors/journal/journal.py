"""The journal as the loop sees it, and the thread that writes it.

Holds: `Journal`, `Limits`.
Must not touch: what an event means; SQL (`database.py`); how pages are read (`pages.py`).
Invariants: `take` and `read` never wait for the database, and who reads does not wait for the
disk. Whatever the disk does, events go on: what cannot be kept is counted and said, and its
numbers are not used again.
Tests: tests/journal/test_journal.py, tests/journal/test_killed.py.

A thread, and not small transactions in the loop: a commit waits for the disk, for 10 ms and, on
a sick one, for seconds. It must not steal the loop's time either; see `database.py`.
"""

from __future__ import annotations

import functools
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from supvisors.cursor import Cursor
from supvisors.durable import make_directory
from supvisors.journal.database import Database, Row, set_aside
from supvisors.journal.pages import Deliver, Held, PageRead, Pages, Wish, throw
from supvisors.journal.records import Damaged
from supvisors.journal.spool import Spool
from supvisors.log import Log
from supvisors.wire.high import High

DIRECTORY: Final = "journal"
#: Identity and number of the last event that was taken, kept or not; see `Cursor`.
MARK: Final = "last"
#: How long events are gathered before they are written.
BATCH_S: Final = 0.05
#: From a write that failed to the next try.
RETRY_S: Final = 1.0
#: Events that wait for a disk that does not take them; about 20 MB.
WAITING_MAX: Final = 50_000
#: How long the end of the agent waits for the disk.
CLOSE_TIMEOUT_S: Final = 5.0
#: How often the file is looked at for what is to be forgotten.
TRIM_S: Final = 5.0
_MS_PER_DAY: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept: whichever is reached first.

    Attributes:
        bytes_max: size of what is kept; the file and what SQLite keeps beside it may be 10 MB
            larger.
        age_max_days: how old the oldest event may be.
    """

    bytes_max: int
    age_max_days: int


class _SpoolItem(msgspec.Struct):
    seq: int
    t: int
    id: tuple[str, str, int]


class Journal:
    """The journal of one agent.

    Args:
        state_dir: the option.
        deliver: lets a function be called in the loop; called from the journal's thread.

    Raises:
        OSError: the directory cannot be made or written.
        sqlite3.OperationalError: the database cannot be opened.
    """

    def __init__(self, state_dir: str, limits: Limits, log: Log, deliver: Deliver) -> None:
        self.directory = os.path.join(state_dir, DIRECTORY)
        self._limits = limits
        self._log = log
        self._deliver = deliver
        make_directory(self.directory)
        self._database, self._high = self._opened()
        self._spool = Spool(self.directory)
        self._mark = Cursor(os.path.join(self.directory, MARK))
        #: what the spool holds and the database does not: gathered, and being written
        self._gathered: list[Row] = []
        self._writing: list[Row] = []
        #: of each address, the latest event and its number
        self._latest: dict[str, tuple[tuple[str, str, int], int]] = {}
        self._seq = self._t_ms = 0
        self._recover()
        self._safe = (self._database.identity, self._database.last)
        self._lost = 0
        self._lost_told = 0
        self._trouble = ""
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._is_told = False
        self._closing = threading.Event()
        self._is_torn = False
        self._spoiled: tuple[str, Damaged] | None = None
        self._pages = Pages(self.directory, self._held, self._spoil, log, deliver)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    # --- for the loop ----------------------------------------------------------------------

    @property
    def safe(self) -> tuple[str, int]:
        """Identity of the journal and number of its last event that is on disk."""
        return self._safe

    @property
    def last(self) -> int:
        """Number of the last event that was taken."""
        return self._seq

    def take(
        self, source: tuple[str, str, int], t_ms: int, record: Callable[[int, int], bytes]
    ) -> int | None:
        """Keep an event, unless it is in the journal already.

        Args:
            source: address, boot identity of its supervisord, number there.
            t_ms: when it was published, in POSIX ms.
            record: makes its record from its number in the journal and its time there.

        Returns:
            Its number in the journal; None of one that is there, unless it is the latest of its
            address, which an agent that was killed tells again.
        """
        if not self._high.take(source):
            latest, seq = self._latest.get(source[0], (None, None))
            return seq if latest == source else None
        self._seq += 1
        self._t_ms = max(self._t_ms, t_ms)
        data = record(self._seq, self._t_ms)
        row = Row(self._seq, self._t_ms, source, data.decode())
        with self._lock:
            self._gather(row, data)
        self._mark.write(self._safe[0], self._seq)
        self._latest[source[0]] = source, self._seq
        self._wake()
        return self._seq

    def read(
        self,
        answer: Callable[[PageRead], None],
        count: int,
        *,
        after: tuple[str, int] | None = None,
        since_ms: int = 0,
    ) -> None:
        """Read a page of all that was taken until now; `answer` is called in the loop.

        Args:
            count: records in it, at the most.
            after: identity of a journal and number in it: from the record after that on.
            since_ms: without `after`, from this POSIX time on, in ms.
        """
        identity, number = after or (None, None)
        self._pages.ask(Wish(identity, number, since_ms, self._seq, count, answer))

    def warnings(self) -> list[str]:
        """Return what an operator should look at."""
        found = self._pages.warnings()
        if self._trouble:
            found.append(f"the journal in {self.directory} cannot be written: {self._trouble}")
        if self._lost:
            found.append(f"{self._lost} events are missing in the journal in {self.directory}")
        return found

    def close(self) -> None:
        """Write what was taken, and let go of the files."""
        self._pages.close()
        self._closing.set()
        self._work.set()
        self._thread.join(CLOSE_TIMEOUT_S)
        if self._thread.is_alive():
            return  # a disk that hangs: what waits for it is in the spool
        self._database.close()
        self._spool.close()
        self._mark.close()

    # --- the loop's side -------------------------------------------------------------------

    def _gather(self, row: Row, data: bytes) -> None:
        if len(self._gathered) + len(self._writing) >= WAITING_MAX:
            self._lost += 1
            return
        try:
            self._spool.append(data)
        except OSError as error:
            if not self._is_torn:
                facts = [("directory", self.directory), ("why", error)]
                self._log.write("warn", "a kill now costs the events of the last moment", facts)
            self._is_torn = True
        self._gathered.append(row)

    def _wake(self) -> None:
        if not self._is_told:
            self._is_told = True
            self._work.set()

    # --- opening ---------------------------------------------------------------------------

    def _opened(self) -> tuple[Database, High]:
        try:
            database = Database(self.directory)
            try:
                return database, High(database.lives())
            except Damaged:
                database.close()
                raise
        except Damaged as error:
            self._set_aside(error)
            return Database(self.directory), High()

    def _set_aside(self, error: Damaged) -> None:
        aside = set_aside(self.directory)
        facts = [("why", error), ("aside", aside)]
        self._log.write("warn", "the journal is damaged, and a new one is begun", facts)

    def _recover(self) -> None:
        """Take up what an agent that was killed had not committed, and the next number."""
        last = self._database.last
        rows = {}
        for line in self._spool.read():
            try:
                item = msgspec.json.decode(line, type=_SpoolItem)
            except msgspec.DecodeError:
                continue  # torn by a full disk: its number is missing, and so it is told
            if item.seq > last:
                rows[item.seq] = Row(item.seq, item.t, item.id, line.decode())
        self._gathered = [rows[seq] for seq in sorted(rows)]
        for row in self._gathered:
            self._high.take(row.source)
            self._latest[row.source[0]] = row.source, row.seq
        marked = self._mark.read()
        is_ours = marked is not None and marked[0] == self._database.identity
        self._seq = max(last, *rows, marked[1] if marked and is_ours else 0, 0)
        times = [row.t_ms for row in rows.values()]
        self._t_ms = max([*times, self._database.time_of(last) or 0])

    # --- the thread ------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._work_on()
        except BaseException as error:
            self._deliver(functools.partial(throw, error))  # an error of ours ends the agent
            raise

    def _work_on(self) -> None:
        self._guarded(self._database.check)
        trim_s = time.monotonic()
        while True:
            self._work.wait(TRIM_S)
            self._closing.wait(BATCH_S)
            is_closing = self._closing.is_set()
            self._work.clear()
            self._is_told = False
            is_written = self._guarded(self._write)
            if is_closing:
                return
            if is_written and time.monotonic() > trim_s:
                trim_s = time.monotonic() + TRIM_S
                self._guarded(self._trim)
            elif not is_written:
                self._closing.wait(RETRY_S)
                self._work.set()

    def _guarded(self, step: Callable[[], None]) -> bool:
        """Do a step; return whether the disk let us."""
        try:
            step()
        except (OSError, sqlite3.OperationalError) as error:
            self._say_trouble(str(error))
            return False
        except Damaged as error:
            return self._begin_anew(error)
        return True

    def _begin_anew(self, error: Damaged) -> bool:
        self._database.close()
        try:
            self._set_aside(error)
            self._database = Database(self.directory)
            self._database.note(self._high.lives())
        except (OSError, sqlite3.OperationalError, Damaged) as other:
            self._say_trouble(str(other))
            return False
        with self._lock:
            self._safe = (self._database.identity, self._database.last)
        self._work.set()
        return True

    def _write(self) -> None:
        spoiled, self._spoiled = self._spoiled, None
        if spoiled is not None and spoiled[0] == self._safe[0]:
            raise spoiled[1]  # a page has shown it
        if not self._writing:
            with self._lock:
                if not self._gathered:
                    return
                self._writing, self._gathered = self._gathered, []
                self._spool.turn()
                self._is_torn = False
        self._database.append(self._writing)
        with self._lock:
            self._safe = (self._database.identity, self._writing[-1].seq)
            self._writing = []
        self._spool.empty_other()
        self._say_no_trouble()

    def _trim(self) -> None:
        oldest_ms = time.time_ns() // 1_000_000 - self._limits.age_max_days * _MS_PER_DAY
        while self._database.trim(self._limits.bytes_max, oldest_ms):
            pass

    # --- what is read ----------------------------------------------------------------------

    def _held(self) -> Held:
        with self._lock:
            return Held(*self._safe, (*self._writing, *self._gathered))

    def _spoil(self, identity: str, error: Damaged) -> None:
        self._spoiled = identity, error
        self._work.set()

    # --- what is said ----------------------------------------------------------------------

    def _say_trouble(self, words: str) -> None:
        is_new, self._trouble = words != self._trouble, words
        if is_new:
            facts = [("directory", self.directory), ("why", words)]
            reason = "the journal cannot be written; events go on"
            self._deliver(functools.partial(self._log.write, "warn", reason, facts))

    def _say_no_trouble(self) -> None:
        lost = self._lost - self._lost_told
        if not self._trouble and not lost:
            return
        self._trouble, self._lost_told = "", self._lost
        level = "warn" if lost else "info"
        facts = [("lost", lost), ("last", self._safe[1])]
        reason = "the journal is written again"
        self._deliver(functools.partial(self._log.write, level, reason, facts))
