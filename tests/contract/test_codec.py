"""Envelopes: what is encoded comes back as it was; any bytes give an envelope or `BadPeer`;
types and ranges are strict; two versions that follow each other understand each other."""

from __future__ import annotations

import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supvisors.bus.codec import (
    ANSWER_BYTES_MAX,
    Ask,
    BadPeer,
    Codec,
    Envelope,
    Listed,
    NotYet,
    Order,
    Outcome,
    Record,
    Records,
    Tick,
)
from supvisors.core.inputs import PeerList, ProcessChanged
from supvisors.core.messages import Answer, Beat, Call, Fence, Found, Lost, Vote
from supvisors.model import ExitFacts, ProcessInfo, ProcessState, SupvisorsState
from tests.contract.fuzz_codec import bend, verdict
from tests.contract.strategies import envelopes

CODEC = Codec()
EXIT = ExitFacts(1, 2, 3, "why")
CHANGED = ProcessChanged("b", "tap", 7, 8, "g", "n", ProcessState.EXITED, False, 9, EXIT)
INFO = ProcessInfo("g", "n", ProcessState.RUNNING, True, 4, 5, EXIT)
TICK = Tick(
    "boot",
    3,
    4,
    Beat(
        5,
        SupvisorsState.OPERATION,
        vote=Vote(6, "a", "vote"),
        heard=("a",),
        running=("a",),
        fences=(Fence("c", 7, True),),
        grace_s=15,
    ),
)
RECORD = Record("boot", 3, CHANGED)
ASK = Ask(1, "b", "boot", 2)
RECORDS = Records(1, "b", "boot", 2, (CHANGED, Found("c")))
LISTED = Listed(
    1, "b", "boot", 2, PeerList("tap", 7, (INFO,), (Lost("c", "x", 1, 2, (INFO,)),), (CHANGED,))
)
NOT_YET = NotYet(1, "b")
ORDER = Order(Call("1", "start", "g:n", "-v", Vote(3, "a", "vote"), "boot", 5, 6))
OUTCOME = Outcome(Answer("1", "FAILED", "why"))


@given(envelopes())
def test_what_is_encoded_comes_back(envelope: Envelope) -> None:
    assert CODEC.decode(CODEC.encode(envelope)) == envelope


@given(st.binary())
def test_any_bytes_give_an_envelope_or_bad_peer(data: bytes) -> None:
    verdict(data)


@given(envelopes(), envelopes(), st.randoms(use_true_random=False))
def test_a_bent_envelope_gives_an_envelope_or_bad_peer(
    envelope: Envelope, other: Envelope, rng: random.Random
) -> None:
    verdict(bend(CODEC.encode(envelope), [CODEC.encode(other)], rng))


def test_a_record_goes_under_the_name_of_its_type() -> None:
    assert list(json.loads(CODEC.encode(RECORD))["body"]["record"]) == ["ProcessChanged"]


def bent(envelope: Envelope, path: str, value: object) -> bytes:
    """Return an envelope with another value at `path`; `...` takes it away."""
    content: dict[str, Any] = json.loads(CODEC.encode(envelope))
    *steps, last = path.split(".")
    at: Any = content
    for step in steps:
        at = at[int(step)] if isinstance(at, list) else at[step]
    key = int(last) if isinstance(at, list) else last
    if value is ...:
        del at[key]
    else:
        at[key] = value
    return json.dumps(content).encode()


LEAVING = {"address": "b", "boot": "tap", "seq": 1, "mode": "reload"}
REMOVED = {"address": "b", "boot": "tap", "seq": 1, "group": "g"}
ADDED = REMOVED | {"processes": []}
NAMELESS = {"group": "g", "name": "", "state": 0}
EXIT_PATH = "body.record.ProcessChanged.exit"


