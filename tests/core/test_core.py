"""What clients are told, and when: semantics, section 2, and a list of one."""

from __future__ import annotations

from typing import Literal

import pytest

from supvisors.core import Core
from supvisors.core.inputs import AgentLeaving, Input, ProcessChanged, Started, Wake
from supvisors.core.outputs import Note
from supvisors.core.process import ProcessOnAddress
from supvisors.model import (
    AddressState,
    AddressStatus,
    ApplicationState,
    ApplicationStatus,
    ExitFacts,
    ProcessEvent,
    ProcessInfo,
    ProcessRule,
    ProcessState,
    ProcessStatus,
    SupvisorsState,
    SupvisorsStatus,
)
from tests.core.taps import Tap, bodies, heard, notes, started, tap

S = ProcessState
AT_NS = 1_700_000_000_999_999_999
AT_S = 1_700_000_000


# --- the way to OPERATION --------------------------------------------------------------------


def test_initialization_is_published_first_then_each_address() -> None:
    core = Core(["alpha", "beta"], "alpha")
    assert bodies(core.handle(0.0, Started())) == [
        SupvisorsStatus(SupvisorsState.INITIALIZATION),
        AddressStatus("alpha", AddressState.UNKNOWN),
        AddressStatus("beta", AddressState.UNKNOWN),
    ]


def test_a_beat_then_the_list_lead_to_operation() -> None:
    source = tap(web="RUNNING")
    core = Core(["alpha"], "alpha")
    core.handle(0.0, Started())

    assert bodies(core.handle(0.1, source.beat(1_000))) == [
        AddressStatus("alpha", AddressState.CHECKING, 1_000, 1_001)
    ]
    assert bodies(core.handle(0.2, source.loaded())) == [
        ProcessStatus("shop", "web", S.RUNNING, True, 0, ("alpha",)),
        ApplicationStatus("shop", ApplicationState.RUNNING),
        AddressStatus("alpha", AddressState.RUNNING, 1_000, 1_001),
        SupvisorsStatus(SupvisorsState.DEPLOYMENT),
        SupvisorsStatus(SupvisorsState.OPERATION),
    ]
    assert core.view().master == "alpha"


def test_the_list_then_a_beat_lead_to_operation() -> None:
    source = tap()
    core = Core(["alpha"], "alpha")
    core.handle(0.0, Started())

    assert bodies(core.handle(0.1, source.loaded())) == []
    assert bodies(core.handle(0.2, source.beat(1_000))) == [
        AddressStatus("alpha", AddressState.CHECKING, 1_000, 1_001),
        AddressStatus("alpha", AddressState.RUNNING, 1_000, 1_001),
        SupvisorsStatus(SupvisorsState.DEPLOYMENT),
        SupvisorsStatus(SupvisorsState.OPERATION),
    ]


def test_several_addresses_have_no_master_without_an_election() -> None:
    core = started(tap("alpha"), tap("beta"))
    assert core.view().master is None
    assert core.view().supvisors.state is SupvisorsState.INITIALIZATION
    assert [status.state.name for status in core.view().addresses] == ["RUNNING", "RUNNING"]


def test_every_move_is_explained() -> None:
    source = tap()
    core = Core(["alpha"], "alpha")
    core.handle(0.0, Started())
    core.handle(0.0, source.loaded())
    assert notes(core.handle(0.0, source.beat())) == [
        Note(
            "address state changed",
            (
                ("address", "alpha"),
                ("from", "UNKNOWN"),
                ("to", "CHECKING"),
                ("because", "a beat came from it"),
            ),
        ),
        Note(
            "address state changed",
            (
                ("address", "alpha"),
                ("from", "CHECKING"),
                ("to", "RUNNING"),
                ("because", "its process list is loaded"),
            ),
        ),
        Note("master changed", (("master", "alpha"), ("epoch", 1))),
        Note(
            "Supvisors state changed",
            (
                ("from", "INITIALIZATION"),
                ("to", "DEPLOYMENT"),
                ("because", "the local address is running and there is a master"),
            ),
        ),
        Note(
            "Supvisors state changed",
            (
                ("from", "DEPLOYMENT"),
                ("to", "OPERATION"),
                ("because", "no automatic start is left to do"),
            ),
        ),
    ]


# --- one change of a process -----------------------------------------------------------------


