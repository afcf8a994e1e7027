"""What is wanted and what is done about it: wishes, plans, repair, operators' orders.

Holds: `Direction`, the composition of those rooms, and when each of them has its turn; `Policy`.
Must not touch: the rules of the rooms; who leads; membership.
Invariants: only the master acts by itself, and only while its supervisord stays; when it leads no
more its plans are gone, and nobody is told that they are over.
Tests: tests/core/test_control.py, tests/stories/, tests/sim/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from supvisors.core.addresses import Address
from supvisors.core.calls import Calls
from supvisors.core.control import Control
from supvisors.core.inputs import Inquiry, Order, Plea, RulesRead, Wish
from supvisors.core.intents import Intents
from supvisors.core.leadership import Leadership
from supvisors.core.messages import Answer, Request, Vote
from supvisors.core.orders import Orders
from supvisors.core.phase import ENDING, Trigger
from supvisors.core.places import Places
from supvisors.core.plans import Plans
from supvisors.core.pleas import Pleas
from supvisors.core.processes import Processes
from supvisors.core.repair import Repair
from supvisors.core.requests import Requests
from supvisors.core.sequences import Sequences
from supvisors.core.telling import Telling
from supvisors.core.view import Why
from supvisors.core.watching import Watching
from supvisors.model import ConciliationStrategy, StartingStrategy, SupvisorsState

_ORDERED: Final = {"restart": Trigger.RESTART_ORDERED, "shutdown": Trigger.SHUTDOWN_ORDERED}
_WORKING: Final = frozenset({SupvisorsState.OPERATION, SupvisorsState.CONCILIATION})


@dataclass(frozen=True, slots=True)
class Policy:
    """The options of `[supvisors]` by which processes are started and conflicts are resolved."""

    starting: StartingStrategy = StartingStrategy.CONFIG
    conciliation: ConciliationStrategy = ConciliationStrategy.USER


class Direction:
    """The rooms that act on processes.

    Args:
        addresses: by list index.

    Attributes:
        intents, plans: what is wanted, and what the master does about it.
        watching: who has to know of every change of a process.
        repair: who has to know of every loss.
    """

    def __init__(
        self,
        addresses: Mapping[int, Address],
        local: Address,
        processes: Processes,
        calls: Calls,
        leadership: Leadership,
        policy: Policy,
        telling: Telling,
    ) -> None:
        self._local, self._processes, self._telling = local, processes, telling
        self._leadership, self._policy = leadership, policy
        self.intents = Intents(local.name, telling)
        self.plans = Plans(addresses, local, processes, telling)
        self._places = Places(addresses, processes, self.intents, policy.starting)
        self._sequences = Sequences(
            addresses,
            processes,
            self.intents,
            self.plans,
            calls,
            telling,
            self._places,
            self._leader,
        )
        self._control = Control(
            addresses,
            local,
            processes,
            self.intents,
            self._sequences,
            calls,
            telling,
            self._leader,
            calls.new_id,
        )
        self.repair = Repair(
            addresses,
            processes,
            self.intents,
            self.plans,
            self._sequences,
            telling,
            calls.new_id,
            self._control.leave_alone,
        )
        self._requests = Requests(
            addresses, processes, self.intents, self._places, self._sequences, self.repair
        )
        self._pleas = Pleas(
            addresses, local, self.intents, self.plans, calls, telling, self._serve, self._master
        )
        self._orders = Orders(
            addresses, local, processes, calls, self.intents, self.plans, self._pleas, telling
        )
        self.watching = Watching(local, self.intents, self.plans, self.repair, self._sequences)
        calls.serve = self._pleas.asked
        self._addresses = addresses
        self._led: Vote | None = None
        self._state = SupvisorsState.INITIALIZATION
        self._has_quorum = True
        self._had_conflicts = self._acts = False
        self._now, self._wall_ns = 0.0, 0

    @property
    def due_s(self) -> float | None:
        """When a turn is wanted, None for never."""
        dues = [self._orders.due_s, self._pleas.due_s, self.plans.due_s]
        if self._acts:
            dues += [self._sequences.due_s, self.repair.due_s]
        return min((at_s for at_s in dues if at_s is not None), default=None)

    @property
    def is_stirred(self) -> bool:
        """Whether a change of a process has given the master something to do."""
        return self._led is not None and (
            self._sequences.has_ended
            or self.repair.has_news
            or self.repair.has_conflicts != self._had_conflicts
        )

    # --- time ------------------------------------------------------------------------------

    def at(self, now: float, wall_ns: int) -> None:
        """A turn begins.

        Args:
            wall_ns: now, in POSIX ns.
        """
        self._now, self._wall_ns = now, wall_ns
        self.plans.now = now
        self.watching.now, self.watching.wall_ns = now, wall_ns

    # --- operators -------------------------------------------------------------------------

    def take(self, wanted: Order | Plea | Wish | Inquiry | RulesRead) -> None:
        """Take what an operator wants."""
        match wanted:
            case Order():
                self._orders.take(wanted, self._now, self._wall_ns)
            case Plea():
                self._pleas.plead(wanted, self._now)
            case Wish():
                self._pleas.wish(wanted, self._now, self._wall_ns)
            case Inquiry():
                self._pleas.inquire(wanted, self._now)
            case RulesRead(rules=rules):
                self._telling.reread(rules)
                for address in self._addresses.values():
                    self._telling.loading(address)
                self._telling.note("other rules are in force")

    def respond(self) -> None:
        """Respond to operators whose orders have come to their end."""
        self.plans.settle()
        self._orders.settle(self._now)
        self._pleas.settle(self._now)

    def why(self, namespec: str) -> Why | None:
        """Return all that is known of a process, None when nobody knows it."""
        process = self._processes.find(namespec)
        if process is None or process.status is None:
            return None
        refused = dict(self._places.of(None, process).refused)
        newest = process.infos.get(process.newest[1])
        decided = process.decided
        counts = decided is not None and process.newest <= decided.after and not process.present
        return Why(
            process.status,
            process.managed,
            process.rule,
            self._processes.rule_of(process.group),
            self.intents.of("process", namespec),
            decided.why if counts and decided is not None else "",
            tuple((a.name, refused.get(a.name, "")) for a in self._addresses.values()),
            newest.restarts if newest is not None else 0,
            process.history,
        )

    # --- the master's part -----------------------------------------------------------------

    def settle(
        self, state: SupvisorsState, *, has_quorum: bool, stays: bool, is_tick: bool
    ) -> Trigger | None:
        """Do what the master does by itself; return what this means for the Supvisors state.

        Args:
            state: the Supvisors state.
            has_quorum: as many addresses are RUNNING as automatic starts ask for.
            stays: our supervisord does not leave.
            is_tick: the local address beats: what nothing told us is looked for.
        """
        self._state, self._has_quorum = state, has_quorum
        self._had_conflicts = self.repair.has_conflicts
        self._sequences.has_ended = self.repair.has_news = False
        self._take_office()
        self.repair.due_s = None
        self._acts = self._leader() is not None and stays
        if not self._acts:
            return None
        now, wall_ns = self._now, self._wall_ns
        self._sequences.settle(now, wall_ns)
        if state in ENDING:
            self._control.end(state, now, wall_ns)
            return None
        if self._control.ending is not None:
            return _ORDERED[self._control.ending]
        if state is SupvisorsState.DEPLOYMENT:
            is_done = self._control.start(now, wall_ns, has_quorum=has_quorum)
            return Trigger.STARTS_DONE if is_done else None
        return self._work(has_quorum, is_tick) if state in _WORKING else None

    def _work(self, has_quorum: bool, is_tick: bool) -> Trigger:
        now, wall_ns = self._now, self._wall_ns
        if is_tick or self._control.is_starting:
            self._control.start(now, wall_ns, has_quorum=has_quorum)
        if has_quorum:
            self.repair.settle(now, wall_ns, self._policy.conciliation)
        return Trigger.CONFLICTS if self.repair.has_conflicts else Trigger.CONFLICTS_OVER

    def _take_office(self) -> None:
        """When mastership changes: begin afresh, and show the plans of whoever leads now."""
        led = self._leader()
        if led != self._led:
            self._led = led
            self._sequences.drop()
            self._control.reset()
            self.plans.forget_local()
        vote = self._leadership.vote
        # who tells of a plan leads; that it does may come here later than the plan
        is_followed = vote is not None and (led is not None or vote.address != self._local.name)
        shown = [a for a in self._addresses.values() if vote and a.name == vote.address]
        self.plans.heed(shown[0] if is_followed else None, vote.boot if vote else "")

    def _leader(self) -> Vote | None:
        return self._leadership.vote if self._leadership.leads else None

    def _master(self) -> Address | None:
        return self._leadership.master

    def _serve(self, request: Request, plan_id: str) -> Answer:
        if self._state in ENDING or self._control.ending is not None:
            return Answer(plan_id, "SHUTDOWN_STATE", "everything is being stopped: too late for it")
        if request.verb == "restart" or request.verb == "shutdown":
            if self._state is SupvisorsState.INITIALIZATION:
                return Answer(plan_id, "FAILED", "the addresses are still meeting: try again")
            self._control.ending = request.verb
            return Answer(plan_id)
        return self._requests.take(
            request, plan_id, self._now, self._wall_ns, has_quorum=self._has_quorum
        )
