"""This agent's vote, and the master that it obeys.

Holds: `Leadership`.
Must not touch: how votes are weighed (`election.py`), the Supvisors state.
Invariants: an agent obeys only the master that it votes for; epochs that it has seen never fall.
Tests: tests/core/test_leadership.py, tests/sim/.

Source: semantics, section 4.
"""

from __future__ import annotations

from collections.abc import Sequence

from supvisors.core.addresses import JUDGED, Address
from supvisors.core.election import Voter, choose, wins
from supvisors.core.messages import Digests, Vote
from supvisors.core.telling import Telling
from supvisors.model import AddressState


class Leadership:
    """Whom this agent votes for, and who is master by that vote.

    Attributes:
        vote: the last one, None before the first.
        leads: this agent is the master.
        master: the address that is obeyed, None without one.
        obeyed: the highest epoch of a master that was obeyed.
    """

    def __init__(
        self, addresses: Sequence[Address], local: Address, boot: str, telling: Telling
    ) -> None:
        self._addresses = addresses
        self._local = local
        self._boot = boot
        self._telling = telling
        self._epoch = 0
        self.vote: Vote | None = None
        self.leads = False
        self.master: Address | None = None
        self.obeyed = 0

    def settle(self, usable: Sequence[Address], digests: Digests, may_elect: bool) -> bool:
        """Vote anew; return whether there is another master, or none any more.

        Args:
            usable: the usable peers, in list order.
            digests: ours.
            may_elect: a new epoch may be begun.
        """
        self._epoch = max(self._epoch, *self._epochs(), 0)
        voters = [_voter(peer) for peer in usable]
        alike = all(
            peer.beat is not None and peer.beat.digests.addresses == digests.addresses
            for peer in usable
        )
        vote = None
        if self._local.state is AddressState.RUNNING:
            order = {address.name: address.index for address in self._addresses}
            vote = choose(
                self._me(),
                voters,
                # lists that differ in order give no common one: then names do
                rank=order.__getitem__ if alike else str,
                epoch=self._epoch,
                may_elect=may_elect,
            )
        if vote != self.vote:
            self._note_vote(vote)
            self.vote, self.leads = vote, False
        before = self.master
        self.leads = wins(self._me(), voters)
        self.master = self._master(usable)
        if self.master is not None and vote is not None:
            assert vote.epoch >= self.obeyed, f"epoch {vote.epoch} after {self.obeyed}"
            self.obeyed = vote.epoch
        if self.master is not before:
            name = self.master.name if self.master is not None else None
            epoch = vote.epoch if vote is not None else None
            self._telling.note("master changed", ("master", name), ("epoch", epoch))
        return self.master is not before

    def why_no_master(self) -> str:
        """Return a sentence that tells operators why there is no master."""
        waited = [a.name for a in self._addresses if a.state not in JUDGED]
        if self.vote is None:
            return f"no master: waiting for {', '.join(waited) or 'beats'}"
        voted = self.vote.address
        if voted == self._local.name:
            others = [a.name for a in self._addresses if self._votes_otherwise(a)]
            return (
                f"no master: this address stands for election, and {', '.join(others)} "
                "follows another one, which does not hear this address or is not heard here"
            )
        return f"no master: this address votes for {voted}, which does not lead yet"

    def _me(self) -> Voter:
        return Voter(self._local.name, self._boot, self.vote, self.leads, self.obeyed)

    def _master(self, usable: Sequence[Address]) -> Address | None:
        if self.leads:
            return self._local
        vote = self.vote
        return next((p for p in usable if vote is not None and _voter(p).claim == vote), None)

    def _votes_otherwise(self, peer: Address) -> bool:
        return (
            peer.state is AddressState.RUNNING
            and peer.beat is not None
            and peer.beat.vote != self.vote
        )

    def _note_vote(self, vote: Vote | None) -> None:
        self._telling.note(
            "vote changed",
            ("to", vote.address if vote is not None else None),
            ("epoch", vote.epoch if vote is not None else None),
            level="debug",
        )

    def _epochs(self) -> list[int]:
        votes = [a.beat.vote for a in self._addresses if a.beat is not None]
        return [vote.epoch for vote in (*votes, self.vote) if vote is not None]


def _voter(peer: Address) -> Voter:
    assert peer.beat is not None, f"{peer.name} is usable and was never heard"
    return Voter(peer.name, peer.agent_boot, peer.beat.vote, peer.beat.leads, peer.beat.obeyed)
