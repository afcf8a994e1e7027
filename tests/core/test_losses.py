"""Hosts that are lost: what the master declares, and what the others show."""

from __future__ import annotations

from dataclasses import replace

from supvisors.core.messages import Found, Lost, Vote
from supvisors.core.outputs import Record
from supvisors.model import ProcessState as S
from tests.core.stage import LOCAL, Stage, changed, of, stage
from tests.core.taps import tap


def follower() -> Stage:
    """Return alpha that follows beta; gamma, where web runs, has been heard too."""
    it = stage("beta", "gamma")
    beta = it.peers["beta"]
    beta.beat = replace(
        beta.beat, vote=Vote(2, "beta", "1"), leads=True, obeyed=2, heard=(LOCAL, "gamma")
    )
    it.turn(changed(it.peers["gamma"], "web", S.RUNNING, wall_ns=5))
    it.seconds(1)
    assert it.core.view().master == "beta"
    return it


def loss_of(it: Stage, name: str, beat: int = 100, **fields: bool) -> Lost:
    known = tuple(it.peers[name].tap.known.values())
    return Lost(name, "1", beat, 10**19, known, **fields)


def test_the_master_declares_a_host_lost_with_what_it_said_last() -> None:
    it = stage("beta", "gamma")
    it.turn(changed(it.peers["gamma"], "web", S.RUNNING, wall_ns=5))
    last = it.peers["gamma"].number
    it.peers["gamma"].beats = False
    it.seconds(6)
    (record,) = of(Record, it.outputs)
    assert (record.record.address, record.record.beat) == ("gamma", last)
    assert [(p.name, p.state) for p in record.record.processes] == [("web", S.RUNNING)]
    assert (it.process().state, it.process().addresses) == (S.FATAL, ())


def test_a_follower_waits_for_its_masters_word() -> None:
    it = follower()
    it.peers["gamma"].beats = False
    it.peers["beta"].beat = replace(it.peers["beta"].beat, heard=(LOCAL,))
    it.seconds(6)
    assert it.process().state is S.RUNNING
    it.turn(it.peers["beta"].got(loss_of(it, "gamma")))
    it.seconds(1)
    assert it.process().state is S.FATAL


def test_who_heard_the_host_later_knows_better() -> None:
    it = follower()
    it.turn(it.peers["beta"].got(loss_of(it, "gamma", beat=1)))
    it.seconds(1)
    assert it.process().state is S.RUNNING


def test_the_word_of_who_does_not_lead_does_not_count() -> None:
    it = follower()
    it.peers["gamma"].beats = False
    it.turn(it.peers["gamma"].got(loss_of(it, "beta")))
    it.seconds(1)
    assert it.core.view().processes == (it.process(),)
    assert it.process().state is S.RUNNING


def test_what_ran_where_supervisord_said_good_bye_is_stopped() -> None:
    it = stage("beta")
    it.turn(changed(it.peers["beta"], "web", S.RUNNING, wall_ns=5))
    it.peers["beta"].beats = False
    it.turn(it.peers["beta"].ticked(1, leaving="supervisord"))
    (record,) = of(Record, it.outputs)
    assert record.record.left
    assert it.process().state is S.STOPPED


def test_a_host_that_tells_of_itself_again_replaces_all_that_was_concluded() -> None:
    it = stage("beta")
    beta = it.peers["beta"]
    it.turn(changed(beta, "web", S.RUNNING, wall_ns=5))
    beta.beats = False
    it.seconds(6)
    beta.beats = True
    it.seconds(1)
    it.forget()
    it.turn(beta.fetched())
    assert of(Record, it.outputs) == [Record(Found("beta"))]
    assert (it.process().state, it.process().addresses) == (S.RUNNING, ("beta",))


def test_a_host_that_is_found_is_not_lost_any_more_for_a_follower() -> None:
    it = follower()
    beta, gamma = it.peers["beta"], it.peers["gamma"]
    gamma.beats = False
    beta.beat = replace(beta.beat, heard=(LOCAL,))
    it.turn(beta.got(loss_of(it, "gamma")))
    it.seconds(6)
    gamma.beats = True
    it.turn(beta.got(Found("gamma")))
    it.seconds(1)
    it.turn(gamma.fetched())
    it.seconds(1)
    assert it.process().state is S.RUNNING


def test_a_joiner_learns_what_is_lost_from_its_masters_list() -> None:
    it = stage("beta", "gamma", met=False)
    beta, gamma = it.peers["beta"], it.peers["gamma"]
    gamma.tap.change("shop", "web", S.RUNNING, wall_ns=5)
    gamma.beats = False
    beta.beat = replace(beta.beat, vote=Vote(2, "beta", "1"), leads=True, obeyed=2)
    it.turn(tap(LOCAL).loaded())
    it.seconds(1)
    it.turn(beta.fetched(lost=(loss_of(it, "gamma"),)))
    it.seconds(1)
    assert it.process().state is S.FATAL


def test_a_new_master_says_again_what_was_declared() -> None:
    it = follower()
    gamma, beta = it.peers["gamma"], it.peers["beta"]
    gamma.beats = False
    beta.beat = replace(beta.beat, heard=(LOCAL,))
    lost = loss_of(it, "gamma")
    it.turn(beta.got(lost))
    it.seconds(6)
    it.forget()
    beta.beats = False
    it.seconds(6)
    assert Record(lost) in it.outputs


def test_a_master_that_never_met_a_host_takes_the_word_of_who_did() -> None:
    it = stage("beta", "gamma", met=False)
    beta, gamma = it.peers["beta"], it.peers["gamma"]
    gamma.beats = False
    gamma.tap.change("shop", "web", S.RUNNING, wall_ns=5)
    it.turn(tap(LOCAL).loaded())
    it.seconds(1)
    it.turn(beta.fetched())
    beta.beat = replace(beta.beat, vote=Vote(1, LOCAL, "1"))
    it.seconds(20)
    assert it.core.view().master == LOCAL
    lost = loss_of(it, "gamma")
    it.turn(beta.got(lost))
    it.seconds(1)
    assert Record(lost) in it.outputs
    assert it.process().state is S.FATAL


def test_a_follower_tells_its_master_once_of_a_host_that_it_never_met() -> None:
    it = follower()
    beta = it.peers["beta"]
    it.peers["gamma"].beats = False
    beta.beat = replace(beta.beat, heard=(LOCAL,), unknown=("gamma",))
    it.seconds(8)
    (record,) = of(Record, it.outputs)
    assert record.record.address == "gamma"
    assert [p.name for p in record.record.processes] == ["web"]
