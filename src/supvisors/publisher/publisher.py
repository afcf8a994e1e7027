"""Both dialects on all ports: numbers, frames, snapshots, pages, beats.

Holds: `Publisher`.
Must not touch: clocks but the wall time of a message; loops and threads, which its owner has.
Invariants: the number of a header rises by one with each message of it, sent or not. What a
snapshot holds is true at the numbers that it tells. A body is encoded once.
Tests: tests/publisher/.

Its owner calls `drain` whenever a port is readable and after he published, `serve` when it is
due, and `beat` once a second.
"""

from __future__ import annotations

import functools
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from supvisors import wire
from supvisors.journal import Journal, PageRead
from supvisors.model import ApplicationStatus, Body, ProcessStatus
from supvisors.publisher.port import Asked, Port
from supvisors.publisher.statuses import Statuses
from supvisors.publisher.waiting import Waiter, Waiting
from supvisors.utils import PROCESS_EVENT_HEADER
from supvisors.wire.dialect2 import (
    VERSION,
    Facts,
    Gone,
    Meta,
    PageMeta,
    Position,
    Stand,
    encode_beat,
    encode_live,
    encode_page,
    encode_removed,
    encode_snapshot,
)
from supvisors.wire.requests import (
    BEAT,
    PAGE_RECORDS_MAX,
    REMOVED,
    REMOVED_NAME,
    SEQUENCED,
    TOPICS,
    ReplayRequest,
    SnapshotRequest,
)

#: How many messages are published at most before clients are heard. To ask costs as much as to
#: publish; and a turn of the loop, at the end of which they are heard anyway, may be long.
HEAR_EVERY: Final = 16

Source = tuple[str, str, int]
#: From the time of a message in POSIX ms, and its body as it is encoded, to the number of its
#: record in the journal; None where that is not known.
Keep = Callable[[int, bytes], int | None]

_TOPICS: Final = {header.encode(): (header, topic) for header, topic in TOPICS.items()}


