"""A required program that fails to start, one that crashes, one whose host is lost: each strategy.

What the loss of a host costs is printed: from the publication that it is SILENT to RUNNING
elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from supvisors.model import ProcessState
from tests.live.cluster import Cluster, now
from tests.live.harness import wait_for
from tests.live.managed import (
    Change,
    application_states,
    changes,
    crash,
    managed,
    pid_of,
    programs,
    told,
    wait_copies,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

STARTING: Final[Mapping[str, str]] = {"aborts": "ABORT", "stops": "STOP", "goes_on": "CONTINUE"}
RUNNING: Final[Mapping[str, str]] = {
    "keeps": "CONTINUE",
    "again": "RESTART_PROCESS",
    "anew": "RESTART_APPLICATION",
    "ends": "STOP_APPLICATION",
}
#: From the publication of a loss to what replaces it; what it really takes is printed.
REPAIR_S: Final = 3.0


def program(name: str, rank: int, *more: tuple[str, str]) -> str:
    """Return a required program of a rank as the rules file has it."""
    elements = (("required", "true"), ("start_sequence", str(rank)), *more)
    lines = "".join(f"<{element}>{value}</{element}>" for element, value in elements)
    return f'<program name="{name}">{lines}</program>'


def rules() -> str:
    """Return rules with an application for each strategy."""
    applications = [
        f'<application name="{name}"><start_sequence>1</start_sequence>'
        f"<starting_failure_strategy>{strategy}</starting_failure_strategy>"
        f"{program(f'{name}_first', 1)}{program(f'{name}_broken', 2)}{program(f'{name}_last', 3)}"
        "</application>"
        for name, strategy in STARTING.items()
    ]
    applications += [
        f'<application name="{name}"><start_sequence>2</start_sequence>'
        f"<running_failure_strategy>{strategy}</running_failure_strategy>"
        + program(f"{name}_mate", 1, ("addresses", "alpha"))
        + program(f"{name}_victim", 2, ("addresses", "gamma, beta"))
        + "</application>"
        for name, strategy in RUNNING.items()
    ]
    return f"<root>{''.join(applications)}</root>"


def written() -> str:
    """Return the programs of these applications."""
    applications = {n: (f"{n}_first", f"{n}_broken", f"{n}_last") for n in STARTING}
    applications |= {n: (f"{n}_mate", f"{n}_victim") for n in RUNNING}  # type: ignore[misc]
    broken = {f"{name}_broken": "sh -c 'exit 1'" for name in STARTING}
    lines = {f"{name}_broken": "startsecs = 1" for name in STARTING}
    lines |= {f"{name}_victim": "autorestart = false" for name in RUNNING}
    return programs(applications, broken, lines)


def test_each_failure_strategy(tmp_path: Path) -> None:
    with managed(tmp_path, rules(), written=written()) as hosts:
        hosts.start()
        starting_failures(hosts)
        pids = {
            name: (pid_of(hosts, f"{name}:{name}_mate", "alpha"), victim_pid(hosts, name, "gamma"))
            for name in RUNNING
        }
        crashes(hosts, pids)
        for name in ("keeps", "ends"):
            assert hosts.sites["beta"].rpc().supvisors.start_application("CONFIG", name, True)
        assert all(victim_pid(hosts, name, "gamma") for name in RUNNING)
        loss(hosts)


def victim_pid(hosts: Cluster, name: str, host: str) -> int:
    return pid_of(hosts, f"{name}:{name}_victim", host)


def application(hosts: Cluster, witness: str, name: str) -> tuple[str, bool]:
    """Return state and major failure of an application."""
    info: dict[str, Any] = hosts.sites[witness].rpc().supvisors.get_application_info(name)
    return info["statename"], info["major_failure"]


def starting_failures(hosts: Cluster) -> None:
    hosts.wait_true()
    heard = changes(hosts, "alpha")

    def states(name: str) -> list[str]:
        return [state for namespec, _, state in heard if namespec == name]

    for name in STARTING:
        # a start that failed is not tried again by itself
        assert states(f"{name}:{name}_broken") == ["STARTING", "BACKOFF", "FATAL"]
    assert (
        states("aborts:aborts_first") == states("goes_on:goes_on_last") == ["STARTING", "RUNNING"]
    )
    assert states("aborts:aborts_last") == states("stops:stops_last") == []
    assert states("stops:stops_first") == ["STARTING", "RUNNING", "STOPPING", "STOPPED"]
    for witness in hosts.names:
        assert application(hosts, witness, "aborts") == ("RUNNING", True)
        assert application(hosts, witness, "stops") == ("STOPPED", False)
        assert application(hosts, witness, "goes_on") == ("RUNNING", True)


def crashes(hosts: Cluster, pids: Mapping[str, tuple[int, int]]) -> None:
    begin = now()
    for name in RUNNING:
        crash(hosts, f"{name}:{name}_victim", "gamma")
    settled(hosts, "again", "gamma", begin)
    settled(hosts, "anew", "gamma", begin)
    wait_copies(hosts, "ends:ends_mate", [])
    wait_copies(hosts, "keeps:keeps_victim", [])
    hosts.wait_true()
    mates = {name: pid_of(hosts, f"{name}:{name}_mate", "alpha") for name in RUNNING}
    assert (mates["keeps"], mates["again"]) == (pids["keeps"][0], pids["again"][0])
    assert mates["anew"] not in (0, pids["anew"][0])
    assert mates["ends"] == 0
    assert victim_pid(hosts, "again", "gamma") not in (0, pids["again"][1])
    assert victim_pid(hosts, "keeps", "gamma") == 0
    for witness in hosts.names:
        assert application(hosts, witness, "keeps") == ("RUNNING", True)
        assert application(hosts, witness, "ends") == ("STOPPED", False)
    check_anew(changes(hosts, "alpha", begin), "gamma")
    why = hosts.sites["beta"].rpc().supvisors.why("again:again_victim")
    assert "RESTART_PROCESS" in str(why), why
    assert "signal 9" in str(why), why


def settled(hosts: Cluster, name: str, host: str, since: float) -> None:
    """Wait until an application is whole again, its victim on a host."""
    running = (f"{name}:{name}_victim", host, "RUNNING")
    wait_for(lambda: running in changes(hosts, "alpha", since), hosts.logs)
    wait_copies(hosts, running[0], [host])


def check_anew(heard: list[Change], host: str) -> None:
    """Assert that an application was stopped as a whole, then started in order."""
    own = [change for change in heard if change[0].startswith("anew:")]
    expected = [
        ("anew:anew_mate", "alpha", "STOPPED"),
        ("anew:anew_mate", "alpha", "STARTING"),
        ("anew:anew_mate", "alpha", "RUNNING"),
        ("anew:anew_victim", host, "STARTING"),
        ("anew:anew_victim", host, "RUNNING"),
    ]
    positions = [own.index(change) for change in expected]
    assert positions == sorted(positions), own


def loss(hosts: Cluster) -> None:
    mates = {name: pid_of(hosts, f"{name}:{name}_mate", "alpha") for name in RUNNING}
    begin = now()
    hosts.kill_host("gamma")
    for name in ("again", "anew"):
        settled_elsewhere(hosts, name, begin)
    wait_copies(hosts, "ends:ends_mate", [], "alpha", "beta")
    check_anew(changes(hosts, "alpha", begin), "beta")
    shown = {p["process_name"]: p for p in hosts.wait_alike("alpha", "beta")["processes"]}
    assert (shown["keeps_victim"]["statename"], shown["keeps_victim"]["addresses"]) == ("FATAL", [])
    assert pid_of(hosts, "keeps:keeps_mate", "alpha") == mates["keeps"]
    assert pid_of(hosts, "again:again_mate", "alpha") == mates["again"]
    assert pid_of(hosts, "anew:anew_mate", "alpha") not in (0, mates["anew"])
    for witness in ("alpha", "beta"):
        assert application_states(hosts, witness, "ends", begin)[-1] == "STOPPED"
    back = now()
    hosts.start("gamma")  # its programs stay where they are now
    hosts.wait_true()
    assert not [c for c in changes(hosts, "gamma", back) if c[1] == "gamma" and "victim" in c[0]]
    wait_copies(hosts, "again:again_victim", ["beta"])


def settled_elsewhere(hosts: Cluster, name: str, since: float) -> None:
    """Wait until a lost process runs on beta; print and judge how long that took."""
    silent = hosts.wait_address("gamma", "SILENT", since=since)

    def running(witness: str) -> float:
        found = [
            at
            for at, body in told(hosts, witness, "event", since)
            if (body["name"], body["address"]) == (f"{name}_victim", "beta")
            and body["state"] == ProcessState.RUNNING
        ]
        return found[0] if found else 0.0

    for witness in ("alpha", "beta"):
        at = wait_for(lambda w=witness: running(w), hosts.logs)  # type: ignore[misc]
        taken_s = at - silent[witness]
        print(f"{name}: RUNNING {taken_s:.3f} s after SILENT, as the client of {witness} heard it")
        assert taken_s < REPAIR_S
