"""Whom one votes for, row by row, and that agents of one view come to one master."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supvisors.core.election import Voter, choose, wins
from supvisors.core.messages import Vote

RANK = ["alpha", "beta", "gamma", "delta"].index


def voter(text: str) -> Voter:
    """Return what one says: `name`, `name->candidate@epoch`, `name*@epoch` for a master.

    `obeyed=N` at the end says what it has obeyed. All boots are 1.
    """
    text, _, obeyed = text.partition(" obeyed=")
    name, arrow, vote = text.partition("->")
    name, star, own = name.partition("*@")
    if star:
        return Voter(name, "1", Vote(int(own), name, "1"), True, int(obeyed or own))
    candidate, _, epoch = vote.partition("@")
    cast = Vote(int(epoch), candidate, "1") if arrow else None
    return Voter(name, "1", cast, False, int(obeyed or 0))


#: me, usable peers, the highest epoch seen, may a new one begin -> my vote
CHOICES = [
    ("alone, and others are expected", "beta", [], 0, False, None),
    ("alone, and nobody is expected", "beta", [], 0, True, "beta@1"),
    ("the first in list order", "gamma", ["alpha", "beta"], 0, True, "alpha@1"),
    ("in a new epoch", "gamma", ["beta"], 4, True, "beta@5"),
    ("a master is followed at once", "beta", ["gamma*@3"], 3, False, "gamma@3"),
    ("a master stays, whoever is first", "gamma*@3", ["alpha", "beta"], 3, True, "gamma@3"),
    ("a joiner's vote unseats nobody", "alpha*@1", ["beta->beta@2"], 2, True, "alpha@1"),
    ("of two masters the higher epoch", "alpha*@1", ["beta*@2"], 2, True, "beta@2"),
    ("of two masters of one epoch the first", "beta*@2", ["alpha*@2"], 2, True, "alpha@2"),
    ("a vote of another is joined", "alpha", ["beta->beta@2"], 2, False, "beta@2"),
    ("a vote for who is not usable is void", "alpha", ["beta->gamma@2"], 2, True, "alpha@3"),
    ("my own vote counts as others' do", "alpha->alpha@2", ["beta->beta@2"], 2, True, "alpha@2"),
    ("who obeyed a later master", "alpha obeyed=4", ["beta*@3"], 4, True, "alpha@5"),
    ("makes the earlier one step down", "beta*@3", ["alpha->alpha@5 obeyed=4"], 5, True, "alpha@5"),
]


@pytest.mark.parametrize(
    ("me", "peers", "epoch", "may_elect", "vote"),
    [row[1:] for row in CHOICES],
    ids=[row[0] for row in CHOICES],
)
def test_a_vote(me: str, peers: list[str], epoch: int, may_elect: bool, vote: str | None) -> None:
    chosen = choose(
        voter(me), [voter(p) for p in peers], rank=RANK, epoch=epoch, may_elect=may_elect
    )
    assert chosen == (voter(f"me->{vote}").vote if vote is not None else None)


def test_a_vote_ends_with_the_agent_that_it_is_for() -> None:
    me, beta = voter("alpha->beta@1"), replace(voter("beta"), boot="2")
    chosen = choose(me, [beta], rank=RANK, epoch=1, may_elect=True)
    assert chosen == Vote(2, "alpha", "1")


WINS = [
    ("alone", "alpha->alpha@1", [], True),
    ("all of them", "alpha->alpha@1", ["beta->alpha@1", "gamma->alpha@1"], True),
    ("not all of them", "alpha->alpha@1", ["beta->alpha@1", "gamma"], False),
    ("an older vote", "alpha->alpha@2", ["beta->alpha@1"], False),
    ("who leads goes on", "alpha*@1", ["beta"], True),
    ("who votes for another does not", "alpha->beta@1", ["beta->beta@1"], False),
    ("nobody without a vote", "alpha", [], False),
]


@pytest.mark.parametrize(
    ("me", "peers", "won"), [row[1:] for row in WINS], ids=[row[0] for row in WINS]
)
def test_who_leads(me: str, peers: list[str], won: bool) -> None:
    assert wins(voter(me), [voter(p) for p in peers]) == won


@given(
    st.lists(
        st.tuples(st.none() | st.tuples(st.integers(1, 4), st.integers(0, 3)), st.booleans()),
        min_size=1,
        max_size=4,
    ),
    st.randoms(use_true_random=False),
)
def test_agents_of_one_view_come_to_one_master(
    begins: list[tuple[tuple[int, int] | None, bool]], rng: Random
) -> None:
    """From any votes and claims, in any order of hearing, within a few rounds of beats."""
    names = ["alpha", "beta", "gamma", "delta"][: len(begins)]
    voters = {}
    for name, (begin, leads) in zip(names, begins, strict=True):
        cast = Vote(begin[0], names[begin[1] % len(names)], "1") if begin is not None else None
        own = leads and cast is not None and cast.address == name
        voters[name] = Voter(name, "1", cast, own, cast.epoch if own and cast is not None else 0)
    for _ in range(8):
        for name in rng.sample(names, len(names)):
            me, others = voters[name], [v for n, v in voters.items() if n != name]
            seen = max((v.vote.epoch for v in voters.values() if v.vote is not None), default=0)
            vote = choose(me, others, rank=RANK, epoch=seen, may_elect=True)
            me = replace(me, vote=vote, leads=me.leads and vote == me.vote)
            voters[name] = replace(me, leads=wins(me, others))
    assert len({v.vote for v in voters.values()}) == 1
    assert [v.address for v in voters.values() if v.leads] == [
        v.vote.address for v in voters.values() if v.vote
    ][:1]
