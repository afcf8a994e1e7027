"""Plans under way: order, waits, failures, time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from supvisors.core.jobs import MARGIN_S
from supvisors.core.outputs import Publish
from supvisors.model import (
    AddressMarker,
    ApplicationRule,
    ApplicationState,
    ApplicationStatus,
    ProcessRule,
    StartingFailureStrategy,
    StartingStrategy,
)
from supvisors.model import ProcessState as S
from tests.core.managed import Managed, ranks
from tests.core.stage import LOCAL


def shop(**numbers: int) -> Managed:
    return Managed(ranks(**numbers))


def test_ranks_follow_each_other_and_one_rank_goes_together() -> None:
    it = shop(db=1, web=2, cache=2, tool=0)
    assert it.pending() == ["start shop:db at alpha"]
    it.obey_first()
    assert it.pending() == ["start shop:cache at alpha", "start shop:web at alpha"]
    it.obey()
    assert it.application("shop").state is ApplicationState.RUNNING
    assert it.status("shop:tool").state is S.STOPPED


def test_applications_follow_each_other_by_their_ranks() -> None:
    rules = {**ranks(web=1), "base:db": ProcessRule(start_sequence=9)}
    it = Managed(rules, {"shop": ApplicationRule(2), "base": ApplicationRule(1)})
    assert it.obey() == ["start base:db at alpha", "start shop:web at alpha"]


def test_a_loader_is_waited_for_until_it_has_exited() -> None:
    rules = {"shop:loader": ProcessRule(start_sequence=1, wait_exit=True), **ranks(web=2)}
    it = Managed(rules)
    it.obey()
    it.seconds(1000)
    assert it.done[-1].words == "start shop:loader at alpha"
    it.tell("shop:loader", LOCAL, S.EXITED)
    assert it.pending() == ["start shop:web at alpha"]


def test_the_application_does_not_flap() -> None:
    it = shop(db=1, web=2)
    it.obey()
    bodies = [o.body for o in it.outputs if isinstance(o, Publish)]
    applications = [body for body in bodies if isinstance(body, ApplicationStatus)]
    states = [body.state.name for body in applications]
    assert list(dict.fromkeys(states)) == ["STOPPED", "STARTING", "RUNNING"]
    assert not any(body.major_failure for body in applications)


@pytest.mark.parametrize(
    ("strategy", "after"),
    [
        (StartingFailureStrategy.ABORT, []),
        (StartingFailureStrategy.STOP, ["stop shop:db at alpha"]),
        (StartingFailureStrategy.CONTINUE, ["start shop:late at alpha"]),
    ],
)
def test_what_follows_when_a_required_process_fails(
    strategy: StartingFailureStrategy, after: list[str]
) -> None:
    rules = ranks(db=1, web=2, late=3)
    rules["shop:web"] = replace(rules["shop:web"], starting_failure_strategy=strategy)
    it = Managed(rules)
    it.answers["shop:web"] = (S.STARTING, S.BACKOFF, S.FATAL)
    assert it.obey() == ["start shop:db at alpha", "start shop:web at alpha", *after]
    assert it.supvisors == "OPERATION"


def test_an_optional_process_that_fails_blocks_nothing() -> None:
    rules = {"shop:db": ProcessRule(start_sequence=1), **ranks(web=2)}
    it = Managed(rules)
    it.answers["shop:db"] = (S.STARTING, S.BACKOFF, S.FATAL)
    assert it.obey() == ["start shop:db at alpha", "start shop:web at alpha"]
    assert it.application("shop").minor_failure


def test_a_start_of_which_nothing_is_heard_is_declared_fatal_with_the_reason() -> None:
    it = shop(db=1)
    it.mute.add("shop:db")
    it.obey()
    it.seconds(5 + 14 + round(MARGIN_S) + 1)
    assert it.status("shop:db").state is S.FATAL
    assert "did not answer" in it.why("shop:db").decided
    it.tell("shop:db", LOCAL, S.STARTING)
    assert (it.status("shop:db").state, it.why("shop:db").decided) == (S.STARTING, "")


def test_each_sign_of_life_gives_a_start_its_time_anew() -> None:
    it = shop(db=1)
    it.answers["shop:db"] = (S.STARTING,)
    it.obey()
    for _ in range(5):
        it.seconds(15)
        it.tell("shop:db", LOCAL, S.BACKOFF, S.STARTING)
    assert it.supvisors == "DEPLOYMENT"
    it.seconds(25)
    assert it.supvisors == "OPERATION"
    assert it.status("shop:db").state is S.STARTING  # it is there, so that is the truth


def test_a_refusal_of_supervisord_is_the_reason() -> None:
    it = shop(db=1)
    it.refuses["shop:db"] = "NO_FILE"
    it.obey()
    assert it.status("shop:db").state is S.FATAL
    assert it.why("shop:db").decided == "shop:db: shop:db refused"


def test_a_start_whose_host_is_lost_is_placed_anew() -> None:
    rules = {"shop:web": ProcessRule(start_sequence=1, addresses=("beta", "gamma"))}
    it = Managed(rules)
    it.answers["shop:web"] = (S.STARTING,)
    assert it.obey() == ["start shop:web at beta"]
    it.answers.clear()
    it.lose("beta")
    assert it.obey() == ["start shop:web at gamma"]
    assert it.where("shop:web") == ("gamma",)


def test_what_is_on_its_way_counts_as_loading() -> None:
    rules = {f"shop:w{n}": ProcessRule(start_sequence=1, expected_loading=40) for n in range(5)}
    it = Managed(rules, {"shop": ApplicationRule(1, starting_strategy=StartingStrategy.CONFIG)})
    places = [told.rpartition(" ")[2] for told in it.pending()]
    assert places == ["alpha", "alpha", "beta", "beta", "gamma"]


def test_when_none_fits_the_process_is_fatal_and_each_address_says_why() -> None:
    it = Managed({"shop:web_7": ProcessRule(start_sequence=1, addresses=AddressMarker.OWN_INDEX)})
    assert it.pending() == []
    assert it.status("shop:web_7").state is S.FATAL
    assert "alpha is not an address of its rule" in it.why("shop:web_7").decided


def test_one_for_each_address() -> None:
    it = Managed({"shop:agent": ProcessRule(start_sequence=1, single=False)})
    assert it.obey() == [f"start shop:agent at {name}" for name in ("alpha", "beta", "gamma")]
    assert it.core.view().conflicts == ()


def test_orders_carry_their_cause() -> None:
    it = shop(db=1)
    it.obey()
    assert it.done[0].cause == "automatic start of shop (application rank 1), rank 1"
    assert it.why("shop:db").transitions[-1].why == it.done[0].cause


def test_a_process_that_an_operator_stops_while_it_starts_does_not_run_in_the_end() -> None:
    it = shop(db=1, web=2)
    it.answers["shop:db"] = (S.STARTING,)
    it.wish("stopped", "shop:db")
    it.obey()
    assert it.where("shop:db") == ()
    assert [told.verb for told in it.done if told.namespec == "shop:db"] == ["start", "stop"]


def test_a_list_from_before_the_order_is_no_failure_of_the_start() -> None:
    it = Managed(ranks(db=1, web=2))
    it.tell("shop:db", LOCAL, S.STOPPED)  # of an earlier life, told late
    assert it.supvisors == "DEPLOYMENT"
    assert it.status("shop:db").state is S.STOPPED
    assert it.obey() == ["start shop:db at alpha", "start shop:web at alpha"]
