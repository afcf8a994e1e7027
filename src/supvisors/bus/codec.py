"""Envelopes: what agents say to each other, as JSON bytes and back.

Holds: one value for each kind of envelope, `Codec`, and `BadPeer`.
Must not touch: sockets; who sent what.
Invariants: any bytes give an envelope or `BadPeer`, and nothing else; an envelope that was
encoded is decoded to what it was. `v` is the version of its writer and `since` the oldest
reader that understands it. Changes only add fields that have a default, so that versions `v`
and `v - 1` understand each other; what a reader does not know it skips. A new kind, or a new
record, is written with `since` at its version, and an older reader drops it.
Tests: tests/contract/test_codec.py, tests/contract/fuzz_codec.py.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from supvisors.bus.checks import (
    Refused,
    check_beat,
    check_call,
    check_list,
    check_record,
    count,
    word,
)
from supvisors.core.inputs import (
    GroupAdded,
    GroupRemoved,
    GroupsReset,
    PeerList,
    ProcessChanged,
    StreamRecord,
    SupervisordLeaving,
)
from supvisors.core.messages import Answer as CallAnswer
from supvisors.core.messages import Beat, Call, Decided, Found, Intent, Lost, Plan

VERSION: Final = 1
#: Longest tick or record. A longer record is not sent: peers miss it and fetch the list.
STREAM_BYTES_MAX: Final = 1 << 20
#: Longest request, call or outcome of a call: a few words, or a long command line.
ASK_BYTES_MAX: Final = 1 << 16
#: Longest answer: the lists of some ten thousand processes.
ANSWER_BYTES_MAX: Final = 1 << 24


class BadPeer(Exception):
    """Bytes that no agent of a version that we understand sends: the peer's fault.

    Attributes:
        reason: what kind of fault it is: `too long`, `not an envelope`, `version`, `value`.
        detail: what exactly is wrong, for people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


class Tick(msgspec.Struct, frozen=True, tag_field="kind", tag="tick"):
    """A beat.

    Attributes:
        boot: identity of the agent.
        seq: number of its last record, 0 before the first.
        sent_ms: date on its own clock, in POSIX ms.
    """

    boot: str
    seq: int
    sent_ms: int
    beat: Beat


class Record(msgspec.Struct, frozen=True):
    """Record `seq` of the stream of the agent `boot`."""

    boot: str
    seq: int
    record: StreamRecord


class Ask(msgspec.Struct, frozen=True, tag_field="kind", tag="ask"):
    """A request for the records of a stream, or for the list.

    Attributes:
        number: comes back in the answer.
        address: whose stream it is.
        boot: identity of its agent, '' when the asker never heard it.
        after: the last record that the asker has, None when it wants the list.
    """

    number: int
    address: str
    boot: str
    after: int | None = None


class Records(msgspec.Struct, frozen=True):
    """Answer: the records after `after` of the stream of the agent `boot`."""

    number: int
    address: str
    boot: str
    after: int
    records: tuple[StreamRecord, ...]


class Listed(msgspec.Struct, frozen=True, tag_field="kind", tag="list"):
    """Answer: the list, true at record `seq` of the stream of the agent `boot`."""

    number: int
    address: str
    boot: str
    seq: int
    peer_list: PeerList


class NotYet(msgspec.Struct, frozen=True, tag_field="kind", tag="not yet"):
    """Answer: nothing is known of this address yet."""

    number: int
    address: str


class Order(msgspec.Struct, frozen=True, tag_field="kind", tag="call"):
    """A call for one agent."""

    call: Call


class Outcome(msgspec.Struct, frozen=True, tag_field="kind", tag="outcome"):
    """What became of a call, for the agent whose call it was."""

    answer: CallAnswer


Answer = Records | Listed | NotYet
Directed = Order | Outcome
Envelope = Tick | Record | Ask | Answer | Directed


# --- the forms on the wire that differ from the values: a record goes under its type's name ---


class _AnyRecord(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    rename={
        "changed": "ProcessChanged",
        "added": "GroupAdded",
        "removed": "GroupRemoved",
        "reset": "GroupsReset",
        "leaving": "SupervisordLeaving",
        "lost": "Lost",
        "found": "Found",
        "intent": "Intent",
        "plan": "Plan",
        "decided": "Decided",
    },
):
    changed: ProcessChanged | None = None
    added: GroupAdded | None = None
    removed: GroupRemoved | None = None
    reset: GroupsReset | None = None
    leaving: SupervisordLeaving | None = None
    lost: Lost | None = None
    found: Found | None = None
    intent: Intent | None = None
    plan: Plan | None = None
    decided: Decided | None = None


