"""Dialect 2 on real sockets: numbers, snapshots, removals, beats, pages; many that join."""

from __future__ import annotations

import contextlib
from pathlib import Path

from supvisors.model import ApplicationState, ApplicationStatus, ProcessState
from supvisors.wire import HEADERS
from supvisors.wire.dialect2 import Beat, Live, Message, Page, Removed, Snapshot
from supvisors.wire.reading import decode
from supvisors.wire.requests import BEAT, REMOVED, TOPICS, ReplayRequest, SnapshotRequest
from tests.journal.harness import Desk
from tests.publisher.harness import BODIES, Socket, Stage, event, process, stage


def heard(it: Stage, client: Socket, count: int) -> list[Message]:
    """Return the next messages of a client, while the publisher turns."""
    messages: list[Message] = []

    def read() -> bool:
        while client.poll(0):
            messages.append(decode(client.recv_multipart()))
        return len(messages) >= count

    it.until(read)
    return messages


def snapshot_of(it: Stage, *headers: str, slot: int = 0) -> Snapshot:
    client = it.client(SnapshotRequest("me", slot, headers).topic)
    (message,) = heard(it, client, 1)
    assert isinstance(message, Snapshot)
    return message


def test_live_messages_are_numbered_for_each_header() -> None:
    with stage() as it:
        client = it.client(*TOPICS.values())
        it.until_wanted(*TOPICS.values())
        for body in [*BODIES, *BODIES]:
            it.publish(body)
        messages = [m for m in heard(it, client, 10) if isinstance(m, Live)]
        assert [message.body for message in messages] == [*BODIES, *BODIES]
        assert [message.meta.seq for message in messages] == [1] * 5 + [2] * 5
        assert {message.meta.stream for message in messages} == {it.publisher.stream}
        assert [m.meta.id for m in messages if m.header == "event"] == [
            ("alpha", "b1", 1),
            ("alpha", "b1", 2),
        ]


def test_what_nobody_hears_is_numbered_too() -> None:
    with stage() as it:
        it.publish(process("a"))
        it.publish(process("b"))
        client = it.client(TOPICS["process"])
        it.until_wanted(TOPICS["process"])
        it.publish(process("c"))
        (message,) = heard(it, client, 1)
        assert isinstance(message, Live)
        assert message.meta.seq == 3


def test_a_snapshot_is_what_was_published_last_and_goes_to_who_asked() -> None:
    with stage() as it:
        other = it.client(SnapshotRequest("other", 0, HEADERS).topic)
        heard(it, other, 1)
        for body in BODIES:
            it.publish(body)
        it.publish(process("n", ProcessState.FATAL))
        it.publish(process("m"))
        client = it.client(SnapshotRequest("me", 0, HEADERS).topic)
        (snapshot,) = heard(it, client, 1)
        assert isinstance(snapshot, Snapshot)
        assert {body for body, _ in snapshot.statuses} == {
            *BODIES[:3],
            process("n", ProcessState.FATAL),
            process("m"),
        }
        assert snapshot.stand.seqs["process"] == 3
        assert snapshot.stand.seqs["event"] == 1
        assert not other.poll(50), "it asked once and was answered"


def test_what_is_gone_is_told_and_in_no_snapshot() -> None:
    with stage() as it:
        client = it.client(REMOVED, TOPICS["process"], TOPICS["application"])
        it.until_wanted(REMOVED, TOPICS["process"], TOPICS["application"])
        it.publish(process("n"))
        it.publish(ApplicationStatus("g", ApplicationState.RUNNING))
        it.publish(process("n", ProcessState.UNKNOWN), gone=True)
        it.publish(ApplicationStatus("g", ApplicationState.STOPPED), gone=True)
        told = [m for m in heard(it, client, 6) if isinstance(m, Removed)]
        assert [(m.gone.application, m.gone.process, m.meta.seq) for m in told] == [
            ("g", "n", 1),
            ("g", "", 2),
        ]
        assert snapshot_of(it, "application", "process").statuses == ()


