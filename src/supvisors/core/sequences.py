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
from functools import partial
from typing import Final

from supvisors.core.addresses import Address
from supvisors.core.calls import TIMEOUT_S, Calls
from supvisors.core.intents import Intents
from supvisors.core.messages import Answer, Vote
from supvisors.core.placement import Placement
from supvisors.core.places import Places
from supvisors.core.plans import Plans
from supvisors.core.process import Process
from supvisors.core.processes import Processes
from supvisors.core.sequence import UNPLACED, Job, Sequence, Step, stop_steps
from supvisors.core.telling import Telling
from supvisors.model import (
    PRESENT_STATES,
    USUAL_TIMING,
    AddressState,
    ProcessInfo,
    ProcessState,
    StartingFailureStrategy,
    Timing,
)

#: Allowed beyond what a program's configuration says: calls, beats and records take their time.
MARGIN_S: Final = 5.0
_FOREVER_S: Final = float("inf")
#: How a job ends: done well, done badly (words), or not yet.
_DONE: Final = ""
_HELD: Final = "an operator stopped it"


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
        self._addresses = addresses
        self._processes = processes
        self._intents = intents
        self._plans = plans
        self._calls = calls
        self._telling = telling
        self._places = places
        self._leader = leader
        self._active: dict[str, Sequence] = {}
        self._of: dict[str, Sequence] = {}
        self._wall_ns = 0
        self.has_ended = False

    @property
    def due_s(self) -> float | None:
        """When `settle` is wanted, None for never."""
        jobs = (job for sequence in self._active.values() for job in sequence.jobs)
        due_s = min((job.deadline_s for job in jobs), default=_FOREVER_S)
        return due_s if due_s < _FOREVER_S else None

    def of(self, namespec: str) -> Sequence | None:
        """Return the plan under way that concerns a process, None without one."""
        return self._of.get(namespec)

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
        begun = False
        while not sequence.jobs and sequence.steps and not sequence.is_cancelled:
            sequence.step = sequence.steps.popleft()
            begun = True
            for name in sequence.step.names:
                if not sequence.is_given_up or sequence.step.verb == "stop":
                    self._begin_job(sequence, sequence.step, name, now)
            self._release(sequence)
        if sequence.is_cancelled:
            return
        if not sequence.jobs:
            self._finish(sequence)
        elif begun:
            self._plans.tell(sequence.plan())

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
                    self._stop(sequence, process, index, now)
        elif self._intents.is_held(name):
            self._telling.note("not started: an operator's wish", ("process", name))
        elif process.rule.single or not process.managed:
            self._start_single(sequence, process, now)
        else:
            self._start_each(sequence, process, only, now)

    def _start_single(self, sequence: Sequence, process: Process, now: float) -> None:
        job = Job(process, "start", UNPLACED, 0, now + self._patience_s(process))
        awake = [i for i in process.present if process.infos[i].state is not ProcessState.STOPPING]
        if awake:
            job.index, job.ordered = awake[0], True
            job.since_ns = -1  # what it is already counts
        sequence.jobs.append(job)
        self._judge(sequence, [job], now, advances=False)

    def _start_each(
        self, sequence: Sequence, process: Process, only: tuple[int, ...] | None, now: float
    ) -> None:
        """Start a process of which every address has one, wherever it fits and does not run."""
        placement = self._places.of(sequence, process, self._active.values())
        refused = dict(placement.refused)
        for index, address in self._addresses.items():
            if address.name in refused or (only is not None and index not in only):
                continue
            job = Job(process, "start", index, 0, 0.0)
            sequence.jobs.append(job)
            self._order_start(sequence, job, now)
        if placement.address is None and not process.present:
            self._no_place(sequence, process, placement)

    def _stop(self, sequence: Sequence, process: Process, index: int, now: float) -> None:
        job = Job(process, "stop", index, _date(process.infos.get(index)), 0.0, ordered=True)
        timing = _timing(process, index)
        job.deadline_s = now + TIMEOUT_S + timing.stopwaitsecs + MARGIN_S
        sequence.jobs.append(job)
        if process.infos[index].state is not ProcessState.STOPPING:
            self._ask(sequence, job, now)

    # --- jobs ------------------------------------------------------------------------------

    def _judge(
        self, sequence: Sequence, jobs: list[Job], now: float, *, advances: bool = True
    ) -> None:
        """Take note of jobs that are over; go on with the plan when that was all."""
        for job in jobs:
            if job not in sequence.jobs:
                continue  # what came of another one ended the plan
            end = self._end_of(sequence, job, now)
            if end is None:
                continue
            sequence.jobs.remove(job)
            if end == _DONE:
                self._succeed(sequence, job)
            else:
                self._fail(sequence, job, end)
        if advances and not sequence.jobs and sequence.plan_id in self._active:
            self._advance(sequence, now)

    def _end_of(self, sequence: Sequence, job: Job, now: float) -> str | None:
        """Return how a job ended, `_DONE` for well, None while it has not."""
        info = job.process.infos.get(job.index)
        if job.verb == "stop":
            return self._end_of_stop(job, info, now)
        if not job.ordered:
            return self._try_to_place(sequence, job, now)
        if self._intents.is_held(job.process.namespec):
            return self._call_off(sequence, job, info, now)
        if self._addresses[job.index].state is not AddressState.RUNNING:
            return self._move(sequence, job, now)
        if job.answer is not None and job.answer.fault not in ("", "ALREADY_STARTED"):
            return f"{job.process.namespec}: {job.answer.text or job.answer.fault}"
        if info is not None and info.event_ns != job.since_ns:
            end = self._end_of_run(sequence, job, info, now)
            if end is not None or job.deadline_s == _FOREVER_S:
                return end
        if now >= job.deadline_s:
            where = self._addresses[job.index].name
            return f"{job.process.namespec}: no sign of a start on {where} in the time it may take"
        return None

    def _end_of_run(
        self, sequence: Sequence, job: Job, info: ProcessInfo, now: float
    ) -> str | None:
        """Judge a start by what its address says since."""
        waits = job.process.rule.wait_exit and not sequence.by_hand
        state, name = info.state, info.namespec
        if state is ProcessState.RUNNING:
            job.deadline_s = _FOREVER_S
            return None if waits else _DONE
        if state in PRESENT_STATES or info.again:
            if info.event_ns != job.seen_ns:
                job.seen_ns, job.deadline_s = info.event_ns, now + self._patience_s(job.process)
            return None
        if state is ProcessState.EXITED and info.expected:
            return _DONE
        return f"{name} is {state.name} on {self._addresses[job.index].name}"

    def _end_of_stop(self, job: Job, info: ProcessInfo | None, now: float) -> str | None:
        if info is None or info.state not in PRESENT_STATES:
            return _DONE
        fault = job.answer.fault if job.answer is not None else ""
        where = self._addresses[job.index].name
        if fault not in ("", "NOT_RUNNING"):
            assert job.answer is not None, "a fault is one of an answer"
            return f"{info.namespec} on {where}: {job.answer.text or fault}"
        return f"{info.namespec} does not stop on {where}" if now >= job.deadline_s else None

    def _try_to_place(self, sequence: Sequence, job: Job, now: float) -> str | None:
        process = job.process
        if self._intents.is_held(process.namespec):
            return f"{process.namespec}: {_HELD}"
        if process.present:  # it is stopping; or it was started by somebody else meanwhile
            states = {process.infos[i].state: i for i in process.present}
            others = [i for state, i in states.items() if state is not ProcessState.STOPPING]
            if others:
                job.index, job.ordered, job.since_ns = others[0], True, -1
                return self._end_of(sequence, job, now)
            return f"{process.namespec} does not stop" if now >= job.deadline_s else None
        placement = self._places.of(sequence, process, self._active.values())
        if placement.address is None:
            sequence.nowhere.append(process.namespec)
            return placement.text
        job.index = next(i for i, a in self._addresses.items() if a.name == placement.address)
        self._order_start(sequence, job, now)
        return None

    def _order_start(self, sequence: Sequence, job: Job, now: float) -> None:
        job.ordered, job.since_ns = True, _date(job.process.infos.get(job.index))
        job.deadline_s = now + TIMEOUT_S + self._patience_s(job.process)
        self._ask(sequence, job, now)

    def _ask(self, sequence: Sequence, job: Job, now: float) -> None:
        rank = sequence.step.rank if sequence.step is not None else None
        cause = sequence.why if rank is None else f"{sequence.why}, rank {rank}"
        argument = sequence.argument if job.verb == "start" else ""
        self._calls.ask(
            self._addresses[job.index],
            job.verb,
            job.process.namespec,
            argument,
            now,
            partial(_answered, job, job.index, job.moves),
            self._leader(),
            cause=cause,
        )

    def _call_off(
        self, sequence: Sequence, job: Job, info: ProcessInfo | None, now: float
    ) -> str | None:
        """An operator stopped what is being started: see to it that it does not run."""
        late = now >= job.deadline_s
        if info is not None and info.state in PRESENT_STATES:
            if info.state is not ProcessState.STOPPING and _date(info) != job.since_ns:
                self._calls.ask(
                    self._addresses[job.index],
                    "stop",
                    info.namespec,
                    "",
                    now,
                    _ignore,
                    self._leader(),
                    cause=f"{sequence.why}: {_HELD}",
                )
            return f"{info.namespec}: {_HELD}"
        # the order may still be on its way
        return f"{job.process.namespec}: {_HELD}" if late or _was_refused(job) else None

    def _move(self, sequence: Sequence, job: Job, now: float) -> str | None:
        """The address is gone: that is no failure of the process, so it is placed anew."""
        job.moves += 1
        if job.moves > len(self._addresses):
            return f"{job.process.namespec}: every address that was chosen has gone"
        if not job.process.rule.single and job.process.managed:
            return f"{job.process.namespec}: {self._addresses[job.index].name} has gone"
        job.index, job.ordered, job.answer = UNPLACED, False, None
        job.deadline_s = now + self._patience_s(job.process)
        return self._try_to_place(sequence, job, now)

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
            sequence.steps.extend(stop_steps(p for p in members if p.present))
            sequence.jobs.clear()
            for name in sequence.names:
                self._of.setdefault(name, sequence)

    def _patience_s(self, process: Process) -> float:
        timings = [info.timing for info in process.infos.values()] or [USUAL_TIMING]
        longest = max(t.startsecs + t.startretries + t.stopwaitsecs for t in timings)
        return longest + MARGIN_S


def _answered(job: Job, index: int, moves: int, answer: Answer) -> None:
    if (job.index, job.moves) == (index, moves):  # else it was placed anew meanwhile
        job.answer = answer


def _ignore(_answer: Answer) -> None:
    """Whatever comes of it, the next record tells."""


def _was_refused(job: Job) -> bool:
    return job.answer is not None and job.answer.fault not in ("", "ALREADY_STARTED")


def _date(info: ProcessInfo | None) -> int:
    return info.event_ns if info is not None else 0


def _timing(process: Process, index: int) -> Timing:
    info = process.infos.get(index)
    return info.timing if info is not None else USUAL_TIMING
