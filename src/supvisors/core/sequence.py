"""What a plan is made of: steps in order, and the jobs of the step under way.

Holds: `Step`, `Job`, `Sequence`; `start_steps` and `stop_steps`, an application's ranks as steps.
Must not touch: how jobs are ordered and judged (`sequences.py`).
Invariants: ranks ascend in a start and descend in a stop; rank 0 and below is not started.
Tests: tests/core/test_sequence.py.

Source: semantics, section 7.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from supvisors.core.messages import Answer, Plan
from supvisors.core.process import Process
from supvisors.model import StartingStrategy

#: Index of a start that has no address yet.
UNPLACED: Final = -1


@dataclass(frozen=True, slots=True)
class Step:
    """What is done together; the next step begins when all of it is over.

    Attributes:
        names: namespecs.
        rank: of the rule by which they come together, None for none.
        where: for some of them, the only addresses that are meant, by list index.
    """

    verb: Literal["start", "stop"]
    names: tuple[str, ...]
    rank: int | None = None
    where: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Job:
    """One process that is started or stopped on one address.

    Attributes:
        index: the address, `UNPLACED` for a start that has none yet.
        since_ns: date of what the address said of it last before; only what is newer counts.
        deadline_s: when nothing more is waited for; infinite for who may take any time.
        seen_ns: date of what the address said of it last.
        ordered: its supervisord was asked, or it is under way by itself.
        answer: what its supervisord said, None before it did.
        moves: how often its address was lost before it was done.
    """

    process: Process
    verb: Literal["start", "stop"]
    index: int
    since_ns: int
    deadline_s: float
    seen_ns: int = 0
    ordered: bool = False
    answer: Answer | None = None
    moves: int = 0


@dataclass(slots=True, eq=False)
class Sequence:
    """One plan.

    Attributes:
        plan_id: unique.
        why: what it is made for; what it starts and stops has this as its cause.
        application: the one that it starts or stops as a whole, '' for single processes.
        strategy: how addresses are chosen, None for the rules' way.
        argument: extra arguments of every start.
        by_hand: single processes that an operator starts: `wait_exit` does not count.
        is_careful: any failure ends it.
        homes: where a process should start again if it can, by namespec.
        subjects: namespecs for whose sake it was made, for `at_end`.
        at_end: called once, when it is over.
        faults: what went wrong, in words.
        nowhere: namespecs for which no address fitted.
        started: namespecs that it has started, in order.
        is_given_up: a failure ended the starts.
        is_cancelled: it was ended before its end.
        is_over: nothing of it is left to do.
    """

    plan_id: str
    steps: deque[Step]
    why: str
    application: str = ""
    strategy: StartingStrategy | None = None
    argument: str = ""
    by_hand: bool = False
    is_careful: bool = False
    homes: Mapping[str, str] = field(default_factory=dict)
    subjects: tuple[str, ...] = ()
    at_end: Callable[[Sequence], None] | None = None
    step: Step | None = None
    jobs: list[Job] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    nowhere: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    is_given_up: bool = False
    is_cancelled: bool = False
    is_over: bool = False

    @property
    def names(self) -> set[str]:
        """Namespecs of all that it still concerns."""
        names = {name for step in self.steps for name in step.names}
        return names | {job.process.namespec for job in self.jobs}

    def plan(self) -> Plan:
        """Return how far it has come."""
        step = self.step
        waiting = [n for later in self.steps if later.verb == "start" for n in later.names]
        return Plan(
            self.plan_id,
            step.verb if step is not None else "start",
            self.application,
            tuple(dict.fromkeys(waiting)),
            step.names if step is not None else (),
            self.why,
        )

    def end(self, fault: str) -> Plan:
        """Return its last record."""
        verb = self.step.verb if self.step is not None else "start"
        text = "; ".join(self.faults)
        return Plan(self.plan_id, verb, self.application, (), (), self.why, True, fault, text)


def start_steps(processes: Iterable[Process]) -> list[Step]:
    """Return the steps that start processes by their ranks; rank 0 and below is left out."""
    ranked = ((p.rule.start_sequence, p.namespec) for p in processes)
    return _steps("start", (pair for pair in ranked if pair[0] > 0), descending=False)


def stop_steps(processes: Iterable[Process]) -> list[Step]:
    """Return the steps that stop processes by their stop ranks, the highest first."""
    return _steps("stop", ((p.rule.stop_rank, p.namespec) for p in processes), descending=True)


def _steps(
    verb: Literal["start", "stop"], ranked: Iterable[tuple[int, str]], *, descending: bool
) -> list[Step]:
    by_rank: dict[int, list[str]] = {}
    for rank, name in ranked:
        by_rank.setdefault(rank, []).append(name)
    ranks = sorted(by_rank, reverse=descending)
    return [Step(verb, tuple(sorted(by_rank[rank])), rank) for rank in ranks]
