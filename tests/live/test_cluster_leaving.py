"""Agents that end under a living supervisord, and supervisords that say good-bye."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.cluster import LIMIT_S, Cluster, cluster, now
from tests.live.harness import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def _kill(hosts: Cluster, name: str) -> None:
    hosts.signal_agent(name, signal.SIGKILL)


def _restart(hosts: Cluster, name: str) -> None:
    printed = hosts.sites[name].ctl("restart", "supvisors")
    assert "supvisors: started" in printed, printed


def _end(hosts: Cluster, name: str, how: Callable[[Cluster, str], None]) -> None:
    """End the agent of a host; wait until its successor takes part."""
    before = hosts.sites[name].agent_pid()
    begin = now()
    how(hosts, name)
    wait_for(lambda: hosts.sites[name].agent_pid() not in (0, before), hosts.logs)
    hosts.wait_address(name, "RUNNING", name, since=begin)
    hosts.wait_operation()
    hosts.poke(name)
    shown = hosts.wait_true()
    assert shown["addresses"] == dict.fromkeys(hosts.names, "RUNNING")


@pytest.mark.parametrize("name", ["beta", "alpha"])
def test_an_agent_that_ends_alone_is_no_loss_of_its_host(tmp_path: Path, name: str) -> None:
    with cluster(tmp_path) as hosts:
        hosts.start()
        others = hosts.others(name)
        begin = now()
        for how in (_kill, _restart, _kill):
            _end(hosts, name, how)
        assert not hosts.lost_since(begin, *others), hosts.logs()
        for other in others:
            log = hosts.sites[other].agent_log()
            good_byes = [line for line in log.splitlines() if "good-bye" in line]
            assert len(good_byes) == 1, log
            assert f"address={name} leaving=agent" in good_byes[0]
            events = hosts.heard[other].bodies("event", address=name, name="camera")
            assert [body["state"] for body in events] in ([20], []), "its programs went on"


@pytest.mark.parametrize("name", ["gamma", "alpha"])
def test_a_supervisord_that_is_shut_down_is_silent_at_once(tmp_path: Path, name: str) -> None:
    with cluster(tmp_path) as hosts:
        hosts.start()
        others = hosts.others(name)
        hosts.sites[name].rpc().supervisor.startProcess("station:radio")
        for witness in others:
            hosts.heard[witness].wait("process", process_name="radio", addresses=[name])
        begin = now()
        assert hosts.sites[name].stop() == 0
        ended = now()
        silent = hosts.wait_address(name, "SILENT", since=begin)
        print("SILENT after its end:", {n: round(at - ended, 2) for n, at in silent.items()})
        assert max(silent.values()) - ended < LIMIT_S / 2, "it is told, and not concluded"
        hosts.wait_operation(*others)
        shown = hosts.wait_alike(*others)
        states = {p["process_name"]: (p["statename"], p["addresses"]) for p in shown["processes"]}
        assert states == {"camera": ("RUNNING", others), "radio": ("STOPPED", [])}
        assert shown["master"] == others[0]
        for witness in others:
            told = hosts.heard[witness].bodies("process", process_name="radio")
            assert "FATAL" not in [body["statename"] for body in told]
            assert set(hosts.lost_since(begin, witness)) == {
                f"{witness} says that {name} is SILENT"
            }
        hosts.start(name)
        hosts.wait_true()
