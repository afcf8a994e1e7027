"""Semantics, section 5, row by row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from supvisors.core.inputs import ProcessChanged
from supvisors.core.process import Forced, Process, info_after
from supvisors.core.processes import Processes
from supvisors.core.rulebook import NO_RULES, FixedRules
from supvisors.model import ExitFacts, ProcessInfo, ProcessRule, ProcessState, ProcessStatus

ADDRESSES = ("alpha", "beta", "gamma")
S = ProcessState


def info(
    state: str, event_ns: int = 0, expected: bool = True, group: str = "shop", name: str = "web"
) -> ProcessInfo:
    return ProcessInfo(group, name, ProcessState[state], expected, event_ns=event_ns)


def known(*infos: ProcessInfo | None, managed: bool = False, single: bool = True) -> Process:
    """Return a process with one info per address, None where it is not known."""
    process = Process("shop", "web", ProcessRule(single=single), managed)
    for index, each in enumerate(infos):
        process.put(index, each)
    return process


def in_states(*states: str | None, managed: bool = True, single: bool = True) -> Process:
    infos = [info(state) if state is not None else None for state in states]
    return known(*infos, managed=managed, single=single)


def merged(process: Process) -> tuple[str, bool]:
    body = process.body(ADDRESSES)
    return body.state.name, body.expected_exit


#: states on alpha, beta, gamma -> merged state, addresses, conflict
PRESENT = [
    (("RUNNING", None, None), "RUNNING", ["alpha"], False),
    (("STARTING", "STOPPED", None), "STARTING", ["alpha"], False),
    (("FATAL", "BACKOFF", "EXITED"), "BACKOFF", ["beta"], False),
    (("STOPPING", None, "STOPPED"), "STOPPING", ["alpha"], False),
    (("STOPPING", "STOPPING", None), "STOPPING", ["alpha", "beta"], False),
    (("STOPPING", "RUNNING", None), "RUNNING", ["alpha", "beta"], False),
    (("STOPPING", "STARTING", None), "STARTING", ["alpha", "beta"], False),
    (("RUNNING", "RUNNING", None), "RUNNING", ["alpha", "beta"], True),
    (("BACKOFF", None, "RUNNING"), "RUNNING", ["alpha", "gamma"], True),
    (("STARTING", "BACKOFF", None), "BACKOFF", ["alpha", "beta"], True),
    (("STARTING", "STARTING", "STOPPING"), "STARTING", ["alpha", "beta", "gamma"], True),
    (("STARTING", "BACKOFF", "RUNNING"), "RUNNING", ["alpha", "beta", "gamma"], True),
    (("UNKNOWN", "STOPPED", None), "STOPPED", [], False),
]


@pytest.mark.parametrize(("states", "state", "addresses", "conflict"), PRESENT)
def test_where_it_is_present_decides(
    states: tuple[str | None, ...], state: str, addresses: list[str], conflict: bool
) -> None:
    process = in_states(*states)
    body = process.body(ADDRESSES)
    assert (body.state.name, list(body.addresses)) == (state, addresses)
    assert process.in_conflict == conflict


@pytest.mark.parametrize(
    ("managed", "single", "conflict"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
)
def test_only_a_managed_single_process_is_in_conflict(
    managed: bool, single: bool, conflict: bool
) -> None:
    process = in_states("RUNNING", "RUNNING", managed=managed, single=single)
    assert process.in_conflict == conflict


@pytest.mark.parametrize(
    ("alpha_ns", "beta_ns", "state"),
    [(5, 4, "EXITED"), (4, 5, "STOPPED"), (5, 5, "STOPPED")],  # equal dates: list order decides
)
def test_where_it_is_nowhere_the_newest_info_decides(
    alpha_ns: int, beta_ns: int, state: str
) -> None:
    process = known(info("EXITED", alpha_ns, expected=False), info("STOPPED", beta_ns))
    assert merged(process) == (state, state != "EXITED")


def test_the_last_info_of_an_address_replaces_an_earlier_one_whatever_its_date() -> None:
    process = known(info("FATAL", 9), info("STOPPED", 5))
    process.put(0, info("EXITED", 4))  # the clock of alpha was set back
    assert merged(process) == ("STOPPED", True)
    assert process.body(ADDRESSES).last_event_time_s == 0
    process.put(1, None)
    assert merged(process) == ("EXITED", True)


@pytest.mark.parametrize(
    ("beta", "state"),
    [
        (None, "FATAL"),
        (info("STOPPED", 8), "FATAL"),
        (info("STOPPED", 10), "STOPPED"),
        (info("RUNNING", 1), "RUNNING"),
    ],
)
def test_a_forced_state_holds_until_a_newer_event(beta: ProcessInfo | None, state: str) -> None:
    process = known(info("UNKNOWN", 5))
    process.forced = {0: Forced(S.FATAL, 9)}
    process.put(1, beta)
    assert merged(process) == (state, True)


def test_what_a_lost_host_says_itself_ends_what_was_forced() -> None:
    processes = Processes(ADDRESSES, NO_RULES)
    processes.replace(0, [info("RUNNING", 5)])
    processes.lose(0, LOST_NS)
    (process,) = processes.replace(0, [info("UNKNOWN", 5)])
    assert process.body(ADDRESSES).state is S.UNKNOWN


def test_the_order_in_which_hosts_are_lost_and_processes_removed_is_of_no_account() -> None:
    """A verdict counts as soon as the process is nowhere, whenever that is."""
    first, second = Processes(ADDRESSES, NO_RULES), Processes(ADDRESSES, NO_RULES)
    for processes in (first, second):
        processes.replace(0, [info("RUNNING", 5)])
        processes.replace(1, [info("RUNNING", 6)])
    first.lose(0, LOST_NS)
    first.replace(1, [])
    second.replace(1, [])
    second.lose(0, LOST_NS)
    assert [p.body(ADDRESSES) for p in first] == [p.body(ADDRESSES) for p in second]
    assert [p.body(ADDRESSES).state for p in first] == [S.FATAL]


def test_last_event_is_the_newest_of_all_addresses_in_whole_seconds() -> None:
    process = known(info("STOPPED", 8_999_999_999), info("STOPPED", 7_000_000_000))
    assert process.body(ADDRESSES) == ProcessStatus("shop", "web", S.STOPPED, True, 8, ())


# --- changes ---------------------------------------------------------------------------------


def change(state: str, pid: int = 0, exit_facts: ExitFacts | None = None) -> ProcessChanged:
    return ProcessChanged(
        "alpha", "boot", 1, 9, "shop", "web", ProcessState[state], pid=pid, exit=exit_facts
    )


@pytest.mark.parametrize("state", list(ProcessState))
def test_a_pid_is_kept_only_where_there_is_a_process(state: ProcessState) -> None:
    spawned = state in (S.STARTING, S.RUNNING, S.STOPPING)
    assert info_after(change(state.name, pid=12), None).pid == (12 if spawned else 0)


def test_a_list_is_believed_about_a_pid_only_where_there_is_a_process() -> None:
    processes = Processes(ADDRESSES, NO_RULES)
    processes.replace(0, [replace(info("EXITED"), pid=12)])
    assert [process.infos[0].pid for process in processes] == [0]


def test_how_the_last_run_ended_is_kept_until_the_next_end() -> None:
    first, second = ExitFacts(code=1), ExitFacts(signal=9)
    ended = info_after(change("EXITED", exit_facts=first), None)
    again = info_after(change("STARTING", pid=5), ended)
    assert (ended.exit, again.exit) == (first, first)
    assert info_after(change("BACKOFF", exit_facts=second), again).exit == second


@pytest.mark.parametrize("state", list(ProcessState))
def test_only_an_exit_can_be_unexpected(state: ProcessState) -> None:
    unexpected = replace(change(state.name), expected=False)
    assert info_after(unexpected, None).expected == (state is not S.EXITED)


# --- lists -----------------------------------------------------------------------------------


def names(touched: list[Process]) -> list[str]:
    return [f"{process.group}:{process.name}" for process in touched]


def test_replacing_a_list_touches_only_what_differs() -> None:
    processes = Processes(ADDRESSES, NO_RULES)
    web, db, log = (info("STOPPED", name=name) for name in ("web", "db", "log"))
    assert names(processes.replace(0, [web, db])) == ["shop:web", "shop:db"]
    assert names(processes.replace(0, [web, db])) == []
    running = replace(db, state=S.RUNNING)
    assert names(processes.replace(0, [running, log])) == ["shop:db", "shop:log", "shop:web"]


def test_replacing_a_group_leaves_the_others() -> None:
    processes = Processes(ADDRESSES, NO_RULES)
    processes.replace(0, [info("STOPPED"), info("STOPPED", group="office")])
    assert names(processes.replace(0, [], "shop")) == ["shop:web"]
    assert names(processes.replace(0, [], "nobody")) == []


def test_replacing_a_list_leaves_the_other_addresses() -> None:
    processes = Processes(ADDRESSES, NO_RULES)
    processes.replace(0, [info("STOPPED", 1_000_000_000)])
    processes.replace(1, [info("RUNNING", 2_000_000_000)])
    (process,) = processes.replace(1, [])
    assert processes.settle(process) == ProcessStatus("shop", "web", S.STOPPED, True, 1, ())
    assert [p.name for p in processes] == ["web"]


def test_a_process_that_nobody_knows_any_more_is_unknown_then_forgotten() -> None:
    processes = Processes(ADDRESSES, NO_RULES)
    (process,) = processes.replace(0, [info("EXITED", 3_000_000_000, expected=False)])
    processes.settle(process)
    (process,) = processes.replace(0, [])
    assert processes.settle(process) == ProcessStatus("shop", "web", S.UNKNOWN, True, 3, ())
    assert list(processes) == []


# --- loading ---------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(ProcessState))
def test_a_process_loads_its_address_while_it_is_present(state: ProcessState) -> None:
    processes = Processes(ADDRESSES, FixedRules({"shop:web": ProcessRule(expected_loading=30)}))
    processes.replace(1, [info(state.name)])
    present = state in (S.STARTING, S.RUNNING, S.BACKOFF, S.STOPPING)
    assert [processes.loading(index) for index in range(3)] == [0, 30 if present else 0, 0]
    processes.replace(1, [])
    assert processes.loading(1) == 0


def test_a_loading_is_clamped_but_not_forgotten() -> None:
    rule = ProcessRule(expected_loading=60)
    processes = Processes(ADDRESSES, FixedRules({"shop:web": rule, "shop:db": rule}))
    processes.replace(0, [info("RUNNING", name="web"), info("RUNNING", name="db")])
    assert processes.loading(0) == 100
    processes.replace(0, [info("RUNNING", name="web")])
    assert processes.loading(0) == 60


# --- host lost -------------------------------------------------------------------------------

LOST_NS = 100

#: state on alpha, which is lost, and on beta -> merged state, info of alpha
LOST = [
    ("RUNNING", None, "FATAL", "UNKNOWN"),
    ("STARTING", None, "FATAL", "UNKNOWN"),
    ("BACKOFF", None, "FATAL", "UNKNOWN"),
    ("STOPPING", None, "STOPPED", "UNKNOWN"),
    ("RUNNING", "STOPPED", "FATAL", "UNKNOWN"),
    ("RUNNING", "RUNNING", "RUNNING", "UNKNOWN"),
    ("RUNNING", "STOPPING", "STOPPING", "UNKNOWN"),
    ("STOPPED", None, "STOPPED", "STOPPED"),
    ("EXITED", None, "EXITED", "EXITED"),
    ("FATAL", None, "FATAL", "FATAL"),
]


@pytest.mark.parametrize(("alpha", "beta", "state", "alpha_after"), LOST)
def test_host_lost(alpha: str, beta: str | None, state: str, alpha_after: str) -> None:
    processes = Processes(ADDRESSES, FixedRules({"shop:web": ProcessRule(expected_loading=10)}))
    spawned = alpha in ("STARTING", "RUNNING", "STOPPING")
    processes.replace(0, [replace(info(alpha, 5), pid=12 if spawned else 0)])
    if beta is not None:
        processes.replace(1, [info(beta, 6)])

    touched = processes.lose(0, LOST_NS)

    (process,) = processes
    assert touched == ([process] if alpha_after == "UNKNOWN" else [])
    assert (process.infos[0].state.name, process.infos[0].pid) == (alpha_after, 0)
    assert process.body(ADDRESSES).state.name == state
    assert "alpha" not in process.body(ADDRESSES).addresses
    assert processes.loading(0) == 0


def test_a_newer_event_replaces_the_verdict_on_a_lost_host() -> None:
    processes = Processes(ADDRESSES, NO_RULES)
    processes.replace(0, [info("RUNNING", 5)])
    processes.lose(0, LOST_NS)
    (process,) = processes
    assert process.body(ADDRESSES).state is S.FATAL

    for state, event_ns in (("RUNNING", LOST_NS + 1), ("STOPPED", LOST_NS + 2)):
        processes.replace(1, [info(state, event_ns)])
        assert process.body(ADDRESSES).state.name == state


def test_both_hosts_of_a_process_lost() -> None:
    processes = Processes(ADDRESSES, NO_RULES)
    processes.replace(0, [info("RUNNING", 5)])
    processes.replace(1, [info("RUNNING", 6)])
    processes.lose(0, LOST_NS)
    processes.lose(1, LOST_NS + 1)
    (process,) = processes
    assert process.body(ADDRESSES) == ProcessStatus("shop", "web", S.FATAL, True, 0, ())
