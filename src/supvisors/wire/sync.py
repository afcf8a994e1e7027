"""The synchroniser: what a client makes of the messages of dialect 2, in any language.

Holds: `Synchroniser`, messages in, outputs out; the outputs. It owns the streams and the
    requests; statuses are put together in `_Statuses` here, events in `eventlog.py`.
Must not touch: sockets, clocks, threads: `now` is given, and subscriptions are outputs.
Invariants: first `Joined`, then every change in order, each once; the mirror is what the
    outputs add up to; what was published and did not come is told as a `Gap`.
Tests: tests/wire/test_sync.py, tests/wire/test_sync_properties.py. The same machine for every
    language: wire/README.md, section "The synchroniser".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from supvisors.utils import PROCESS_EVENT_HEADER
from supvisors.wire.asking import Question, Slots
from supvisors.wire.cluster import Cluster, key_of
from supvisors.wire.dialect2 import (
    Beat,
    Live,
    Message,
    Page,
    Removed,
    Snapshot,
    Stand,
)
from supvisors.wire.eventlog import EventLog
from supvisors.wire.forms import HEADERS
from supvisors.wire.happenings import (
    Gap,
    Joined,
    Output,
    Status,
    Subscribe,
    Unsubscribe,
    Vanished,
)
from supvisors.wire.high import Cursor
from supvisors.wire.reading import decode
from supvisors.wire.requests import (
    BEAT,
    REMOVED,
    REMOVED_NAME,
    TOPICS,
    ReplayRequest,
    SnapshotRequest,
)

#: Streams that are over and whose late messages are known as such.
PAST_STREAMS: Final = 8


class Synchroniser:
    """One client's view of one publisher.

    Subscribe and unsubscribe as the outputs say, on one SUB socket, in their order. Give it
    every message, and call `wake` at `deadline`.

    Args:
        client: a name that no other client has: 1 to 32 characters of A-Z a-z 0-9 _ -.
        headers: which ones are wanted.
        cursor: of an earlier life of this client: events after it are told first.
        since_ms: the same from a time on, in POSIX ms; not with a cursor.

    Attributes:
        cluster: the mirror.

    Raises:
        ValueError: a header is unknown or none is given, or both cursor and since_ms are, or
            one of them without the header `event`.
    """

    def __init__(
        self,
        client: str,
        headers: Sequence[str] = HEADERS,
        cursor: Cursor | None = None,
        since_ms: int | None = None,
    ) -> None:
        _check(headers, cursor, since_ms)
        self._client = client
        self._headers = tuple(header for header in HEADERS if header in headers)
        slots = Slots()
        self._snapshot = Question(slots)
        self._replay = Question(slots)
        self._stream = ""
        self._past: deque[str] = deque(maxlen=PAST_STREAMS)
        self.cluster = Cluster()
        self._statuses = _Statuses(self._headers, self.cluster, self._snapshot)
        self._has_events = PROCESS_EVENT_HEADER in self._headers
        self._events = EventLog(self._replay, cursor, since_ms)

    @property
    def deadline(self) -> float | None:
        """When `wake` is to be called, None when nothing is waited for."""
        dues = [due for due in (self._snapshot.due, self._replay.due) if due is not None]
        return min(dues, default=None)

    @property
    def cursor(self) -> Cursor | None:
        """Where to go on later; None before the first snapshot or without a journal."""
        return self._events.cursor

    @property
    def position(self) -> tuple[str, int] | None:
        """Journal and number of the cursor."""
        return self._events.position

    @property
    def told(self) -> int:
        """Number in that journal up to which everything was told, live events included."""
        return self._events.told

    @property
    def is_replaying(self) -> bool:
        """Whether events of the past are still to come."""
        return self._events.is_replaying

    @property
    def beginning(self) -> tuple[str, int] | None:
        """The first position that was known, before anything was told from there on."""
        return self._events.beginning

    def start(self, now: float) -> list[Output]:
        """Begin: subscribe to all that is wanted. Call it once, before anything else."""
        topics = [TOPICS[header] for header in self._headers] + [REMOVED, BEAT]
        self._snapshot.want(now)
        return [*(Subscribe(topic) for topic in topics), *self.wake(now)]

    def receive(self, now: float, frames: Sequence[bytes]) -> list[Output]:
        """Take a message.

        Args:
            now: a monotonic time, in s.
            frames: all of one message.

        Raises:
            WireError: it is none of this dialect; nothing has changed.
        """
        message = decode(frames)
        stream = _stream_of(message)
        if stream in self._past:
            return []
        outputs = self._enter(now, stream) if stream != self._stream else []
        outputs += self._take(now, message)
        return outputs + self.wake(now)

    def wake(self, now: float) -> list[Output]:
        """Ask what is due. Harmless at any time."""
        outputs: list[Output] = []
        if self._snapshot.due is not None and self._snapshot.due <= now:
            outputs += _swap(*self._snapshot.ask(now, self._snapshot_topic))
        if self._replay.due is not None and self._replay.due <= now:
            outputs += _swap(*self._replay.ask(now, self._replay_topic))
        return outputs

    def _snapshot_topic(self, slot: int) -> bytes:
        return SnapshotRequest(self._client, slot, self._headers).topic

    def _replay_topic(self, slot: int) -> bytes:
        journal, after, since_ms = self._events.wanted
        return ReplayRequest(self._client, slot, journal, after, since_ms).topic

    def _enter(self, now: float, stream: str) -> list[Output]:
        """Another publisher answers: nothing is known of its numbers."""
        if self._stream:
            self._past.append(self._stream)
        self._stream = stream
        # The request for a snapshot was sent again with the connection.
        self._snapshot.expect(now)
        self._statuses.enter()
        return self._events.enter(now) if self._has_events else []

    def _take(self, now: float, message: Message) -> list[Output]:
        match message:
            case Live(header=header) if header == PROCESS_EVENT_HEADER:
                return self._events.take(now, message) if self._has_events else []
            case Live() | Removed():
                return self._statuses.take(now, message)
            case Beat(stand):
                return self._statuses.compare(now, stand) + self._compare(now, stand)
            case Snapshot(topic, stand) if topic == self._snapshot.topic:
                outputs = self._statuses.adopt(message)
                return outputs + self._compare(now, stand)
            case Page(topic) if topic == self._replay.topic and self._replay.due is not None:
                # A page that was kept would be sent again at every connection.
                return [Unsubscribe(self._replay.release()), *self._events.turn(now, message)]
        return []

    def _compare(self, now: float, stand: Stand) -> list[Output]:
        joined = self._statuses.has_joined
        return self._events.compare(now, stand) if self._has_events and joined else []


class _Statuses:
    """Statuses and removals: numbers, gaps, and the mirror."""

    def __init__(self, headers: Sequence[str], cluster: Cluster, question: Question) -> None:
        self._names = (*(h for h in headers if h != PROCESS_EVENT_HEADER), REMOVED_NAME)
        self._cluster = cluster
        self._question = question
        self._held: dict[str, int] | None = None
        self.has_joined = False

    def enter(self) -> None:
        """Take nothing before the snapshot of the new stream."""
        self._held = None

    def take(self, now: float, message: Live | Removed) -> list[Output]:
        """Take the next status or removal, or notice that it is not the next."""
        name = message.header if isinstance(message, Live) else REMOVED_NAME
        seq = message.meta.seq
        if self._held is None or name not in self._held or seq <= self._held[name]:
            return []
        outputs = self._advance(name, seq - 1)
        if outputs:
            self._question.want(now)
        self._held[name] = seq
        if isinstance(message, Removed):
            if self._cluster.remove(message.gone):
                outputs.append(Vanished(message.gone.application, message.gone.process))
            return outputs
        self._cluster.apply(message.body, message.meta.facts)
        outputs.append(Status(message.body, message.meta.facts, message.meta.t))
        return outputs

    def compare(self, now: float, stand: Stand) -> list[Output]:
        """Notice that the last messages were lost."""
        outputs = self._catch_up(stand)
        if outputs:
            self._question.want(now)
        return outputs

    def adopt(self, snapshot: Snapshot) -> list[Output]:
        """Make the mirror what a snapshot says, unless it is older than the mirror."""
        seqs = snapshot.stand.seqs
        if self._held is not None and any(seqs[name] < seq for name, seq in self._held.items()):
            return []
        outputs = self._catch_up(snapshot.stand)
        self._held = {name: seqs[name] for name in self._names}
        self._question.answered()
        changes = self._difference(snapshot)
        if not self.has_joined:
            self.has_joined = True
            return [*outputs, Joined()]
        return outputs + changes

    def _catch_up(self, stand: Stand) -> list[Output]:
        if self._held is None:
            return []
        return [gap for name in self._names for gap in self._advance(name, stand.seqs[name])]

    def _advance(self, name: str, seq: int) -> list[Output]:
        assert self._held is not None
        if seq <= self._held[name]:
            return []
        first, self._held[name] = self._held[name] + 1, seq
        return [Gap(name, first, seq)]

    def _difference(self, snapshot: Snapshot) -> list[Output]:
        keys = [key_of(body) for body, _ in snapshot.statuses]
        outputs: list[Output] = [
            Status(body, facts, snapshot.stand.t)
            for body, facts in snapshot.statuses
            if self._cluster.apply(body, facts)
        ]
        for gone in self._cluster.missing_in(keys):
            self._cluster.remove(gone)
            outputs.append(Vanished(gone.application, gone.process))
        self._cluster.forget_addresses_but(keys)
        return outputs


def _check(headers: Sequence[str], cursor: Cursor | None, since_ms: int | None) -> None:
    unknown = sorted(set(headers) - set(HEADERS))
    if unknown or not headers:
        raise ValueError(f"headers must be some of {', '.join(HEADERS)}, not {unknown}")
    if cursor is not None and since_ms is not None:
        raise ValueError("a cursor and a time are two beginnings: give one of them")
    if (cursor or since_ms) is not None and PROCESS_EVENT_HEADER not in headers:
        raise ValueError(f"what happened before is told as '{PROCESS_EVENT_HEADER}': ask for it")


def _stream_of(message: Message) -> str:
    match message:
        case Beat(stand) | Snapshot(_, stand):
            return stand.stream
        case Page(_, meta):
            return meta.stream
    return message.meta.stream


def _swap(before: bytes, after: bytes) -> list[Output]:
    return [*([Unsubscribe(before)] if before else []), Subscribe(after)]
