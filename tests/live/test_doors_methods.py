"""Every method through both doors, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest

from tests.live.cluster import EVERY_S, Cluster, now
from tests.live.doors import Call, Door, commanded, through, tried
from tests.live.harness import wait_for
from tests.live.managed import copies, pid_of, wait_copies

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

IDLE: Final = "other:idle"


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three hosts; beta is asked, alpha is the master."""
    with commanded(tmp_path_factory.mktemp("doors")) as hosts:
        hosts.start()
        hosts.sites["alpha"].wait_output("app:base", "written")
        wait_copies(hosts, "app:base", ["alpha"])
        yield hosts


# --- what informs --------------------------------------------------------------------------

INFORMS: Final = [
    (Call("get_api_version", (), "supervisorctl sversion"), "1"),
    (Call("get_supvisors_state", (), "status --json"), "OPERATION"),
    (Call("get_master_address", (), "supervisorctl smaster"), "alpha"),
    (Call("get_strategies", (), "supervisorctl sstrategies"), "LESS_LOADED"),
    (Call("get_address_info", ("gamma",), "supervisorctl saddresses gamma"), "RUNNING"),
    (Call("get_all_addresses_info", (), "supervisorctl saddresses"), "gamma"),
    (Call("get_application_info", ("app",), "supervisorctl sapplications app"), "RUNNING"),
    (Call("get_all_applications_info", (), "supervisorctl sapplications"), "late"),
    (Call("get_process_info", ("app:*",), "supervisorctl sprocesses app:*"), "heavy"),
    (Call("get_all_process_info", (), "supervisorctl sprocesses"), "ntp"),
    (Call("get_status", (), "status --json"), '"master": "alpha"'),
    (Call("get_application_rules", ("app",), "rules show app"), "app"),
    (Call("get_process_rules", ("app:heavy",), "rules show app:heavy"), "100"),
    (Call("get_conflicts", (), "conflicts --json"), "[]"),
    (Call("get_plans", (), "plans --json"), "[]"),
    (Call("get_process_facts", ("app:base",), "facts app:base"), "automatic start of app"),
    (Call("why", ("app:base",), "why app:base"), "automatic start of app"),
    (Call("tail_process", ("app:base", "", "stdout", 100), "tail app:base"), "written"),
]


@pytest.mark.parametrize("door", Door)
@pytest.mark.parametrize(("call", "text"), INFORMS, ids=[call.method for call, _ in INFORMS])
def test_what_informs(hosts: Cluster, door: Door, call: Call, text: str) -> None:
    outcome = through(door, hosts.sites["beta"], call)
    assert outcome.is_done, outcome.text
    assert text in outcome.text


# --- what controls -------------------------------------------------------------------------

Check = Callable[[Cluster], object]


@dataclass(frozen=True)
class Case:
    """A call that changes something.

    Attributes:
        given: brings the site to where the call has something to do.
        then: holds, or waits until it holds.
        renews: the call replaces the process `IDLE` by another one.
    """

    call: Call
    given: Check
    then: Check
    renews: bool = False


def runs(where: str) -> Check:
    """Say that `IDLE` runs on one host alone."""
    return lambda hosts: wait_copies(hosts, IDLE, [where])


def rests(hosts: Cluster) -> None:
    wait_copies(hosts, IDLE, [])


def started(hosts: Cluster) -> None:
    """Have `IDLE` run on alpha alone."""
    if copies(hosts, IDLE) != ["alpha"]:
        stopped(hosts)
        tried(hosts.sites["beta"], "start_process", "CONFIG", IDLE, "", True)
    wait_copies(hosts, IDLE, ["alpha"])


def stopped(hosts: Cluster) -> None:
    tried(hosts.sites["beta"], "enable", IDLE)
    tried(hosts.sites["beta"], "stop_process", IDLE, True)
    rests(hosts)


def doubled(hosts: Cluster) -> None:
    started(hosts)
    begin = now()
    hosts.sites["gamma"].rpc().supervisor.startProcess(IDLE)
    wait_copies(hosts, IDLE, ["alpha", "gamma"])
    wait_for(lambda: "CONCILIATION" in hosts.supvisors_of("beta", begin), hosts.logs)


def conciliated(hosts: Cluster) -> None:
    wait_copies(hosts, IDLE, ["gamma"])
    hosts.wait_operation()


