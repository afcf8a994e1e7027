"""What operators ask the master for: taken whole, or refused with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from supvisors.core.messages import RequestVerb
from supvisors.core.outputs import Respond
from supvisors.model import ApplicationState, ProcessRule
from supvisors.model import ProcessState as S
from tests.core.managed import Managed, ranks
from tests.core.stage import LOCAL


@pytest.fixture
def it() -> Managed:
    """Return shop with db and web, in this order, both RUNNING on alpha."""
    made = Managed(ranks(db=1, web=2))
    made.obey()
    made.forget()
    return made


def answered(it: Managed, request: int) -> Respond:
    response = it.response(request)
    assert response is not None, "it still waits"
    return response


def test_an_application_stops_in_reverse_and_stays_stopped(it: Managed) -> None:
    request = it.plead("stop_application", "shop")
    assert it.application("shop").state is ApplicationState.STOPPING
    assert it.response(request) is None
    assert it.obey() == ["stop shop:web at alpha", "stop shop:db at alpha"]
    assert answered(it, request).fault == ""
    assert it.application("shop").state is ApplicationState.STOPPED
    assert [i.wanted for i in it.core.view().intents] == ["stopped", "stopped"]


def test_a_start_ends_the_wishes_that_forbid_it(it: Managed) -> None:
    it.plead("stop_application", "shop")
    it.obey()
    request = it.plead("start_application", "shop")
    assert it.obey() == ["start shop:db at alpha", "start shop:web at alpha"]
    assert answered(it, request).fault == ""
    assert [i.wanted for i in it.core.view().intents] == ["started", "started"]


def test_an_application_restarts(it: Managed) -> None:
    request = it.plead("restart_application", "shop")
    assert it.obey() == [
        "stop shop:web at alpha",
        "stop shop:db at alpha",
        "start shop:db at alpha",
        "start shop:web at alpha",
    ]
    assert answered(it, request).fault == ""


def test_without_wait_the_answer_comes_when_it_is_taken(it: Managed) -> None:
    request = it.plead("restart_process", "shop:web", wait=False)
    assert answered(it, request).fault == ""
    assert it.obey() == ["stop shop:web at alpha", "start shop:web at alpha"]


def test_a_start_that_fails_is_told_to_who_waits(it: Managed) -> None:
    it.answers["shop:web"] = (S.STARTING, S.BACKOFF, S.FATAL)
    request = it.plead("restart_process", "shop:web")
    it.obey()
    response = answered(it, request)
    assert response.fault == "ABNORMAL_TERMINATION"
    assert response.text == "shop:web is FATAL on alpha"


def test_a_strategy_of_the_request_goes_before_the_rules(it: Managed) -> None:
    it.tell("shop:web", LOCAL, S.STOPPING, S.STOPPED)
    it.core.handle(it.now, it.taps[LOCAL].beat())
    rules = {n: replace(r, expected_loading=10) for n, r in ranks(db=1, web=1).items()}
    other = Managed(rules)
    other.obey()
    other.plead("stop_application", "shop")
    other.obey()
    other.plead("start_application", "shop", strategy="LESS_LOADED")
    assert other.obey() == ["start shop:db at alpha", "start shop:web at beta"]


REFUSALS: list[tuple[RequestVerb, str, str, str]] = [
    ("start_application", "shop", "ALREADY_STARTED", "runs already"),
    ("start_process", "shop:web", "ALREADY_STARTED", "runs already"),
    ("start_process", "shop:gone", "BAD_NAME", "no process is named"),
    ("rolling_restart", "shop:tool", "NOT_RUNNING", "none of shop:tool runs"),
    ("conciliate", "", "FAILED", "there is no conflict"),
]


@pytest.mark.parametrize(("verb", "name", "fault", "text"), REFUSALS)
def test_what_is_refused(verb: RequestVerb, name: str, fault: str, text: str) -> None:
    it = Managed(ranks(db=1, web=2, tool=0))
    it.obey()
    names = (name,) if name else ()
    response = answered(it, it.plead(verb, *names, strategy="STOP" if not name else ""))
    assert response.fault == fault
    assert text in response.text
    assert it.pending() == []


def test_a_second_request_does_not_overwrite_the_first() -> None:
    it = Managed(ranks(db=1, web=2))
    for verb, name in (("start_application", "shop"), ("start_process", "shop:web")):
        response = answered(it, it.plead(verb, name))  # type: ignore[arg-type]
        assert response.fault == "FAILED"
        assert "automatic start of shop" in response.text
    assert it.obey() == ["start shop:db at alpha", "start shop:web at alpha"]


def test_a_stop_ends_the_start_under_way() -> None:
    it = Managed(ranks(db=1, web=2))
    it.obey_first()  # db runs, web is ordered
    stop = it.plead("stop_application", "shop")
    it.obey()
    it.seconds(1)
    it.obey()
    assert answered(it, stop).fault == ""
    assert it.where("shop:db") == ()
    it.seconds(60)
    assert it.pending() == []


def test_where_nothing_fits_a_start_is_refused_and_each_address_says_why(it: Managed) -> None:
    it.tell("shop:web", LOCAL, S.STOPPING, S.STOPPED)
    for name in ("alpha", "beta", "gamma"):
        it.wish("drained", name)
    response = answered(it, it.plead("start_process", "shop:web"))
    assert response.fault == "FAILED"
    assert "alpha is drained; beta is drained; gamma is drained" in response.text


def test_what_is_disabled_is_refused_until_it_is_enabled(it: Managed) -> None:
    it.wish("disabled", "shop:web")
    response = answered(it, it.plead("restart_process", "shop:web"))
    assert "'supvisors enable shop:web' first" in response.text
    it.wish("auto", "shop:web")
    it.plead("restart_process", "shop:web")
    assert it.obey() == ["stop shop:web at alpha", "start shop:web at alpha"]


def test_without_a_quorum_nothing_is_started_and_stops_go_on() -> None:
    it = Managed(ranks(db=1), quorum=3)
    it.obey()
    it.lose("gamma")
    assert "no quorum" in answered(it, it.plead("restart_process", "shop:db")).text
    it.plead("stop_application", "shop")
    assert it.obey() == ["stop shop:db at alpha"]


# --- several at a time -------------------------------------------------------------------------


def rolling() -> Managed:
    rules = {f"shop:w{n}": ProcessRule(start_sequence=1, expected_loading=40) for n in range(4)}
    it = Managed(rules)
    it.obey()
    it.done.clear()
    return it


def test_a_rolling_restart_has_so_many_down_at_a_time_each_where_it_was() -> None:
    it = rolling()
    request = it.plead("rolling_restart", "shop:w0", "shop:w1", "shop:w2", k=2)
    assert it.obey() == [
        "stop shop:w0 at alpha",
        "stop shop:w1 at alpha",
        "start shop:w0 at alpha",
        "start shop:w1 at alpha",
        "stop shop:w2 at beta",
        "start shop:w2 at beta",
    ]
    assert answered(it, request).fault == ""


def test_a_rolling_restart_ends_at_the_first_failure() -> None:
    it = rolling()
    it.answers["shop:w0"] = (S.STARTING, S.BACKOFF, S.FATAL)
    request = it.plead("rolling_restart", "shop:w0", "shop:w1", "shop:w2")
    assert it.obey() == ["stop shop:w0 at alpha", "start shop:w0 at alpha"]
    assert answered(it, request).fault == "ABNORMAL_TERMINATION"


def test_a_drain_moves_one_after_the_other() -> None:
    it = rolling()
    request = it.plead("drain", "alpha")
    assert it.obey() == [
        "stop shop:w0 at alpha",
        "start shop:w0 at gamma",
        "stop shop:w1 at alpha",
        "start shop:w1 at gamma",
    ]
    assert answered(it, request).fault == ""
    it.wish("auto", "alpha")
    assert it.why("shop:w0").places[0] == ("alpha", "")


def test_what_fits_nowhere_else_stays_and_the_drain_says_so(it: Managed) -> None:
    for name in ("beta", "gamma"):
        it.wish("drained", name)
    request = it.plead("drain", "alpha")
    assert it.obey() == []
    assert "shop:web stays on alpha" in answered(it, request).text
    assert it.where("shop:web") == ("alpha",)
