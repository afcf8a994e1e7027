"""Plans and decisions of the master, as a follower shows them."""

from __future__ import annotations

from dataclasses import replace

from supvisors.core.inputs import Got, ProcessChanged
from supvisors.core.messages import Decided, Plan, Vote
from supvisors.model import ApplicationState as A
from supvisors.model import ApplicationStatus
from supvisors.model import ProcessState as S
from tests.core.stage import LOCAL, Stage, changed, stage

START = Plan("p1", "start", "shop", waiting=("shop:web",), why="because")


def follower(master: str = "beta", epoch: int = 2) -> Stage:
    """Return alpha that follows beta; web of shop is known to gamma, STOPPED."""
    it = stage("beta", "gamma")
    it.turn(changed(it.peers["gamma"], "web", S.STOPPED, wall_ns=5))
    obey(it, master, epoch)
    return it


def obey(it: Stage, master: str, epoch: int) -> None:
    vote = Vote(epoch, master, "1")
    for peer in it.peers.values():
        leads = peer.name == master
        others = tuple(name for name in ("alpha", "beta", "gamma") if name != peer.name)
        peer.beat = replace(peer.beat, vote=vote, leads=leads, obeyed=epoch, heard=others)
    it.seconds(1)
    assert it.core.view().master == master


def application(it: Stage) -> ApplicationStatus:
    (found,) = it.core.view().applications
    return found


def tell(it: Stage, name: str, record: Plan | Decided) -> None:
    it.turn(it.peers[name].got(record))


def test_a_plan_shows_until_it_is_over() -> None:
    it = follower()
    tell(it, "beta", START)
    assert (application(it).state, it.core.view().plans) == (A.STARTING, (START,))
    tell(it, "beta", replace(START, waiting=(), over=True))
    assert (application(it).state, it.core.view().plans) == (A.STOPPED, ())


def test_the_end_of_a_plan_waits_for_what_it_did_but_not_for_ever() -> None:
    for comes in (True, False):
        it = follower()
        gamma = it.peers["gamma"]
        starting = changed(gamma, "web", S.STARTING, wall_ns=6)
        running = changed(gamma, "web", S.RUNNING, wall_ns=7)
        assert isinstance(running, Got)
        assert isinstance(running.record, ProcessChanged)
        heard = (("gamma", running.record.boot, running.record.seq),)
        tell(it, "beta", replace(START, waiting=(), active=("shop:web",)))
        tell(it, "beta", replace(START, waiting=(), over=True, heard=heard))
        assert application(it).state is A.STARTING
        if comes:
            it.turn(starting)
            assert application(it).state is A.STARTING
            it.turn(running)
            assert application(it).state is A.RUNNING
        else:
            it.seconds(2)
            assert application(it).state is A.STOPPED


def test_only_the_word_of_the_master_counts() -> None:
    it = follower()
    tell(it, "gamma", START)
    assert application(it).state is A.STOPPED
    obey(it, "gamma", 3)
    assert application(it).state is A.STARTING


def test_with_another_master_the_plans_of_the_one_before_are_gone() -> None:
    it = follower()
    tell(it, "beta", START)
    obey(it, "gamma", 3)
    assert (application(it).state, it.core.view().plans) == (A.STOPPED, ())


def test_who_comes_late_learns_of_plans_and_decisions_from_the_list() -> None:
    it = follower()
    decided = Decided("shop:web", S.FATAL, "no address fits", 5, "gamma")
    it.turn(it.peers["beta"].fetched(plans=(START,), decided=(decided,)))
    assert application(it).state is A.STARTING
    assert it.process().state is S.FATAL


def test_a_decision_counts_until_anything_newer_is_heard() -> None:
    it = follower()
    tell(it, "beta", Decided("shop:web", S.FATAL, "no address fits", 5, "gamma"))
    assert it.process().state is S.FATAL
    it.turn(changed(it.peers["gamma"], "web", S.STARTING, wall_ns=6))
    assert it.process().state is S.STARTING
    it.turn(changed(it.peers["gamma"], "web", S.EXITED, wall_ns=7))
    assert it.process().state is S.EXITED


def test_a_decision_that_was_made_before_what_we_know_does_not_count() -> None:
    it = follower()
    it.turn(changed(it.peers["gamma"], "web", S.EXITED, wall_ns=9))
    tell(it, "beta", Decided("shop:web", S.FATAL, "no address fits", 5, "gamma"))
    assert it.process().state is S.EXITED


def test_a_decision_is_taken_back() -> None:
    it = follower()
    tell(it, "beta", Decided("shop:web", S.FATAL, "no address fits", 5, "gamma"))
    tell(it, "beta", Decided("shop:web", None))
    assert it.process().state is S.STOPPED


def test_a_new_master_goes_on_with_the_decisions_that_it_knows() -> None:
    it = follower()
    tell(it, "beta", Decided("shop:web", S.FATAL, "given up", 5, "gamma"))
    it.peers["beta"].beats = False
    gone = replace(it.peers["gamma"].beat, vote=Vote(4, LOCAL, "1"), leads=False, obeyed=4)
    it.peers["gamma"].beat = replace(gone, heard=(LOCAL,))
    it.seconds(8)
    assert it.core.view().master == LOCAL
    assert it.process().state is S.FATAL
    peer_list = it.core.peer_list(LOCAL)
    assert peer_list is not None
    assert [each.namespec for each in peer_list.decided] == ["shop:web"]