class Publisher:
    """Publishes on some ports.

    Args:
        ports: closed by this object.
        journal: what replays are read from; None for none. Its owner fills it.
    """

    def __init__(self, ports: Sequence[Port], journal: Journal | None = None) -> None:
        self.is_closed = False
        self._published = 0
        self.stream = secrets.token_hex(8)
        self.ports = tuple(ports)
        self._journal = journal
        self._seqs = dict.fromkeys(SEQUENCED, 0)
        self._statuses = Statuses()
        self._waiting = Waiting(time.monotonic())

    def publish(
        self,
        body: Body,
        source: Source | None = None,
        facts: Facts | None = None,
        gone: bool = False,
        keep: Keep | None = None,
    ) -> None:
        """Send a body to whoever subscribed to its header.

        Args:
            source: of an event: address, boot identity of its supervisord, number there.
            facts: of an event or of the status of a process.
            gone: the process or the application exists no longer.
            keep: takes an event into the journal before anybody hears of it.
        """
        self._published += 1
        if self._published % HEAR_EVERY == 0:
            self._hear()
        t_ms = _now_ms()
        header, data = wire.encode(body)
        name, topic = _TOPICS[header]
        self._seqs[name] += 1
        record = keep(t_ms, data) if keep is not None else None
        frames: list[bytes] = []
        for port in self.ports:
            if port.wants(header):
                port.send((header, data))
            if port.wants(topic):
                if not frames:
                    seq = self._seqs[name]
                    meta = Meta(VERSION, self.stream, seq, t_ms, source, facts, record)
                    frames = encode_live(name, meta, data)
                port.send(frames)
        self._statuses.keep(name, body, data, facts, gone=gone)
        if gone:
            self._tell_gone(body, t_ms)

    def beat(self) -> None:
        """Tell clients that we are there, and how far we are."""
        frames: list[bytes] = []
        for port in self.ports:
            if port.wants(BEAT):
                frames = frames or encode_beat(self._stand())
                port.send(frames)
            port.age()

    # --- what clients ask ------------------------------------------------------------------

    def drain(self) -> None:
        """Take what clients sent, and note who came and went."""
        for port in self.ports:
            port.look()
        self._hear()

    def _hear(self) -> None:
        for index, port in enumerate(self.ports):
            if port.has_messages():
                for asked in port.drain():
                    self._take(index, asked)

    def serve(self, now_s: float) -> float | None:
        """Answer who waits, as far as the budget goes.

        Args:
            now_s: a time that never goes back.

        Returns:
            When to call this again, None when nobody waits.
        """
        is_served = False
        while (waiter := self._waiting.take(now_s)) is not None:
            is_served = True
            match waiter.request:
                case SnapshotRequest():
                    self._send_snapshot(waiter, waiter.request)
                case ReplayRequest():
                    self._read_page(waiter, waiter.request)
        if is_served:
            self._waiting.served(now_s)
        return self._waiting.due_s()

    @property
    def due_s(self) -> float | None:
        """When `serve` is due, None when nobody waits."""
        return self._waiting.due_s()

    def has_messages(self) -> bool:
        """Tell whether clients sent anything that was not taken yet."""
        return any(port.has_messages() for port in self.ports)

    def cut_keys(self, keys: frozenset[str]) -> None:
        """End the connections that were opened with one of these keys."""
        for port in self.ports:
            port.cut_keys(keys)

    def take_cuts(self, is_due: bool) -> Counter[str]:
        """Return why how many connections were cut since the last time, nothing unless due."""
        counts: Counter[str] = Counter()
        if is_due:
            for port in self.ports:
                counts += port.cut_counts
                port.cut_counts.clear()
        return counts

    def close(self) -> None:
        """Close all ports."""
        if self.is_closed:
            return
        self.is_closed = True
        for port in self.ports:
            port.close()

    # --- parts -----------------------------------------------------------------------------

    def _take(self, port: int, asked: Asked) -> None:
        if asked.withdrawn:
            self._waiting.withdraw(port, asked.withdrawn)
        if asked.request is not None:
            self._waiting.add(Waiter(port, asked.connection, asked.request))

    def _send_snapshot(self, waiter: Waiter, request: SnapshotRequest) -> None:
        data = self._statuses.snapshot(request.headers)
        frames = encode_snapshot(request.topic, self._stand(), data)
        self.ports[waiter.port].send(frames, copy=False)
        self._waiting.charge(len(data))

    def _read_page(self, waiter: Waiter, request: ReplayRequest) -> None:
        # All events below this number are in the journal: each is kept before it is sent.
        live_from = self._seqs[PROCESS_EVENT_HEADER] + 1
        answer = functools.partial(self._send_page, waiter, live_from)
        if self._journal is None:
            answer(None)
            return
        after = None if request.after is None else (request.journal, request.after)
        self._journal.read(answer, PAGE_RECORDS_MAX, after=after, since_ms=request.since_ms or 0)

    def _send_page(self, waiter: Waiter, live_from: int, page: PageRead | None) -> None:
        if self.is_closed:
            return
        t_ms = _now_ms()
        records = () if page is None else page.records
        if page is None:
            meta = PageMeta(VERSION, self.stream, t_ms, gone=0)
        else:
            is_last = page.next is None and page.gone is None
            meta = PageMeta(
                VERSION,
                self.stream,
                t_ms,
                Position(page.identity, page.safe),
                page.next,
                live_from if is_last else None,
                page.gone,
            )
        frames = encode_page(waiter.request.topic, meta, records)
        self.ports[waiter.port].send(frames, copy=False)
        self._waiting.charge(len(frames[-1]))

    def _stand(self) -> Stand:
        position = Position(*self._journal.safe) if self._journal is not None else None
        return Stand(VERSION, self.stream, _now_ms(), dict(self._seqs), position)

    def _tell_gone(self, body: Body, t_ms: int) -> None:
        match body:
            case ProcessStatus(application_name, process_name):
                gone = Gone(application_name, process_name)
            case ApplicationStatus(application_name):
                gone = Gone(application_name)
            case _:
                raise AssertionError(f"{body} is not of what can be gone")
        self._seqs[REMOVED_NAME] += 1
        frames: list[bytes] = []
        for port in self.ports:
            if port.wants(REMOVED):
                if not frames:
                    meta = Meta(VERSION, self.stream, self._seqs[REMOVED_NAME], t_ms)
                    frames = encode_removed(meta, gone)
                port.send(frames)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
