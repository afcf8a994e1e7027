"""What operators order: a process started here, or stopped wherever it is.

Holds: `Orders`.
Must not touch: how a command reaches a host (`calls.py`), whether a process should run.
Invariants: every order has one response: when supervisord has taken it, or, with `wait`, when
the process has come to its end, or when `LIMIT_S` is over.
Tests: tests/core/test_orders.py, tests/live/test_orders.py.

Source: semantics, section 4: stops and local starts act directly, without the master.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from supvisors.core.addresses import Address
from supvisors.core.calls import Calls
from supvisors.core.inputs import Order
from supvisors.core.intents import Intents
from supvisors.core.messages import Answer, Intent, Wanted
from supvisors.core.outputs import Respond
from supvisors.core.plans import Plans
from supvisors.core.pleas import LIMIT_S, Pleas
from supvisors.core.process import Process
from supvisors.core.processes import Processes
from supvisors.core.telling import Telling
from supvisors.model import PRESENT_STATES, ProcessInfo, ProcessState


@dataclass(slots=True)
class _Part:
    """One process on one address, as part of an order.

    Attributes:
        since_ns: date of what the address said of it last before.
        answer: what supervisord said, None before it did.
        end: how it ended, '' for well, None before it did: what comes after does not count.
    """

    process: Process
    index: int
    since_ns: int
    answer: Answer | None = None
    end: str | None = None


@dataclass(slots=True)
class _Pending:
    """An order that has no response yet.

    Attributes:
        kept: what the master said of the wish that goes with it, None before it did.
    """

    order: Order
    parts: tuple[_Part, ...]
    deadline_s: float
    kept: Answer | None = None


class Orders:
    """The orders of operators at one agent.

    Args:
        addresses: by list index.

    Attributes:
        due_s: when `expire` is wanted, None for never.
    """

    def __init__(
        self,
        addresses: Mapping[int, Address],
        local: Address,
        processes: Processes,
        calls: Calls,
        intents: Intents,
        plans: Plans,
        pleas: Pleas,
        telling: Telling,
    ) -> None:
        self._intents = intents
        self._plans = plans
        self._pleas = pleas
        self._addresses = addresses
        self._local = local
        self._processes = processes
        self._calls = calls
        self._telling = telling
        self._pending: list[_Pending] = []

    @property
    def due_s(self) -> float | None:
        return min((pending.deadline_s for pending in self._pending), default=None)

    def take(self, order: Order, now: float, wall_ns: int) -> None:
        """Order it where it belongs, and keep what is wanted by it.

        Args:
            wall_ns: now, in POSIX ns.
        """
        refused = self._intents.why_no_start(order.namespecs)
        if refused and order.verb == "start":
            self._telling.emit(Respond(order.request, "FAILED", refused))
            return
        parts = tuple(part for name in order.namespecs for part in self._parts(order, name))
        starting = [name for name in order.namespecs if self._plans.covers(name)]
        if not parts and not starting:
            text = f"{', '.join(order.namespecs)} runs nowhere: there is nothing to stop"
            self._telling.emit(Respond(order.request, "NOT_RUNNING", text))
            return
        pending = _Pending(order, parts, now + LIMIT_S)
        self._pending.append(pending)
        names = ", ".join(order.namespecs)
        cause = f"operator {self._local.name}#{order.request}: {order.verb} {names}"
        written = self._want(order, cause, wall_ns)
        self._pleas.spread(written, now, partial(setattr, pending, "kept"))
        for part in parts:
            where, name = self._addresses[part.index], part.process.namespec
            taker = partial(setattr, part, "answer")
            self._calls.ask(where, order.verb, name, order.argument, now, taker, cause=cause)

    def _want(self, order: Order, cause: str, wall_ns: int) -> tuple[Intent, ...]:
        """Write what an operator wants by an order (semantics, section 4).

        What no rule names is neither started nor held back by us, so that it has no register.
        """
        found = [self._processes.find(name) for name in order.namespecs]
        names = [process.namespec for process in found if process is not None and process.managed]
        if order.verb == "start":
            names = [name for name in names if self._intents.is_held(name)]
        wanted: Wanted = "stopped" if order.verb == "stop" else "started"
        return self._intents.want("process", names, wanted, cause, wall_ns)

    def _parts(self, order: Order, name: str) -> Iterator[_Part]:
        process = self._processes.find(name)
        if process is None:  # removed since the caller looked
            return
        starts = order.verb == "start"
        for index in [self._local.index] if starts else list(process.present):
            yield _Part(process, index, _date(process.infos.get(index)))

    def settle(self, now: float) -> None:
        """Respond to those that have come to their end, or have waited too long."""
        for pending in list(self._pending):
            for part in pending.parts:
                if part.end is None and part.answer is not None:
                    part.end = _end_of(pending.order, part)
            response = _response_to(pending)
            if response is None and now >= pending.deadline_s:
                names = ", ".join(pending.order.namespecs)
                text = f"{names}: no end within {LIMIT_S:.0f} s; look at the log of the process"
                response = Respond(pending.order.request, "FAILED", text)
            if response is not None:
                self._pending.remove(pending)
                self._telling.emit(response)


def _response_to(pending: _Pending) -> Respond | None:
    """Return the response to an order, None while there is none."""
    order = pending.order
    answers = [part.answer for part in pending.parts if part.answer is not None]
    if len(answers) < len(pending.parts) or pending.kept is None:
        return None
    faults = [
        part.answer
        for part in pending.parts
        if part.answer is not None and part.answer.fault and not _is_done_anyway(order, part)
    ]
    if faults:
        text = "; ".join(dict.fromkeys(answer.text for answer in faults))
        return Respond(order.request, faults[0].fault, text)
    if not order.wait:
        return _respond(order, pending.kept, "")
    ends = [part.end for part in pending.parts]
    if None in ends:
        return None
    failed = "; ".join(end for end in ends if end)
    return _respond(order, pending.kept, failed)


def _respond(order: Order, kept: Answer, failed: str) -> Respond:
    """Return the response to what is over, and to the wish that went with it."""
    if failed:
        return Respond(order.request, "ABNORMAL_TERMINATION", failed)
    if kept.fault:
        done = "it is stopped" if order.verb == "stop" else "it is started"
        text = f"{done}, but the master did not say that it keeps this wish: {kept.text}"
        return Respond(order.request, "FAILED", text)
    return Respond(order.request)


def _is_done_anyway(order: Order, part: _Part) -> bool:
    """Tell whether somebody else's stop came first."""
    assert part.answer is not None, "the caller has looked"
    info = part.process.infos.get(part.index)
    if order.verb != "stop" or part.answer.fault != "NOT_RUNNING" or info is None:
        return False
    ends = info.state is ProcessState.STOPPING or info.state not in PRESENT_STATES
    return ends and info.event_ns != part.since_ns


def _end_of(order: Order, part: _Part) -> str | None:
    """Return how a part ended, '' for well, None while it has not."""
    info = part.process.infos.get(part.index)
    if info is None:  # removed meanwhile: it runs no more
        return ""
    if order.verb == "stop":
        return None if info.state in PRESENT_STATES else ""
    if _date(info) == part.since_ns or not _is_over(info):
        return None
    return "" if _has_started(info) else f"{info.namespec} is {info.state.name}"


def _date(info: ProcessInfo | None) -> int:
    return info.event_ns if info is not None else 0


def _is_over(info: ProcessInfo) -> bool:
    """Tell whether a start has come to its end, well or not."""
    return info.state is ProcessState.RUNNING or info.state not in PRESENT_STATES


def _has_started(info: ProcessInfo) -> bool:
    exited_well = info.state is ProcessState.EXITED and info.expected
    return info.state is ProcessState.RUNNING or exited_well