def wanted(kind: str, name: str, wanted: str) -> Check:
    """Say that all agents know the wish of an operator, or none, for `auto`."""

    def known(hosts: Cluster, host: str) -> bool:
        intents: list[dict[str, Any]] = hosts.status(host)["intents"]
        found = {(i["kind"], i["name"]): i["wanted"] for i in intents}
        return bool(found.get((kind, name), "auto") == wanted)

    return lambda hosts: wait_for(
        lambda: all(known(hosts, name) for name in hosts.names), every_s=EVERY_S
    )


def asked(method: str, *params: object) -> Check:
    return lambda hosts: tried(hosts.sites["beta"], method, *params)


def fenced(hosts: Cluster) -> None:
    tried(hosts.sites["beta"], "fence", "gamma")
    hosts.wait_address("gamma", "ISOLATED", "alpha", "beta")
    shown(hosts, "ISOLATED")


def joined(hosts: Cluster) -> None:
    tried(hosts.sites["beta"], "unfence", "gamma")
    shown(hosts, "RUNNING")


def shown(hosts: Cluster, state: str) -> None:
    """Wait until alpha and beta show gamma in a state."""
    for name in ("alpha", "beta"):
        wait_for(
            lambda n=name: hosts.shows(n)["addresses"]["gamma"] == state,  # type: ignore[misc]
            hosts.logs,
            every_s=EVERY_S,
        )


CONTROLS: Final = [
    Case(
        Call("start_application", ("CONFIG", "other", True), "start other"), stopped, runs("alpha")
    ),
    Case(Call("stop_application", ("other", True), "stop other"), started, rests),
    Case(
        Call("restart_application", (0, "other", True), "restart other --strategy CONFIG"),
        started,
        runs("alpha"),
        renews=True,
    ),
    Case(Call("start_args", (IDLE, "", True), f"start {IDLE} --here"), stopped, runs("beta")),
    Case(
        Call("start_process", ("LESS_LOADED", IDLE, "", True), f"start {IDLE} --strategy 1"),
        stopped,
        runs("beta"),
    ),
    Case(Call("stop_process", ("other:*", True), "stop other:*"), started, rests),
    Case(
        Call("restart_process", ("", IDLE, "", True), f"restart {IDLE}"),
        started,
        runs("alpha"),
        renews=True,
    ),
    Case(
        Call("rolling_restart", ("other:*", 1, True), "restart other --rolling 1"),
        started,
        runs("alpha"),
        renews=True,
    ),
    Case(Call("conciliate", ("SENICIDE",), "conciliate SENICIDE"), doubled, conciliated),
    Case(
        Call("disable", (IDLE,), f"disable {IDLE}"),
        asked("enable", IDLE),
        wanted("process", IDLE, "disabled"),
    ),
    Case(
        Call("enable", (IDLE,), f"enable {IDLE}"),
        asked("disable", IDLE),
        wanted("process", IDLE, "auto"),
    ),
    Case(
        Call("drain", ("gamma", True), "drain gamma"),
        asked("undrain", "gamma"),
        wanted("address", "gamma", "drained"),
    ),
    Case(
        Call("undrain", ("gamma",), "undrain gamma"),
        asked("drain", "gamma", True),
        wanted("address", "gamma", "auto"),
    ),
    Case(Call("fence", ("gamma",), "fence gamma"), joined, fenced),
    Case(Call("unfence", ("gamma",), "unfence gamma"), fenced, joined),
    Case(Call("reload_rules", (), "rules reload"), lambda _: None, lambda _: None),
]


@pytest.mark.parametrize("door", Door)
@pytest.mark.parametrize("case", CONTROLS, ids=[case.call.method for case in CONTROLS])
def test_what_controls(hosts: Cluster, door: Door, case: Case) -> None:
    case.given(hosts)
    before = pid_of(hosts, IDLE, "alpha")
    outcome = through(door, hosts.sites["beta"], case.call)
    assert outcome.is_done, outcome.text
    case.then(hosts)
    if case.renews:
        assert pid_of(hosts, IDLE, "alpha") != before


def test_every_method_is_tried(hosts: Cluster) -> None:
    offered = hosts.sites["beta"].rpc().system.listMethods()
    methods = {name.removeprefix("supvisors.") for name in offered if name.startswith("supvisors.")}
    tried_here = {call.method for call, _ in INFORMS} | {case.call.method for case in CONTROLS}
    # the end of everything has a test of its own: tests/live/test_control_end.py
    assert methods - tried_here == {"restart", "shutdown"}