@pytest.mark.parametrize(
    ("envelope", "path", "value"),
    [
        (TICK, "body.boot", ""),
        (TICK, "body.seq", -1),
        (TICK, "body.sent_ms", -1),
        (TICK, "body.sent_ms", 2**63),
        (TICK, "body.beat.number", -1),
        (TICK, "body.beat.grace_s", -1),
        (TICK, "body.beat.heard", [""]),
        (TICK, "body.beat.running", ["a", ""]),
        (TICK, "body.beat.vote.epoch", -1),
        (TICK, "body.beat.vote.address", ""),
        (TICK, "body.beat.vote.boot", ""),
        (TICK, "body.beat.fences.0.address", ""),
        (TICK, "body.beat.fences.0.generation", -1),
        (RECORD, "body.boot", ""),
        (RECORD, "body.seq", 0),
        (RECORD, "body.record", {}),
        (RECORD, "body.record.Found", {"address": "a"}),
        (RECORD, "body.record.ProcessChanged.address", ""),
        (RECORD, "body.record.ProcessChanged.boot", ""),
        (RECORD, "body.record.ProcessChanged.seq", -1),
        (RECORD, "body.record.ProcessChanged.wall_ns", -1),
        (RECORD, "body.record.ProcessChanged.pid", -1),
        (RECORD, "body.record.ProcessChanged.group", ""),
        (RECORD, "body.record.ProcessChanged.name", ""),
        (RECORD, f"{EXIT_PATH}.code", -1),
        (RECORD, f"{EXIT_PATH}.signal", -1),
        (RECORD, f"{EXIT_PATH}.run_time_ms", -1),
        (RECORD, "body.record", {"SupervisordLeaving": LEAVING | {"boot": ""}}),
        (RECORD, "body.record", {"SupervisordLeaving": LEAVING | {"seq": -1}}),
        (RECORD, "body.record", {"GroupRemoved": REMOVED | {"seq": -1}}),
        (RECORD, "body.record", {"GroupRemoved": REMOVED | {"group": ""}}),
        (RECORD, "body.record", {"GroupAdded": ADDED | {"seq": -1}}),
        (RECORD, "body.record", {"GroupAdded": ADDED | {"group": ""}}),
        (RECORD, "body.record", {"GroupAdded": ADDED | {"processes": [NAMELESS]}}),
        (RECORD, "body.record", {"GroupsReset": ADDED | {"seq": -1}}),
        (RECORD, "body.record", {"GroupsReset": ADDED | {"processes": [NAMELESS]}}),
        (ASK, "body.number", -1),
        (ASK, "body.address", ""),
        (ASK, "body.after", -1),
        (RECORDS, "body.boot", ""),
        (RECORDS, "body.after", -1),
        (RECORDS, "body.records.1.Found.address", ""),
        (LISTED, "body.boot", ""),
        (LISTED, "body.seq", -1),
        (LISTED, "body.peer_list.tap_seq", -1),
        (LISTED, "body.peer_list.processes.0.pid", -1),
        (LISTED, "body.peer_list.processes.0.event_ns", -1),
        (LISTED, "body.peer_list.processes.0.name", ""),
        (LISTED, "body.peer_list.processes.0.exit.code", -1),
        (LISTED, "body.peer_list.lost.0.address", ""),
        (LISTED, "body.peer_list.recent.0.name", ""),
        (LISTED, "body.peer_list.lost.0.beat", -1),
        (LISTED, "body.peer_list.lost.0.processes.0.group", ""),
        (NOT_YET, "body.address", ""),
        (ORDER, "body.call.call_id", ""),
        (ORDER, "body.call.namespec", ""),
        (ORDER, "body.call.agent_boot", ""),
        (ORDER, "body.call.beat", -1),
        (ORDER, "body.call.timeout_s", -1),
        (ORDER, "body.call.leader.epoch", -1),
        (OUTCOME, "body.answer.call_id", ""),
    ],
)
def test_a_value_that_no_agent_sends(envelope: Envelope, path: str, value: object) -> None:
    assert reason(bent(envelope, path, value)) == "value"


@pytest.mark.parametrize(
    ("envelope", "path", "value"),
    [
        (TICK, "v", ...),
        (TICK, "since", ...),
        (TICK, "body", ...),
        (TICK, "body.kind", "tock"),
        (TICK, "body.seq", True),
        (TICK, "body.seq", 1.0),
        (TICK, "body.seq", "1"),
        (TICK, "body.boot", None),
        (TICK, "body.beat.state", 7),
        (TICK, "body.beat.state", True),
        (TICK, "body.beat.leads", 1),
        (TICK, "body.beat.heard", "a"),
        (TICK, "body.beat.leaving", "home"),
        (RECORD, "body.record.ProcessChanged.state", 11),
        (RECORD, "body.record.ProcessChanged.address", ...),
        (LISTED, "body.peer_list.processes", {}),
        (ORDER, "body.call.verb", "paint"),
        (ORDER, "body.call.timeout_s", True),
    ],
)
def test_a_shape_that_no_agent_sends(envelope: Envelope, path: str, value: object) -> None:
    assert reason(bent(envelope, path, value)) == "not an envelope"


def reason(data: bytes) -> str:
    with pytest.raises(BadPeer) as caught:
        CODEC.decode(data)
    return caught.value.reason


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"{",
        b"null",
        b"[]",
        b"[" * 100_000,
        b'{"x":' + b"[" * 100_000,
        b'{"v":1,"since":1,"body":{"kind":"not yet","number":1,"address":"\xff"}}',
    ],
)
def test_no_json_of_ours(data: bytes) -> None:
    assert reason(data) == "not an envelope"


def test_a_message_that_is_too_long() -> None:
    assert reason(b" " * (ANSWER_BYTES_MAX + 1)) == "too long"


# --- versions --------------------------------------------------------------------------------

ALL = [TICK, RECORD, ASK, RECORDS, LISTED, NOT_YET, ORDER, OUTCOME]


@pytest.mark.parametrize(("writer", "reader"), [(1, 2), (2, 1), (2, 3), (3, 2)])
@pytest.mark.parametrize("envelope", ALL, ids=lambda envelope: type(envelope).__name__)
def test_neighbouring_versions_understand_each_other(
    writer: int, reader: int, envelope: Envelope
) -> None:
    assert Codec(reader).decode(Codec(writer).encode(envelope)) == envelope


def test_what_a_newer_version_added_is_skipped() -> None:
    content = json.loads(Codec(2).encode(TICK))
    content["new"] = content["body"]["new"] = content["body"]["beat"]["new"] = {"x": [1]}
    assert CODEC.decode(msgspec.json.encode(content)) == TICK


def test_what_an_older_version_lacked_has_its_default() -> None:
    data = bent(TICK, "body.beat.digests", ...)
    assert Codec(2).decode(data) == TICK


def test_a_version_that_is_too_new() -> None:
    assert reason(Codec(3).encode(TICK)) == "version"


def test_a_shape_of_a_version_that_is_too_new_is_told_as_one() -> None:
    assert reason(b'{"v":9,"since":8,"body":{"kind":"hologram"}}') == "version"


@pytest.mark.parametrize("head", [(1, 0), (1, -1), (0, 1), (1, 2)])
def test_a_version_that_contradicts_itself(head: tuple[int, int]) -> None:
    content = json.loads(CODEC.encode(TICK)) | {"v": head[0], "since": head[1]}
    assert reason(msgspec.json.encode(content)) == "version"
