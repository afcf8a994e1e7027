"""What operators ask the master for: checked against what is under way, then made a plan.

Holds: `Requests`.
Must not touch: how a request reached the master (`pleas.py`), how a plan goes on.
Invariants: a request is taken whole or refused with the reason; no plan overwrites another, but
for a stop, which ends the starts of what it stops; an operator's start clears the wishes that
forbid it, except `disabled`.
Tests: tests/core/test_requests.py, tests/live/.

Source: semantics, sections 4 (commands), 7 and 8.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from supvisors.core.addresses import Address
from supvisors.core.intents import Intents
from supvisors.core.messages import Answer, Request
from supvisors.core.places import Places
from supvisors.core.process import Process
from supvisors.core.processes import Processes
from supvisors.core.repair import Repair
from supvisors.core.sequence import Sequence, Step, start_steps, stop_steps
from supvisors.core.sequences import Sequences
from supvisors.model import ConciliationStrategy, StartingStrategy

#: What is done without a quorum too: it starts nothing.
_ALWAYS: Final = frozenset({"stop_application", "restart", "shutdown"})


class _Refused(Exception):
    """A request that is not done: the fault among Supervisor's `Faults`, and why."""

    def __init__(self, fault: str, text: str) -> None:
        super().__init__(text)
        self.fault = fault