def test_event_then_process_then_application_then_address() -> None:
    source = tap(web="STOPPED")
    core = started(source, rules={"shop:web": ProcessRule(expected_loading=20)})
    change = source.change("shop", "web", S.STARTING, wall_ns=AT_NS, pid=12)
    assert bodies(core.handle(1.0, change)) == [
        ProcessEvent("shop", "web", S.STARTING, True, AT_S, 0, "alpha"),
        ProcessStatus("shop", "web", S.STARTING, True, AT_S, ("alpha",)),
        ApplicationStatus("shop", ApplicationState.STARTING),
        AddressStatus("alpha", AddressState.RUNNING, 1_000, 1_001, 20),
    ]


@pytest.mark.parametrize("state", list(ProcessState))
def test_the_event_has_a_pid_only_while_running_or_stopping(state: ProcessState) -> None:
    source = tap(web="STOPPED")
    core = started(source)
    event = bodies(core.handle(1.0, source.change("shop", "web", state, pid=12)))[0]
    assert isinstance(event, ProcessEvent)
    assert event.pid == (12 if state in (S.RUNNING, S.STOPPING) else 0)


def test_an_unexpected_exit_is_told_with_its_facts() -> None:
    source = tap(web="RUNNING")
    core = started(source)
    crash = ExitFacts(code=3, run_time_ms=250)
    outputs = core.handle(
        1.0, source.change("shop", "web", S.EXITED, expected=False, pid=12, exit_facts=crash)
    )
    assert bodies(outputs) == [
        ProcessEvent("shop", "web", S.EXITED, False, 0, 0, "alpha"),
        ProcessStatus("shop", "web", S.EXITED, False, 0, ()),
        ApplicationStatus("shop", ApplicationState.STOPPED),
    ]
    assert notes(outputs, "debug") == [
        Note(
            "process changed state",
            (
                ("address", "alpha"),
                ("process", "shop:web"),
                ("from", "RUNNING"),
                ("to", "EXITED"),
                ("seq", 1),
                ("code", 3),
                ("run_time_ms", 250),
            ),
            "debug",
        )
    ]
    assert core.view().infos == (
        ProcessOnAddress("alpha", ProcessInfo("shop", "web", S.EXITED, False, 0, 0, crash)),
    )


def test_an_event_that_changes_no_status_is_published_alone() -> None:
    source = tap(web="RUNNING")
    core = started(source)
    outputs = core.handle(1.0, source.change("shop", "web", S.RUNNING, wall_ns=5))
    assert bodies(outputs) == [ProcessEvent("shop", "web", S.RUNNING, True, 0, 0, "alpha")]


def test_an_application_whose_status_stays_is_not_repeated() -> None:
    source = tap(web="RUNNING", db="RUNNING")
    core = started(source)
    outputs = core.handle(1.0, source.change("shop", "db", S.STOPPED))
    assert [type(body).__name__ for body in bodies(outputs)] == ["ProcessEvent", "ProcessStatus"]


def test_a_process_that_the_list_lacks_is_added_with_a_warning() -> None:
    source = tap(web="RUNNING")
    core = started(source)
    outputs = core.handle(1.0, source.change("shop", "db", S.FATAL))
    assert notes(outputs) == [
        Note(
            "a process changed that the list of its address lacks: added",
            (("address", "alpha"), ("process", "shop:db")),
            "warn",
        )
    ]
    assert bodies(outputs)[1:] == [
        ProcessStatus("shop", "db", S.FATAL),
        ApplicationStatus("shop", ApplicationState.RUNNING, minor_failure=True),
    ]


# --- lists and groups ------------------------------------------------------------------------


def test_a_new_list_publishes_only_what_differs() -> None:
    source = tap(web="RUNNING", db="STOPPED", log="EXITED")
    core = started(source)
    source.change("shop", "db", S.RUNNING, wall_ns=2_000_000_000)
    del source.known["shop", "log"]

    outputs = core.handle(1.0, source.loaded(lost=(1, 1)))
    assert bodies(outputs) == [
        ProcessStatus("shop", "db", S.RUNNING, True, 2, ("alpha",)),
        ProcessStatus("shop", "log", S.UNKNOWN),
    ]
    assert notes(outputs) == [
        Note(
            "records lost: they are not published as events, the list replaces them",
            (("address", "alpha"), ("first", 1), ("last", 1)),
            "warn",
        ),
        Note(
            "process list loaded",
            (("address", "alpha"), ("boot", "b1"), ("seq", 1), ("processes", 2), ("changed", 2)),
        ),
    ]


