"""Ranks as steps, and how far a plan has come."""

from __future__ import annotations

from collections import deque

from supvisors.core.process import Process
from supvisors.core.sequence import Sequence, Step, start_steps, stop_steps
from supvisors.model import ProcessRule


def processes(**ranks: tuple[int, int | None]) -> list[Process]:
    return [
        Process("shop", name, ProcessRule(start_sequence=start, stop_sequence=stop), True)
        for name, (start, stop) in ranks.items()
    ]


SHOP = processes(web=(2, None), db=(1, None), cache=(1, 5), tool=(0, None), old=(-1, None))


def test_starts_ascend_and_rank_0_is_left_out() -> None:
    assert start_steps(SHOP) == [
        Step("start", ("shop:cache", "shop:db"), 1),
        Step("start", ("shop:web",), 2),
    ]


def test_stops_descend_and_default_to_the_start_rank() -> None:
    assert [(step.rank, step.names) for step in stop_steps(SHOP)] == [
        (5, ("shop:cache",)),
        (2, ("shop:web",)),
        (1, ("shop:db",)),
        (0, ("shop:tool",)),
        (-1, ("shop:old",)),
    ]


def test_a_plan_tells_whose_start_has_not_come() -> None:
    stops = [Step("stop", ("shop:web",))]
    sequence = Sequence("p1", deque([*stops, *start_steps(SHOP)]), "because", "shop")
    sequence.step = sequence.steps.popleft()
    plan = sequence.plan()
    assert plan.active == ("shop:web",)
    assert (plan.verb, plan.application, plan.why) == ("stop", "shop", "because")
    assert plan.waiting == ("shop:cache", "shop:db", "shop:web")
    assert not plan.over


def test_its_end_tells_what_went_wrong() -> None:
    sequence = Sequence("p1", deque(), "because", faults=["this", "that"])
    end = sequence.end("FAILED")
    assert (end.over, end.fault, end.text) == (True, "FAILED", "this; that")
