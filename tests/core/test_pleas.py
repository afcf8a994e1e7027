"""What operators want of others than their own supervisord: passed on, waited for, answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from supvisors.core.calls import TIMEOUT_S
from supvisors.core.inputs import Answered, Asked, Done, Inquiry, Plea, Wish
from supvisors.core.messages import Answer, Call, Intent, Plan, Request, Vote
from supvisors.core.outputs import Ask, Do, Keep, Reply, Respond
from supvisors.core.pleas import LIMIT_S
from tests.core.stage import LOCAL, Stage, of, stage

START = Request("start_application", ("shop",))


def follower() -> Stage:
    """Return alpha that follows beta."""
    it = stage("beta", "gamma")
    vote = Vote(2, "beta", "1")
    for peer in it.peers.values():
        peer.beat = replace(peer.beat, vote=vote, leads=peer.name == "beta", obeyed=2)
    it.seconds(1)
    it.forget()
    return it


def asked(it: Stage) -> tuple[str, Call]:
    (ask,) = of(Ask, it.outputs)
    return ask.address, ask.call


def plead(it: Stage, *, wait: bool = True) -> str:
    it.turn(Plea(7, START, wait))
    address, call = asked(it)
    assert (address, call.verb, call.leader) == ("beta", "request", None)
    assert call.request == replace(START, by="alpha#7")
    return call.call_id


def test_who_waits_is_answered_when_the_plan_is_over() -> None:
    it = follower()
    plan_id = plead(it)
    it.turn(Answered("beta", Answer(plan_id)))
    it.turn(it.peers["beta"].got(Plan(plan_id, "start", "shop")))
    assert of(Respond, it.outputs) == []
    over = Plan(plan_id, "start", "shop", over=True, fault="ABNORMAL_TERMINATION", text="web")
    it.turn(it.peers["beta"].got(over))
    assert of(Respond, it.outputs) == [Respond(7, "ABNORMAL_TERMINATION", "web")]


def test_the_plan_may_be_over_before_the_answer_comes() -> None:
    it = follower()
    plan_id = plead(it)
    it.turn(it.peers["beta"].got(Plan(plan_id, "start", "shop", over=True)))
    it.turn(Answered("beta", Answer(plan_id)))
    assert of(Respond, it.outputs) == [Respond(7)]


@pytest.mark.parametrize("wait", [True, False])
def test_a_refusal_of_the_master_is_the_answer(wait: bool) -> None:
    it = follower()
    plan_id = plead(it, wait=wait)
    it.turn(Answered("beta", Answer(plan_id, "FAILED", "no quorum")))
    assert of(Respond, it.outputs) == [Respond(7, "FAILED", "no quorum")]


def test_who_does_not_wait_is_answered_when_it_is_taken() -> None:
    it = follower()
    it.turn(Answered("beta", Answer(plead(it, wait=False))))
    assert of(Respond, it.outputs) == [Respond(7)]


def test_when_the_master_is_lost_who_waits_is_told() -> None:
    it = follower()
    it.turn(Answered("beta", Answer(plead(it))))
    it.peers["beta"].beats = False
    it.seconds(6)
    (response,) = of(Respond, it.outputs)
    assert response.fault == "FAILED"
    assert "beta, who carried it out, leads no more" in response.text


def test_nobody_waits_for_ever() -> None:
    it = follower()
    it.turn(Answered("beta", Answer(plead(it))))
    it.seconds(round(LIMIT_S) + 1)
    (response,) = of(Respond, it.outputs)
    assert "no end within" in response.text


def test_without_a_master_the_answer_says_so() -> None:
    it = stage("beta", met=False)
    it.turn(Plea(7, START))
    (response,) = of(Respond, it.outputs)
    assert (response.fault, response.text[:9]) == ("FAILED", "no master")


def test_who_is_not_the_master_refuses_a_request() -> None:
    it = follower()
    beat = it.core.handle(it.now, it.peers["gamma"].ticked(1))
    assert beat is not None
    number = max(0, it.core._beats.next_number - 1)  # what gamma heard of us last
    call = Call("c1", "request", "", "", None, "1", number, TIMEOUT_S, request=START)
    it.turn(Asked("gamma", call))
    (reply,) = of(Reply, it.outputs)
    assert reply.answer.fault == "FAILED"
    assert "is not the master" in reply.answer.text


# --- registers ---------------------------------------------------------------------------------


def test_a_wish_is_kept_here_and_at_the_master_before_it_is_answered() -> None:
    it = follower()
    it.turn(Wish(7, "process", ("shop:web",), "disabled"))
    assert len(of(Keep, it.outputs)) == 1
    address, call = asked(it)
    assert (address, call.verb, [i.wanted for i in call.intents]) == (
        "beta",
        "intend",
        ["disabled"],
    )
    assert of(Respond, it.outputs) == []
    it.turn(Answered("beta", Answer(call.call_id)))
    assert of(Respond, it.outputs) == [Respond(7)]


def test_the_master_keeps_what_it_is_told_before_it_answers() -> None:
    it = stage("beta")
    number = it.core._beats.next_number - 1
    intents = (Intent("process", "shop:web", "stopped", 9, "beta"),)
    call = Call("c1", "intend", "", "", None, "1", number, TIMEOUT_S, intents=intents)
    outputs = it.turn(Asked("beta", call))
    kinds = [type(output) for output in outputs if isinstance(output, Keep | Reply)]
    assert kinds == [Keep, Reply]
    assert it.core.view().intents == intents


# --- inquiries ---------------------------------------------------------------------------------


def test_an_inquiry_goes_to_its_address() -> None:
    it = follower()
    it.turn(Inquiry(7, "tail", "gamma", "shop:web", "stdout 100"))
    address, call = asked(it)
    assert (address, call.verb, call.namespec, call.argument) == (
        "gamma",
        "tail",
        "shop:web",
        "stdout 100",
    )
    it.turn(Answered("gamma", Answer(call.call_id, result="the end")))
    assert of(Respond, it.outputs) == [Respond(7, result="the end")]


def test_an_inquiry_to_all_is_answered_when_all_have_and_one_fault_is_the_fault() -> None:
    it = follower()
    it.turn(Inquiry(7, "rules", ""))
    (do,) = of(Do, it.outputs)
    asks = {ask.address: ask.call.call_id for ask in of(Ask, it.outputs)}
    it.turn(Done(do.call_id, result="applied"))
    it.turn(Answered("beta", Answer(asks["beta"], result="applied")))
    assert of(Respond, it.outputs) == []
    it.turn(Answered("gamma", Answer(asks["gamma"], "FAILED", "line 3")))
    text = "alpha: applied\nbeta: applied\ngamma: line 3"
    assert of(Respond, it.outputs) == [Respond(7, "FAILED", text)]


def test_an_address_that_is_gone_cannot_be_asked() -> None:
    it = follower()
    it.peers["gamma"].beats = False
    it.seconds(6)
    it.forget()
    it.turn(Inquiry(7, "tail", "gamma", "shop:web", "stdout 100"))
    (response,) = of(Respond, it.outputs)
    assert response.text == "gamma is SILENT: nobody can be asked"
    assert of(Ask, it.outputs) == []
    assert it.core.view().local == LOCAL
