"""Subscriptions to dialect 2: every request, and nothing else."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supvisors.wire import HEADERS
from supvisors.wire.requests import (
    ANY_JOURNAL,
    BEAT,
    NUMBER_MAX,
    REMOVED,
    SEQUENCED,
    SLOTS,
    TOPIC_BYTES_MAX,
    TOPICS,
    LiveRequest,
    ReplayRequest,
    Request,
    SnapshotRequest,
    parse,
)

NAMES: Final = st.from_regex(r"[A-Za-z0-9_-]{1,32}", fullmatch=True)
NUMBERS: Final = st.integers(0, NUMBER_MAX)
CHOSEN: Final = st.sets(st.sampled_from(HEADERS), min_size=1).map(
    lambda names: tuple(header for header in HEADERS if header in names)
)
SLOT: Final = st.integers(0, SLOTS - 1)
REQUESTS: Final[st.SearchStrategy[Any]] = st.one_of(
    st.builds(LiveRequest, st.sampled_from([*SEQUENCED, "beat"])),
    st.builds(SnapshotRequest, NAMES, SLOT, CHOSEN),
    st.builds(ReplayRequest, NAMES, SLOT, NAMES, after=NUMBERS),
    st.builds(ReplayRequest, NAMES, SLOT, st.just(ANY_JOURNAL), since_ms=NUMBERS),
)


@given(REQUESTS)
def test_a_request_is_parsed_from_its_topic(request: Request) -> None:
    assert parse(request.topic) == request
    assert len(request.topic) <= TOPIC_BYTES_MAX


@given(REQUESTS, st.data())
def test_whatever_is_parsed_has_that_topic(request: Request, data: Any) -> None:
    """No two spellings of one request: an answer is found by its topic."""
    topic = bytearray(request.topic)
    topic[data.draw(st.integers(0, len(topic) - 1))] = data.draw(st.integers(0, 255))
    parsed = parse(bytes(topic))
    assert parsed is None or parsed.topic == bytes(topic)


@given(st.binary(max_size=TOPIC_BYTES_MAX + 20))
def test_any_bytes_are_a_request_or_nothing(topic: bytes) -> None:
    for candidate in (topic, b"\x01" + topic, b"\x01snap|a|0|" + topic, b"\x01replay|a|0|" + topic):
        parsed = parse(candidate)
        assert parsed is None or parsed.topic == candidate


@pytest.mark.parametrize(
    "topic",
    [
        b"",
        b"process",
        b"\x01",
        b"\x01proces",
        b"\x01process ",
        b"\x01snap",
        b"\x01snap|a|0|",
        b"\x01snap||0|process",
        b"\x01snap|a|8|process",
        b"\x01snap|a|00|process",
        b"\x01snap|a|0|process,",
        b"\x01snap|a|0|event,process",
        b"\x01snap|a|0|process\n",
        b"\x01snap|a b|0|process",
        b"\x01replay|a|0|j",
        b"\x01replay|a|0|j|",
        b"\x01replay|a|0|j|-1",
        b"\x01replay|a|0|j|01",
        b"\x01replay|a|0|j|t1",
        b"\x01replay|a|0|*|1",
        b"\x01replay|a|0|j|9007199254740992",
        b"\x01replay|a|0|j|\xd9\xa1",
    ],
)
def test_what_is_no_request(topic: bytes) -> None:
    assert parse(topic) is None


def test_topics() -> None:
    assert TOPICS["process"] == b"\x01process"
    assert parse(REMOVED) == LiveRequest("removed")
    assert parse(BEAT) == LiveRequest("beat")
    live = [request.topic for request in map(LiveRequest, (*SEQUENCED, "beat"))]
    for topic in live:  # ZeroMQ filters by prefix
        assert [other for other in live if other.startswith(topic)] == [topic]
