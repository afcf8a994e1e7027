"""Who is there: beats and their absence, checks, fences, good-byes.

Holds: `Membership`, which says when a trigger of `addresses.py` is due; `Limits`.
Must not touch: processes, votes, the Supvisors state.
Invariants: nothing but beats, or their absence, says that a host lives or is gone; a host that
a peer still hears is not gone; what an isolated address says changes nothing, except that it
no longer fences us.
Tests: tests/core/test_membership.py, tests/stories/, tests/sim/.

Source: semantics, section 3. Times are those of `now`, in s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from supvisors.core.addresses import JUDGED, SHUT_OUT, Address, Trigger
from supvisors.core.fences import Fences
from supvisors.core.inputs import Ticked
from supvisors.core.messages import Beat, Fence
from supvisors.core.outputs import Cut, Join, Save
from supvisors.core.telling import Telling
from supvisors.model import AddressState


@dataclass(frozen=True, slots=True)
class Limits:
    """The options of `[supvisors]` that judge a peer.

    Attributes:
        inactivity_ticks: beats that may be missed before a peer is gone.
        synchro_timeout_s: how long an address is waited for.
    """

    tick_period_s: float = 1.0
    inactivity_ticks: int = 5
    synchro_timeout_s: float = 15.0
    auto_fence: bool = False

    @property
    def inactivity_s(self) -> float:
        return self.tick_period_s * self.inactivity_ticks


class Membership:
    """The peers of one agent.

    Args:
        addresses: by name, the local one included, in list order.
        local: the one whose agent this is.

    Attributes:
        fences: the registers that are known.
        dropped: for each address that is not heard, how many of its messages were dropped.
        dropped_s: when the last of them was.
        assembled: everyone is usable or was judged, or the time to wait for that is over; once
            true, it stays so.
        due_s: when `judge` is wanted, None for never.
    """

    def __init__(
        self, addresses: Mapping[str, Address], local: Address, limits: Limits, telling: Telling
    ) -> None:
        self._addresses = addresses
        self._local = local
        self._peers = tuple(a for a in addresses.values() if a is not local)
        self._limits = limits
        self._telling = telling
        self.fences = Fences()
        self._start_s = 0.0
        self.dropped: dict[str, int] = {}
        self.dropped_s: dict[str, float] = {}
        self.assembled = False
        self.due_s: float | None = None

    @property
    def peers(self) -> tuple[Address, ...]:
        """The addresses that are not ours, in list order."""
        return self._peers

    @property
    def running_count(self) -> int:
        """How many addresses are RUNNING, the local one included."""
        states = [address.state for address in self._addresses.values()]
        return states.count(AddressState.RUNNING)

    def start(self, now: float, fences: tuple[Fence, ...]) -> None:
        """Begin to wait for the peers; what was fenced stays so."""
        self._start_s = now
        self.fences = Fences(fences)
        for address in self._addresses.values():
            address.unknown_s = now
        for fence in self.fences.all():
            self._obey(fence, now)

    def postpone(self, pause_s: float) -> None:
        """Take no time into account in which we did not look."""
        for peer in self._peers:
            peer.postpone(pause_s)

    # --- what is known ---------------------------------------------------------------------

    def hears(self, peer: Address, now: float) -> bool:
        """Tell whether a peer's beats arrive here."""
        return peer.state not in SHUT_OUT and now < peer.heard_s + self._limits.inactivity_s

    def vouches_for(self, peer: Address, now: float) -> bool:
        """Tell whether others shall not judge a peer: we hear it, or its agent will be back."""
        return self.hears(peer, now) or (peer.state not in SHUT_OUT and now < peer.grace_s)

    def is_usable(self, peer: Address, now: float) -> bool:
        """Tell whether a peer is RUNNING and each of us hears the other."""
        limit_s = self._limits.inactivity_s
        return (
            peer.state is AddressState.RUNNING
            and now < peer.heard_s + limit_s
            and now < peer.hears_us_s + limit_s
        )

    def usable(self, now: float) -> list[Address]:
        """Return the usable peers, in list order."""
        return [peer for peer in self._peers if self.is_usable(peer, now)]

    # --- what happens ----------------------------------------------------------------------

    def step(self, address: Address, trigger: Trigger) -> bool:
        """Move an address by its table and publish that; return whether it moved."""
        before = address.state
        if not address.fire(trigger):
            return False
        self._telling.note(
            "address state changed",
            ("address", address.name),
            ("from", before.name),
            ("to", address.state.name),
            ("because", trigger.value),
        )
        self._telling.address(address)
        return True

    def drop(self, name: str, why: str, now: float) -> None:
        """Count what is not heard, and say so the first time."""
        self.dropped_s[name] = now
        if name not in self.dropped:
            self._telling.note(f"dropped: {why}", ("address", name), level="warn")
        self.dropped[name] = self.dropped.get(name, 0) + 1

    def beat_unchanged(self, peer: Address, ticked: Ticked, now: float) -> bool:
        """Hear a beat that says nothing new; return False, and do nothing, of another one.

        Nearly all beats are of this kind, and each agent hears one of every peer in a second:
        what follows from them must not cost more the more peers there are.
        """
        beat, last = ticked.beat, peer.beat
        if (
            beat is None
            or last is None
            or peer.state is not AddressState.RUNNING
            or ticked.boot != peer.agent_boot
            or peer.loaded_boot != peer.agent_boot
            or peer.has_hole
            or peer.relay is not None
            or beat.number <= last.number
            or beat != replace(last, number=beat.number)
        ):
            return False
        peer.date(ticked)
        peer.beat, peer.heard_s = beat, now
        if self._local.name in beat.heard:
            peer.hears_us_s = now
        return True

    def beat(self, peer: Address, ticked: Ticked, now: float) -> None:
        """Hear a peer's beat."""
        beat = ticked.beat
        assert beat is not None, f"a beat of {peer.name}, which is not local, says nothing"
        if self._is_old(peer, ticked.boot, beat) or self._is_shut_out(peer, beat, now):
            return
        if self._names_us(beat):
            peer.mirrors = peer.state is not AddressState.ISOLATING
            self.step(peer, Trigger.NAMES_US)
            return
        self._remember(peer, ticked, beat, now)
        self._merge(beat.fences, now)
        if peer.state not in SHUT_OUT:
            self._greet(peer, beat, now)

    def loaded(self, peer: Address, agent_boot: str) -> None:
        """The list of a peer is loaded."""
        peer.loaded_boot = agent_boot
        self.step(peer, Trigger.CHECKED)

    def order(self, address: Address, fenced: bool, now: float, auto: bool = False) -> None:
        """Fence a peer, or lift its fence.

        Args:
            auto: nobody said so: the peer is silent.
        """
        own = self._local.name
        if address is self._local or not self.fences.order(address.name, fenced, own, auto):
            return
        reason = "an address is fenced" if fenced else "a fence is lifted"
        self._telling.note(reason, ("address", address.name), ("by", own), ("auto", auto))
        self._telling.emit(Save(self.fences.all()))
        (register,) = (f for f in self.fences.all() if f.address == address.name)
        self._obey(register, now)

    def judge(self, now: float) -> None:
        """Take note of what did not come; set `due_s` to when to look again.

        Times are compared as `_expiries` adds them: a difference may round otherwise, and the
        wake that was asked for would be asked for again.
        """
        limits = self._limits
        for peer in self._peers:
            match peer.state:
                case AddressState.UNKNOWN if now >= peer.unknown_s + limits.synchro_timeout_s:
                    self.step(peer, Trigger.ABSENT)
                case AddressState.CHECKING if now >= peer.heard_s + limits.inactivity_s:
                    self.step(peer, Trigger.INACTIVE)
                case AddressState.CHECKING if now >= peer.checking_s + limits.inactivity_s:
                    self.step(peer, Trigger.CHECK_FAILED)
                case AddressState.RUNNING if now >= peer.heard_s + limits.inactivity_s:
                    self._judge_silence(peer, now)
        judged = all(self._is_met(peer, now) for peer in self._peers)
        late = now >= self._start_s + limits.synchro_timeout_s
        self.assembled = self.assembled or (judged and self._local.state in JUDGED) or late
        self.due_s = min(self._expiries(now), default=None)

    def _is_met(self, peer: Address, now: float) -> bool:
        """Tell whether nobody waits for a peer; one that runs must hear us to be voted for."""
        running = peer.state is AddressState.RUNNING
        return self.is_usable(peer, now) if running else peer.state in JUDGED

    # --- one beat --------------------------------------------------------------------------

    def _is_old(self, peer: Address, boot: str, beat: Beat) -> bool:
        """Tell whether a beat comes late: after a newer one, or after the good-bye."""
        if boot == peer.gone_boot:
            return True
        last = peer.beat
        return boot == peer.agent_boot and last is not None and beat.number <= last.number

    def _is_shut_out(self, peer: Address, beat: Beat, now: float) -> bool:
        if peer.state not in SHUT_OUT:
            return False
        if not peer.mirrors or self._names_us(beat):
            self.drop(peer.name, "the address is isolated", now)
            return True
        peer.mirrors, peer.unknown_s = False, now
        self.step(peer, Trigger.FORGIVES_US)
        return False

    def _names_us(self, beat: Beat) -> bool:
        return any(fence.fenced and fence.address == self._local.name for fence in beat.fences)

    def _remember(self, peer: Address, ticked: Ticked, beat: Beat, now: float) -> None:
        peer.date(ticked)
        if ticked.boot != peer.agent_boot:
            if peer.agent_boot:
                self._telling.note(
                    "an agent was started again", ("address", peer.name), ("boot", ticked.boot)
                )
            peer.hears_us_s = float("-inf")
        peer.agent_boot, peer.beat, peer.heard_s, peer.relay = ticked.boot, beat, now, None
        if self._local.name in beat.heard:
            peer.hears_us_s = now

    def _greet(self, peer: Address, beat: Beat, now: float) -> None:
        if beat.leaving is not None:
            self._say_good_bye(peer, beat, now)
            return
        if self.step(peer, Trigger.BEAT):
            peer.checking_s, peer.loaded_boot = now, None

    def _say_good_bye(self, peer: Address, beat: Beat, now: float) -> None:
        self._telling.note(
            "good-bye", ("address", peer.name), ("leaving", beat.leaving), ("grace_s", beat.grace_s)
        )
        if beat.leaving == "agent":
            peer.grace_s = now + beat.grace_s
            return
        peer.gone_boot, peer.heard_s = peer.agent_boot, float("-inf")
        self.step(peer, Trigger.LEFT)

    # --- fences ----------------------------------------------------------------------------

    def _merge(self, fences: tuple[Fence, ...], now: float) -> None:
        """Take over what others know of fences."""
        higher = self.fences.merge(fence for fence in fences if self._believes(fence))
        if higher:
            self._telling.emit(Save(self.fences.all()))
        for fence in higher:
            reason = "an address is fenced" if fence.fenced else "a fence is lifted"
            self._telling.note(reason, ("address", fence.address), ("by", fence.by))
            self._obey(fence, now)

    def _believes(self, fence: Fence) -> bool:
        """Tell whether another agent's fence counts here.

        Nobody isolates himself. And when two sides meet that fenced each other for silence,
        what one side holds against the other must not part those who hear each other well.
        """
        if fence.address == self._local.name:
            return False
        peer = self._addresses.get(fence.address)
        runs = peer is not None and peer.state is AddressState.RUNNING
        return not (fence.fenced and fence.auto and runs)

    def _obey(self, fence: Fence, now: float) -> None:
        peer = self._addresses.get(fence.address)
        if peer is None or peer is self._local:
            return
        if fence.fenced:
            peer.mirrors = False
            if self.step(peer, Trigger.FENCED) or peer.state is AddressState.ISOLATED:
                self._telling.emit(Cut(peer.name))
        elif not peer.mirrors and peer.state in SHUT_OUT:
            peer.unknown_s = now
            self._telling.emit(Join(peer.name))
            self.step(peer, Trigger.UNFENCED)

    # --- silence ---------------------------------------------------------------------------

    def _judge_silence(self, peer: Address, now: float) -> None:
        if now < peer.grace_s:
            return
        witness = next((p for p in self.usable(now) if _hears(p, peer)), None)
        if witness is not None:
            if now < peer.heard_s + self._limits.inactivity_s + self._limits.tick_period_s:
                return  # its own judgement may be due in this tick
            if peer.relay is None:
                self._telling.note(
                    "a peer is not heard here, but a peer hears it: followed through that",
                    ("address", peer.name),
                    ("through", witness.name),
                    level="warn",
                )
            peer.relay = witness.name
        elif self._limits.auto_fence:
            peer.relay = None
            self.order(peer, True, now, auto=True)
        else:
            peer.relay = None
            self.step(peer, Trigger.INACTIVE)

    def _expiries(self, now: float) -> Iterator[float]:
        limits = self._limits
        if not self.assembled:
            yield self._start_s + limits.synchro_timeout_s
        for peer in self._peers:
            match peer.state:
                case AddressState.UNKNOWN:
                    yield peer.unknown_s + limits.synchro_timeout_s
                case AddressState.CHECKING:
                    yield min(peer.heard_s, peer.checking_s) + limits.inactivity_s
                case AddressState.RUNNING:
                    end_s = max(peer.heard_s + limits.inactivity_s, peer.grace_s)
                    yield max(end_s, now + limits.tick_period_s / 2) if end_s <= now else end_s


def _hears(witness: Address, peer: Address) -> bool:
    return witness.beat is not None and peer.name in witness.beat.heard