class _RecordForm(msgspec.Struct, frozen=True, tag_field="kind", tag="record"):
    boot: str
    seq: int
    record: _AnyRecord


class _RecordsForm(msgspec.Struct, frozen=True, tag_field="kind", tag="records"):
    number: int
    address: str
    boot: str
    after: int
    records: tuple[_AnyRecord, ...]


class _Outgoing(msgspec.Struct):
    v: int
    since: int
    body: Any


class _Incoming(msgspec.Struct):
    v: int
    since: int
    body: Tick | _RecordForm | Ask | _RecordsForm | Listed | NotYet | Order | Outcome


class _Head(msgspec.Struct):
    v: int
    since: int


_FIELDS: Final = {
    ProcessChanged: "changed",
    GroupAdded: "added",
    GroupRemoved: "removed",
    GroupsReset: "reset",
    SupervisordLeaving: "leaving",
    Lost: "lost",
    Found: "found",
    Intent: "intent",
    Plan: "plan",
    Decided: "decided",
}


class Codec:
    """Encodes and decodes as an agent of one version does.

    Args:
        version: what this agent writes and understands.
    """

    def __init__(self, version: int = VERSION) -> None:
        self.version = version
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(_Incoming).decode
        self._head = msgspec.json.Decoder(_Head).decode

    def encode(self, envelope: Envelope) -> bytes:
        """Return the bytes of an envelope."""
        form: Any = envelope
        match envelope:
            case Record(boot, seq, record):
                form = _RecordForm(boot, seq, _named(record))
            case Records(number, address, boot, after, records):
                form = _RecordsForm(number, address, boot, after, tuple(map(_named, records)))
        return self._encode(_Outgoing(self.version, max(1, self.version - 1), form))

    def decode(self, data: bytes) -> Envelope:
        """Return the envelope that `data` is.

        Raises:
            BadPeer: it is none that this version understands.
        """
        if len(data) > ANSWER_BYTES_MAX:
            raise BadPeer("too long", f"{len(data)} bytes")
        try:
            incoming = self._decode(data)
            self._check_version(incoming)
            return _opened(incoming.body)
        except Refused as error:
            raise BadPeer("value", str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._check_head(data)
            raise BadPeer("not an envelope", str(error)) from None

    def _check_head(self, data: bytes) -> None:
        """Say of what is no envelope to us that it is one to a newer version, if it is."""
        try:
            head = self._head(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        self._check_version(head)

    def _check_version(self, head: _Head | _Incoming) -> None:
        if not 1 <= head.since <= head.v or head.since > self.version:
            raise BadPeer(
                "version",
                f"written by version {head.v} for {head.since} and above, this is {self.version}",
            )


def _named(record: StreamRecord) -> _AnyRecord:
    given: dict[str, Any] = {_FIELDS[type(record)]: record}
    return _AnyRecord(**given)


def _record(form: _AnyRecord) -> StreamRecord:
    given = [
        record
        for record in (
            form.changed,
            form.added,
            form.removed,
            form.reset,
            form.leaving,
            form.lost,
            form.found,
            form.intent,
            form.plan,
            form.decided,
        )
        if record is not None
    ]
    if len(given) != 1:
        raise Refused(f"{len(given)} records that are known, not one")
    check_record(given[0])
    return given[0]


def _opened(
    form: Tick | _RecordForm | Ask | _RecordsForm | Listed | NotYet | Order | Outcome,
) -> Envelope:
    match form:
        case Tick(boot, seq, sent_ms, beat):
            word("boot", boot)
            count(seq, sent_ms)
            check_beat(beat)
            return form
        case _RecordForm(boot, seq, record):
            word("boot", boot)
            count(seq - 1)  # the first one is 1
            return Record(boot, seq, _record(record))
        case Order(call):
            check_call(call)
            return form
        case Outcome(answer):
            word("a call's id", answer.call_id)
            return form
        case _:
            return _opened_fetch(form)


def _opened_fetch(form: Ask | _RecordsForm | Listed | NotYet) -> Envelope:
    count(form.number)
    word("address", form.address)
    match form:
        case Ask(after=after):
            count(after or 0)
            return form
        case _RecordsForm(number, address, boot, after, records):
            word("boot", boot)
            count(after)
            return Records(number, address, boot, after, tuple(map(_record, records)))
        case Listed(boot=boot, seq=seq, peer_list=peer_list):
            word("boot", boot)
            count(seq)
            check_list(peer_list)
            return form
        case NotYet():
            return form
