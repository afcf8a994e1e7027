"""The records of the tap: a frame is one line of valid UTF-8 whatever a name holds; the numbers
in the ring rise by one, what it holds is a contiguous range of them, and its memory is bounded
by its capacity. A list that forgets nothing is the ring's twin."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from supvisors.plugin.records import Ring, frame

#: any text, the lone surrogates included that a file of an odd encoding yields
ANY_TEXT = st.text(st.characters(exclude_categories=()))


def seqs(ring: Ring, seq: int, max_bytes: int = 10**9) -> list[int]:
    return [json.loads(line)["seq"] for line in ring.from_number(seq, max_bytes)]


# --- frames --------------------------------------------------------------------------------


@given(ANY_TEXT)
@example("caf\udce9\n")
def test_a_frame_is_one_line_of_valid_utf8(text: str) -> None:
    line = frame({"text": text})
    assert line.index(b"\n") == len(line) - 1
    assert json.loads(line.decode("utf-8")) == {"text": text.encode("utf-8", "replace").decode()}


def test_a_frame_has_json_values_of_each_kind() -> None:
    content = {"n": None, "b": True, "i": 2**60, "l": [1, [2]], "d": {"k": "v"}, "s": "é\n"}
    assert json.loads(frame(content)) == content


# --- the ring ------------------------------------------------------------------------------


def test_an_empty_ring_has_nothing_from_its_first_number_on() -> None:
    ring = Ring(5)
    assert (ring.first, ring.last) == (1, 0)
    assert seqs(ring, 1) == []


def test_a_record_carries_its_kind_and_its_number() -> None:
    ring = Ring(5)
    assert ring.append("event", {"name": "a"}) == 1
    assert ring.append("stopping", {"mode": "reload"}) == 2
    assert [json.loads(line) for line in ring.from_number(1, 10**6)] == [
        {"type": "event", "seq": 1, "name": "a"},
        {"type": "stopping", "seq": 2, "mode": "reload"},
    ]


@given(capacity=st.integers(1, 12), count=st.integers(0, 40))
def test_the_ring_holds_the_end_of_all_records(capacity: int, count: int) -> None:
    ring, twin = Ring(capacity), []
    for number in range(1, count + 1):
        assert ring.append("event", {}) == number
        twin.append(number)
    held = twin[-capacity:]
    assert ring.last == count
    assert ring.first == (held[0] if held else 1)
    for index, seq in enumerate(held):
        assert seqs(ring, seq) == held[index:]
    assert seqs(ring, ring.last + 1) == []


@given(sizes=st.lists(st.integers(0, 300), min_size=1, max_size=20), max_bytes=st.integers(1, 2000))
def test_a_chunk_ends_with_the_record_that_fills_it(sizes: list[int], max_bytes: int) -> None:
    ring = Ring()
    for size in sizes:
        ring.append("event", {"fill": "x" * size})
    lines = list(ring.from_number(1, max_bytes))
    assert lines, "a reader gets on whatever the size of a record"
    assert sum(map(len, lines[:-1])) < max_bytes
    whole = len(lines) == len(sizes)
    assert whole or sum(map(len, lines)) >= max_bytes


@pytest.mark.parametrize("seq", [3, 4, 22])
def test_a_number_that_is_not_held_is_our_own_mistake(seq: int) -> None:
    ring = Ring(16)
    for _ in range(20):
        ring.append("event", {})
    with pytest.raises(AssertionError):
        seqs(ring, seq)
