"""Semantics, section 4: the master that is obeyed, and what the Supvisors state follows."""

from __future__ import annotations

from dataclasses import replace

from supvisors.core import Core, Limits
from supvisors.core.messages import Vote
from supvisors.core.outputs import Output, Publish, Say
from supvisors.model import SupvisorsState, SupvisorsStatus
from tests.core.stage import LOCAL, Stage, of, stage
from tests.core.taps import tap


def states(outputs: list[Output]) -> list[str]:
    bodies = [output.body for output in outputs if isinstance(output, Publish)]
    return [body.state.name for body in bodies if isinstance(body, SupvisorsStatus)]


def follower(state: SupvisorsState = SupvisorsState.OPERATION) -> Stage:
    """Return alpha that joins beta, which leads in epoch 7."""
    it = stage("beta", met=False)
    beta = it.peers["beta"]
    beta.beat = replace(beta.beat, vote=Vote(7, "beta", "1"), leads=True, obeyed=7, state=state)
    it.turn(tap(LOCAL).loaded())
    it.seconds(1)
    it.turn(beta.fetched())
    return it


def test_the_first_of_the_list_leads_once_all_vote_for_it() -> None:
    it = stage("beta", "gamma", met=False)
    it.turn(tap(LOCAL).loaded())
    it.seconds(1)
    for peer in it.peers.values():
        it.turn(peer.fetched())
    it.seconds(1)
    assert of(Say, it.outputs)[-1].beat.vote == Vote(1, LOCAL, "1")
    assert it.core.view().master is None
    for peer in it.peers.values():
        peer.beat = replace(peer.beat, vote=Vote(1, LOCAL, "1"))
    it.forget()
    it.seconds(2)
    assert it.core.view().master == LOCAL
    assert states(it.outputs) == ["DEPLOYMENT", "OPERATION"]
    assert of(Say, it.outputs)[-1].beat.leads


def test_nobody_is_elected_while_somebody_is_waited_for() -> None:
    it = stage("beta", "gamma", limits=Limits(synchro_timeout_s=4.0), met=False)
    it.peers["gamma"].beats = False
    it.turn(tap(LOCAL).loaded())
    it.seconds(1)
    it.turn(it.peers["beta"].fetched())
    it.seconds(1)
    assert of(Say, it.outputs)[-1].beat.vote is None
    assert it.core.view().warnings[0] == "no master: waiting for gamma"
    it.seconds(3)
    assert of(Say, it.outputs)[-1].beat.vote == Vote(1, LOCAL, "1")


def test_a_follower_shows_its_masters_state_by_the_masters_way() -> None:
    it = follower()
    assert it.core.view().master == "beta"
    assert states(it.outputs) == ["INITIALIZATION", "DEPLOYMENT", "OPERATION"]


def test_a_follower_waits_with_its_master() -> None:
    it = follower(SupvisorsState.INITIALIZATION)
    assert it.core.view().master == "beta"
    assert states(it.outputs) == ["INITIALIZATION"]
    it.peers["beta"].beat = replace(it.peers["beta"].beat, state=SupvisorsState.DEPLOYMENT)
    it.seconds(1)
    assert states(it.outputs) == ["INITIALIZATION", "DEPLOYMENT"]


def test_the_loss_of_the_master_leads_through_initialization_to_the_next() -> None:
    it = follower()
    it.peers["beta"].beats = False
    it.forget()
    it.seconds(6)
    assert states(it.outputs) == ["INITIALIZATION", "DEPLOYMENT", "OPERATION"]
    assert it.core.view().master == LOCAL
    assert it.core.view().epoch == 8


def test_a_master_that_meets_one_of_a_higher_epoch_follows_it_without_a_flap() -> None:
    it = stage("beta")
    beta = it.peers["beta"]
    beta.beat = replace(beta.beat, vote=Vote(2, "beta", "1"), leads=True, obeyed=2)
    it.seconds(1)
    assert it.core.view().master == "beta"
    assert states(it.outputs) == []


def test_mastership_ends_with_the_agent_that_had_it() -> None:
    it = follower()
    beta = it.peers["beta"]
    beta.boot, beta.number = "2", 0
    beta.beat = replace(beta.beat, vote=None, leads=False, obeyed=0, heard=())
    it.seconds(1)
    assert it.core.view().master == LOCAL
    assert it.core.view().epoch == 8


def test_lists_of_another_order_still_give_one_master() -> None:
    it = stage("beta", met=False)
    digests = replace(it.peers["beta"].beat.digests, addresses="another order")
    it.peers["beta"].beat = replace(it.peers["beta"].beat, digests=digests)
    it.turn(tap(LOCAL).loaded())
    it.seconds(1)
    it.turn(it.peers["beta"].fetched())
    it.seconds(1)
    assert of(Say, it.outputs)[-1].beat.vote == Vote(1, LOCAL, "1")


def test_an_agent_alone_leads_at_once() -> None:
    it = Stage(Core([LOCAL], LOCAL), {})
    assert it.core.view().master is None
