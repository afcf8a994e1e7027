"""What holds for every body and for any bytes."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supvisors import wire
from supvisors.model import (
    ApplicationState,
    ApplicationStatus,
    Body,
    ProcessEvent,
    ProcessState,
    ProcessStatus,
)
from supvisors.wire import Reason, WireError
from tests.wire.strategies import bodies
from tests.wire.vectors import VALID, Case

HEADER_FRAMES = [header.encode() for header in wire.HEADERS]


@given(bodies())
def test_decode_gives_back_what_was_encoded(body: Body) -> None:
    assert wire.decode(wire.encode(body)) == body


@given(bodies())
def test_the_dictionary_is_what_a_json_reader_sees(body: Body) -> None:
    header, raw = wire.encode(body)
    fields = wire.body_as_dict(body)
    assert header == wire.header_of(body).encode()
    # Text against text: `1 == True`, and an enum prints otherwise than its value.
    assert repr(json.loads(raw)) == repr(fields)


def gives_a_body_or_a_wire_error(frames: list[bytes]) -> None:
    try:
        body = wire.decode(frames)
    except WireError:
        return
    assert wire.header_of(body).encode() == frames[0]


@given(st.lists(st.binary() | st.sampled_from(HEADER_FRAMES), max_size=4))
def test_any_frames(frames: list[bytes]) -> None:
    gives_a_body_or_a_wire_error(frames)


@given(st.sampled_from(HEADER_FRAMES), st.binary() | st.text().map(str.encode))
def test_any_bytes_under_a_known_header(header: bytes, raw: bytes) -> None:
    gives_a_body_or_a_wire_error([header, raw])


@given(st.sampled_from(VALID), st.integers(0), st.integers(0, 4), st.binary(max_size=4))
def test_a_valid_message_with_some_bytes_replaced(
    case: Case, position: int, length: int, patch: bytes
) -> None:
    """Closer to the border than bytes at random."""
    header, raw = case.frames
    start = position % (len(raw) + 1)
    gives_a_body_or_a_wire_error([header, raw[:start] + patch + raw[start + length :]])


@given(
    st.sampled_from(HEADER_FRAMES),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
)
def test_any_json(header: bytes, value: object) -> None:
    gives_a_body_or_a_wire_error([header, json.dumps(value).encode()])


DEEP = 200_000
HOSTILE: dict[str, bytes] = {
    "deep list": b"[" * DEEP,
    "deep object": b'{"a":' * DEEP,
    "deep value": b'{"statecode":' + b"[" * DEEP + b"]" * DEEP + b',"statename":"OPERATION"}',
    "long number": b'{"statecode":' + b"9" * 5000 + b',"statename":"OPERATION"}',
    "long exponent": b'{"statecode":1e9999,"statename":"OPERATION"}',
    "long key": b'{"' + b"k" * 1_000_000 + b'":1,"statecode":2,"statename":"OPERATION"}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_json_is_refused(name: str) -> None:
    with pytest.raises(WireError):
        wire.decode([b"supvisors", HOSTILE[name]])


def test_a_hidden_first_value_is_refused_at_any_depth() -> None:
    """The reader that looks for a second key gives up at a depth of its own."""
    for depth in range(1, 1100):
        nested = b"[" * depth + b"]" * depth
        raw = b'{"statecode":' + nested + b',"statecode":2,"statename":"OPERATION"}'
        with pytest.raises(WireError):
            wire.decode([b"supvisors", raw])


def test_an_error_carries_its_facts() -> None:
    with pytest.raises(WireError) as caught:
        wire.decode([b"event\xff", b"{}"])
    error = caught.value
    assert (error.reason, error.header) == (Reason.UNKNOWN_HEADER, "event\ufffd")
    assert str(error).startswith("unknown_header in a message with header 'event\ufffd': ")
    again = pickle.loads(pickle.dumps(error))
    assert (again.reason, again.header, again.detail) == (error.reason, error.header, error.detail)


def test_all_that_is_missing_or_extra_is_named() -> None:
    with pytest.raises(WireError) as caught:
        wire.decode([b"supvisors", b"{}"])
    assert caught.value.detail == "['statecode', 'statename']"
    with pytest.raises(WireError) as caught:
        wire.decode([b"supvisors", b'{"statecode":2,"statename":"OPERATION","b":1,"a":1}'])
    assert caught.value.detail == "['a', 'b']"


def test_lone_surrogates_are_written_as_their_escapes() -> None:
    """A name from an environment that is not UTF-8 is published, and stays distinct."""
    status = ProcessStatus("a\udcff", "p", ProcessState.RUNNING, addresses=("h\udcfe",))
    raw = wire.encode(status)[1]
    assert json.loads(raw)["application_name"] == "a\\udcff"
    assert json.loads(raw)["addresses"] == ["h\\udcfe"]
    other = wire.encode(ApplicationStatus("a\udcfe", ApplicationState.RUNNING))[1]
    assert json.loads(other)["application_name"] == "a\\udcfe"


@pytest.mark.parametrize(
    "body",
    [
        ProcessEvent("g", "n", ProcessState.STARTING, True, 1, 42, "a"),
        ProcessEvent("g", "n", ProcessState.RUNNING, False, 1, 42, "a"),
        ProcessStatus("g", "n", ProcessState.FATAL, expected_exit=False),
    ],
    ids=["pid in STARTING", "RUNNING not as expected", "FATAL not as expected"],
)
def test_a_body_that_contradicts_itself_is_our_fault(body: Body) -> None:
    with pytest.raises(AssertionError):
        wire.encode(body)
