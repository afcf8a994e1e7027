"""Which events are new, against a twin that remembers them all; cursors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supvisors.wire.high import LIVES_MAX, Cursor, High

SOURCES = st.tuples(
    st.sampled_from("ab"),
    st.sampled_from([f"b{life}" for life in range(LIVES_MAX)]),
    st.integers(0, 5),
)


@given(st.lists(SOURCES))
def test_an_event_is_new_above_all_of_its_life(sources: list[tuple[str, str, int]]) -> None:
    high, taken = High(), set[tuple[str, str, int]]()
    for address, boot, seq in sources:
        is_new = all(seq > other for a, b, other in taken if (a, b) == (address, boot))
        assert high.take((address, boot, seq)) is is_new
        taken.add((address, boot, seq))


@given(st.lists(SOURCES), st.lists(SOURCES))
def test_what_is_known_can_be_carried_on(
    before: list[tuple[str, str, int]], after: list[tuple[str, str, int]]
) -> None:
    high = High()
    for source in before:
        high.take(source)
    cursor = Cursor("j", 3, high.lives())
    assert Cursor.decode(cursor.encode()) == cursor
    other = High(Cursor.decode(cursor.encode().encode()).high)
    assert [high.take(source) for source in after] == [other.take(source) for source in after]


def test_only_some_lives_are_kept() -> None:
    high = High()
    for life in range(LIVES_MAX + 1):
        high.take(("a", f"b{life}", 7))
    assert [boot for boot, _ in high.lives()["a"]] == ["b4", "b3", "b2", "b1"]
    assert not high.take(("a", "b1", 7))


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", b"\xff", '{"journal":"","seq":1,"high":{}}', '{"journal":"j","seq":-1}'],
)
def test_what_is_no_cursor(text: str | bytes) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        Cursor.decode(text)
