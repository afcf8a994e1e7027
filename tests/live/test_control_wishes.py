"""What operators want is kept: over a change of master, and over a restart of everything."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from xmlrpc.client import Fault

import pytest

from tests.live.cluster import Cluster, now
from tests.live.harness import wait_for
from tests.live.managed import (
    changes,
    copies,
    managed,
    programs,
    stop_all,
    wait_changes,
    wait_copies,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

RULES: Final = """
<root>
  <model name="spread">
    <addresses>beta, gamma</addresses>
    <start_sequence>1</start_sequence>
    <running_failure_strategy>RESTART_PROCESS</running_failure_strategy>
  </model>
  <application name="app">
    <start_sequence>1</start_sequence>
    <program name="ours"><reference>spread</reference></program>
    <program name="plain"><reference>spread</reference></program>
    <program name="off"><reference>spread</reference></program>
    <program name="stays"><reference>spread</reference></program>
    <program name="moves">
      <reference>spread</reference>
      <addresses>*</addresses>
    </program>
    <program name="loader">
      <reference>spread</reference>
      <wait_exit>true</wait_exit>
    </program>
  </application>
  <application name="eager">
    <program name="selfish"><instances>each</instances></program>
  </application>
</root>
"""
#: `selfish` is one that supervisord itself starts.
PROGRAMS: Final = programs(
    {"app": ("ours", "plain", "off", "stays", "moves", "loader"), "eager": ("selfish",)},
    lines={"selfish": "autostart = true"},
)
HELD: Final = ("app:ours", "app:plain", "app:off", "eager:selfish")


def test_wishes_outlive_masters_and_supervisords(tmp_path: Path) -> None:
    with managed(tmp_path, RULES, written=PROGRAMS) as hosts:
        hosts.start()
        wait_copies(hosts, "app:stays", ["beta"])
        wished(hosts)
        the_master_is_lost(hosts)
        hosts.start("alpha")
        hosts.wait_true()
        check_held(hosts, 0.0)
        stop_all(hosts)
        everything_starts_again(hosts)
        lifted(hosts)


def wished(hosts: Cluster) -> None:
    """Stop one by us, one by supervisord's own command, and disable two."""
    rpc = hosts.sites["gamma"].rpc().supvisors
    assert rpc.stop_process("app:ours", True) is True
    hosts.sites["beta"].ctl("stop", "app:plain")
    assert rpc.stop_process("eager:selfish", True) is True
    for name in ("app:off", "eager:selfish"):
        assert rpc.disable(name) is True
    wait_copies(hosts, "app:off", ["beta"])  # what runs goes on
    with pytest.raises(Fault, match="is disabled"):
        rpc.start_process("CONFIG", "app:off", "", True)
    assert rpc.stop_process("app:off", True) is True
    for name in HELD:
        wait_copies(hosts, name, [])


def check_held(hosts: Cluster, since: float, *names: str) -> None:
    """Assert that nothing of what is held runs, nor was started since."""
    for name in HELD:
        assert copies(hosts, name, *names) == []
    if since:
        for witness in names or hosts.names:
            started = {
                name for name, _, state in changes(hosts, witness, since) if state != "STOPPED"
            }
            assert not started & set(HELD), witness


def the_master_is_lost(hosts: Cluster) -> None:
    begin = now()
    assert hosts.status("beta")["master"] == "alpha"
    hosts.kill_host("alpha")
    hosts.wait_address("alpha", "SILENT", since=begin)
    wait_for(lambda: hosts.status("gamma")["master"] == "beta", hosts.logs)
    wait_copies(hosts, "app:moves", ["beta"], "beta", "gamma")
    hosts.wait_operation("beta", "gamma")
    check_held(hosts, begin, "beta", "gamma")
    # what has done its work is not run again by another master
    for witness in ("beta", "gamma"):
        heard = {name for name, _, _ in changes(hosts, witness, begin)}
        assert heard <= {"app:moves", "supvisors:supvisors"}, witness


def everything_starts_again(hosts: Cluster) -> None:
    begin = now()
    hosts.start()
    hosts.wait_true()
    wait_copies(hosts, "app:stays", ["beta"])
    check_held(hosts, begin)
    wait_changes(hosts, "alpha", begin, [("app:loader", "beta", "EXITED")])  # a new life


def lifted(hosts: Cluster) -> None:
    """An operator's start clears a stop, but not that a process is disabled; enable does."""
    rpc = hosts.sites["gamma"].rpc().supvisors
    assert rpc.start_application("CONFIG", "app", True) is True
    wait_copies(hosts, "app:ours", ["beta"])
    wait_copies(hosts, "app:plain", ["beta"])
    wait_copies(hosts, "app:off", [])
    for name in ("app:off", "eager:selfish"):
        assert rpc.enable(name) is True
    # what the rules start by themselves is started; the other one waits for somebody
    wait_copies(hosts, "app:off", ["beta"])
    assert rpc.start_process("CONFIG", "eager:selfish", "", True) is True
    wait_copies(hosts, "eager:selfish", hosts.names)
