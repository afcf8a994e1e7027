"""Semantics, section 4, commands: done at most once, one outcome each, and who is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from supvisors.core.addresses import Address
from supvisors.core.calls import REMEMBERED_MAX, TIMEOUT_S, Calls
from supvisors.core.inputs import Asked
from supvisors.core.messages import Answer, Call, Vote
from supvisors.core.outputs import Ask, Do, Output, Reply, Say
from supvisors.core.processes import Processes
from supvisors.core.rulebook import NO_RULES
from supvisors.core.telling import Telling
from supvisors.model import AddressState
from tests.core.stage import of, stage

BETA = Address("beta", 1, state=AddressState.RUNNING, agent_boot="b")
CALL = Call("beta-b-1", "stop", "shop:web", "", None, "a", 7, TIMEOUT_S)


class Made:
    """The calls of alpha, of agent `a`, which said beat 7 at time 100."""

    def __init__(self) -> None:
        self.telling = Telling(Processes(["alpha", "beta"], NO_RULES))
        self.local = Address("alpha", 0, state=AddressState.RUNNING)
        self.calls = Calls(self.local, "a", self.telling)
        self.calls.beat(7, 100.0)
        self.outcomes: list[Answer] = []

    def outputs(self) -> list[Output]:
        return [o for o in self.telling.take() if isinstance(o, Ask | Do | Reply)]

    def ask(self, address: Address, now: float = 100.0) -> str:
        self.calls.ask(address, "stop", "shop:web", "", now, self.outcomes.append)
        (output,) = self.outputs()
        assert isinstance(output, Ask | Do)
        return output.call.call_id if isinstance(output, Ask) else output.call_id

    def asked(self, call: Call, now: float = 101.0, obeyed: int = 0) -> list[Output]:
        self.calls.asked(BETA, call, obeyed, now)
        return self.outputs()


def test_a_call_for_ourselves_goes_to_our_supervisord() -> None:
    made = Made()
    number = made.ask(made.local)
    made.calls.done(Answer(number))
    assert made.outcomes == [Answer(number)]


def test_a_call_for_a_peer_carries_what_it_is_judged_by() -> None:
    made = Made()
    made.calls.ask(BETA, "start", "shop:web", "-x", 100.0, made.outcomes.append, Vote(3, "m", "b"))
    (output,) = made.outputs()
    assert output == Ask(
        "beta", Call("alpha-a-1", "start", "shop:web", "-x", Vote(3, "m", "b"), "b", 0, TIMEOUT_S)
    )


def test_each_call_has_one_outcome() -> None:
    made = Made()
    first, second = made.ask(BETA), made.ask(BETA)
    assert first != second
    made.calls.answered(BETA, Answer(first, "FAILED", "why"))
    made.calls.answered(BETA, Answer(first))
    made.calls.expire(100.0 + TIMEOUT_S)
    assert [(a.call_id, a.fault) for a in made.outcomes] == [(first, "FAILED"), (second, "FAILED")]
    assert "whether it was done is unknown" in made.outcomes[1].text
    made.calls.answered(BETA, Answer(second))
    assert len(made.outcomes) == 2
    assert made.calls.due_s is None


def test_the_answer_of_another_peer_does_not_count() -> None:
    made = Made()
    number = made.ask(BETA)
    made.calls.answered(Address("gamma", 2), Answer(number))
    assert made.outcomes == []
    assert made.calls.due_s == 100.0 + TIMEOUT_S


def test_what_a_peer_asks_is_done_once_and_answered() -> None:
    made = Made()
    assert made.asked(CALL) == [Do("beta-b-1", "stop", "shop:web", "")]
    assert made.asked(CALL) == []
    made.calls.done(Answer("beta-b-1", "NOT_RUNNING", "shop:web"))
    answer = Reply("beta", Answer("beta-b-1", "NOT_RUNNING", "shop:web"))
    assert made.outputs() == [answer]
    assert made.asked(CALL) == [answer]


REFUSED = [
    (replace(CALL, agent_boot="an earlier one"), 101.0, 0, "for an agent that has ended"),
    (replace(CALL, beat=6), 101.0, 0, "too late"),
    (CALL, 100.1 + TIMEOUT_S, 0, "too late"),
    (replace(CALL, leader=Vote(2, "beta", "b")), 101.0, 3, "epoch 2, and 3 has begun"),
]


@pytest.mark.parametrize(("call", "now", "obeyed", "why"), REFUSED)
def test_what_is_refused(call: Call, now: float, obeyed: int, why: str) -> None:
    (output,) = Made().asked(call, now, obeyed)
    assert isinstance(output, Reply)
    assert output.answer.fault == "FAILED"
    assert output.answer.text.startswith("alpha refused it")
    assert why in output.answer.text


@pytest.mark.parametrize("epoch", [3, 4])
def test_a_master_that_is_obeyed_is_not_refused(epoch: int) -> None:
    (output,) = Made().asked(replace(CALL, leader=Vote(epoch, "beta", "b")), obeyed=3)
    assert isinstance(output, Do)


def test_who_is_not_running_is_refused() -> None:
    made = Made()
    made.calls.asked(replace_state(AddressState.SILENT), CALL, 0, 101.0)
    (output,) = made.outputs()
    assert isinstance(output, Reply)
    assert "beta is not RUNNING here" in output.answer.text


def replace_state(state: AddressState) -> Address:
    return Address("beta", 1, state=state, agent_boot="b")


def test_what_is_remembered_of_calls_is_bounded() -> None:
    made = Made()
    for number in range(REMEMBERED_MAX + 5):
        made.asked(replace(CALL, call_id=str(number), beat=6))
    assert len(made.calls._answers) == REMEMBERED_MAX


@pytest.mark.parametrize("runs", [True, False])
def test_a_core_does_what_a_running_peer_asks(runs: bool) -> None:
    it = stage("beta")
    if not runs:
        it.peers["beta"].beats = False
        it.seconds(6)
    beat = of(Say, it.seconds(1))[-1].beat.number
    it.turn(Asked("beta", replace(CALL, agent_boot="1", beat=beat)))
    assert bool(of(Do, it.outputs)) == runs
    assert bool(of(Reply, it.outputs)) != runs
