"""The streams of the peers: their lists and records, from the bus to the rooms concerned.

Holds: `Following`.
Must not touch: when a peer is heard or judged (`membership.py`), the local tap.
Invariants: what a peer says is heard only while its list is loaded and it is not shut out; a
record that the list included is not heard again.
Tests: tests/core/test_following.py, tests/sim/.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, assert_never

from supvisors.core.addresses import SHUT_OUT, Address
from supvisors.core.direction import Direction
from supvisors.core.hearing import Hearing
from supvisors.core.inputs import (
    Fetched,
    Got,
    GroupAdded,
    GroupRemoved,
    GroupsReset,
    Missed,
    ProcessChanged,
    SupervisordLeaving,
    TapRecord,
)
from supvisors.core.losses import Losses
from supvisors.core.membership import Membership
from supvisors.core.messages import Decided, Found, Intent, Lost, Plan
from supvisors.core.outputs import Fetch
from supvisors.core.telling import Telling
from supvisors.model import AddressState

#: States in which the stream of a peer counts.
_FOLLOWED: Final = frozenset({AddressState.CHECKING, AddressState.RUNNING})


class Following:
    """The streams of all peers."""

    def __init__(
        self,
        membership: Membership,
        hearing: Hearing,
        losses: Losses,
        direction: Direction,
        telling: Telling,
    ) -> None:
        self._membership = membership
        self._hearing = hearing
        self._losses = losses
        self._intents = direction.intents
        self._plans = direction.plans
        self._telling = telling

    def missed(self, peer: Address, missed: Missed) -> None:
        """Ask for the records that did not come."""
        if self._is_heard(peer, missed.boot):
            peer.has_hole = True
            self.fetch(peer)

    def fetch(self, peer: Address) -> None:
        """Ask, once more perhaps, for what is needed of a peer: its list, or its records."""
        beat = peer.beat
        if peer.state not in _FOLLOWED or beat is None:
            return
        if peer.relay is not None:
            self._telling.emit(Fetch(peer.name, peer.agent_boot, whole=False, via=peer.relay))
        elif beat.ready and peer.loaded_boot != peer.agent_boot:
            self._telling.emit(Fetch(peer.name, peer.agent_boot, whole=True))
        elif peer.has_hole:
            self._telling.emit(Fetch(peer.name, peer.agent_boot, whole=False))

    def fetched(self, peer: Address, fetched: Fetched, leads: bool, now: float) -> None:
        """Take the list of a peer.

        Args:
            leads: this agent is the master.
        """
        if peer.state in SHUT_OUT:
            self._membership.drop(peer.name, "the address is isolated", now)
            return
        if peer.state not in _FOLLOWED:
            return
        if fetched.boot != peer.agent_boot:
            if peer.relay is None:
                return
            self._restarted_unheard(peer, fetched.boot)
        told = fetched.peer_list
        self._catch_up(peer, told.recent)
        hole = peer.hole_before(told.tap_boot, told.tap_seq + 1)
        if hole is not None:
            self._hearing.lost(peer, *hole)
        peer.boot, peer.seq, peer.has_hole = told.tap_boot, told.tap_seq, False
        peer.said_lost = {lost.address: lost for lost in told.lost}
        self._intents.hear(told.intents)
        self._plans.listed(peer, told.plans, told.decided)
        self._losses.found(peer, leads)
        self._hearing.load(peer, told.processes)
        self._membership.loaded(peer, fetched.boot)
        self._telling.loading(peer)

    def got(self, peer: Address, got: Got, now: float) -> None:
        """Take the next record of a peer's stream."""
        if peer.state in SHUT_OUT:
            self._membership.drop(peer.name, "the address is isolated", now)
            return
        if not self._is_heard(peer, got.boot):
            return
        peer.has_hole = False
        match got.record:
            case Lost() as lost:
                peer.said_lost[lost.address] = lost
            case Found() as found:
                peer.said_lost.pop(found.address, None)
            case Intent() as intent:
                self._intents.hear((intent,))
            case Plan() | Decided() as said:
                self._plans.hear(peer, said)
            case record if record.address == peer.name and record.boot == peer.boot:
                self._record(peer, record)
            case _:
                self._membership.drop(peer.name, "a record that is not of its own supervisord", now)

    def _catch_up(self, peer: Address, recent: tuple[ProcessChanged, ...]) -> None:
        """Hear the records that came while we did not hear the peer, or its agent was away.

        They have to follow on what was heard last; else only the list tells of them.
        """
        for record in recent:
            of_it = record.address == peer.name and record.boot == peer.boot
            if of_it and record.seq == peer.seq + 1:
                self._record(peer, record)

    def _restarted_unheard(self, peer: Address, boot: str) -> None:
        """A relay tells of an agent whose first beats were not heard here."""
        assert peer.beat is not None, f"{peer.name} is relayed and was never heard"
        peer.agent_boot, peer.beat = boot, replace(peer.beat, number=0)

    def _is_heard(self, peer: Address, boot: str) -> bool:
        return peer.state in _FOLLOWED and boot == peer.loaded_boot

    def _record(self, peer: Address, record: TapRecord) -> None:
        if record.seq <= peer.seq:  # the list included it
            return
        hole = peer.hole_before(record.boot, record.seq)
        if hole is not None:
            self._hearing.lost(peer, *hole)
        peer.seq = record.seq
        match record:
            case ProcessChanged():
                self._hearing.change(peer, record)
            case GroupAdded() | GroupRemoved() | GroupsReset():
                self._hearing.replace(peer, record)
            case SupervisordLeaving():
                self._hearing.leaving(peer, record)
            case _:
                assert_never(record)
