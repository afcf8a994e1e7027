"""The process events of a client: live ones, joined to those of the journal.

Holds: `EventLog`: numbers, what waits for a replay, the cursor.
Must not touch: subscriptions, but through its `Question`; statuses.
Invariants: an event is told once, by its source. Live events wait while a replay goes on, so
    that all are told in the order of their publication.
Tests: tests/wire/test_sync.py, tests/wire/test_sync_properties.py.
"""

from __future__ import annotations

from typing import Final

from supvisors.model import ProcessEvent
from supvisors.utils import PROCESS_EVENT_HEADER
from supvisors.wire.asking import Question
from supvisors.wire.dialect2 import Live, Page, PageMeta, Record, Stand
from supvisors.wire.happenings import Event, Gap, Output
from supvisors.wire.high import Cursor, High, Place
from supvisors.wire.requests import ANY_JOURNAL

#: Live events that wait for a replay; later ones are asked for again.
WAITING_MAX: Final = 100_000


class EventLog:
    """Which process events were told, and which are still to be had.

    Args:
        question: the request for a replay.
        cursor, since_ms: where to begin; without them, with what is published next.

    Attributes:
        is_replaying: a replay is under way.
        beginning: the first position that was known, before anything was told from there on.
    """

    def __init__(self, question: Question, cursor: Cursor | None, since_ms: int | None) -> None:
        self._question = question
        self._high = High(cursor.high if cursor else None)
        self._place = Place(cursor)
        self.beginning = self.position
        self._since_ms = since_ms
        #: Number in the stream of the last event told, None before the first stand.
        self._held: int | None = None
        self.is_replaying = False
        self._waiting: dict[int, Live] = {}

    @property
    def position(self) -> tuple[str, int] | None:
        """Journal, and number up to which everything was told and is safe; None outside."""
        return self._place.position

    @property
    def told(self) -> int:
        """Number in that journal up to which everything was told, live events included."""
        return self._place.told

    @property
    def cursor(self) -> Cursor | None:
        return self._place.cursor(self._high)

    @property
    def wanted(self) -> tuple[str, int | None, int | None]:
        """Journal, number and time of the page that is wanted now."""
        if self.position is None:
            return ANY_JOURNAL, None, self._since_ms or 0
        return *self.position, None

    def enter(self, now: float) -> list[Output]:
        """Another stream: its numbers begin anew, and the end of the last one may be lost."""
        if self._held is None:
            return []
        self._waiting.clear()
        lost_from, self._held = self._held + 1, 0
        if self.is_replaying:
            return []
        if self.position is None:
            return [Gap(PROCESS_EVENT_HEADER, lost_from, 0)]
        self._replay(now)
        return []

    def take(self, now: float, message: Live) -> list[Output]:
        """Take a live event."""
        seq = message.meta.seq
        if self._held is None or seq <= self._held:
            return []
        if seq == self._held + 1 and not self.is_replaying and not self._waiting:
            self._held = seq
            return self._tell(_event_of(message))
        if len(self._waiting) < WAITING_MAX:
            self._waiting[seq] = message
        return [] if self.is_replaying else self._drain(now)

    def compare(self, now: float, stand: Stand) -> list[Output]:
        """Notice that the last events were lost, or that all up to here are there."""
        seq = stand.seqs[PROCESS_EVENT_HEADER]
        if self._held is None:
            return self._begin(now, stand, seq)
        if self.is_replaying:
            return []
        if stand.journal is None:
            self._place.move(None)
        if seq > self._held:
            return self._miss(now, seq)
        if seq == self._held and stand.journal is not None:
            self._settle(stand.journal.id, stand.journal.seq)
        return []

    def turn(self, now: float, page: Page) -> list[Output]:
        """Take a page of the replay that is under way."""
        meta = page.meta
        if meta.gone is not None:
            return self._lose(now, meta, meta.gone)
        assert meta.journal is not None
        outputs: list[Output] = []
        for record in page.records:
            outputs += self._read(meta.journal.id, record)
        if meta.next is not None:
            self._settle(meta.journal.id, meta.next)
            self._question.go_on(now)
            return outputs
        assert meta.live_from is not None
        assert self._held is not None
        if self.position is None:
            self._settle(meta.journal.id, meta.journal.seq)
        self._held = max(self._held, meta.live_from - 1)
        return outputs + self._end_replay(now)

    def _begin(self, now: float, stand: Stand, seq: int) -> list[Output]:
        self._held = seq
        if self.position is not None or self._since_ms is not None:
            if stand.journal is not None:
                self._replay(now)
                return []
            return self._give_up()
        if stand.journal is not None:
            self._settle(stand.journal.id, stand.journal.seq)
        return []

    def _settle(self, journal: str, seq: int) -> None:
        """Everything up to this number of the journal was told."""
        if self.position is None or self.position[0] != journal or self.position[1] < seq:
            self._place.move((journal, seq))

    def _replay(self, now: float) -> None:
        self.is_replaying = True
        self._question.want(now)

    def _read(self, journal: str, record: Record) -> list[Output]:
        outputs: list[Output] = []
        if self.position is None:  # the first record since a time
            self.beginning = (journal, max(0, record.seq - 1))
            self._place.move(self.beginning)
        assert self.position is not None
        if record.seq <= self.position[1]:
            return []
        if record.seq > self._place.told + 1:
            outputs.append(Gap(PROCESS_EVENT_HEADER, self._place.told + 1, record.seq - 1))
        self._place.move((journal, record.seq))
        event = Event(record.body, record.id, record.facts, record.t, record.seq)
        return outputs + self._tell(event)

    def _lose(self, now: float, meta: PageMeta, first_held: int) -> list[Output]:
        """What was asked for is gone: say so, go on with what is left."""
        if meta.journal is None:
            return [*self._give_up(), *self._end_replay(now)]
        outputs: list[Output] = []
        if self.position is not None:
            told = self._place.told
            if self.position[0] != meta.journal.id:
                outputs.append(Gap(PROCESS_EVENT_HEADER, told + 1, 0))
            elif first_held > told + 1:
                outputs.append(Gap(PROCESS_EVENT_HEADER, told + 1, first_held - 1))
        self._place.move((meta.journal.id, max(0, first_held - 1)))
        self._question.go_on(now)
        return outputs

    def _give_up(self) -> list[Output]:
        """There is no journal any more."""
        told = self._place.told
        self._place.move(None)
        self._since_ms = None
        return [Gap(PROCESS_EVENT_HEADER, told + 1, 0)]

    def _end_replay(self, now: float) -> list[Output]:
        self.is_replaying = False
        self._question.answered()
        return self._drain(now)

    def _drain(self, now: float) -> list[Output]:
        """Tell what waited, as far as it has no hole."""
        assert self._held is not None
        outputs: list[Output] = []
        for seq in sorted(self._waiting):
            if seq > self._held + 1:
                outputs += self._miss(now, seq - 1)
                if self.is_replaying:
                    break
            message = self._waiting.pop(seq)
            if seq > self._held:
                self._held = seq
                outputs += self._tell(_event_of(message))
        return outputs

    def _tell(self, event: Event) -> list[Output]:
        self._place.tell(event.record)
        return [event] if self._high.take(event.id) else []

    def _miss(self, now: float, last: int) -> list[Output]:
        """Events up to `last` did not come: have them replayed, or say that they are lost."""
        assert self._held is not None
        if self.position is not None:
            self._replay(now)
            return []
        first, self._held = self._held + 1, last
        return [Gap(PROCESS_EVENT_HEADER, first, last)]


def _event_of(message: Live) -> Event:
    assert isinstance(message.body, ProcessEvent)
    meta = message.meta
    assert meta.id is not None
    return Event(message.body, meta.id, meta.facts, meta.t, meta.record)
