"""Operators' orders: where they go, and the one response that each has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from supvisors.core.calls import TIMEOUT_S
from supvisors.core.inputs import Answered, Done, Order, ProcessChanged
from supvisors.core.messages import Answer, Vote
from supvisors.core.outputs import Ask, Do, Output, Respond
from supvisors.core.pleas import LIMIT_S
from supvisors.model import ProcessState as S
from tests.core.managed import Managed, ranks
from tests.core.stage import LOCAL, Stage, changed, of, stage
from tests.core.taps import Tap


class Site:
    """Alpha and beta, on both of which web runs."""

    def __init__(self) -> None:
        self.it: Stage = stage("beta")
        self.tap = Tap(LOCAL)
        self.wall_ns = 0
        for state in (S.STARTING, S.RUNNING):
            self.change(state)
            self.beta(state)
        self.it.forget()

    def change(self, state: S, expected: bool = True) -> list[Output]:
        self.wall_ns += 1
        happening = self.tap.change("shop", "web", state, wall_ns=self.wall_ns, expected=expected)
        assert isinstance(happening, ProcessChanged)
        return self.it.turn(happening)

    def beta(self, state: S) -> list[Output]:
        self.wall_ns += 1
        return self.it.turn(changed(self.it.peers["beta"], "web", state, wall_ns=self.wall_ns))

    def order(self, verb: str, wait: bool, argument: str = "") -> tuple[list[Do], list[Ask]]:
        made = Order(9, verb, ("shop:web",), argument, wait)  # type: ignore[arg-type]
        outputs = self.it.turn(made)
        return of(Do, outputs), of(Ask, outputs)

    def responses(self) -> list[Respond]:
        return of(Respond, self.it.outputs)

    def stopped_by_both(self, wait: bool) -> None:
        (do,), (ask,) = self.order("stop", wait)
        self.it.turn(Done(do.call_id))
        self.it.turn(Answered("beta", Answer(ask.call.call_id)))


def test_a_stop_goes_wherever_the_process_is() -> None:
    (do,), (ask,) = Site().order("stop", wait=False)
    assert (do.verb, do.namespec) == ("stop", "shop:web")
    assert (ask.address, ask.call.verb, ask.call.namespec) == ("beta", "stop", "shop:web")
    assert ask.call.leader is None


def test_without_wait_it_is_answered_when_all_have_taken_it() -> None:
    site = Site()
    (do,), (ask,) = site.order("stop", wait=False)
    site.it.turn(Done(do.call_id))
    assert site.responses() == []
    site.it.turn(Answered("beta", Answer(ask.call.call_id)))
    assert site.responses() == [Respond(9)]


def test_with_wait_it_is_answered_when_it_is_over_everywhere() -> None:
    site = Site()
    site.stopped_by_both(wait=True)
    site.change(S.STOPPING)
    site.beta(S.STOPPING)
    site.change(S.STOPPED)
    assert site.responses() == []
    site.beta(S.STOPPED)
    assert site.responses() == [Respond(9)]


def test_a_refusal_of_one_is_the_response() -> None:
    site = Site()
    (do,), (ask,) = site.order("stop", wait=True)
    site.it.turn(Done(do.call_id, "NOT_RUNNING", "shop:web"))
    site.it.turn(Answered("beta", Answer(ask.call.call_id)))
    assert site.responses() == [Respond(9, "NOT_RUNNING", "shop:web")]


def test_a_peer_that_does_not_answer_is_named() -> None:
    site = Site()
    (do,), _ = site.order("stop", wait=True)
    site.it.turn(Done(do.call_id))
    site.it.seconds(TIMEOUT_S + 1)
    (response,) = site.responses()
    assert response.fault == "FAILED"
    assert "beta did not answer" in response.text


def test_nothing_to_stop() -> None:
    site = Site()
    for each in (site.change, site.beta):
        each(S.STOPPING)
        each(S.STOPPED)
    assert site.order("stop", wait=True) == ([], [])
    (response,) = site.responses()
    assert response.fault == "NOT_RUNNING"


def test_a_start_is_local_and_carries_its_arguments() -> None:
    (do,), asks = Site().order("start", wait=True, argument="-v")
    assert (do.verb, do.argument, asks) == ("start", "-v", [])


@pytest.mark.parametrize(
    ("state", "expected", "fault"),
    [
        (S.RUNNING, True, ""),
        (S.EXITED, True, ""),
        (S.EXITED, False, "ABNORMAL_TERMINATION"),
        (S.FATAL, True, "ABNORMAL_TERMINATION"),
        (S.STOPPED, True, "ABNORMAL_TERMINATION"),
    ],
)
def test_how_a_start_that_is_waited_for_ends(state: S, expected: bool, fault: str) -> None:
    site = Site()
    site.change(S.STOPPING)
    site.change(S.STOPPED)
    (do,), _ = site.order("start", wait=True)
    site.it.turn(Done(do.call_id))
    for under_way in (S.STARTING, S.BACKOFF, S.STARTING):
        site.change(under_way)
    assert site.responses() == []
    site.change(state, expected)
    (response,) = site.responses()
    assert response.fault == fault
    assert bool(response.text) == bool(fault)


def test_nobody_waits_for_ever() -> None:
    site = Site()
    site.stopped_by_both(wait=True)
    site.it.seconds(round(LIMIT_S) + 1)
    (response,) = site.responses()
    assert response.fault == "FAILED"
    assert "no end within" in response.text


def test_a_process_that_is_removed_meanwhile_has_stopped() -> None:
    site = Site()
    site.stopped_by_both(wait=True)
    site.it.turn(site.tap.remove("shop"))
    site.beta(S.STOPPED)
    assert site.responses() == [Respond(9)]


def test_a_stop_whose_wish_the_master_does_not_keep_says_so() -> None:
    it = Managed(ranks(web=1))
    it.obey()
    beta = it.peers["beta"]
    beta.beat = replace(beta.beat, vote=Vote(5, "beta", "1"), leads=True, obeyed=5)
    it.seconds(1)
    it.turn(Order(50, "stop", ("shop:web",)))
    it.mute.add("")  # what is asked of the master
    it.obey()
    assert it.response(50) is None
    it.seconds(TIMEOUT_S + 1)
    response = it.response(50)
    assert response is not None
    assert response.fault == "FAILED"
    assert "it is stopped, but the master did not say" in response.text
