"""Plans under way: each step's jobs are ordered, watched and judged, then the next step begins.

Holds: `Sequences`.
Must not touch: why a plan is made; what becomes of a process that fails outside of a plan.
Invariants: a step begins when every job of the one before is over, and every job is over by its
deadline, but for a process that is waited for to exit and runs; a start that a newer wish of an
operator forbids is not done; nothing is started where it runs already.
Tests: tests/core/test_sequences.py, tests/sim/, tests/live/.

Source: semantics, section 7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from supvisors.core.addresses import Address
from supvisors.core.calls import Calls
from supvisors.core.intents import Intents
from supvisors.core.jobs import DONE, FOREVER_S, Jobs
from supvisors.core.messages import Vote
from supvisors.core.placement import Placement
from supvisors.core.places import Places
from supvisors.core.plans import Plans
from supvisors.core.process import Process
from supvisors.core.processes import Processes
from supvisors.core.sequence import Job, Sequence, Step, stop_steps
from supvisors.core.telling import Telling
from supvisors.model import ProcessState, StartingFailureStrategy


class Sequences:
    """The plans that this agent carries out.

    Args:
        addresses: by list index.
        leader: the mastership by which orders are given, None for an operator's.

    Attributes:
        has_ended: a plan came to its end since this was set to False.
    """

    def __init__(
        self,
        addresses: Mapping[int, Address],
        processes: Processes,
        intents: Intents,
        plans: Plans,
        calls: Calls,
        telling: Telling,
        places: Places,
        leader: Callable[[], Vote | None],
    ) -> None:
        self._processes = processes
        self._intents = intents
        self._plans = plans
        self._telling = telling
        self._places = places
        self._jobs = Jobs(addresses, intents, calls, places, leader, lambda: self._active.values())
        self._active: dict[str, Sequence] = {}
        self._of: dict[str, Sequence] = {}
        self._wall_ns = 0
        self.has_ended = False

    @property
    def due_s(self) -> float | None:
        """When `settle` is wanted, None for never."""
        jobs = (job for sequence in self._active.values() for job in sequence.jobs)
        due_s = min((job.deadline_s for job in jobs), default=FOREVER_S)
        return due_s if due_s < FOREVER_S else None

    def has_place(self, process: Process) -> bool:
        """Tell whether a process could start somewhere, with what is on its way already."""
        return self._places.of(None, process, self._active.values()).address is not None

    def of(self, namespec: str) -> Sequence | None:
        """Return the plan under way that concerns a process, None without one."""
        return self._of.get(namespec)

    def has_job(self, namespec: str) -> bool:
        """Tell whether a process is being started or stopped right now."""
        sequence = self._of.get(namespec)
        jobs = sequence.jobs if sequence is not None else []
        return any(job.process.namespec == namespec for job in jobs)

    def begin(self, sequence: Sequence, now: float, wall_ns: int) -> None:
        """Carry out a plan. None that is under way may concern the same processes.

        Args:
            wall_ns: now, in POSIX ns.
        """
        self._wall_ns = wall_ns
        for name in sequence.names:
            assert name not in self._of, f"{name} is in {self._of[name].plan_id} already"
            self._of[name] = sequence
        self._active[sequence.plan_id] = sequence
        self._telling.note("plan begins", ("plan", sequence.plan_id), ("why", sequence.why))
        self._advance(sequence, now)

    def cancel(self, sequence: Sequence, why: str) -> None:
        """End a plan where it stands; what it has ordered goes its way."""
        sequence.is_cancelled = True
        sequence.faults.append(why)
        self._finish(sequence)

    def cancel_all(self, why: str) -> None:
        """End all plans where they stand."""
        for sequence in list(self._active.values()):
            self.cancel(sequence, why)

    def drop(self) -> None:
        """End all plans without a word: this agent leads no more."""
        for sequence in self._active.values():
            sequence.is_cancelled = sequence.is_over = True
        self._active.clear()
        self._of.clear()

    def changed(self, process: Process, now: float, wall_ns: int) -> None:
        """An address said something new of a process."""
        sequence = self._of.get(process.namespec)
        if sequence is not None:
            self._wall_ns = wall_ns
            self._judge(sequence, [job for job in sequence.jobs if job.process is process], now)

    def settle(self, now: float, wall_ns: int) -> None:
        """Judge what time, an answer or the loss of an address has changed."""
        self._wall_ns = wall_ns
        for sequence in list(self._active.values()):
            self._judge(sequence, list(sequence.jobs), now)

    # --- steps -----------------------------------------------------------------------------

    def _advance(self, sequence: Sequence, now: float) -> None:
        """Begin the next step, and the next, until there is something to wait for."""
        while not sequence.jobs and sequence.steps and not sequence.is_cancelled:
            sequence.step = sequence.steps.popleft()
            # before the orders, so that peers hear of the plan before they hear what it does
            self._plans.tell(sequence.plan())
            for name in sequence.step.names:
                if not sequence.is_given_up or sequence.step.verb == "stop":
                    self._begin_job(sequence, sequence.step, name, now)
            self._release(sequence)
        if not sequence.jobs and not sequence.is_cancelled:
            self._finish(sequence)

    def _release(self, sequence: Sequence) -> None:
        """Let others concern the processes that this plan is done with."""
        names = sequence.names
        for name in [n for n, owner in self._of.items() if owner is sequence and n not in names]:
            del self._of[name]

    def _finish(self, sequence: Sequence) -> None:
        sequence.jobs.clear()
        sequence.steps.clear()
        self._release(sequence)
        self._active.pop(sequence.plan_id, None)
        sequence.is_over = self.has_ended = True
        fault = "ABNORMAL_TERMINATION" if sequence.faults else ""
        self._telling.note(
            "plan is over",
            ("plan", sequence.plan_id),
            ("faults", "; ".join(sequence.faults) or None),
        )
        self._plans.tell(sequence.end(fault))
        if sequence.at_end is not None:
            sequence.at_end(sequence)

    def _begin_job(self, sequence: Sequence, step: Step, name: str, now: float) -> None:
        process = self._processes.find(name)
        if process is None:
            if step.verb == "start":
                sequence.faults.append(f"{name} is known to no address any more")
            return
        only = step.where.get(name)
        if step.verb == "stop":
            for index in list(process.present):
                if only is None or index in only:
                    self._jobs.stop(sequence, process, index, now)
        elif self._intents.is_held(name):
            self._telling.note("not started: an operator's wish", ("process", name))
        elif process.rule.single or not process.managed:
            job = self._jobs.start_one(process, now)
            sequence.jobs.append(job)
            self._judge(sequence, [job], now, advances=False)
        else:
            placement = self._jobs.start_each(sequence, process, only, now)
            if placement.address is None and not process.present:
                self._no_place(sequence, process, placement)

    # --- jobs ------------------------------------------------------------------------------

    def _judge(
        self, sequence: Sequence, jobs: list[Job], now: float, *, advances: bool = True
    ) -> None:
        """Take note of jobs that are over; go on with the plan when that was all."""
        for job in jobs:
            if job not in sequence.jobs:
                continue  # what came of another one ended the plan
            end = self._jobs.end_of(sequence, job, now)
            if end is None:
                continue
            sequence.jobs.remove(job)
            if end == DONE:
                self._succeed(sequence, job)
            else:
                self._fail(sequence, job, end)
        if advances and not sequence.jobs and sequence.plan_id in self._active:
            self._advance(sequence, now)

    # --- outcomes --------------------------------------------------------------------------

    def _succeed(self, sequence: Sequence, job: Job) -> None:
        if job.verb == "stop":
            return
        name = job.process.namespec
        sequence.started.append(name)
        if job.process.managed and self._intents.wanted(name) == "auto":
            self._intents.want("process", [name], "started", sequence.why, self._wall_ns)

    def _fail(self, sequence: Sequence, job: Job, why: str) -> None:
        process = job.process
        self._telling.note("failed", ("plan", sequence.plan_id), ("why", why), level="warn")
        sequence.faults.append(why)
        held = self._intents.is_held(process.namespec)
        if job.verb == "stop":
            if sequence.is_careful:
                sequence.steps.clear()
            return
        info = process.infos.get(job.index)
        is_told = info is not None and info.state in (ProcessState.FATAL, ProcessState.EXITED)
        if not process.present and not held and not is_told:
            self._plans.decide(process, why)
        if not held:
            self._heed_failure(sequence, process)

    def _no_place(self, sequence: Sequence, process: Process, placement: Placement) -> None:
        sequence.nowhere.append(process.namespec)
        sequence.faults.append(f"{process.namespec}: {placement.text}")
        self._plans.decide(process, placement.text)
        self._heed_failure(sequence, process)

    def _heed_failure(self, sequence: Sequence, process: Process) -> None:
        """Apply the starting failure strategy of a process (semantics, section 7)."""
        if sequence.is_careful:
            sequence.steps.clear()
            return
        if not process.rule.required or not sequence.application:
            return
        strategy = process.rule.starting_failure_strategy
        if strategy is StartingFailureStrategy.CONTINUE:
            return
        self._telling.note(
            "start given up",
            ("application", sequence.application),
            ("because", process.namespec),
            ("strategy", strategy.value),
            level="warn",
        )
        sequence.steps.clear()
        sequence.is_given_up = True
        if strategy is StartingFailureStrategy.STOP:
            members = self._processes.members(sequence.application)
            # what was ordered and is not shown yet is stopped when it is
            sequence.jobs[:] = [j for j in sequence.jobs if j.ordered and not j.process.present]
            coming = {job.process for job in sequence.jobs}
            sequence.steps.extend(stop_steps(p for p in members if p.present or p in coming))
            for name in sequence.names:
                self._of.setdefault(name, sequence)
