"""Failures and conflicts: strategies, limits, and what is left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from supvisors.core import Policy
from supvisors.core.budget import TRIES_MAX
from supvisors.core.outputs import Say
from supvisors.model import (
    ConciliationStrategy,
    ProcessRule,
    RunningFailureStrategy,
)
from supvisors.model import ProcessState as S
from tests.core.managed import Managed, ranks
from tests.core.stage import LOCAL, of

F = RunningFailureStrategy
C = ConciliationStrategy


def shop(strategy: F, **numbers: int) -> Managed:
    rules = {
        name: replace(rule, running_failure_strategy=strategy)
        for name, rule in ranks(**numbers).items()
    }
    it = Managed(rules)
    it.obey()
    it.forget()
    return it


def crash(it: Managed, name: str, address: str = LOCAL) -> None:
    it.tell(name, address, S.EXITED, expected=False)


@pytest.mark.parametrize(
    ("strategy", "orders"),
    [
        (F.CONTINUE, []),
        (F.RESTART_PROCESS, ["start shop:web at alpha"]),
        (F.STOP_APPLICATION, ["stop shop:db at alpha"]),
        (
            F.RESTART_APPLICATION,
            ["stop shop:db at alpha", "start shop:db at alpha", "start shop:web at alpha"],
        ),
    ],
)
def test_a_crash(strategy: F, orders: list[str]) -> None:
    it = shop(strategy, db=1, web=2)
    crash(it, "shop:web")
    assert it.obey() == orders


def test_a_crash_that_supervisor_mends_itself_is_no_failure() -> None:
    it = shop(F.RESTART_PROCESS, web=1)
    it.tell("shop:web", LOCAL, S.EXITED, expected=False, again=True)
    it.tell("shop:web", LOCAL, S.STARTING, S.RUNNING)
    assert it.pending() == []


def test_a_host_that_is_lost() -> None:
    rules = {
        "shop:web": ProcessRule(
            start_sequence=1,
            addresses=("beta", "gamma"),
            running_failure_strategy=F.RESTART_PROCESS,
        )
    }
    it = Managed(rules)
    assert it.obey() == ["start shop:web at beta"]
    it.lose("beta")
    assert it.obey() == ["start shop:web at gamma"]


@pytest.mark.parametrize(
    ("strategy", "after"),
    [(F.CONTINUE, []), (F.STOP_APPLICATION, ["stop shop:db at alpha"])],
)
def test_a_host_that_comes_back_starts_nothing_that_was_dealt_with(
    strategy: F, after: list[str]
) -> None:
    rules = {"shop:db": ProcessRule(start_sequence=1)}
    rules["shop:web"] = ProcessRule(
        start_sequence=2, addresses=("beta",), running_failure_strategy=strategy
    )
    it = Managed(rules)
    it.obey()
    it.lose("beta")
    assert it.obey() == after
    beta = it.peers["beta"]
    known = beta.tap.known["shop", "web"]
    beta.tap.known["shop", "web"] = replace(known, state=S.STOPPED, event_ns=0)
    beta.beats, beta.tap.boot = True, "b2"
    it.seconds(1)
    it.turn(beta.fetched())
    it.seconds(5)
    assert it.status("shop:web").state is S.STOPPED
    assert it.pending() == []


def test_of_what_fails_together_the_strongest_strategy_counts() -> None:
    rules = ranks(db=1, web=1, log=1)
    for name, strategy in (("shop:db", F.RESTART_PROCESS), ("shop:web", F.STOP_APPLICATION)):
        rules[name] = replace(
            rules[name], running_failure_strategy=strategy, addresses=("beta", "gamma")
        )
    it = Managed(rules)
    it.obey()
    assert it.where("shop:db") == ("beta",)
    it.lose("beta")
    assert it.obey() == ["stop shop:log at alpha"]


def test_restarts_have_a_back_off_and_a_limit() -> None:
    it = shop(F.RESTART_PROCESS, web=1)
    tries = 0
    for _ in range(TRIES_MAX + 3):
        crash(it, "shop:web") if it.where("shop:web") else None
        it.seconds(20)
        tries += len(it.obey())
    assert tries == TRIES_MAX
    assert it.status("shop:web").state is S.FATAL
    assert "given up" in it.why("shop:web").decided


def test_after_the_limit_an_operator_starts_it_and_the_tries_begin_anew() -> None:
    it = shop(F.RESTART_PROCESS, web=1)
    for _ in range(TRIES_MAX + 1):
        crash(it, "shop:web")
        it.seconds(20)
        it.obey()
    it.plead("start_process", "shop:web")
    assert it.obey() == ["start shop:web at alpha"]
    crash(it, "shop:web")
    assert it.obey() == ["start shop:web at alpha"]


def test_a_restart_that_finds_no_address_waits_for_one() -> None:
    rules = {
        "shop:web": ProcessRule(
            start_sequence=1, addresses=("beta",), running_failure_strategy=F.RESTART_PROCESS
        )
    }
    it = Managed(rules)
    it.obey()
    it.wish("drained", "beta")
    crash(it, "shop:web", "beta")
    it.seconds(2)
    assert it.pending() == []
    assert "beta is drained" in it.why("shop:web").decided
    it.wish("auto", "beta")
    it.seconds(1)
    assert it.obey() == ["start shop:web at beta"]


def test_what_an_operator_stopped_is_not_repaired() -> None:
    it = shop(F.RESTART_PROCESS, web=1)
    it.wish("stopped", "shop:web")
    crash(it, "shop:web")
    it.seconds(5)
    assert it.pending() == []


def test_what_no_rule_names_is_left_alone() -> None:
    it = Managed(ranks(db=1), plain=["free:tool"])
    it.obey()
    for address in (LOCAL, "beta"):
        it.tell("free:tool", address, S.STARTING, S.RUNNING)
    crash(it, "free:tool")
    it.seconds(5)
    assert it.pending() == []
    assert it.core.view().conflicts == ()
    assert it.supvisors == "OPERATION"


# --- conflicts ---------------------------------------------------------------------------------


def twins(option: C = C.USER, strategy: F = F.CONTINUE) -> Managed:
    """Return web on alpha, which began first, and on beta."""
    rules = {"shop:web": replace(ranks(web=1)["shop:web"], running_failure_strategy=strategy)}
    it = Managed(rules, policy=Policy(conciliation=option))
    it.obey()
    it.tell("shop:web", "beta", S.STARTING, S.RUNNING)
    return it


def test_a_conflict_lasts_until_followers_have_heard_of_it() -> None:
    it = twins(C.SENICIDE)
    it.obey()
    assert it.supvisors == "CONCILIATION"
    (told,) = {beat.beat.state.name for beat in of(Say, it.seconds(1))}
    assert told == "CONCILIATION"
    it.seconds(1)
    assert it.supvisors == "OPERATION"


RESOLVED = [
    (C.SENICIDE, ["stop shop:web at alpha"]),
    (C.INFANTICIDE, ["stop shop:web at beta"]),
    (C.STOP, ["stop shop:web at alpha", "stop shop:web at beta"]),
    (
        C.RESTART,
        ["stop shop:web at alpha", "stop shop:web at beta", "start shop:web at alpha"],
    ),
]


@pytest.mark.parametrize(("strategy", "orders"), RESOLVED)
def test_the_option_resolves_conflicts(strategy: C, orders: list[str]) -> None:
    it = twins(strategy)
    assert it.supvisors == "CONCILIATION"
    assert it.obey() == orders
    it.seconds(2)
    assert it.supvisors == "OPERATION"


@pytest.mark.parametrize(("strategy", "orders"), RESOLVED)
def test_an_operator_resolves_conflicts(strategy: C, orders: list[str]) -> None:
    it = twins()
    it.seconds(60)
    assert (it.supvisors, it.pending()) == ("CONCILIATION", [])
    request = it.plead("conciliate", strategy=strategy.value)
    assert it.obey() == orders
    it.seconds(2)
    assert it.supvisors == "OPERATION"
    response = it.response(request)
    assert response is not None
    assert response.fault == ""


def test_the_running_failure_strategy_is_applied_after_the_stop() -> None:
    it = twins(C.RUNNING_FAILURE, F.RESTART_PROCESS)
    assert it.obey() == [
        "stop shop:web at alpha",
        "stop shop:web at beta",
        "start shop:web at alpha",
    ]


def test_repair_goes_on_while_a_conflict_waits_for_an_operator() -> None:
    rules = {
        "shop:web": ProcessRule(start_sequence=1),
        "shop:db": ProcessRule(start_sequence=1, running_failure_strategy=F.RESTART_PROCESS),
    }
    it = Managed(rules)
    it.obey()
    it.tell("shop:web", "beta", S.STARTING, S.RUNNING)
    assert it.supvisors == "CONCILIATION"
    crash(it, "shop:db")
    assert it.obey() == ["start shop:db at alpha"]
