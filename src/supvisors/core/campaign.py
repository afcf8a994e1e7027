"""Plans of whole applications, one rank of applications after the other.

Holds: `Campaign`; `start_waves` and `stop_waves`, which make the plans.
Must not touch: how a plan goes on (`sequences.py`).
Invariants: the plans of one rank run together; the next rank begins when all of them are over.
Tests: tests/core/test_campaign.py.

Source: semantics, section 7.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping

from supvisors.core.process import Process
from supvisors.core.sequence import Sequence, start_steps, stop_steps
from supvisors.model import ApplicationRule

#: The processes of an application and its rule, by name.
Applications = Mapping[str, tuple[ApplicationRule, list[Process]]]


class Campaign:
    """Waves of plans.

    Args:
        waves: the plans that run together, in order.
        begin: has a plan carried out.
    """

    def __init__(self, waves: Iterable[list[Sequence]], begin: Callable[[Sequence], None]) -> None:
        self._waves = deque(waves)
        self._begin = begin
        self._under_way: list[Sequence] = []

    def go_on(self) -> bool:
        """Begin the next waves as far as nothing is under way; return whether all is over."""
        while True:
            self._under_way = [plan for plan in self._under_way if not plan.is_over]
            if self._under_way or not self._waves:
                return not self._under_way
            self._under_way = self._waves.popleft()
            for plan in self._under_way:
                self._begin(plan)


def start_waves(
    applications: Applications, new_id: Callable[[], str], why: str
) -> list[list[Sequence]]:
    """Return the plans that start applications, ascending by rank; rank 0 and below is left out."""
    waves: dict[int, list[Sequence]] = {}
    for name, (rule, processes) in sorted(applications.items()):
        steps = start_steps(processes)
        if rule.start_sequence > 0 and steps:
            words = f"{why} {name} (application rank {rule.start_sequence})"
            plan = Sequence(new_id(), deque(steps), words, name)
            waves.setdefault(rule.start_sequence, []).append(plan)
    return [waves[rank] for rank in sorted(waves)]


def stop_waves(
    applications: Applications, new_id: Callable[[], str], why: str
) -> list[list[Sequence]]:
    """Return the plans that stop applications, the highest stop rank first."""
    waves: dict[int, list[Sequence]] = {}
    for name, (rule, processes) in sorted(applications.items()):
        steps = stop_steps(process for process in processes if process.present)
        if steps:
            words = f"{why} {name} (application rank {rule.stop_rank})"
            plan = Sequence(new_id(), deque(steps), words, name)
            waves.setdefault(rule.stop_rank, []).append(plan)
    return [waves[rank] for rank in sorted(waves, reverse=True)]
