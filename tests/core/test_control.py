"""What the master does by itself: the starts, late hosts, quorum, the end of everything."""

from __future__ import annotations

from dataclasses import replace

from supvisors.core.messages import Vote
from supvisors.model import ProcessRule, SupvisorsState
from supvisors.model import ProcessState as S
from tests.core.managed import Managed, ranks
from tests.core.stage import LOCAL


def test_deployment_lasts_until_the_starts_are_done() -> None:
    it = Managed(ranks(db=1))
    assert it.supvisors == "DEPLOYMENT"
    it.obey()
    assert it.supvisors == "OPERATION"


def test_nothing_is_started_until_all_follow_the_master_or_do_not_in_time() -> None:
    for comes in (True, False):
        it = Managed(ranks(db=1), waits=True)
        gamma = it.peers["gamma"]
        gamma.beats = False
        it.meet()
        gamma.beats, gamma.beat = True, replace(gamma.beat, vote=None)
        it.seconds(1)
        it.turn(gamma.fetched())
        assert (it.supvisors, it.pending()) == ("DEPLOYMENT", [])
        if comes:
            gamma.beat = replace(gamma.beat, vote=Vote(1, LOCAL, "1"))
        it.seconds(1 if comes else 4)
        assert it.obey() == ["start shop:db at alpha"]


def test_without_a_quorum_nothing_is_started_until_there_is_one() -> None:
    it = Managed(ranks(db=1), quorum=3, waits=True)
    it.peers["gamma"].beats = False
    it.meet()
    it.seconds(16)  # gamma is given up
    assert (it.supvisors, it.pending()) == ("DEPLOYMENT", [])
    it.peers["gamma"].beats = True
    it.seconds(1)
    it.turn(it.peers["gamma"].fetched())
    assert it.obey() == ["start shop:db at alpha"]
    assert it.supvisors == "OPERATION"


def test_a_program_whose_host_comes_late_is_started_when_it_comes() -> None:
    it = Managed(ranks(db=1, web=1), only={"shop:web": ["gamma"]}, waits=True)
    it.peers["gamma"].beats = False
    it.meet()
    it.seconds(16)
    assert it.obey() == ["start shop:db at alpha"]
    assert it.supvisors == "OPERATION"
    it.peers["gamma"].beats = True
    it.seconds(1)
    it.turn(it.peers["gamma"].fetched())
    it.seconds(1)
    assert it.obey() == ["start shop:web at gamma"]
    assert it.supvisors == "OPERATION"


def test_what_found_no_address_is_started_when_one_comes_and_what_was_given_up_for_it() -> None:
    rules = {
        "shop:db": ProcessRule(addresses=("gamma",), required=True, start_sequence=1),
        "shop:web": ProcessRule(start_sequence=2),
    }
    it = Managed(rules, waits=True)
    it.peers["gamma"].beats = False
    it.meet()
    it.seconds(16)
    assert it.obey() == []
    assert it.supvisors == "OPERATION"
    it.peers["gamma"].beats = True
    it.seconds(1)
    it.turn(it.peers["gamma"].fetched())
    it.seconds(1)
    assert it.obey() == ["start shop:db at gamma", "start shop:web at alpha"]


def test_what_could_not_be_started_is_not_tried_again_by_itself() -> None:
    it = Managed(ranks(db=1))
    it.answers["shop:db"] = (S.STARTING, S.BACKOFF, S.FATAL)
    it.obey()
    it.seconds(100)
    assert it.pending() == []


def test_what_an_operator_wants_stopped_is_not_started() -> None:
    it = Managed(ranks(db=1, web=1), waits=True)
    it.wish("stopped", "shop:web")
    it.meet()
    assert it.obey() == ["start shop:db at alpha"]


def new_term(it: Managed) -> None:
    """Let mastership go to beta and come back, as after a partition."""
    beta = it.peers["beta"]
    mine = beta.beat
    beta.beat = replace(mine, vote=Vote(5, "beta", "1"), leads=True, obeyed=5)
    it.seconds(1)
    assert it.core.view().master == "beta"
    beta.beats = False
    it.seconds(6)
    for peer in it.peers.values():
        peer.beat = replace(mine, vote=Vote(6, LOCAL, "1"), obeyed=6)
    it.seconds(2)
    assert it.core.view().master == LOCAL


def test_a_loader_that_has_done_its_work_is_not_run_again_by_the_next_master() -> None:
    rules = {"shop:loader": ProcessRule(start_sequence=1, wait_exit=True)}
    it = Managed(rules)
    it.answers["shop:loader"] = (S.STARTING, S.RUNNING, S.EXITED)
    assert it.obey() == ["start shop:loader at alpha"]
    new_term(it)
    it.seconds(5)
    assert it.pending() == []
    assert it.supvisors == "OPERATION"


def test_a_plan_ends_with_the_mastership() -> None:
    it = Managed(ranks(db=1, web=2))
    assert len(it.core.view().plans) == 1
    beta = it.peers["beta"]
    beta.beat = replace(beta.beat, vote=Vote(5, "beta", "1"), leads=True, obeyed=5)
    it.seconds(1)
    it.obey()
    assert it.core.view().plans == ()
    assert [told.namespec for told in it.done] == ["shop:db"]


def end(it: Managed, verb: str) -> list[str]:
    it.plead(verb)  # type: ignore[arg-type]
    it.seconds(1)
    for peer in it.peers.values():
        peer.beat = replace(peer.beat, state=SupvisorsState[it.supvisors])
    it.seconds(1)
    done = it.obey()
    it.seconds(1)
    return [*done, *it.obey()]


def test_everything_shuts_down_in_order_and_the_local_supervisord_is_last() -> None:
    it = Managed(ranks(db=1, web=2), plain=["free:tool"])
    it.obey()
    it.tell("free:tool", "beta", S.STARTING, S.RUNNING)
    assert end(it, "shutdown") == [
        "stop shop:web at alpha",
        "stop shop:db at alpha",
        "shutdown  at beta",
        "shutdown  at gamma",
        "shutdown  at alpha",
    ]
    assert it.supvisors == "SHUTTING_DOWN"


def test_everything_restarts() -> None:
    it = Managed(ranks(db=1))
    it.obey()
    done = end(it, "restart")
    assert done[0] == "stop shop:db at alpha"
    assert done[-1] == "restart  at alpha"
    assert it.supvisors == "RESTARTING"


def test_who_has_not_heard_of_the_end_is_waited_for_and_then_told() -> None:
    it = Managed(ranks(db=1))
    it.obey()
    it.plead("shutdown")
    it.seconds(1)
    it.peers["beta"].beat = replace(it.peers["beta"].beat, state=SupvisorsState.SHUTTING_DOWN)
    assert it.obey() == ["stop shop:db at alpha"]
    it.seconds(2)
    assert it.pending() == []
    it.seconds(2)
    assert it.obey()[:2] == ["shutdown  at beta", "shutdown  at gamma"]


def test_while_everything_ends_nothing_is_started_or_repaired() -> None:
    it = Managed(ranks(db=1))
    it.obey()
    it.plead("shutdown")
    it.seconds(1)
    request = it.plead("start_process", "shop:db")
    response = it.response(request)
    assert response is not None
    assert response.fault == "SHUTDOWN_STATE"
