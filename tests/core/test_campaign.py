"""Plans of applications, rank by rank."""

from __future__ import annotations

from itertools import count

from supvisors.core.campaign import Applications, Campaign, start_waves, stop_waves
from supvisors.core.process import Process
from supvisors.core.sequence import Sequence
from supvisors.model import ApplicationRule, ProcessInfo, ProcessRule
from supvisors.model import ProcessState as S


def applications(**ranks: tuple[int, int | None]) -> Applications:
    found = {}
    for name, (start, stop) in ranks.items():
        process = Process(name, "web", ProcessRule(start_sequence=1), True)
        process.put(0, ProcessInfo(name, "web", S.RUNNING))
        found[name] = (ApplicationRule(start, stop), [process])
    return found


def names(waves: list[list[Sequence]]) -> list[list[str]]:
    return [[plan.application for plan in wave] for wave in waves]


def new_id() -> str:
    return str(next(_numbers))


_numbers = count()
SITE = applications(shop=(2, None), base=(1, 9), office=(2, None), tools=(0, None))


def test_starts_ascend_and_rank_0_is_left_out() -> None:
    assert names(start_waves(SITE, new_id, "why")) == [["base"], ["office", "shop"]]


def test_stops_descend() -> None:
    assert names(stop_waves(SITE, new_id, "why")) == [["base"], ["office", "shop"], ["tools"]]


def test_the_next_rank_begins_when_all_of_this_one_are_over() -> None:
    begun: list[Sequence] = []
    campaign = Campaign(stop_waves(SITE, new_id, "why"), begun.append)
    assert not campaign.go_on()
    assert [plan.application for plan in begun] == ["base"]
    begun[0].is_over = True
    assert not campaign.go_on()
    begun[1].is_over = True
    assert not campaign.go_on()
    assert len(begun) == 3
    begun[2].is_over = True
    assert not campaign.go_on()
    begun[3].is_over = True
    assert campaign.go_on()


def test_plans_that_are_over_at_once_do_not_stop_it() -> None:
    def begin(plan: Sequence) -> None:
        plan.is_over = True

    assert Campaign(start_waves(SITE, new_id, "why"), begin).go_on()