def test_a_list_does_not_let_applications_flap() -> None:
    source = tap(web="STARTING", db="FATAL")
    core = started(source)
    source.known["shop", "web"] = ProcessInfo("shop", "web", S.FATAL)
    source.known["shop", "db"] = ProcessInfo("shop", "db", S.STARTING)
    assert [type(body).__name__ for body in bodies(core.handle(1.0, source.loaded()))] == [
        "ProcessStatus",
        "ProcessStatus",
    ]


def test_a_list_publishes_the_loading_that_it_brings() -> None:
    source = tap(web="STOPPED")
    core = started(source, rules={"shop:web": ProcessRule(expected_loading=20)})
    source.known["shop", "web"] = ProcessInfo("shop", "web", S.RUNNING)
    last = bodies(core.handle(1.0, source.loaded()))[-1]
    assert last == AddressStatus("alpha", AddressState.RUNNING, 1_000, 1_001, 20)


def test_a_group_comes_and_goes() -> None:
    source = tap(web="STOPPED")
    core = started(source)
    added = core.handle(1.0, source.add("office", [ProcessInfo("office", "desk", S.RUNNING)]))
    assert bodies(added) == [
        ProcessStatus("office", "desk", S.RUNNING, True, 0, ("alpha",)),
        ApplicationStatus("office", ApplicationState.RUNNING),
    ]

    removed = core.handle(2.0, source.remove("office"))
    assert bodies(removed) == [
        ProcessStatus("office", "desk", S.UNKNOWN),
        ApplicationStatus("office", ApplicationState.STOPPED),
    ]
    assert [status.application_name for status in core.view().applications] == ["shop"]
    assert notes(added) + notes(removed) == [
        Note(
            "group added", (("address", "alpha"), ("group", "office"), ("seq", 1), ("changed", 1))
        ),
        Note(
            "group removed", (("address", "alpha"), ("group", "office"), ("seq", 2), ("changed", 1))
        ),
    ]


def test_a_group_that_comes_again_is_published_again() -> None:
    source = tap(web="STOPPED")
    core = started(source)
    core.handle(1.0, source.remove("shop"))
    outputs = core.handle(2.0, source.add("shop", [ProcessInfo("shop", "web", S.STOPPED)]))
    assert bodies(outputs) == [
        ProcessStatus("shop", "web", S.STOPPED),
        ApplicationStatus("shop", ApplicationState.STOPPED),
    ]


def test_a_reset_is_a_diff() -> None:
    source = tap(web="STOPPED", db="STOPPED")
    core = started(source)
    web = source.known["shop", "web"]
    outputs = core.handle(1.0, source.reset([web, ProcessInfo("office", "desk", S.STOPPED)]))
    assert bodies(outputs) == [
        ProcessStatus("office", "desk", S.STOPPED),
        ProcessStatus("shop", "db", S.UNKNOWN),
        ApplicationStatus("office", ApplicationState.STOPPED),
    ]


# --- time ------------------------------------------------------------------------------------


def test_an_address_is_refreshed_every_five_seconds_with_its_newest_dates() -> None:
    source = tap()
    core = started(source)
    assert core.deadline() == 5.0
    assert bodies(core.handle(3.0, source.beat(4_000))) == []
    assert bodies(core.handle(4.0, source.beat(5_000))) == []
    assert bodies(core.handle(4.9, Wake())) == []
    assert core.deadline() == 5.0

    refreshed = [AddressStatus("alpha", AddressState.RUNNING, 5_000, 5_001)]
    assert bodies(core.handle(5.5, Wake())) == refreshed
    assert core.deadline() == 10.5
    assert bodies(core.handle(10.5, Wake())) == refreshed


def test_the_time_between_two_refreshes_is_a_choice() -> None:
    core = Core(["alpha"], "alpha", address_refresh_s=0.5)
    assert core.deadline() is None
    core.handle(2.0, Started())
    assert core.deadline() == 2.5


# --- the end ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "state"),
    [("shutdown", SupvisorsState.SHUTTING_DOWN), ("reload", SupvisorsState.RESTARTING)],
)
def test_supervisord_then_the_agent_leave(
    mode: Literal["shutdown", "reload"], state: SupvisorsState
) -> None:
    source = tap()
    core = started(source)
    assert bodies(core.handle(1.0, source.leaving(mode))) == [SupvisorsStatus(state)]
    assert bodies(core.handle(2.0, AgentLeaving())) == [SupvisorsStatus(SupvisorsState.SHUTDOWN)]
    assert core.deadline() is None


