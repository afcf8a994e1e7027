"""What this agent says when it is asked, or beats: its beat, its list for peers, its view.

Holds: `Reporting`.
Must not touch: when it is said (`beats.py`, the bus); anything that it tells of.
Tests: tests/core/test_membership.py, tests/core/test_following.py, tests/sim/.
"""

from __future__ import annotations

from collections.abc import Mapping

from supvisors.core.addresses import Address
from supvisors.core.course import Course
from supvisors.core.diagnosis import diagnose
from supvisors.core.direction import Direction
from supvisors.core.inputs import PeerList
from supvisors.core.leadership import Leadership
from supvisors.core.localtap import LocalTap
from supvisors.core.losses import Losses
from supvisors.core.membership import Membership
from supvisors.core.messages import Beat, Digests
from supvisors.core.processes import Processes
from supvisors.core.telling import Telling
from supvisors.core.view import ClusterView
from supvisors.model import AddressState


class Reporting:
    """What peers and operators are told of this agent and of all that it knows.

    Args:
        addresses: by name, in list order.
    """

    def __init__(
        self,
        addresses: Mapping[str, Address],
        local: Address,
        processes: Processes,
        membership: Membership,
        leadership: Leadership,
        losses: Losses,
        tap: LocalTap,
        direction: Direction,
        course: Course,
        telling: Telling,
    ) -> None:
        self._addresses, self._local, self._processes = addresses, local, processes
        self._membership, self._leadership = membership, leadership
        self._losses, self._tap, self._direction = losses, tap, direction
        self._course, self._telling = course, telling

    def beat(self, number: int, digests: Digests, now: float) -> Beat:
        """Return what the beat of this number says."""
        membership, leadership = self._membership, self._leadership
        everybody = self._addresses.values()
        return Beat(
            number,
            self._course.state,
            leadership.leads,
            leadership.vote,
            leadership.obeyed,
            self._losses.unknown(membership.peers) if leadership.leads else (),
            self._local.boot is not None,
            tuple(peer.name for peer in membership.peers if membership.vouches_for(peer, now)),
            tuple(a.name for a in everybody if a.state is AddressState.RUNNING),
            membership.fences.all(),
            digests,
        )

    def peer_list(self, address: str, now: float) -> PeerList | None:
        """Return what a peer that fetches is answered, None when that is nothing yet.

        Args:
            address: ours, or a peer's that we hear.
        """
        known = self._addresses.get(address)
        if known is None or known.boot is None:
            return None
        infos = self._processes.infos_of(known.index)
        if known is not self._local:
            is_heard = self._membership.hears(known, now) and known.loaded_boot is not None
            return PeerList(known.boot, known.seq, infos) if is_heard else None
        return PeerList(
            known.boot,
            known.seq,
            infos,
            tuple(self._losses.known[name] for name in sorted(self._losses.known)),
            tuple(self._tap.recent),
            self._direction.intents.all(),
            tuple(known.said_plans.values()),
            tuple(known.said_decided.values()),
        )

    def view(self, digests: Digests, quorum: int, now: float) -> ClusterView:
        """Return all that is known. The cost grows with the number of processes.

        Args:
            quorum: how many addresses must be RUNNING before anything is started by itself.
        """
        master, vote = self._leadership.master, self._leadership.vote
        warnings = diagnose(
            self._membership,
            self._leadership,
            self._local,
            digests=digests,
            quorum=quorum,
            now=now,
        )
        return ClusterView(
            self._course.status,
            master.name if master is not None else None,
            tuple(a.status for a in self._addresses.values() if a.status is not None),
            tuple(self._telling.applications()),
            *self._processes.shown(),
            tuple(sorted(self._membership.dropped.items())),
            tuple(warnings),
            self._membership.fences.all(),
            vote.epoch if vote is not None else 0,
            self._local.name,
            self._direction.plans.shown,
            self._direction.intents.all(),
            self._membership.running_count >= quorum,
        )