def test_beats_tell_how_far_we_are() -> None:
    with stage() as it:
        client = it.client(BEAT)
        it.until_wanted(BEAT)
        it.publish(event(1))
        it.publisher.beat()
        (beat,) = heard(it, client, 1)
        assert isinstance(beat, Beat)
        assert beat.stand.seqs["event"] == 1
        assert beat.stand.journal is None


def test_nothing_of_dialect_2_is_encoded_for_stock_clients() -> None:
    with stage() as it:
        it.client(b"")
        it.until_wanted(b"event")
        assert not any(it.port.wants(topic) for topic in (*TOPICS.values(), REMOVED, BEAT))


def test_without_a_journal_a_replay_says_so() -> None:
    with stage() as it:
        client = it.client(ReplayRequest("me", 0, "*", since_ms=0).topic)
        (page,) = heard(it, client, 1)
        assert isinstance(page, Page)
        assert (page.meta.journal, page.meta.gone, page.records) == (None, 0, ())


def test_pages_join_the_live_events(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with contextlib.closing(desk), stage(desk.journal) as it:
        for number in range(1, 1501):
            it.publish(event(number))
            desk.take(number)
        identity = desk.journal.safe[0]
        client = it.client(ReplayRequest("me", 0, identity, after=100).topic, TOPICS["event"])
        it.until_wanted(TOPICS["event"])
        it.meanwhile = desk.do
        (first,) = heard(it, client, 1)
        assert isinstance(first, Page)
        assert [record.seq for record in first.records] == list(range(101, 1101))
        assert (first.meta.next, first.meta.live_from) == (1100, None)
        client.subscribe(ReplayRequest("me", 1, identity, after=1100).topic)
        (last,) = heard(it, client, 1)
        assert isinstance(last, Page)
        assert [record.id[2] for record in last.records] == list(range(1101, 1501))
        assert (last.meta.next, last.meta.live_from) == (None, 1501)
        it.publish(event(1))
        (live,) = heard(it, client, 1)
        assert isinstance(live, Live)
        assert live.meta.seq == 1501


class Joiner:
    """A client that wants a snapshot of processes and then every number after it."""

    def __init__(self, it: Stage, name: str) -> None:
        request = SnapshotRequest(name, 0, ("process",)).topic
        self._socket = it.client(TOPICS["process"], REMOVED, request, hwm=0)
        self._early: list[int] = []
        self.last: int | None = None
        self.gaps: list[tuple[int, int]] = []

    def read(self) -> None:
        while self._socket.poll(0):
            message = decode(self._socket.recv_multipart())
            if isinstance(message, Snapshot):
                self.last = message.stand.seqs["process"]
                for seq in self._early:
                    self._follow(seq)
            elif isinstance(message, Live) and self.last is None:
                self._early.append(message.meta.seq)
            elif isinstance(message, Live):
                self._follow(message.meta.seq)

    def _follow(self, seq: int) -> None:
        assert self.last is not None
        if seq > self.last + 1:
            self.gaps.append((self.last, seq))
        self.last = max(seq, self.last)


def test_200_clients_that_join_a_stream_miss_nothing() -> None:
    """What is published meanwhile comes as fast as it goes."""
    with stage() as it:
        for number in range(500):
            it.publish(process(f"p{number}"))
        published = 500
        joiners: list[Joiner] = []

        def all_read() -> bool:
            for joiner in joiners:
                joiner.read()
            return all(joiner.last == published for joiner in joiners)

        for number in range(200):
            joiners.append(Joiner(it, f"c{number}"))
            for step in range(10):
                it.publish(process(f"p{(number + step) % 500}", ProcessState.FATAL))
            published += 10
            it.turn()
            all_read()
        for _ in range(1000):
            it.publish(process("p0"))
        published += 1000
        it.until(all_read)
        assert [joiner.gaps for joiner in joiners if joiner.gaps] == []