def test_the_agent_alone_leaves_and_nothing_changes() -> None:
    core = started(tap())
    outputs = core.handle(1.0, AgentLeaving())
    assert outputs == [
        Note(
            "the agent is leaving and supervisord stays: the Supvisors state does too",
            (("state", "OPERATION"),),
        )
    ]


def test_a_reload_under_a_living_agent_leads_back_to_operation() -> None:
    source = tap(web="STOPPED")
    core = started(source)
    core.handle(1.0, source.leaving("reload"))
    assert bodies(core.handle(2.0, source.reset(source.known.values()))) == [
        SupvisorsStatus(SupvisorsState.INITIALIZATION),
        SupvisorsStatus(SupvisorsState.DEPLOYMENT),
        SupvisorsStatus(SupvisorsState.OPERATION),
    ]


def test_one_supervisord_of_several_does_not_decide_for_all() -> None:
    alpha, beta = tap("alpha"), tap("beta")
    core = started(alpha, beta)
    outputs = core.handle(1.0, heard("alpha", beta.leaving("shutdown")))
    assert bodies(outputs) == []
    assert notes(outputs) == [
        Note("supervisord is leaving", (("address", "beta"), ("mode", "shutdown")))
    ]


# --- whose fault -----------------------------------------------------------------------------


def test_inputs_of_an_unlisted_address_are_dropped_and_counted() -> None:
    core = started(tap())
    stranger = Tap("omega")
    first = core.handle(1.0, heard("alpha", stranger.change("shop", "web", S.RUNNING)))
    assert first == [
        Note(
            "dropped: the address is not in the address list",
            (("address", "omega"),),
            "warn",
        )
    ]
    assert core.handle(1.0, heard("alpha", stranger.loaded())) == []
    assert core.handle(1.0, heard("alpha", Tap("delta").beat())) != []
    assert core.view().dropped == (("delta", 1), ("omega", 2))
    assert core.view().processes == ()


@pytest.mark.parametrize("happening", [Wake(), tap().beat(), tap().loaded(), AgentLeaving()])
def test_nothing_comes_before_the_start(happening: Input) -> None:
    with pytest.raises(AssertionError, match="came out of its turn"):
        Core(["alpha"], "alpha").handle(0.0, happening)


@pytest.mark.parametrize("happening", [Wake(), Started(), AgentLeaving()])
def test_nothing_comes_after_the_end(happening: Input) -> None:
    core = started(tap())
    core.handle(1.0, AgentLeaving())
    with pytest.raises(AssertionError):
        core.handle(2.0, happening)


def test_the_start_comes_once() -> None:
    with pytest.raises(AssertionError, match="came out of its turn"):
        started(tap()).handle(1.0, Started())


def records() -> list[Input]:
    """Return one record of each kind, numbered 1."""
    return [
        tap().change("shop", "web", S.RUNNING),
        tap().add("shop", []),
        tap().remove("shop"),
        tap().reset([]),
        tap().leaving("shutdown"),
    ]


@pytest.mark.parametrize("record", records(), ids=lambda record: type(record).__name__)
def test_every_kind_of_record_is_followed_in_sequence(record: Input) -> None:
    core = started(tap())
    core.handle(1.0, record)
    with pytest.raises(AssertionError, match="record 1 of alpha follows record 1"):
        core.handle(1.0, record)


def test_a_record_before_the_list_is_our_fault() -> None:
    core = Core(["alpha"], "alpha")
    core.handle(0.0, Started())
    with pytest.raises(AssertionError, match="before its process list was loaded"):
        core.handle(0.0, ProcessChanged("alpha", "b1", 1, 0, "shop", "web", S.RUNNING))


def test_an_address_is_listed_once_and_ours_is_listed() -> None:
    with pytest.raises(AssertionError, match="listed twice"):
        Core(["alpha", "alpha"], "alpha")
    with pytest.raises(AssertionError, match="beta is not in the address list"):
        Core(["alpha"], "beta")


def test_the_view_shows_conflicts_and_each_address_in_list_order() -> None:
    alpha, beta = tap("alpha", web="RUNNING"), tap("beta", web="STARTING")
    core = started(beta, alpha, rules={"shop:db": ProcessRule()}, addresses=("alpha", "beta"))
    assert core.view().conflicts == ("shop:web",)
    assert core.view().processes == (
        ProcessStatus("shop", "web", S.RUNNING, True, 0, ("alpha", "beta")),
    )
    assert [seen.address for seen in core.view().infos] == ["alpha", "beta"]
