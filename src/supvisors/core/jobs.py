"""One job of a plan: ordered, watched, judged.

Holds: `Jobs`.
Must not touch: what a plan makes of a job's end (`sequences.py`).
Invariants: a job is over by its deadline, but for a process that is waited for to exit and runs;
nothing is started where it runs already, or against an operator's wish; a start whose host is
lost is placed anew.
Tests: tests/core/test_sequences.py, tests/sim/.

Source: semantics, section 7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final

from supvisors.core.addresses import Address
from supvisors.core.calls import TIMEOUT_S, Calls
from supvisors.core.intents import Intents
from supvisors.core.messages import Answer, Vote
from supvisors.core.placement import Placement
from supvisors.core.places import Places
from supvisors.core.process import Process
from supvisors.core.sequence import UNPLACED, Job, Sequence
from supvisors.model import (
    PRESENT_STATES,
    USUAL_TIMING,
    AddressState,
    ProcessInfo,
    ProcessState,
)

#: Allowed beyond what a program's configuration says: calls, beats and records take their time.
MARGIN_S: Final = 5.0
FOREVER_S: Final = float("inf")
#: How a job ends that ends well; else in words, or not yet.
DONE: Final = ""
_HELD: Final = "an operator stopped it"
#: Date of a job for which what an address says already counts.
_ANY_NS: Final = -1


class Jobs:
    """The jobs of all plans.

    Args:
        addresses: by list index.
        leader: the mastership by which orders are given.
        under_way: returns all plans, whose orders count where there is to be room.
    """

    def __init__(
        self,
        addresses: Mapping[int, Address],
        intents: Intents,
        calls: Calls,
        places: Places,
        leader: Callable[[], Vote | None],
        under_way: Callable[[], Iterable[Sequence]],
    ) -> None:
        self._addresses = addresses
        self._intents = intents
        self._calls = calls
        self._places = places
        self._leader = leader
        self._under_way = under_way

    # --- how they begin --------------------------------------------------------------------

    def start_one(self, process: Process, now: float) -> Job:
        """Return the job that starts a process which runs once; `end_of` orders it."""
        job = Job(process, "start", UNPLACED, 0, now + _patience_s(process))
        if process.awake:
            job.index, job.ordered, job.since_ns = process.awake[0], True, _ANY_NS
        return job

    def start_each(
        self, sequence: Sequence, process: Process, only: tuple[int, ...] | None, now: float
    ) -> Placement:
        """Order a process of which every address has one, wherever it fits and does not run.

        Args:
            only: the addresses that are meant, None for all.

        Returns:
            where it fits: no address means that there is no job.
        """
        placement = self._places.of(sequence, process, self._under_way())
        refused = dict(placement.refused)
        for index, address in self._addresses.items():
            if address.name not in refused and (only is None or index in only):
                job = Job(process, "start", index, 0, 0.0)
                sequence.jobs.append(job)
                self._order_start(sequence, job, now)
        return placement

    def stop(self, sequence: Sequence, process: Process, index: int, now: float) -> None:
        """Order a stop."""
        info = process.infos[index]
        deadline_s = now + TIMEOUT_S + info.timing.stopwaitsecs + MARGIN_S
        job = Job(process, "stop", index, info.event_ns, deadline_s, ordered=True)
        sequence.jobs.append(job)
        if info.state is not ProcessState.STOPPING:
            self._ask(sequence, job, now)

    # --- how they end ----------------------------------------------------------------------

    def end_of(self, sequence: Sequence, job: Job, now: float) -> str | None:
        """Return how a job ended, `DONE` for well, None while it has not."""
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
            if end is not None or job.deadline_s == FOREVER_S:
                return end
        elif job.deadline_s == FOREVER_S:  # it ran, and its address knows no more of that
            where = self._addresses[job.index].name
            return f"{job.process.namespec}: its supervisord on {where} was started again"
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
            job.deadline_s = FOREVER_S
            return None if waits else DONE
        if state in PRESENT_STATES or info.again:
            if info.event_ns != job.seen_ns:
                job.seen_ns, job.deadline_s = info.event_ns, now + _patience_s(job.process)
            return None
        if not _is_of_this_start(job, info, now):
            return None
        if state is ProcessState.EXITED and info.expected:
            return DONE
        return f"{name} is {state.name} on {self._addresses[job.index].name}"

    def _end_of_stop(self, job: Job, info: ProcessInfo | None, now: float) -> str | None:
        if info is None or info.state not in PRESENT_STATES:
            return DONE
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
            if process.awake:
                job.index, job.ordered, job.since_ns = process.awake[0], True, _ANY_NS
                return self.end_of(sequence, job, now)
            return f"{process.namespec} does not stop" if now >= job.deadline_s else None
        placement = self._places.of(sequence, process, self._under_way())
        if placement.address is None:
            sequence.nowhere.append(process.namespec)
            return placement.text
        job.index = next(i for i, a in self._addresses.items() if a.name == placement.address)
        self._order_start(sequence, job, now)
        return None

    def _order_start(self, sequence: Sequence, job: Job, now: float) -> None:
        job.ordered, job.since_ns = True, _date(job.process.infos.get(job.index))
        job.deadline_s = now + TIMEOUT_S + _patience_s(job.process)
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
        job.deadline_s = now + _patience_s(job.process)
        return self._try_to_place(sequence, job, now)


def _is_of_this_start(job: Job, info: ProcessInfo, now: float) -> bool:
    """Tell whether a state at rest is what came of a start, and not what a late list tells.

    Its run was seen, or was known before. Where records were lost that is known when no more is
    waited for.
    """
    if job.seen_ns or job.since_ns == _ANY_NS or job.deadline_s == FOREVER_S:
        return True
    return now >= job.deadline_s and info.event_ns > job.since_ns


def _patience_s(process: Process) -> float:
    """Return how long nothing may be heard of a start."""
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
