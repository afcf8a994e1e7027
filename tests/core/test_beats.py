"""When this agent beats: at every tick, and soon after what others decide by."""

from __future__ import annotations

from supvisors.core.beats import SPACING_S, Beats
from supvisors.core.messages import Beat
from supvisors.core.outputs import Say
from supvisors.core.processes import Processes
from supvisors.core.rulebook import NO_RULES
from supvisors.core.telling import Telling
from supvisors.model import SupvisorsState
from tests.core.stage import of


def beat(number: int, *heard: str) -> Beat:
    return Beat(number, SupvisorsState.OPERATION, heard=heard)


def made(address_count: int = 3) -> tuple[Beats, Telling]:
    telling = Telling(Processes(["alpha"], NO_RULES))
    return Beats(address_count, telling), telling


def test_each_tick_is_a_beat_and_they_are_numbered() -> None:
    beats, telling = made()
    for number in (1, 2, 3):
        assert beats.next_number == number
        beats.tick(float(number), beat(number))
    assert [say.beat.number for say in of(Say, telling.take())] == [1, 2, 3]


def test_what_did_not_change_waits_for_the_tick() -> None:
    beats, telling = made()
    beats.settle(0.0, beat(1))
    beats.tick(1.0, beat(1))
    telling.take()
    beats.settle(1.9, beat(2))
    assert telling.take() == []
    assert beats.due_s is None


def test_a_change_is_told_at_once_but_not_more_often_than_the_spacing() -> None:
    beats, telling = made()
    beats.tick(1.0, beat(1))
    beats.settle(1.01, beat(2, "beta"))
    assert len(of(Say, telling.take())) == 1
    assert beats.due_s is not None
    assert 1.0 + SPACING_S <= beats.due_s < 1.0 + 2 * SPACING_S
    beats.settle(beats.due_s, beat(2, "beta"))
    assert of(Say, telling.take()) == [Say(beat(2, "beta"))]
    assert beats.due_s is None


def test_the_more_there_are_the_further_apart() -> None:
    few, _ = made(3)
    many, _ = made(300)
    for beats in (few, many):
        beats.tick(1.0, beat(1))
        beats.settle(1.0, beat(2, "beta"))
    assert few.due_s is not None
    assert many.due_s is not None
    assert many.due_s > few.due_s


def test_the_last_one_says_good_bye() -> None:
    beats, telling = made()
    beats.tick(1.0, beat(1))
    telling.take()
    beats.good_bye(1.0, beat(2), "agent", 15)
    (say,) = of(Say, telling.take())
    assert (say.beat.leaving, say.beat.grace_s) == ("agent", 15)


def test_an_agent_alone_says_nothing() -> None:
    beats, telling = made(1)
    beats.tick(1.0, beat(1))
    beats.good_bye(1.0, beat(2), "agent", 15)
    assert telling.take() == []
