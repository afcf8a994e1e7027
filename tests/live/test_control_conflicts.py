"""Duplicates that operators of single supervisords made: each conciliation strategy, and USER."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xmlrpc.client import Fault

import pytest

from tests.live.cluster import QUICK, Cluster, now
from tests.live.harness import wait_for
from tests.live.managed import (
    PLAIN,
    changes,
    crash,
    managed,
    pid_of,
    programs,
    wait_copies,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

RULES: Final = """
<root>
  <application name="app">
    <start_sequence>1</start_sequence>
    <program name="single"><start_sequence>1</start_sequence></program>
    <program name="other">
      <addresses>gamma</addresses>
      <start_sequence>1</start_sequence>
      <running_failure_strategy>RESTART_PROCESS</running_failure_strategy>
    </program>
    <program name="mate"><start_sequence>2</start_sequence></program>
    <program name="each"><instances>each</instances></program>
  </application>
  <application name="stopped">
    <running_failure_strategy>STOP_APPLICATION</running_failure_strategy>
    <program name="doubled"/>
    <program name="companion"/>
  </application>
</root>
"""
APPLICATIONS: Final = {
    "app": ("single", "other", "mate", "each"),
    "stopped": ("doubled", "companion"),
}
PROGRAMS: Final = programs(APPLICATIONS, lines={"other": "autorestart = false"})
SINGLE, DOUBLED, COMPANION = "app:single", "stopped:doubled", "stopped:companion"


def start_plainly(hosts: Cluster, namespec: str, *names: str) -> None:
    """Start a process by Supervisor's own command, one host after the other."""
    for name in names:
        assert hosts.sites[name].rpc().supervisor.startProcess(namespec)


def states(hosts: Cluster, since: float) -> list[list[str]]:
    """Return the Supvisors states that the client of each host heard."""
    return [hosts.supvisors_of(name, since) for name in hosts.names]


def wait_states(hosts: Cluster, since: float, *expected: str) -> None:
    """Wait until the clients of all hosts have heard exactly these Supvisors states."""
    wait_for(
        lambda: states(hosts, since) == [[*expected]] * len(hosts.names),
        lambda: f"{expected}: {states(hosts, since)}\n{hosts.logs()}",
    )


def doubled(hosts: Cluster, namespec: str, *names: str) -> float:
    """Make one copy of a process into several; return when this began."""
    begin = now()
    start_plainly(hosts, namespec, *names)
    wait_states(hosts, begin, "CONCILIATION")
    conflicts = hosts.sites["gamma"].rpc().supvisors.get_conflicts()
    assert [f"{c['application_name']}:{c['process_name']}" for c in conflicts] == [namespec]
    return begin


def conciliated(
    hosts: Cluster, strategy: str, namespec: str, begin: float, left: Sequence[str]
) -> None:
    """Have conflicts resolved by an operator; wait until all is well."""
    assert hosts.sites["beta"].rpc().supvisors.conciliate(strategy) is True
    wait_copies(hosts, namespec, left)
    wait_states(hosts, begin, "CONCILIATION", "OPERATION")


def test_each_strategy_of_an_operator(tmp_path: Path) -> None:
    with managed(tmp_path, RULES, written=PROGRAMS) as hosts:
        hosts.start()
        begin = now()
        start_plainly(hosts, "app:each", *hosts.names)
        wait_copies(hosts, "app:each", hosts.names)
        wait_copies(hosts, f"{PLAIN}:{PLAIN}", hosts.names)
        wait_copies(hosts, SINGLE, ["alpha"])
        with pytest.raises(Fault, match="FAILED: no process runs more often"):
            hosts.sites["beta"].rpc().supvisors.conciliate("SENICIDE")
        user_waits(hosts)
        stop_and_restart(hosts)
        running_failure(hosts)
        # what is not in conflict was never touched, and the conflicts of one were its own
        heard = [name for name, _, _ in changes(hosts, "alpha", begin)]
        assert heard.count("app:each") == 2 * len(hosts.names)
        assert not {"ntp:ntp", "app:mate"} & set(heard)


def user_waits(hosts: Cluster) -> None:
    """USER waits for an operator, and blocks its own process alone; then the youngest stays."""
    begin = doubled(hosts, SINGLE, "gamma")
    with pytest.raises(Fault, match="USER"):
        hosts.sites["beta"].rpc().supvisors.conciliate("USER")
    other = pid_of(hosts, "app:other", "gamma")
    crash(hosts, "app:other", "gamma")
    wait_for(lambda: pid_of(hosts, "app:other", "gamma") not in (0, other), hosts.logs)
    wait_copies(hosts, SINGLE, ["alpha", "gamma"])
    assert states(hosts, begin) == [["CONCILIATION"]] * 3
    conciliated(hosts, "SENICIDE", SINGLE, begin, ["gamma"])

    oldest = pid_of(hosts, SINGLE, "gamma")
    begin = doubled(hosts, SINGLE, "alpha", "beta")
    conciliated(hosts, "INFANTICIDE", SINGLE, begin, ["gamma"])
    assert pid_of(hosts, SINGLE, "gamma") == oldest


def stop_and_restart(hosts: Cluster) -> None:
    old = pid_of(hosts, SINGLE, "gamma")
    begin = doubled(hosts, SINGLE, "beta")
    conciliated(hosts, "RESTART", SINGLE, begin, ["alpha"])
    assert pid_of(hosts, SINGLE, "alpha") != old
    begin = doubled(hosts, SINGLE, "beta")
    conciliated(hosts, "STOP", SINGLE, begin, [])


def running_failure(hosts: Cluster) -> None:
    """All copies are stopped, and then the strategy of the process counts: STOP_APPLICATION."""
    start_plainly(hosts, COMPANION, "beta")
    start_plainly(hosts, DOUBLED, "beta")
    wait_copies(hosts, DOUBLED, ["beta"])
    begin = doubled(hosts, DOUBLED, "gamma")
    conciliated(hosts, "RUNNING_FAILURE", DOUBLED, begin, [])
    wait_copies(hosts, COMPANION, [])


def test_the_strategy_of_the_option(tmp_path: Path) -> None:
    options = f"{QUICK}\nconciliation_strategy = SENICIDE"
    with managed(tmp_path, RULES, options, PROGRAMS) as hosts:
        hosts.start()
        wait_copies(hosts, SINGLE, ["alpha"])
        begin = now()
        start_plainly(hosts, SINGLE, "beta")
        wait_copies(hosts, SINGLE, ["beta"])
        wait_for(lambda: hosts.supvisors_of("alpha", begin) == ["CONCILIATION", "OPERATION"])
        hosts.wait_operation()
        wait_copies(hosts, f"{PLAIN}:{PLAIN}", hosts.names)
        why = hosts.sites["gamma"].rpc().supvisors.why(SINGLE)
        assert "SENICIDE" in str(why), why
