"""Who leads: whom an agent votes for, and when a vote makes a master.

Holds: `choose`, the vote; `wins`, what makes a candidate the master.
Must not touch: how an address came to be usable; the Supvisors state.
Invariants: every agent of one view that hears the same beats votes alike; a master that leads is
unseated by nothing but a master of a higher rank, or its own absence.
Tests: tests/core/test_election.py, tests/sim/.

Source: semantics, section 4. A peer is *usable* when it is RUNNING and each of us hears the
other. A master *leads* from the moment at which all who are usable to it vote for it; from
then on its claim goes with its beats, so that a joiner who still votes for somebody else does
not unseat it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from supvisors.core.messages import Vote

#: Order among candidates: the lowest comes first.
Rank = Callable[[str], int | str]


@dataclass(frozen=True, slots=True)
class Voter:
    """What one agent says of its vote.

    Attributes:
        leads: it is the master.
        obeyed: the highest epoch of a master that it has obeyed.
    """

    address: str
    boot: str
    vote: Vote | None = None
    leads: bool = False
    obeyed: int = 0

    @property
    def claim(self) -> Vote | None:
        """Its own mastership, None when it does not lead."""
        vote = self.vote
        own = vote is not None and (vote.address, vote.boot) == (self.address, self.boot)
        return vote if self.leads and own else None


def choose(
    me: Voter, usable: Sequence[Voter], *, rank: Rank, epoch: int, may_elect: bool
) -> Vote | None:
    """Return whom to vote for, None while there is nobody.

    What is below an epoch that one of us has obeyed is over and does not count, even where its
    master has not heard of that. A master that leads comes first: of several the one of the
    highest epoch, then the first in rank. Without one, the candidate of the highest epoch that
    any of us votes for; without one, the first in rank of us all, in a new epoch.

    Args:
        me: this agent with its last vote.
        usable: the peers that are usable to it.
        rank: order of the address list.
        epoch: the highest that was ever seen.
        may_elect: whether a new epoch may be begun: who is expected has come or was judged.
    """
    voters = [me, *usable]
    boots = {voter.address: voter.boot for voter in voters}

    def first(votes: list[Vote]) -> Vote:
        return min(votes, key=lambda vote: (-vote.epoch, rank(vote.address)))

    floor = max(voter.obeyed for voter in voters)
    claims = [vote for v in voters if (vote := v.claim) is not None and vote.epoch >= floor]
    if claims:
        return first(claims)
    votes = [vote for v in voters if (vote := v.vote) is not None and vote.epoch >= floor]
    valid = [vote for vote in votes if boots.get(vote.address) == vote.boot]
    if valid:
        return first(valid)
    if not may_elect:
        return None
    address = min(boots, key=rank)
    return Vote(max(epoch, floor) + 1, address, boots[address])


def wins(me: Voter, usable: Sequence[Voter]) -> bool:
    """Tell whether this agent, by its vote and those of all who are usable to it, leads.

    Once it leads, it goes on while it votes for itself: see `choose`.
    """
    vote = me.vote
    if vote is None or (vote.address, vote.boot) != (me.address, me.boot):
        return False
    return me.leads or all(voter.vote == vote for voter in usable)
