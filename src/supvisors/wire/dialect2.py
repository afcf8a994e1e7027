"""Dialect 2 of the event interface: values of the synchronised messages, and their frames.

Holds: the values; encoders for publishers, which take bodies as dialect 1 has encoded them, so
    that each is encoded once.
Must not touch: sockets, clocks; topics beyond their spelling (`requests.py`).
Invariants: what is encoded here, `reading.py` decodes.
Tests: tests/wire/test_dialect2.py. For every language: wire/README.md, section "Dialect 2".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec

from supvisors.model import Body, ProcessEvent
from supvisors.wire import dialect1
from supvisors.wire.requests import (
    BEAT,
    NUMBER_MAX,
    PAGE_RECORDS_MAX,
    REMOVED,
    TOPICS,
)

#: Version of everything around the bodies. A client refuses another one.
VERSION: Final = 2

Number = Annotated[int, msgspec.Meta(ge=0, le=NUMBER_MAX)]
Code = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Identity = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Version = Annotated[int, msgspec.Meta(ge=VERSION, le=VERSION)]

#: Which process event it is, whoever tells it: address, boot identity of its supervisord,
#: number of the record there.
SourceId = tuple[str, str, Number]


class Facts(msgspec.Struct, frozen=True):
    """What is known of a process beside its body.

    Attributes:
        exit_code: of its last run; None when a signal ended it, or when none ended yet.
        signal: that ended its last run, None without one.
        run_time_ms: length of its last run, None when it is not known.
        spawn_error: why it could not be spawned, or ''.
        restarts: how often it was started again by itself.
        reason: why it was started or stopped last, in words, or ''.
    """

    exit_code: Code | None = None
    signal: Code | None = None
    run_time_ms: Number | None = None
    spawn_error: str = ""
    restarts: Number = 0
    reason: str = ""


class Meta(msgspec.Struct, frozen=True, omit_defaults=True):
    """Second frame of a live message. What is None is not written.

    Attributes:
        stream: identity of the publisher, another one at each start of the agent.
        seq: number of the message among those of its header in this stream, from 1.
        t: date of publication, in POSIX ms.
        id: of an `event`; None for every other header.
        facts: of an `event` and of a `process`; None for every other header.
        record: of an `event`, number of its record in the publisher's journal; None where none
            is kept, or where it is not known any more.
    """

    v: Version
    stream: Identity
    seq: Number
    t: Number
    id: SourceId | None = None
    facts: Facts | None = None
    record: Number | None = None


class Position(msgspec.Struct, frozen=True):
    """How far a journal goes.

    Attributes:
        id: identity of the journal; another journal counts anew.
        seq: number of the last record that is safe on disk. It was published before the
            message that tells it.
    """

    id: Identity
    seq: Number


class Stand(msgspec.Struct, frozen=True):
    """Where a publisher stands at one instant: second frame of beats and of snapshots.

    Attributes:
        seqs: number of the last message of every header and of `removed`, 0 before the first.
        journal: None where no journal is kept.
    """

    v: Version
    stream: Identity
    t: Number
    seqs: dict[str, Number]
    journal: Position | None = None


class PageMeta(msgspec.Struct, frozen=True):
    """Second frame of a page of a replay.

    Attributes:
        journal: which journal the records are of, and how far it goes; None where none is kept.
        next: number to ask for as `after` next; None on the last page.
        live_from: on the last page: what is published as `event` with this number and later
            ones is not in the pages. None on every other.
        gone: what was asked for is not held, and nothing is in this page; the first record that
            is still held has this number. None on every other page.
    """

    v: Version
    stream: Identity
    t: Number
    journal: Position | None = None
    next: Number | None = None
    live_from: Number | None = None
    gone: Number | None = None


class Gone(msgspec.Struct, frozen=True):
    """Third frame of `removed`: `process` is '' when it is the whole application."""

    application: str
    process: str = ""


class Live(msgspec.Struct, frozen=True):
    """A message of a header: its body is the one of dialect 1."""

    header: str
    meta: Meta
    body: Body


class Removed(msgspec.Struct, frozen=True):
    """An application or a process exists no longer."""

    meta: Meta
    gone: Gone


class Beat(msgspec.Struct, frozen=True):
    """A publisher is there, and has published so much."""

    stand: Stand


class Snapshot(msgspec.Struct, frozen=True):
    """All statuses of the headers that were asked for, and where the publisher stood.

    Attributes:
        statuses: bodies with the facts of a process, None for others.
    """

    topic: bytes
    stand: Stand
    statuses: tuple[tuple[Body, Facts | None], ...]


class Record(msgspec.Struct, frozen=True):
    """A process event out of the journal.

    Attributes:
        seq: its number in the journal.
        t: date at which it was published first, in POSIX ms.
    """

    seq: int
    t: int
    id: tuple[str, str, int]
    facts: Facts | None
    body: ProcessEvent


class Page(msgspec.Struct, frozen=True):
    """A page of a replay, oldest record first."""

    topic: bytes
    meta: PageMeta
    records: tuple[Record, ...]


Message = Live | Removed | Beat | Snapshot | Page

_WRITER: Final = msgspec.json.Encoder()


def _written(value: Any) -> bytes:
    try:
        return _WRITER.encode(value)
    except UnicodeEncodeError:
        return _WRITER.encode(dialect1.utf8_able(msgspec.to_builtins(value)))


def encode_live(header: str, meta: Meta, data: bytes) -> list[bytes]:
    """Frames of a live message; `data` is the second frame of dialect 1."""
    return [TOPICS[header], _written(meta), data]


def encode_removed(meta: Meta, gone: Gone) -> list[bytes]:
    """Frames that tell that something exists no longer."""
    return [REMOVED, _written(meta), _written(gone)]


def encode_beat(stand: Stand) -> list[bytes]:
    """Frames of a beat."""
    return [BEAT, _written(stand)]


def process_item(data: bytes, facts: Facts | None) -> bytes:
    """The form in which a snapshot holds a process; `data` as in `encode_live`."""
    return b'{"body":%b,"facts":%b}' % (data, _written(facts))


def encode_statuses(items: Mapping[str, Iterable[bytes]]) -> bytes:
    """Third frame of a snapshot.

    It may be kept and sent to several clients with their own topics, as long as nothing of it
    has changed.

    Args:
        items: for each header that was asked for, but `event`: its bodies as second frames of
            dialect 1; of `process` as `process_item` writes them.
    """
    lists = (b'"%b":[%b]' % (name.encode(), b",".join(bodies)) for name, bodies in items.items())
    return b"{%b}" % b",".join(lists)


def encode_snapshot(topic: bytes, stand: Stand, statuses: bytes) -> list[bytes]:
    """Frames of a snapshot: `topic` as it was subscribed, `statuses` of `encode_statuses`."""
    return [topic, _written(stand), statuses]


def encode_record(
    seq: int, t_ms: int, source: tuple[str, str, int], facts: Facts | None, data: bytes
) -> bytes:
    """One record of a page; `data` as in `encode_live`."""
    return b'{"seq":%d,"t":%d,"id":%b,"facts":%b,"body":%b}' % (
        seq,
        t_ms,
        _written(source),
        _written(facts),
        data,
    )


def encode_page(topic: bytes, meta: PageMeta, records: Sequence[bytes]) -> list[bytes]:
    """Frames of a page: `topic` as it was subscribed, `records` of `encode_record`."""
    assert len(records) <= PAGE_RECORDS_MAX
    return [topic, _written(meta), b"[%b]" % b",".join(records)]
