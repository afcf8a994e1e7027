"""On a hostile channel: what is held and what is reported add up to what was published."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.hostile import Noise, Source, World

CHANGE: Final = st.tuples(st.just("change"), st.integers(0, 3), st.integers(0, 2))
USUAL: Final = st.one_of(
    CHANGE,
    CHANGE,
    CHANGE,
    st.tuples(st.just("remove"), st.integers(0, 3)),
    st.tuples(st.just("beat")),
    st.tuples(st.just("deliver"), st.integers(1, 30)),
    st.tuples(st.just("wait"), st.sampled_from([0.1, 1.0, 5.0])),
    st.tuples(st.just("noise"), st.sampled_from([0.0, 0.3]), st.sampled_from([0.0, 0.3])),
)
RESTART: Final = st.tuples(st.just("restart"), st.integers(0, 5))
KILL: Final = st.tuples(st.just("kill_client"))
OVERRUN: Final = st.tuples(st.just("overrun"), st.integers(0, 3), st.integers(0, 5))
SWAPS: Final = st.sampled_from([0.0, 0.3])


def run(seed: int, steps: list[tuple[Any, ...]], *, has_journal: bool, swap: float = 0.0) -> World:
    """Join, go through the steps, come to rest; check what holds in every case."""
    world = World(Random(seed), has_journal=has_journal)
    world.deliver(100)
    for verb, *arguments in steps:
        if verb == "noise":
            drop, double = arguments
            world.noise = Noise(drop, double, swap)
        else:
            getattr(world, verb)(*arguments)
    world.settle()
    assert world.machine.cluster.processes == world.processes
    assert world.machine.cluster.applications == world.applications
    assert world.told.processes == world.processes
    assert world.told.applications == world.applications
    assert len(set(world.told.events)) == len(world.told.events)
    assert world.told.events == sorted(world.told.events)
    return world


def expected(world: World) -> list[Source]:
    assert world.told.joined_at is not None
    return world.published[world.told.joined_at :]


@settings(max_examples=150)
@given(st.integers(0, 99), SWAPS, st.lists(st.one_of(USUAL, RESTART, KILL), max_size=60))
def test_with_a_journal_every_event_is_held(
    seed: int, swap: float, steps: list[tuple[Any, ...]]
) -> None:
    world = run(seed, steps, has_journal=True, swap=swap)
    held = world.told.events
    wanted = expected(world)
    # The position may begin a little before the client joined.
    assert held[len(held) - len(wanted) :] == wanted
    assert not [gap for gap in world.told.gaps if gap.header == "event"]


@settings(max_examples=150)
@given(st.integers(0, 99), SWAPS, st.lists(USUAL, max_size=60))
def test_without_a_journal_what_is_not_held_is_reported_by_its_number(
    seed: int, swap: float, steps: list[tuple[Any, ...]]
) -> None:
    world = run(seed, steps, has_journal=False, swap=swap)
    reported = [
        world.numbered["s1", number]
        for gap in world.told.gaps
        if gap.header == "event"
        for number in range(gap.first, gap.last + 1)
    ]
    assert sorted(world.told.events + reported) == expected(world)


@settings(max_examples=100)
@given(st.integers(0, 99), st.lists(st.one_of(USUAL, RESTART), max_size=60))
def test_without_a_journal_a_restart_is_told_as_a_gap_of_unknown_size(
    seed: int, steps: list[tuple[Any, ...]]
) -> None:
    world = run(seed, steps, has_journal=False)
    missing = set(expected(world)) - set(world.told.events)
    gaps = [gap for gap in world.told.gaps if gap.header == "event"]
    assert gaps or not missing


@settings(max_examples=200)
@given(
    st.integers(0, 99),
    SWAPS,
    st.lists(st.one_of(USUAL, RESTART, KILL, OVERRUN, OVERRUN), min_size=15, max_size=60),
)
def test_what_the_journal_has_forgotten_is_reported_by_its_number_there(
    seed: int, swap: float, steps: list[tuple[Any, ...]]
) -> None:
    world = run(seed, steps, has_journal=True, swap=swap)
    reported = {
        world.published[number - 1]
        for gap in world.told.gaps
        if gap.header == "event"
        for number in range(gap.first, gap.last + 1)
    }
    assert set(expected(world)) <= set(world.told.events) | reported
    assert not reported & set(world.told.events)
