"""What is refused through both doors, with the reason, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.live.cluster import Cluster, now
from tests.live.doors import Call, Door, commanded, through, tried, wait_alone
from tests.live.managed import changes, wait_copies

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

IDLE, SLOW, HEAVY, NOBODY = "other:idle", "late:slow", "app:heavy", "no:body"


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three hosts; beta is asked, alpha is the master, and a start of `SLOW` is under way."""
    with commanded(tmp_path_factory.mktemp("refusals")) as hosts:
        hosts.start()
        wait_copies(hosts, "app:base", ["alpha"])
        assert hosts.sites["gamma"].rpc().supvisors.start_process("CONFIG", SLOW, "", False)
        hosts.heard["beta"].wait("process", process_name="slow", statename="STARTING")
        yield hosts


NAMES: Final = [
    Call("get_address_info", ("nobody",), "supervisorctl saddresses nobody"),
    Call("get_application_info", ("nobody",), "supervisorctl sapplications nobody"),
    Call("get_process_info", (NOBODY,), f"supervisorctl sprocesses {NOBODY}"),
    Call("get_application_rules", ("nobody",), "rules show nobody"),
    Call("get_process_rules", (NOBODY,), f"rules show {NOBODY}"),
    Call("get_process_facts", (NOBODY,), f"facts {NOBODY}"),
    Call("why", (NOBODY,), f"why {NOBODY}"),
    Call("tail_process", (NOBODY, "", "stdout", 100), f"tail {NOBODY}"),
    Call("tail_process", ("app:base", "nobody", "stdout", 9), "tail app:base --address nobody"),
    Call("start_application", ("CONFIG", "nobody", True), "start nobody"),
    Call("stop_application", ("nobody", True), "stop nobody"),
    Call("restart_application", ("CONFIG", "nobody", True), "restart nobody"),
    Call("start_args", (NOBODY, "", True), f"start {NOBODY} --here"),
    Call("start_process", ("CONFIG", NOBODY, "", True), f"start {NOBODY}"),
    Call("stop_process", (NOBODY, True), f"stop {NOBODY}"),
    Call("restart_process", ("CONFIG", "no:*", "", True), "restart no:*"),
    Call("rolling_restart", ("no:*", 1, True), "restart no --rolling 1"),
    Call("enable", (NOBODY,), f"enable {NOBODY}"),
    Call("disable", (NOBODY,), f"disable {NOBODY}"),
    Call("drain", ("nobody", True), "drain nobody"),
    Call("undrain", ("nobody",), "undrain nobody"),
    Call("fence", ("nobody",), "fence nobody"),
    Call("unfence", ("nobody",), "unfence nobody"),
]
_UNDER_WAY: Final = "a conflicting request is under way"
REFUSED: Final = [
    *((call, "is named '") for call in NAMES),
    # no such strategy
    (Call("start_process", ("ANY", IDLE, "", True), f"start {IDLE} --strategy ANY"), "'ANY'"),
    (Call("conciliate", ("ANY",), "conciliate ANY"), "'ANY'"),
    # no host fits
    (Call("start_process", ("CONFIG", HEAVY, "", True), f"start {HEAVY}"), "is loaded with 10 %"),
    # conflicting requests
    (Call("start_application", ("CONFIG", "late", True), "start late"), _UNDER_WAY),
    (Call("restart_application", ("CONFIG", "late", True), "restart late"), _UNDER_WAY),
    (Call("start_process", ("MOST_LOADED", SLOW, "", True), f"start {SLOW}"), _UNDER_WAY),
    (Call("restart_process", ("CONFIG", SLOW, "", True), f"restart {SLOW}"), _UNDER_WAY),
    (Call("rolling_restart", (SLOW, 1, True), f"restart {SLOW} --rolling 1"), _UNDER_WAY),
    (Call("drain", ("alpha", True), "drain alpha"), _UNDER_WAY),
    # nothing to do
    (Call("start_application", ("CONFIG", "app", True), "start app"), "runs already"),
    (Call("start_application", ("CONFIG", "ntp", True), "start ntp"), "is not managed"),
    (Call("stop_application", ("other", True), "stop other"), "nothing to stop"),
    (Call("stop_process", (IDLE, True), f"stop {IDLE}"), "runs nowhere"),
    (Call("start_process", ("CONFIG", "app:base", "", True), "start app:base"), "runs already"),
    (Call("rolling_restart", (IDLE, 1, True), f"restart {IDLE} --rolling 1"), "runs nowhere"),
    (Call("conciliate", ("STOP",), "conciliate STOP"), "there is nothing to do"),
    (Call("conciliate", ("USER",), "conciliate USER"), "USER leaves conflicts to you"),
    (Call("enable", (IDLE,), f"enable {IDLE}"), "nothing to lift"),
    (Call("undrain", ("gamma",), "undrain gamma"), "is not drained"),
    (Call("unfence", ("gamma",), "unfence gamma"), "is not fenced"),
    (Call("fence", ("beta",), "fence beta"), "is this address"),
]


@pytest.mark.parametrize("door", Door)
@pytest.mark.parametrize(("call", "why"), REFUSED, ids=[str(call) for call, _ in REFUSED])
def test_what_cannot_be_done(hosts: Cluster, door: Door, call: Call, why: str) -> None:
    begin = now()
    outcome = through(door, hosts.sites["beta"], call)
    assert not outcome.is_done
    assert why in outcome.text
    assert not changes(hosts, "beta", begin)


#: What asks for a master, and whether it asks for a quorum too.
ASKS: Final = [
    (Call("start_application", ("CONFIG", "other", True), "start other"), True),
    (Call("restart_application", ("CONFIG", "app", True), "restart app"), True),
    (Call("start_process", ("CONFIG", "app:base", "", True), "start app:base"), True),
    (Call("restart_process", ("CONFIG", IDLE, "", True), f"restart {IDLE}"), True),
    (Call("rolling_restart", (IDLE, 1, True), f"restart {IDLE} --rolling 1"), True),
    (Call("drain", ("gamma", True), "drain gamma"), True),
    (Call("stop_application", ("other", True), "stop other"), False),
    (Call("restart", (), "site restart --yes"), False),
    (Call("shutdown", (), "site shutdown --yes"), False),
]


@pytest.mark.parametrize(
    ("options", "missing", "master"),
    [
        # the two other hosts are waited for, so that nobody is elected
        ("synchro_timeout = 1000", "no master", ""),
        ("inactivity_ticks = 3\nsynchro_timeout = 1", "no quorum", "alpha"),
    ],
    ids=["master", "quorum"],
)
def test_what_nobody_can_do(tmp_path: Path, options: str, missing: str, master: str) -> None:
    with commanded(tmp_path, options) as hosts:
        site = hosts.sites["alpha"]
        wait_alone(site, missing, master)
        tried(site, "start_args", IDLE, "", True)  # needs neither
        hosts.heard["alpha"].wait("process", process_name="idle", statename="RUNNING")
        begin = now()
        for call, needs_quorum in ASKS:
            if not master or needs_quorum:
                for door in Door:
                    outcome = through(door, site, call)
                    assert (call.method, outcome.is_done) == (call.method, False)
                    assert missing in outcome.text
        assert {name for name, _, _ in changes(hosts, "alpha", begin)} <= {"supvisors:supvisors"}
