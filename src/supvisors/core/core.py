"""The door of the core: what happened is handed to the rooms that it concerns.

Holds: `Core`, the dispatch.
Must not touch: the rules of the rooms it asks.
Invariants: every decision gives a note that says why; inputs come in the order that the
adapters promise, else an assertion fails.
Tests: tests/core/test_core.py, tests/core/test_properties.py, tests/stories/, tests/sim/.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, assert_never

from supvisors.core.addresses import Address
from supvisors.core.addresses import Trigger as AddressTrigger
from supvisors.core.beats import Beats
from supvisors.core.calls import Calls
from supvisors.core.course import Course
from supvisors.core.direction import Direction, Policy
from supvisors.core.following import Following
from supvisors.core.hearing import Hearing
from supvisors.core.inputs import (
    AgentLeaving,
    Answered,
    Asked,
    BusFact,
    Done,
    FenceOrder,
    Fetched,
    Got,
    GroupRemoved,
    GroupsReset,
    Input,
    Inquiry,
    Linked,
    Loaded,
    Missed,
    Order,
    PeerList,
    Plea,
    ProcessChanged,
    RulesRead,
    Started,
    SupervisordLeaving,
    TapRecord,
    Ticked,
    Wake,
    Wish,
)
from supvisors.core.leadership import Leadership
from supvisors.core.localtap import LocalTap
from supvisors.core.losses import Losses
from supvisors.core.membership import Limits, Membership
from supvisors.core.messages import Answer, Beat, Digests
from supvisors.core.outputs import Output
from supvisors.core.phase import LEAVING, Trigger
from supvisors.core.process import NS_PER_S
from supvisors.core.processes import Processes
from supvisors.core.reporting import Reporting
from supvisors.core.rulebook import NO_RULES, RuleBook
from supvisors.core.telling import Telling
from supvisors.core.view import ClusterView, Why
from supvisors.model import AddressState

NO_DIGESTS: Final = Digests()
USUAL_LIMITS: Final = Limits()
USUAL_POLICY: Final = Policy()

#: How long nobody shall judge an agent that was told to end under a living supervisord.
AGENT_GRACE_S: Final = 15
#: Without an input for this many ticks, this agent did not run: the ticks are its own timer's.
PAUSE_TICKS: Final = 2


class Core:
    """Every decision: told what happens, it answers with what shall be done.

    Args:
        addresses: names of the address list.
        local: the one of them whose agent this is.
        boot: identity of this life of the agent.
        limits: the options that judge a peer.
        quorum: how many addresses must be RUNNING before anything is started by itself.
        digests: of what must be the same everywhere.
        address_refresh_s: time between two publications of the unchanged status of an address.
        rules: what operators declare.
        policy: the options by which processes are started and conflicts are resolved.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        local: str,
        *,
        boot: str = "",
        limits: Limits = USUAL_LIMITS,
        quorum: int = 1,
        digests: Digests = NO_DIGESTS,
        address_refresh_s: float = 5.0,
        rules: RuleBook = NO_RULES,
        policy: Policy = USUAL_POLICY,
    ) -> None:
        assert len(set(addresses)) == len(addresses), f"an address is listed twice: {addresses}"
        assert local in addresses, f"{local} is not in the address list: {addresses}"
        self._names = tuple(addresses)
        self._addresses = {name: Address(name, i) for i, name in enumerate(self._names)}
        self._local = self._addresses[local]
        self._is_alone = len(self._names) == 1
        self._limits, self._quorum, self._digests = limits, quorum, digests
        self._processes = Processes(self._names, rules)
        self._telling = telling = Telling(self._processes)
        self._course = Course(telling)
        self._hearing = Hearing(self._processes, telling)
        self._membership = Membership(self._addresses, self._local, limits, telling)
        everybody = tuple(self._addresses.values())
        self._leadership = Leadership(everybody, self._local, boot, telling)
        self._losses = Losses(self._processes, telling)
        self._calls = Calls(self._local, boot, telling)
        self._direction = direction = Direction(
            {address.index: address for address in everybody},
            self._local,
            self._processes,
            self._calls,
            self._leadership,
            policy,
            telling,
        )
        self._hearing.watch, self._losses.watch = direction.watching, direction.repair.lost
        self._following = Following(
            self._membership, self._hearing, self._losses, direction, telling
        )
        self._tap = LocalTap(self._local, self._is_alone, self._membership, self._hearing, telling)
        self._beats = Beats(len(self._names), telling)
        self._reporting = Reporting(
            self._addresses,
            self._local,
            self._processes,
            self._membership,
            self._leadership,
            self._losses,
            self._tap,
            direction,
            self._course,
            telling,
        )
        self._address_refresh_s = address_refresh_s
        self._refresh_due_s: float | None = None
        self._now = 0.0
        self._wall_ns_at_zero = 0
        self._left = False

    # --- the door --------------------------------------------------------------------------

    def handle(self, now: float, happening: Input) -> list[Output]:
        """Take note of what happened; return what shall be done, in this order.

        Args:
            now: monotonic time in s, which goes on while the machine is suspended.

        Raises:
            AssertionError: an adapter broke a promise: `Started` is the first input and
                `AgentLeaving` the last; a list, then records without a hole.
        """
        started = self._refresh_due_s is not None
        assert started != isinstance(happening, Started), f"{happening} came out of its turn"
        if started:
            self._notice_pause(now)
        self._now = now
        self._direction.at(now, self._wall_ns)
        change = happening.record if isinstance(happening, Got) else happening
        if isinstance(change, ProcessChanged):  # it comes in floods, and hardly anything follows
            if isinstance(happening, Got):
                self._hear_peer(now, happening)
            else:
                self._tap.hear(change)
            if self._direction.is_stirred:
                self._settle(now, is_tick=False)
            else:
                self._direction.respond()
            return self._telling.take()
        if isinstance(happening, Ticked) and self._says_nothing_new(now, happening):
            return []
        self._take(now, happening)
        if not self._left:
            self._settle(now, is_tick=isinstance(happening, Ticked) and happening.beat is None)
        return self._telling.take()

    def _says_nothing_new(self, now: float, ticked: Ticked) -> bool:
        peer = self._addresses.get(ticked.address)
        if peer is None or peer is self._local:
            return False
        return self._membership.beat_unchanged(peer, ticked, now)

    def _take(self, now: float, happening: Input) -> None:
        match happening:
            case Started():
                self._start(now, happening)
            case Wake():
                self._refresh(now)
            case AgentLeaving():
                self._agent_leaves(now)
            case FenceOrder():
                self._membership.order(self._addresses[happening.address], happening.fenced, now)
            case Order() | Plea() | Wish() | Inquiry():
                self._direction.take(happening)
            case RulesRead(digest=digest):
                self._digests = replace(self._digests, rules=digest)
                self._direction.take(happening)
            case Done(call_id, fault, text, result):
                self._calls.done(Answer(call_id, fault, text, result))
            case Ticked() if happening.address == self._local.name:
                self._tick(now, happening)
            case Ticked() | Got() | Missed() | Fetched() | Linked() | Asked() | Answered():
                self._hear_peer(now, happening)
            case _:
                self._hear(happening)

    def deadline(self) -> float | None:
        """Return when `Wake` is next wanted, on the clock of `now`; None for never."""
        if self._left:
            return None
        due = (
            self._refresh_due_s,
            self._membership.due_s,
            self._beats.due_s,
            self._calls.due_s,
            self._direction.due_s,
        )
        return min((at_s for at_s in due if at_s is not None), default=None)

    def peer_list(self, address: str) -> PeerList | None:
        """Return what a peer that fetches is answered, None when that is nothing yet.

        Args:
            address: ours, or a peer's that we hear.
        """
        return self._reporting.peer_list(address, self._now)

    def view(self) -> ClusterView:
        """Return all that is known now. The cost grows with the number of processes."""
        return self._reporting.view(self._digests, self._quorum, self._now)

    def why(self, named: str) -> Why | None:
        """Return all that is known of a process, by its namespec; None when nobody knows it."""
        return self._direction.why(named)

    # --- the agent and its time ------------------------------------------------------------

    def _start(self, now: float, started: Started) -> None:
        assert not self._left, "the agent started again after it left"
        self._telling.publish(self._course.status)
        self._tell_addresses(now)
        self._membership.start(now, started.fences)
        self._direction.intents.load(started.intents)

    def _notice_pause(self, now: float) -> None:
        """A freeze of ours is nobody's death (semantics, section 3)."""
        pause_s = now - self._now - self._limits.tick_period_s
        if now - self._now <= PAUSE_TICKS * self._limits.tick_period_s or self._is_alone:
            return
        self._telling.note("this agent did not run", ("pause_s", round(pause_s, 1)), level="warn")
        self._membership.postpone(pause_s)

    def _tell_addresses(self, now: float) -> None:
        self._refresh_due_s = now + self._address_refresh_s
        for address in self._addresses.values():
            self._telling.address(address)

    def _refresh(self, now: float) -> None:
        if self._refresh_due_s is not None and now >= self._refresh_due_s:
            self._tell_addresses(now)

    def _agent_leaves(self, now: float) -> None:
        self._left, self._refresh_due_s = True, None
        ends = self._tap.leaving == "shutdown"
        beat = self._beat(now)
        self._beats.good_bye(
            now, beat, "supervisord" if ends else "agent", 0 if ends else AGENT_GRACE_S
        )
        if not self._course.move(Trigger.AGENT_LEFT) and self._tap.leaving is None:
            reason = "the agent is leaving and supervisord stays: the Supvisors state does too"
            self._telling.note(reason, ("state", self._course.state.name))

    # --- what the local supervisord says ---------------------------------------------------

    def _tick(self, now: float, ticked: Ticked) -> None:
        self._wall_ns_at_zero = ticked.local_ms * 1_000_000 - round(now * NS_PER_S)
        self._local.date(ticked)
        self._membership.step(self._local, AddressTrigger.BEAT)
        if self._local.boot is not None:
            self._membership.step(self._local, AddressTrigger.CHECKED)
        for peer in self._membership.peers:
            if peer.relay is not None:
                self._following.fetch(peer)

    def _hear(self, said: Loaded | TapRecord) -> None:
        self._tap.hear(said)
        match said:
            case GroupRemoved(group=group):
                self._direction.watching.group_removed(group)
            case GroupsReset():
                self._course.move(Trigger.RELOADED)
            case SupervisordLeaving(mode=mode) if self._is_alone:
                self._course.move(LEAVING[mode])

    # --- what peers say --------------------------------------------------------------------

    def _hear_peer(self, now: float, fact: BusFact) -> None:
        peer = self._addresses.get(fact.address)
        if peer is None or peer is self._local:
            self._membership.drop(fact.address, "the address is not in the address list", now)
            return
        match fact:
            case Ticked():
                self._membership.beat(peer, fact, now)
                self._following.fetch(peer)
            case Got():
                self._following.got(peer, fact, now)
            case Missed():
                self._following.missed(peer, fact)
            case Fetched():
                self._following.fetched(peer, fact, self._leadership.leads, now)
            case Linked(up=False):
                self._membership.step(peer, AddressTrigger.LINK_CUT)
            case Linked():
                pass
            case Asked():
                self._calls.asked(peer, fact.call, self._leadership.obeyed, now)
            case Answered():
                self._calls.answered(peer, fact.answer)
            case _:
                assert_never(fact)

    # --- what follows ----------------------------------------------------------------------

    def _settle(self, now: float, is_tick: bool) -> None:
        self._membership.judge(now)
        self._calls.expire(now)
        usable = self._membership.usable(now)
        changed = self._leadership.settle(usable, self._digests, self._membership.assembled)
        self._take_masters_state(changed)
        self._settle_losses(usable, changed)
        self._direct(is_tick)
        self._direction.respond()
        if self._is_alone:
            return
        beat = self._beat(now)
        if self._beats.tick(now, beat) if is_tick else self._beats.settle(now, beat):
            self._calls.beat(beat.number, now)

    def _take_masters_state(self, changed: bool) -> None:
        master = self._leadership.master
        if changed and (master is None or master is self._local):
            self._course.move(Trigger.MASTER_LOST)
        if master is self._local:
            self._assemble()
        elif master is not None and master.beat is not None:
            self._course.follow(master.beat.state)

    def _direct(self, is_tick: bool) -> None:
        """Let the master act, and its acts move the Supvisors state."""
        trigger = self._direction.settle(
            self._course.state,
            has_quorum=self._membership.running_count >= self._quorum,
            stays=self._tap.leaving is None,
            is_tick=is_tick,
        )
        if trigger is not None and not self._is_too_soon(trigger):
            self._course.move(trigger)

    def _is_too_soon(self, trigger: Trigger) -> bool:
        """Tell whether no follower could have heard of the state that this would end."""
        is_over = trigger is Trigger.CONFLICTS_OVER
        return is_over and not self._is_alone and self._beats.said_state is not self._course.state

    @property
    def _wall_ns(self) -> int:
        return self._wall_ns_at_zero + round(self._now * NS_PER_S)

    def _settle_losses(self, usable: list[Address], changed: bool) -> None:
        master, peers = self._leadership.master, self._membership.peers
        if master is self._local:
            self._losses.declare(peers, usable, self._wall_ns, anew=changed)
        elif master is not None:
            self._losses.heed(master, peers, self._wall_ns)

    def _assemble(self) -> None:
        if self._local.state is AddressState.RUNNING and self._membership.assembled:
            self._course.move(Trigger.ASSEMBLED)

    def _beat(self, now: float) -> Beat:
        return self._reporting.beat(self._beats.next_number, self._digests, now)
