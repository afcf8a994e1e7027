"""Too few hosts, and a host that comes late: what is not done, and done later."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from xmlrpc.client import Fault

import pytest

from tests.live.cluster import EVERY_S, Cluster, now
from tests.live.harness import wait_for
from tests.live.managed import managed, programs, wait_changes, wait_copies

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

RULES: Final = """
<root>
  <application name="app">
    <start_sequence>1</start_sequence>
    <program name="base"><start_sequence>1</start_sequence></program>
    <program name="moves">
      <addresses>beta, alpha</addresses>
      <start_sequence>1</start_sequence>
      <running_failure_strategy>RESTART_PROCESS</running_failure_strategy>
    </program>
    <program name="late"><addresses>gamma</addresses><start_sequence>2</start_sequence></program>
    <program name="idle"/>
  </application>
  <application name="own"><start_sequence>1</start_sequence>
    <program name="late_only"><start_sequence>1</start_sequence></program>
  </application>
</root>
"""
PROGRAMS: Final = programs({"app": ("base", "moves", "late", "idle")})
#: What gamma alone has besides.
OWN: Final = programs({"own": ("late_only",)}).partition("[group:own]")[2]
#: What starts something by the master.
STARTS: Final = (
    ("start_process", "CONFIG", "app:idle", "", True),
    ("start_application", "CONFIG", "app", True),
    ("restart_process", "CONFIG", "app:base", "", True),
    ("drain", "beta", True),
)


def test_a_late_host_and_a_lost_quorum(tmp_path: Path) -> None:
    with managed(tmp_path, RULES, written=PROGRAMS) as hosts:
        conf = hosts.sites["gamma"].conf
        conf.write_text(f"{conf.read_text()}\n[group:own]{OWN}")
        hosts.start("alpha", "beta")
        comes_late(hosts)
        quorum_is_lost(hosts)
        hosts.start("beta")
        comes_back(hosts)


def comes_late(hosts: Cluster) -> None:
    assert hosts.status("alpha")["supvisors"]["statename"] == "OPERATION"
    wait_copies(hosts, "app:base", ["alpha"], "alpha", "beta")
    wait_copies(hosts, "app:moves", ["beta"], "alpha", "beta")
    hosts.start("gamma")
    wait_copies(hosts, "app:late", ["gamma"])
    wait_copies_of_gamma_only(hosts)


def wait_copies_of_gamma_only(hosts: Cluster) -> None:
    """Wait until a program that only gamma has runs there, and all agents say so."""
    wait_for(
        lambda: all(
            [
                p["addresses"]
                for p in hosts.shows(n)["processes"]
                if p["process_name"] == "late_only"
            ]
            == [["gamma"]]
            for n in hosts.names
        ),
        hosts.logs,
        every_s=EVERY_S,
    )


def quorum_is_lost(hosts: Cluster) -> None:
    begin = now()
    for name in ("beta", "gamma"):
        hosts.kill_host(name)
    for name in ("beta", "gamma"):
        hosts.wait_address(name, "SILENT", "alpha", since=begin)
    rpc = hosts.sites["alpha"].rpc().supvisors
    for method, *params in STARTS:
        with pytest.raises(Fault, match="no quorum"):
            getattr(rpc, method)(*params)
    assert any("quorum" in warning for warning in hosts.status("alpha")["warnings"])
    # without the master: a local start, and stops
    assert rpc.start_args("app:idle", "", True) is True
    assert rpc.stop_process("app:idle", True) is True
    heard = wait_changes(hosts, "alpha", begin, [("app:idle", "alpha", "STOPPED")])
    assert {name for name, _, _ in heard} == {"app:idle"}  # nothing is repaired


def comes_back(hosts: Cluster) -> None:
    """With the quorum, what was lost is repaired."""
    wait_copies(hosts, "app:moves", ["beta"], "alpha", "beta")
    wait_copies(hosts, "app:base", ["alpha"], "alpha", "beta")
