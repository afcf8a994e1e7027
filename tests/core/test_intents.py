"""Registers of wishes: which of two counts, what is kept, what is told."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supvisors.core.intents import Intents
from supvisors.core.messages import Intent, Wanted
from supvisors.core.outputs import Keep, Record
from supvisors.core.processes import Processes
from supvisors.core.rulebook import NO_RULES
from supvisors.core.telling import Telling
from tests.core.stage import of


def made(local: str = "alpha") -> tuple[Intents, Telling]:
    telling = Telling(Processes(("alpha", "beta"), NO_RULES))
    return Intents(local, telling), telling


def intent(wanted: Wanted, stamp: int, by: str = "beta") -> Intent:
    return Intent("process", "shop:web", wanted, stamp, by)


def test_without_a_register_the_rules_decide() -> None:
    intents, _ = made()
    assert intents.wanted("shop:web") == "auto"
    assert not intents.is_held("shop:web")
    assert not intents.is_drained("beta")


@pytest.mark.parametrize(
    ("wanted", "held"),
    [("auto", False), ("started", False), ("stopped", True), ("disabled", True)],
)
def test_what_is_held(wanted: Wanted, held: bool) -> None:
    intents, _ = made()
    intents.want("process", ["shop:web"], wanted, "", 5)
    assert intents.is_held("shop:web") == held


def test_an_older_wish_undoes_none() -> None:
    intents, _ = made()
    intents.hear([intent("stopped", 10)])
    intents.hear([intent("started", 9)])
    assert intents.wanted("shop:web") == "stopped"


def test_a_wish_is_above_all_that_its_writer_saw_whatever_his_clock_says() -> None:
    intents, _ = made()
    intents.hear([intent("stopped", 1_000)])
    (written,) = intents.want("process", ["shop:web"], "started", "", 7)
    assert written.stamp == 1_001
    assert intents.wanted("shop:web") == "started"


@given(
    st.permutations(
        [
            intent("stopped", 3),
            intent("started", 3, "gamma"),
            intent("disabled", 2),
            intent("auto", 1),
        ]
    )
)
def test_the_order_in_which_they_are_heard_does_not_matter(heard: list[Intent]) -> None:
    intents, _ = made()
    for each in heard:
        intents.hear([each])
    assert intents.wanted("shop:web") == "started"


def test_a_wish_is_kept_before_it_is_told() -> None:
    intents, telling = made()
    intents.want("process", ["shop:web"], "stopped", "operator", 5)
    outputs = [o for o in telling.take() if isinstance(o, Keep | Record)]
    assert [type(output) for output in outputs] == [Keep, Record]


def test_what_was_started_is_kept_as_auto_and_only_when_that_changes_something() -> None:
    intents, telling = made()
    intents.want("process", ["shop:web"], "started", "", 5)
    assert of(Keep, telling.take()) == []
    intents.want("process", ["shop:web"], "stopped", "", 6)
    telling.take()
    intents.want("process", ["shop:web"], "started", "", 7)
    (keep,) = of(Keep, telling.take())
    assert [(each.wanted, each.stamp) for each in keep.intents] == [("auto", 7)]


def test_what_was_saved_counts_again() -> None:
    intents, _ = made()
    intents.load([intent("stopped", 10), Intent("address", "beta", "drained", 11, "beta")])
    assert intents.is_held("shop:web")
    assert intents.is_drained("beta")
    assert [each.stamp for each in intents.want("process", ["shop:web"], "auto", "", 0)] == [12]


def test_stamps_of_one_writer_rise() -> None:
    intents, _ = made()
    written = [intents.want("process", ["shop:web"], "auto", "", 5)[0].stamp for _ in range(3)]
    assert all(one < other for one, other in itertools.pairwise(written))


@pytest.mark.parametrize("wanted", ["stopped", "started"])
def test_a_stop_or_a_start_does_not_enable(wanted: Wanted) -> None:
    intents, _ = made()
    intents.want("process", ["shop:web"], "disabled", "", 5)
    assert intents.want("process", ["shop:web"], wanted, "", 6) == ()
    assert intents.wanted("shop:web") == "disabled"
    intents.want("process", ["shop:web"], "auto", "", 7)
    assert not intents.is_held("shop:web")
