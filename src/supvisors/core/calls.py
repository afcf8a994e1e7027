"""Commands between hosts: each is done at most once, and has exactly one outcome.

Holds: `Calls`, both ends: what this agent asks of others, and what it does for them.
Must not touch: why something is asked; what becomes of a process.
Invariants: a call is done at most once for its id, never tried again by itself, and has one
outcome by its deadline; a lost answer is an outcome that says so. A master of an epoch below
one that was obeyed is refused, as is a call for another life of this agent, or an old one.
Tests: tests/core/test_calls.py, tests/sim/.

Source: semantics, section 4.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from supvisors.core.addresses import Address
from supvisors.core.messages import Answer, Call, Intent, Request, Verb, Vote
from supvisors.core.outputs import Ask, Do, Reply
from supvisors.core.telling import Telling
from supvisors.model import AddressState

#: How long a supervisord may take to say that it has taken an order.
TIMEOUT_S: Final = 5
#: Calls of peers whose answers are remembered, so that a repeated call is not done again.
REMEMBERED_MAX: Final = 1000
#: Beats whose times are remembered.
BEATS_MAX: Final = 64

#: Takes the outcome of a call.
Outcome = Callable[[Answer], None]


@dataclass(slots=True)
class _Pending:
    """A call of ours that has no outcome yet."""

    address: str
    deadline_s: float
    outcome: Outcome


class Calls:
    """The calls of one agent.

    Args:
        boot: identity of this life of the agent.

    Attributes:
        due_s: when `expire` is wanted, None for never.
        serve: answers a call that no supervisord has to do with, None for the others.
    """

    def __init__(self, local: Address, boot: str, telling: Telling) -> None:
        self._local = local
        self._boot = boot
        self._telling = telling
        self._count = 0
        self._pending: dict[str, _Pending] = {}
        self._callers: dict[str, str] = {}
        self._answers: dict[str, Answer | None] = {}
        self._beats: deque[tuple[int, float]] = deque(maxlen=BEATS_MAX)
        self.serve: Callable[[Call], Answer | None] = _nothing

    @property
    def due_s(self) -> float | None:
        return min((pending.deadline_s for pending in self._pending.values()), default=None)

    def beat(self, number: int, now: float) -> None:
        """Remember when a beat was said: calls are dated by it."""
        self._beats.append((number, now))

    # --- what we ask -----------------------------------------------------------------------

    def ask(
        self,
        address: Address,
        verb: Verb,
        namespec: str,
        argument: str,
        now: float,
        outcome: Outcome,
        leader: Vote | None = None,
        *,
        cause: str = "",
        request: Request | None = None,
        intents: tuple[Intent, ...] = (),
    ) -> None:
        """Have something done on an address, ours included; `outcome` is called once.

        Args:
            leader: the mastership by which it is ordered, None for an operator's order.
            cause, request, intents: as in `Call`.
        """
        number = self.new_id()
        self._pending[number] = _Pending(address.name, now + TIMEOUT_S, outcome)
        self._telling.note(
            "ordered",
            ("address", address.name),
            ("verb", verb),
            ("process", namespec or None),
            ("cause", cause or None),
            ("id", number),
        )
        if address is self._local:
            self._telling.emit(Do(number, verb, namespec, argument, cause))
            return
        beat = address.beat.number if address.beat is not None else 0
        call = Call(
            number,
            verb,
            namespec,
            argument,
            leader,
            address.agent_boot,
            beat,
            TIMEOUT_S,
            cause,
            request,
            intents,
        )
        self._telling.emit(Ask(address.name, call))

    def new_id(self) -> str:
        """Return an identity that no call and no plan of any agent ever had."""
        self._count += 1
        return f"{self._local.name}-{self._boot}-{self._count}"

    def answered(self, peer: Address, answer: Answer) -> None:
        """Take the answer of a peer; one that comes too late, or twice, changes nothing."""
        pending = self._pending.get(answer.call_id)
        if pending is not None and pending.address == peer.name:
            self._end(answer)

    def expire(self, now: float) -> None:
        """Give those calls an outcome whose answers did not come."""
        late = [number for number, p in self._pending.items() if now >= p.deadline_s]
        for number in late:
            where = self._pending[number].address
            text = f"{where} did not answer within {TIMEOUT_S} s: whether it was done is unknown"
            self._end(Answer(number, "FAILED", text))

    # --- what we are asked -----------------------------------------------------------------

    def asked(self, peer: Address, call: Call, obeyed: int, now: float) -> None:
        """Do what a peer asks, or answer why not.

        Args:
            obeyed: the highest epoch of a master that was obeyed here.
        """
        if call.call_id in self._answers:
            known = self._answers[call.call_id]
            if known is not None:
                self._telling.emit(Reply(peer.name, known))
            return
        why_not = self._why_not(peer, call, obeyed, now)
        self._remember(call.call_id, None)
        self._callers[call.call_id] = peer.name
        if why_not:
            self.done(Answer(call.call_id, "FAILED", f"{self._local.name} refused it: {why_not}"))
            return
        self._telling.note(
            "asked",
            ("by", peer.name),
            ("verb", call.verb),
            ("process", call.namespec or None),
            ("id", call.call_id),
        )
        answer = self.serve(call)
        if answer is not None:
            self.done(answer)
        else:
            self._telling.emit(
                Do(call.call_id, call.verb, call.namespec, call.argument, call.cause)
            )

    def done(self, answer: Answer) -> None:
        """The local supervisord has taken or refused something, for us or for a peer."""
        caller = self._callers.pop(answer.call_id, None)
        if caller is None:
            self._end(answer)
            return
        self._remember(answer.call_id, answer)
        self._telling.emit(Reply(caller, answer))

    def _why_not(self, peer: Address, call: Call, obeyed: int, now: float) -> str:
        if peer.state is not AddressState.RUNNING:
            return f"{peer.name} is not RUNNING here"
        if call.agent_boot != self._boot:
            return "it was meant for an agent that has ended"
        said_s = dict(self._beats).get(call.beat)
        if said_s is None or now > said_s + call.timeout_s:
            return "it came too late"
        if call.leader is not None and call.leader.epoch < obeyed:
            return f"its master is of epoch {call.leader.epoch}, and {obeyed} has begun"
        return ""

    def _remember(self, number: str, answer: Answer | None) -> None:
        self._answers[number] = answer
        if len(self._answers) > REMEMBERED_MAX:
            del self._answers[next(iter(self._answers))]

    def _end(self, answer: Answer) -> None:
        pending = self._pending.pop(answer.call_id, None)
        if pending is None:
            return
        if answer.fault:
            self._telling.note(
                "an order failed", ("id", answer.call_id), ("why", answer.text), level="warn"
            )
        pending.outcome(answer)


def _nothing(_call: Call) -> Answer | None:
    return None
