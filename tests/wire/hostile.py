"""A model of a publisher with its journal, and a channel that loses, doubles and swaps messages.

Holds: `World`: publisher, journal, channel and client in one, moved on step by step; what was
published and what the client was told are on record.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from random import Random

from supvisors import wire
from supvisors.model import (
    ApplicationState,
    ApplicationStatus,
    ProcessEvent,
    ProcessState,
    ProcessStatus,
    namespec,
)
from supvisors.wire.dialect2 import (
    Facts,
    Gone,
    Meta,
    PageMeta,
    Position,
    Stand,
    encode_beat,
    encode_live,
    encode_page,
    encode_record,
    encode_removed,
    encode_snapshot,
    encode_statuses,
    process_item,
)
from supvisors.wire.happenings import (
    Event,
    Gap,
    Joined,
    Output,
    Status,
    Subscribe,
    Unsubscribe,
    Vanished,
)
from supvisors.wire.high import Cursor, High
from supvisors.wire.requests import SEQUENCED, ReplayRequest, SnapshotRequest, parse
from supvisors.wire.sync import Synchroniser

Source = tuple[str, str, int]
STATES = (ProcessState.RUNNING, ProcessState.STOPPING, ProcessState.STOPPED)
PAGE = 3


@dataclass
class Noise:
    """How bad the channel is, as probabilities."""

    drop: float = 0.0
    double: float = 0.0
    swap: float = 0.0


@dataclass
class Told:
    """What the user of a client was told, folded.

    Attributes:
        events: sources in the order in which they were told.
        joined_at: how many events had been published when the client joined.
    """

    events: list[Source] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    processes: dict[str, ProcessStatus] = field(default_factory=dict)
    applications: dict[str, ApplicationStatus] = field(default_factory=dict)
    joined_at: int | None = None


class World:
    """Everything.

    Args:
        rng: decides what the channel does.
        has_journal: the publisher keeps one.
    """

    def __init__(self, rng: Random, *, has_journal: bool) -> None:
        self._rng = rng
        self._has_journal = has_journal
        self.noise = Noise()
        self.now = 0.0
        self._streams = 0
        self._numbers = 0
        #: every event, in the order of its first publication
        self.published: list[Source] = []
        #: stream and number under which each event was published, again and again
        self.numbered: dict[tuple[str, int], Source] = {}
        self._journal: list[bytes] = []
        self._first = 1
        self._journal_high = High()
        #: number in the journal of each event; of an old one it is not known any more
        self._records: dict[Source, int] = {}
        self.processes: dict[str, ProcessStatus] = {}
        self.applications: dict[str, ApplicationStatus] = {}
        self._channel: deque[list[bytes]] = deque()
        self._topics: set[bytes] = set()
        self._stream = ""
        self._seqs: dict[str, int] = {}
        self._begin_stream()
        self.client_lives = 0
        self.told = Told()
        self.machine = self._born(None)

    # --- the publisher -------------------------------------------------------------------

    def change(self, process: int, state: int) -> None:
        """A process changes: event, process, application."""
        group, name = f"g{process % 2}", f"p{process}"
        body = ProcessEvent(group, name, STATES[state], True, 1, 0, "alpha")
        self._numbers += 1
        self._publish_event(body, ("alpha", "b1", self._numbers))
        status = ProcessStatus(group, name, STATES[state], last_event_time_s=self._numbers)
        self.processes[namespec(group, name)] = status
        self._publish("process", wire.encode(status)[1], facts=_facts(status))
        application = ApplicationStatus(group, ApplicationState(self._numbers % 4))
        self.applications[group] = application
        self._publish("application", wire.encode(application)[1])

    def remove(self, process: int) -> None:
        group, name = f"g{process % 2}", f"p{process}"
        if self.processes.pop(namespec(group, name), None) is None:
            return
        last = ProcessStatus(group, name, ProcessState.UNKNOWN)
        self._publish("process", wire.encode(last)[1])
        self._seqs["removed"] += 1
        self._send(encode_removed(self._meta("removed"), Gone(group, name)))

    def beat(self) -> None:
        self._send(encode_beat(self._stand()))

    def restart(self, again: int) -> None:
        """The agent restarts, and tells the last events again."""
        self._begin_stream()
        self._channel.clear()
        for topic in sorted(self._topics):
            self._answer(topic)
        bodies = ProcessEvent("g0", "p0", ProcessState.RUNNING, True, 1, 0, "alpha")
        for source in self.published[-again:] if again else []:
            self._publish_event(bodies, source)

    def overrun(self, process: int, rest: int) -> None:
        """A change does not arrive, and the journal is full: all but some of it goes."""
        noise, self.noise = self.noise, Noise(drop=1.0)
        self.change(process, 0)
        self.noise = noise
        self._first = max(self._first, len(self._journal) + 1 - rest)

    def _begin_stream(self) -> None:
        self._streams += 1
        self._stream = f"s{self._streams}"
        self._seqs = dict.fromkeys(SEQUENCED, 0)

    def _meta(self, name: str, source: Source | None = None, facts: Facts | None = None) -> Meta:
        record = self._records.get(source) if source in self.published[-3:] else None
        return Meta(2, self._stream, self._seqs[name], 1, source, facts, record)

    def _publish(self, header: str, data: bytes, facts: Facts | None = None) -> None:
        self._seqs[header] += 1
        self._send(encode_live(header, self._meta(header, facts=facts), data))

    def _publish_event(self, body: ProcessEvent, source: Source) -> None:
        data = wire.encode(body)[1]
        if source not in self.published[-50:]:
            self.published.append(source)
        if self._has_journal and self._journal_high.take(source):
            self._records[source] = len(self._journal) + 1
            self._journal.append(encode_record(len(self._journal) + 1, 1, source, None, data))
        self._seqs["event"] += 1
        self.numbered[self._stream, self._seqs["event"]] = source
        self._send(encode_live("event", self._meta("event", source, Facts()), data))

    def _stand(self) -> Stand:
        """What is not safe on disk yet comes with the next beat."""
        safe = max(0, len(self._journal) - self._rng.choice((0, 0, 2)))
        journal = Position("j", safe) if self._has_journal else None
        return Stand(2, self._stream, 1, dict(self._seqs), journal)

    def _answer(self, topic: bytes) -> None:
        match parse(topic):
            case SnapshotRequest():
                items = {
                    "process": [
                        process_item(wire.encode(status)[1], _facts(status))
                        for status in self.processes.values()
                    ],
                    "application": [wire.encode(s)[1] for s in self.applications.values()],
                }
                self._send(encode_snapshot(topic, self._stand(), encode_statuses(items)))
            case ReplayRequest(after=after):
                self._send(self._page(topic, after or 0))

    def _page(self, topic: bytes, after: int) -> list[bytes]:
        stand = self._stand()
        meta = PageMeta(2, self._stream, 1, stand.journal)
        if not self._has_journal:
            return encode_page(topic, _with(meta, gone=0), [])
        if after + 1 < self._first:
            return encode_page(topic, _with(meta, gone=self._first), [])
        records = self._journal[after : after + PAGE]
        if after + PAGE < len(self._journal):
            return encode_page(topic, _with(meta, next=after + PAGE), records)
        return encode_page(topic, _with(meta, live_from=self._seqs["event"] + 1), records)

    # --- the channel ---------------------------------------------------------------------

    def _send(self, frames: list[bytes]) -> None:
        if frames[0] not in self._topics or self._rng.random() < self.noise.drop:
            return
        self._channel.append(frames)
        if self._rng.random() < self.noise.double:
            self._channel.append(frames)
        if len(self._channel) > 1 and self._rng.random() < self.noise.swap:
            self._channel[-1], self._channel[-2] = self._channel[-2], self._channel[-1]

    def deliver(self, count: int) -> None:
        """The client reads some messages."""
        for _ in range(min(count, len(self._channel))):
            self._take(self.machine.receive(self.now, self._channel.popleft()))

    # --- the client ----------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        """Time goes on; the client is woken when it asked for it."""
        self.now += seconds
        deadline = self.machine.deadline
        if deadline is not None and deadline <= self.now:
            self._take(self.machine.wake(self.now))

    def kill_client(self) -> None:
        """The client dies; another goes on with the cursor that it had saved."""
        cursor = self.machine.cursor
        self._channel.clear()
        self._topics.clear()
        self.told.processes.clear()
        self.told.applications.clear()
        self.machine = self._born(Cursor.decode(cursor.encode()) if cursor else None)

    def settle(self) -> None:
        """Let everything come to rest on a channel without faults."""
        self.noise = Noise()
        for _ in range(400):
            self.deliver(100_000)
            self.beat()
            self.deliver(100_000)
            self.wait(0.5)
            if self.machine.deadline is None and not self._channel:
                return
        raise AssertionError("the client asks on and on")

    def _born(self, cursor: Cursor | None) -> Synchroniser:
        self.client_lives += 1
        if cursor is None:
            self.told = Told()
        machine = Synchroniser(f"c{self.client_lives}", cursor=cursor)
        self.machine = machine
        self._take(machine.start(self.now))
        return machine

    def _take(self, outputs: list[Output]) -> None:
        told = self.told
        for output in outputs:
            match output:
                case Subscribe(topic):
                    self._topics.add(topic)
                    self._answer(topic)
                case Unsubscribe(topic):
                    self._topics.remove(topic)
                case Joined() if told.joined_at is None:
                    told.joined_at = len(self.published)
                case Event(id=source):
                    told.events.append(source)
                case Gap():
                    told.gaps.append(output)
            self._fold(output)

    def _fold(self, output: Output) -> None:
        told = self.told
        match output:
            case Joined():
                told.processes = dict(self.machine.cluster.processes)
                told.applications = dict(self.machine.cluster.applications)
            case Status(body=ProcessStatus() as status):
                told.processes[namespec(status.application_name, status.process_name)] = status
            case Status(body=ApplicationStatus() as status):
                told.applications[status.application_name] = status
            case Vanished(application, ""):
                told.applications.pop(application, None)
            case Vanished(application, process):
                told.processes.pop(namespec(application, process), None)


def _facts(status: ProcessStatus) -> Facts:
    return Facts(restarts=status.last_event_time_s)


def _with(meta: PageMeta, **ends: int) -> PageMeta:
    return PageMeta(meta.v, meta.stream, meta.t, meta.journal, **ends)