class Requests:
    """The requests that this agent takes while it leads.

    Args:
        addresses: by list index.
    """

    def __init__(
        self,
        addresses: Mapping[int, Address],
        processes: Processes,
        intents: Intents,
        places: Places,
        sequences: Sequences,
        repair: Repair,
    ) -> None:
        self._addresses = addresses
        self._processes = processes
        self._intents = intents
        self._places = places
        self._sequences = sequences
        self._repair = repair
        self._wall_ns = 0
        self._table: dict[str, Callable[[Request, str], Sequence | None]] = {
            "start_application": self._start_application,
            "stop_application": self._stop_application,
            "restart_application": self._restart_application,
            "start_process": self._start_process,
            "restart_process": self._restart_process,
            "rolling_restart": self._rolling_restart,
            "drain": self._drain,
        }

    def take(
        self, request: Request, plan_id: str, now: float, wall_ns: int, *, has_quorum: bool
    ) -> Answer:
        """Make a plan of a request; return that it is taken, or why it is not.

        `restart` and `shutdown` are the affair of the core. What needs no plan has one that is
        over at once, so that whoever waits for it hears of it.

        Args:
            plan_id: of the plan, should there be one.
            wall_ns: now, in POSIX ns.
            has_quorum: as many addresses are RUNNING as starts ask for.
        """
        self._wall_ns = wall_ns
        try:
            if not has_quorum and request.verb not in _ALWAYS:
                raise _Refused(
                    "FAILED",
                    "no quorum: fewer addresses are RUNNING than the option 'quorum' asks for, "
                    "so nothing is started; 'start_args' starts a process of one host",
                )
            if request.verb == "conciliate":
                self._conciliate(request, now)
                plan = None
            else:
                plan = self._table[request.verb](request, plan_id)
        except _Refused as refused:
            return Answer(plan_id, refused.fault, str(refused))
        self._sequences.begin(plan or Sequence(plan_id, deque(), _cause(request)), now, wall_ns)
        return Answer(plan_id)

    # --- applications ----------------------------------------------------------------------

    def _start_application(self, request: Request, plan_id: str) -> Sequence:
        (application,) = request.names
        members = self._processes.members(application)
        steps = self._starts_of(application, members)
        if all(self._find(name).awake for step in steps for name in step.names):
            raise _Refused("ALREADY_STARTED", f"{application} runs already")
        self._clear(members, _cause(request))
        return self._sequence(request, plan_id, steps, application)

    def _stop_application(self, request: Request, plan_id: str) -> Sequence:
        (application,) = request.names
        members = self._processes.members(application)
        self._check_stoppable(members)
        present = [process for process in members if process.present]
        if not present and all(self._sequences.of(p.namespec) is None for p in members):
            raise _Refused("NOT_RUNNING", f"nothing of {application} runs")
        names = [process.namespec for process in members]
        for plan in self._plans_of(members):
            self._sequences.cancel(plan, f"ended by {_cause(request)}")
        self._intents.want("process", names, "stopped", _cause(request), self._wall_ns)
        return self._sequence(request, plan_id, stop_steps(present), application)

    def _restart_application(self, request: Request, plan_id: str) -> Sequence:
        (application,) = request.names
        members = self._processes.members(application)
        steps = self._starts_of(application, members)
        self._clear(members, _cause(request))
        stops = stop_steps(process for process in members if process.present)
        return self._sequence(request, plan_id, [*stops, *steps], application)

    # --- processes -------------------------------------------------------------------------

    def _start_process(self, request: Request, plan_id: str) -> Sequence:
        processes = [self._find(name) for name in request.names]
        self._check_free(processes)
        self._check_enabled(processes)
        if all(process.awake and process.rule.single for process in processes):
            raise _Refused("ALREADY_STARTED", f"{', '.join(request.names)} runs already")
        self._check_places(processes, request)
        self._clear(processes, _cause(request))
        return self._sequence(request, plan_id, [Step("start", request.names)])

    def _restart_process(self, request: Request, plan_id: str) -> Sequence:
        processes = [self._find(name) for name in request.names]
        self._check_free(processes)
        self._check_enabled(processes)
        self._clear(processes, _cause(request))
        stops = [Step("stop", request.names)] if any(p.present for p in processes) else []
        return self._sequence(request, plan_id, [*stops, Step("start", request.names)])

    def _rolling_restart(self, request: Request, plan_id: str) -> Sequence:
        """A few at a time, each where it was, and no further after a failure."""
        processes = [p for p in map(self._find, request.names) if p.present]
        self._check_free(processes)
        self._check_enabled(processes)
        if not processes:
            raise _Refused("NOT_RUNNING", f"none of {', '.join(request.names)} runs")
        names, count = [p.namespec for p in processes], max(1, request.at_a_time)
        steps = []
        for first in range(0, len(names), count):
            some = tuple(names[first : first + count])
            steps += [Step("stop", some), Step("start", some)]
        homes = {p.namespec: self._addresses[p.present[0]].name for p in processes}
        plan = self._sequence(request, plan_id, steps)
        plan.is_careful, plan.homes = True, homes
        return plan

    # --- addresses, conflicts --------------------------------------------------------------

    def _drain(self, request: Request, plan_id: str) -> Sequence | None:
        """Nothing is placed there any more; what runs there by a rule is moved, one by one."""
        (name,) = request.names
        index = next(i for i, address in self._addresses.items() if address.name == name)
        there = [p for p in self._processes if p.managed and index in p.present]
        self._check_free(there)
        self._intents.want("address", [name], "drained", _cause(request), self._wall_ns)
        steps, stays = [], []
        for process in sorted(there, key=lambda p: (p.rule.start_sequence, p.namespec)):
            stop = Step("stop", (process.namespec,), where={process.namespec: (index,)})
            if not process.rule.single:
                steps.append(stop)
                continue
            placement = self._places.of(None, process)
            if placement.address is None:
                stays.append(f"{process.namespec} stays on {name}: {placement.text}")
            else:
                steps += [stop, Step("start", (process.namespec,))]
        plan = self._sequence(request, plan_id, steps)
        plan.faults += stays
        return plan

    def _conciliate(self, request: Request, now: float) -> None:
        strategy = ConciliationStrategy(request.strategy)
        if not self._repair.has_conflicts:
            raise _Refused("FAILED", "there is no conflict")
        if strategy is ConciliationStrategy.USER:
            raise _Refused("INCORRECT_PARAMETERS", "USER resolves nothing: name another strategy")
        if not self._repair.conciliate(strategy, now, self._wall_ns):
            raise _Refused("FAILED", "every conflict is being resolved already")

    # --- checks ----------------------------------------------------------------------------

    def _find(self, name: str) -> Process:
        process = self._processes.find(name)
        if process is None:
            raise _Refused("BAD_NAME", f"no process is named '{name}' where the master looks")
        return process

    def _plans_of(self, processes: Iterable[Process]) -> Iterator[Sequence]:
        found = [self._sequences.of(process.namespec) for process in processes]
        yield from dict.fromkeys(plan for plan in found if plan is not None)

    def _check_free(self, processes: Iterable[Process]) -> None:
        for plan in self._plans_of(processes):
            raise _Refused(
                "FAILED", f"a conflicting request is under way: {plan.why}; wait for it, or stop it"
            )

    def _check_stoppable(self, processes: Iterable[Process]) -> None:
        for plan in self._plans_of(processes):
            if plan.step is not None and plan.step.verb == "stop" and not plan.plan().waiting:
                raise _Refused("FAILED", f"it is being stopped already: {plan.why}")

    def _check_enabled(self, processes: Iterable[Process]) -> None:
        refused = self._intents.why_no_start(process.namespec for process in processes)
        if refused:
            raise _Refused("FAILED", refused)

    def _check_places(self, processes: Iterable[Process], request: Request) -> None:
        for process in processes:
            placement = self._places.of(self._sequence(request, "", []), process)
            if placement.address is None and not process.present:
                raise _Refused("FAILED", f"{process.namespec}: {placement.text}")

    def _starts_of(self, application: str, members: list[Process]) -> list[Step]:
        """Return the steps that start an application, at least one.

        Raises:
            _Refused: a plan has to do with it, or nothing of it may be started.
        """
        self._check_free(members)
        steps = start_steps(p for p in members if self._intents.wanted(p.namespec) != "disabled")
        if not steps:
            raise _Refused(
                "FAILED",
                f"nothing of {application} has a start_sequence above 0 in the rules and may be "
                "started: see 'supvisors rules show' and 'supvisors why'",
            )
        return steps

    # --- what follows ----------------------------------------------------------------------

    def _clear(self, processes: Iterable[Process], why: str) -> None:
        """An operator wants these to run: wishes and limits that forbid it are over."""
        names = [process.namespec for process in processes]
        self._repair.forget(names)
        held = [name for name in names if self._intents.wanted(name) == "stopped"]
        self._intents.want("process", held, "auto", why, self._wall_ns)

    def _sequence(
        self, request: Request, plan_id: str, steps: Iterable[Step], application: str = ""
    ) -> Sequence:
        starts = request.verb != "drain" and request.strategy
        return Sequence(
            plan_id,
            deque(steps),
            _cause(request),
            application,
            StartingStrategy(request.strategy) if starts else None,
            request.argument,
            by_hand=not application,
        )


def _cause(request: Request) -> str:
    return f"operator {request.by}: {request.verb} {', '.join(request.names)}".rstrip()
