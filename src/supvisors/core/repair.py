"""What is done about processes that failed while they ran, and about those that run too often.

Holds: `Repair`: failures, with their strategies, limits and back-off; conflicts.
Must not touch: how plans are carried out (`sequences.py`); processes that a plan concerns.
Invariants: only a process of a managed application is repaired, never one that an operator
wants stopped; every agent knows the failures, and only the master acts on them.
Tests: tests/core/test_repair.py, tests/sim/, tests/live/.

Source: semantics, sections 7 (running failures) and 8 (conciliation).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from supvisors.core.addresses import Address
from supvisors.core.budget import TRIES_MAX, WINDOW_S, Budget
from supvisors.core.history import has_failed
from supvisors.core.intents import Intents
from supvisors.core.plans import Plans
from supvisors.core.process import Process
from supvisors.core.processes import Processes
from supvisors.core.sequence import Sequence, Step, start_steps, stop_steps
from supvisors.core.sequences import Sequences
from supvisors.core.telling import Telling
from supvisors.model import (
    ConciliationStrategy,
    ProcessInfo,
    ProcessState,
    RunningFailureStrategy,
)

#: The strongest of the strategies of what failed together is applied.
_STRENGTH: Final = (
    RunningFailureStrategy.CONTINUE,
    RunningFailureStrategy.RESTART_PROCESS,
    RunningFailureStrategy.RESTART_APPLICATION,
    RunningFailureStrategy.STOP_APPLICATION,
)

#: Failures by process: on which addresses, and why, in words.
_Failures = dict[str, tuple[frozenset[int], str]]


class Repair:
    """Failures and conflicts, as this agent knows them.

    Args:
        addresses: by list index.
        new_id: returns the identity of a plan.
        leave_alone: is told of those that nobody starts again by itself, not even when their host
            comes back.

    Attributes:
        due_s: when `settle` is wanted, None for never.
        has_news: something has failed since this was set to False.
    """

    def __init__(
        self,
        addresses: Mapping[int, Address],
        processes: Processes,
        intents: Intents,
        plans: Plans,
        sequences: Sequences,
        telling: Telling,
        new_id: Callable[[], str],
        leave_alone: Callable[[Iterable[str]], None],
    ) -> None:
        self._addresses = addresses
        self._processes = processes
        self._intents = intents
        self._plans = plans
        self._sequences = sequences
        self._telling = telling
        self._new_id = new_id
        self._leave_alone = leave_alone
        self._failures: _Failures = {}
        self._nowhere: dict[str, str] = {}
        self._budget = Budget()
        self.due_s: float | None = None
        self.has_news = False

    # --- as anybody ------------------------------------------------------------------------

    def changed(self, process: Process, index: int, info: ProcessInfo) -> None:
        """Take note of a change: perhaps a failure, perhaps the end of one."""
        name = process.namespec
        if process.managed and has_failed(process, info) and not self._is_planned(name):
            if not process.present or not process.rule.single:
                where = self._failures.get(name, (frozenset(), ""))[0] | {index}
                reason = process.history[-1].why if process.history else info.state.name
                self._failures[name] = where, f"{name} failed: {reason}"
                self.has_news = True
        elif process.present:
            self._failures.pop(name, None)
            self._nowhere.pop(name, None)

    def lost(self, address: Address, process: Process) -> None:
        """Take note that a process was lost with its host."""
        if not process.managed or process.present or self._is_planned(process.namespec):
            return
        status = process.status
        if status is not None and status.state is ProcessState.FATAL and process.rule.single:
            why = f"{process.namespec} was lost with {address.name}"
            self._failures[process.namespec] = frozenset(), why

    def _is_planned(self, name: str) -> bool:
        """Tell whether a plan has to see to it what becomes of a process now."""
        if self._sequences.of(name) is None:
            # whether its start is over for another agent is not known; else it ran, and counts
            process = self._processes.find(name)
            return process is not None and process.rule.wait_exit and self._plans.covers(name)
        return self._sequences.has_job(name)

    def forget(self, names: list[str]) -> None:
        """An operator looks after these: their tries begin anew."""
        for name in names:
            self._failures.pop(name, None)
            self._nowhere.pop(name, None)
            self._budget.reset(name)

    # --- as the master ---------------------------------------------------------------------

    def settle(self, now: float, wall_ns: int, strategy: ConciliationStrategy) -> None:
        """Do what the rules say about all that has failed, or runs too often.

        Args:
            wall_ns: now, in POSIX ns.
            strategy: the option `conciliation_strategy`.
        """
        self.due_s = None
        if self._failures or self._nowhere:
            self._repair(now, wall_ns)
        if strategy is not ConciliationStrategy.USER:
            self.conciliate(strategy, now, wall_ns)

    def _repair(self, now: float, wall_ns: int) -> None:
        by_application: dict[str, list[Process]] = {}
        for name in sorted(self._failures):
            process = self._processes.find(name)
            if process is None or self._intents.is_held(name):
                del self._failures[name]
            elif self._sequences.of(name) is None:
                by_application.setdefault(process.group, []).append(process)
        for application, failed in by_application.items():
            self._heed(application, failed, now, wall_ns)
        for name, why in sorted(self._nowhere.items()):
            self._look_again(name, why, now, wall_ns)

    def _heed(self, application: str, failed: list[Process], now: float, wall_ns: int) -> None:
        strategies = [p.rule.running_failure_strategy for p in failed]
        strategy = max(strategies, key=_STRENGTH.index)
        why = self._failures[failed[strategies.index(strategy)].namespec][1]
        if strategy is RunningFailureStrategy.RESTART_PROCESS:
            for process, own in zip(failed, strategies, strict=True):
                if own is RunningFailureStrategy.RESTART_PROCESS:
                    self._restart(process, now, wall_ns)
                else:
                    self._failures.pop(process.namespec)
                    self._leave_alone([process.namespec])
            return
        if strategy is RunningFailureStrategy.CONTINUE:
            self._clear(failed)
            self._leave_alone(process.namespec for process in failed)
            return
        members = self._processes.members(application)
        if any(self._sequences.of(member.namespec) is not None for member in members):
            return  # what is under way comes first
        stops = stop_steps(member for member in members if member.present)
        if strategy is RunningFailureStrategy.STOP_APPLICATION:
            self._clear(failed)
            self._leave_alone(member.namespec for member in members)
            self._begin(deque(stops), f"STOP_APPLICATION: {why}", application, now, wall_ns)
        elif self._may(application, failed, now):
            self._clear(failed)
            self._budget.spend(application, now)
            steps = deque([*stops, *start_steps(members)])
            self._begin(steps, f"RESTART_APPLICATION: {why}", application, now, wall_ns)

    def _restart(self, process: Process, now: float, wall_ns: int) -> None:
        name = process.namespec
        where, why = self._failures[name]
        if not self._may(name, [process], now):
            return
        self._failures.pop(name)
        self._budget.spend(name, now)
        only = {name: tuple(sorted(where))} if where and not process.rule.single else {}
        steps = deque([Step("start", (name,), where=only)])
        self._begin(steps, f"RESTART_PROCESS: {why}", "", now, wall_ns, (name,))

    def _may(self, name: str, failed: list[Process], now: float) -> bool:
        """Tell whether a restart is due; when its limit is reached, say so and give up."""
        if self._budget.is_spent(name, now):
            why = f"{name} was restarted {TRIES_MAX} times within {WINDOW_S:.0f} s: given up"
            for process in failed:
                if not process.present:
                    self._plans.decide(process, why)
            self._clear(failed)
            self._leave_alone(process.namespec for process in failed)
            return False
        due_s = self._budget.due_s(name, now)
        if due_s > now:
            self.due_s = due_s if self.due_s is None else min(self.due_s, due_s)
            return False
        return True

    def _begin(
        self,
        steps: deque[Step],
        why: str,
        application: str,
        now: float,
        wall_ns: int,
        subjects: tuple[str, ...] = (),
    ) -> None:
        if not steps:
            return
        sequence = Sequence(
            self._new_id(), steps, why, application, subjects=subjects, at_end=self._ended
        )
        self._sequences.begin(sequence, now, wall_ns)

    def _ended(self, sequence: Sequence) -> None:
        """A restart that found no address waits for one; one that failed is tried again."""
        if sequence.is_cancelled or sequence.application:
            return
        for name in sequence.nowhere:
            self._nowhere[name] = sequence.why
        for name in sequence.subjects:
            if name not in sequence.nowhere and name not in sequence.started:
                self._failures[name] = frozenset(), sequence.why.partition(": ")[2]

    def _look_again(self, name: str, why: str, now: float, wall_ns: int) -> None:
        process = self._processes.find(name)
        if process is None or process.present or self._intents.is_held(name):
            del self._nowhere[name]
        elif self._sequences.of(name) is None and self._sequences.has_place(process):
            del self._nowhere[name]
            self._begin(deque([Step("start", (name,))]), why, "", now, wall_ns, (name,))

    def _clear(self, failed: list[Process]) -> None:
        for process in failed:
            self._failures.pop(process.namespec, None)

    # --- conflicts -------------------------------------------------------------------------

    @property
    def has_conflicts(self) -> bool:
        """Whether a process runs more often than its rule wants."""
        return bool(self._processes.conflicts)

    def conciliate(self, strategy: ConciliationStrategy, now: float, wall_ns: int) -> int:
        """Resolve every conflict that no plan has to do with; return how many those are."""
        free = [p for p in self._processes.conflicts if self._sequences.of(p.namespec) is None]
        for process in sorted(free, key=lambda p: p.namespec):
            self._resolve(process, strategy, now, wall_ns)
        return len(free)

    def _resolve(
        self, process: Process, strategy: ConciliationStrategy, now: float, wall_ns: int
    ) -> None:
        name = process.namespec
        awake = process.awake
        ages = sorted(awake, key=lambda i: (self._began_ms(process, i), i))
        if strategy is ConciliationStrategy.SENICIDE:
            stopped = ages[:-1]
        elif strategy is ConciliationStrategy.INFANTICIDE:
            stopped = ages[1:]
        else:
            stopped = awake
        where = ", ".join(self._addresses[i].name for i in awake)
        why = f"{strategy.value}: {name} runs on {where}"
        steps = deque([Step("stop", (name,), where={name: tuple(stopped)})])
        at_end = None
        if strategy is ConciliationStrategy.RESTART:
            steps.append(Step("start", (name,)))
        elif strategy is ConciliationStrategy.RUNNING_FAILURE:
            at_end = self._fail_after_stop
        sequence = Sequence(self._new_id(), steps, why, at_end=at_end, subjects=(name,))
        self._sequences.begin(sequence, now, wall_ns)

    def _fail_after_stop(self, sequence: Sequence) -> None:
        if not sequence.is_cancelled:
            for name in sequence.subjects:
                self._failures[name] = frozenset(), sequence.why

    def _began_ms(self, process: Process, index: int) -> int:
        """Return when a copy began, on a clock that all copies share.

        Each host's own clock says how long it runs; the last beat says how that clock stands.
        """
        address = self._addresses[index]
        ahead_ms = address.remote_time_ms - address.local_time_ms
        return process.infos[index].event_ns // 1_000_000 - ahead_ms
