"""Operators' wishes at the agent that they came to: passed on, waited for, answered.

Holds: `Pleas`: requests for the master, registers, inquiries to any address.
Must not touch: whether a request is done (`requests.py`).
Invariants: everything asked has one response; a request is passed on once, and whose master
changes meanwhile is told so; a wish is kept here and at the master before it is answered.
Tests: tests/core/test_pleas.py, tests/live/.

Source: semantics, section 4 (commands, stored intent).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from supvisors.core.addresses import Address
from supvisors.core.calls import Calls
from supvisors.core.inputs import Inquiry, Plea, Wish
from supvisors.core.intents import Intents
from supvisors.core.messages import Answer, Call, Intent, Request
from supvisors.core.outputs import Respond
from supvisors.core.plans import Plans
from supvisors.core.telling import Telling
from supvisors.model import AddressState

#: How long an operator who waits is kept waiting.
LIMIT_S: Final = 600.0


@dataclass(slots=True)
class _Waiting:
    """An operator who waits for a plan."""

    request: int
    master: str
    deadline_s: float


@dataclass(slots=True)
class _Round:
    """A question to several addresses."""

    request: int
    missing: set[str]
    lines: dict[str, str] = field(default_factory=dict)
    fault: str = ""


class Pleas:
    """What operators want of others than this supervisord.

    Args:
        addresses: by list index.
        serve: takes a request as the master, or tells why not.
        master: whom this agent obeys.
    """

    def __init__(
        self,
        addresses: Mapping[int, Address],
        local: Address,
        intents: Intents,
        plans: Plans,
        calls: Calls,
        telling: Telling,
        serve: Callable[[Request, str], Answer],
        master: Callable[[], Address | None],
    ) -> None:
        self._addresses = addresses
        self._local = local
        self._intents = intents
        self._plans = plans
        self._calls = calls
        self._telling = telling
        self._serve = serve
        self._master = master
        self._waiting: dict[str, _Waiting] = {}

    @property
    def due_s(self) -> float | None:
        """When `settle` is wanted, None for never."""
        return min((waiting.deadline_s for waiting in self._waiting.values()), default=None)

    # --- for the master --------------------------------------------------------------------

    def plead(self, plea: Plea, now: float) -> None:
        """Pass a request on to the master."""
        master = self._master()
        if master is None:
            text = "no master: see 'supvisors status' for the reason, and try again"
            self._respond(plea.request, Answer("", "FAILED", text))
            return
        wanted = replace(plea.wanted, by=f"{self._local.name}#{plea.request}")
        if master is self._local:
            plan_id = self._calls.new_id()
            self._answered(plea, master.name, now, self._serve(wanted, plan_id))
            return
        taken = partial(self._answered, plea, master.name, now)
        self._calls.ask(master, "request", "", "", now, taken, request=wanted)

    def _answered(self, plea: Plea, master: str, now: float, answer: Answer) -> None:
        ends = plea.wanted.verb in ("restart", "shutdown")
        if answer.fault or not plea.wait or ends:
            self._respond(plea.request, answer)
            return
        self._waiting[answer.call_id] = _Waiting(plea.request, master, now + LIMIT_S)

    def settle(self, now: float) -> None:
        """Respond to those whose plan is over, whose master is gone, or who waited too long."""
        for plan_id, waiting in list(self._waiting.items()):
            answer = self._outcome(plan_id, waiting, now)
            if answer is not None:
                del self._waiting[plan_id]
                self._respond(waiting.request, answer)

    def _outcome(self, plan_id: str, waiting: _Waiting, now: float) -> Answer | None:
        over = self._plans.ended.get(plan_id)
        if over is not None:
            return Answer(plan_id, over.fault, over.text)
        master = self._master()
        if master is None or master.name != waiting.master:
            text = (
                f"{waiting.master}, who carried it out, leads no more: how far it came is unknown; "
                "look at 'supvisors status' and order again what is missing"
            )
            return Answer(plan_id, "FAILED", text)
        if now >= waiting.deadline_s:
            text = f"no end within {LIMIT_S:.0f} s, it goes on: see 'supvisors plans'"
            return Answer(plan_id, "FAILED", text)
        return None

    # --- registers -------------------------------------------------------------------------

    def wish(self, wish: Wish, now: float, wall_ns: int) -> None:
        """Write registers; answer when the master has them too.

        Args:
            wall_ns: now, in POSIX ns.
        """
        why = f"operator {self._local.name}#{wish.request}"
        written = self._intents.want(wish.kind, wish.names, wish.wanted, why, wall_ns)
        self.spread(written, now, partial(self._respond, wish.request))

    def spread(
        self, written: tuple[Intent, ...], now: float, outcome: Callable[[Answer], None]
    ) -> None:
        """Have registers kept by the master before `outcome` is told."""
        master = self._master()
        if master is None or master is self._local or not written:
            outcome(Answer(""))
            return
        self._calls.ask(master, "intend", "", "", now, outcome, intents=written)

    # --- inquiries -------------------------------------------------------------------------

    def inquire(self, inquiry: Inquiry, now: float) -> None:
        """Ask an address, or every one that runs."""
        everybody = self._addresses.values()
        chosen = [
            address
            for address in everybody
            if address.name == inquiry.address
            or (not inquiry.address and address.state is AddressState.RUNNING)
        ]
        awake = [a for a in chosen if a.state is AddressState.RUNNING or a is self._local]
        if not awake:
            states = ", ".join(f"{a.name} is {a.state.name}" for a in chosen)
            text = f"{states or 'no address is RUNNING'}: nobody can be asked"
            self._respond(inquiry.request, Answer("", "FAILED", text))
            return
        together = _Round(inquiry.request, {address.name for address in awake})
        for address in awake:
            taken = partial(self._asked, together, inquiry, address.name)
            self._calls.ask(address, inquiry.verb, inquiry.namespec, inquiry.argument, now, taken)

    def _asked(self, together: _Round, inquiry: Inquiry, name: str, answer: Answer) -> None:
        together.missing.discard(name)
        together.fault = together.fault or answer.fault
        together.lines[name] = answer.text if answer.fault else answer.result
        if together.missing:
            return
        if inquiry.address:
            self._respond(together.request, answer)
            return
        text = "\n".join(f"{name}: {line}" for name, line in sorted(together.lines.items()))
        if together.fault:
            self._respond(together.request, Answer("", together.fault, text))
        else:
            self._respond(together.request, Answer("", result=text))

    # --- what others ask of us -------------------------------------------------------------

    def asked(self, call: Call) -> Answer | None:
        """Answer a call that no supervisord has to do with, None for the others."""
        if call.verb == "intend":
            self._intents.hear(call.intents)
            return Answer(call.call_id)
        if call.verb == "request":
            assert call.request is not None, "the bus checks it"
            if self._master() is not self._local:
                text = f"{self._local.name} is not the master: try again"
                return Answer(call.call_id, "FAILED", text)
            return self._serve(call.request, call.call_id)
        return None

    def _respond(self, request: int, answer: Answer) -> None:
        self._telling.emit(Respond(request, answer.fault, answer.text, answer.result))
