"""A host is lost with all that ran there, and comes back."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.live.cluster import LIMIT_S, QUICK, Cluster, cluster, now
from tests.live.harness import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def process(shown: dict[str, Any], name: str) -> tuple[str, list[str]]:
    """Return state and addresses of a process of the group `station`."""
    (found,) = (p for p in shown["processes"] if p["process_name"] == name)
    return found["statename"], found["addresses"]


def kill(hosts: Cluster, name: str) -> float:
    """End a host with a process that runs nowhere else; return when."""
    hosts.sites[name].rpc().supervisor.startProcess("station:radio")
    for witness in hosts.names:
        hosts.heard[witness].wait("process", process_name="radio", addresses=[name])
    killed = now()
    hosts.kill_host(name)
    return killed


@pytest.mark.parametrize(("name", "master"), [("beta", "alpha"), ("alpha", "beta")])
def test_a_host_is_killed_and_comes_back(tmp_path: Path, name: str, master: str) -> None:
    with cluster(tmp_path) as hosts:
        hosts.start()
        killed = kill(hosts, name)
        others = hosts.others(name)
        silent = hosts.wait_address(name, "SILENT", since=killed)
        print(f"{name} is SILENT after", {n: round(at - killed, 2) for n, at in silent.items()})
        assert max(silent.values()) - killed < 3 * LIMIT_S
        hosts.wait_operation(*others)
        print("OPERATION after", round(now() - killed, 2))
        assert now() - killed < 3 * LIMIT_S
        shown = hosts.wait_alike(*others)
        assert shown["master"] == master
        assert process(shown, "camera") == ("RUNNING", others)
        assert process(shown, "radio") == ("FATAL", [])
        for other in others:
            assert hosts.supvisors_of(other)[-1] == "OPERATION"
        hosts.start(name)
        shown = hosts.wait_true()
        assert shown["master"] == master
        assert process(shown, "radio") == ("STOPPED", [])
        assert shown["addresses"] == dict.fromkeys(hosts.names, "RUNNING")


@pytest.mark.parametrize("name", ["beta", "alpha"])
def test_a_lost_host_is_fenced_until_it_is_unfenced(tmp_path: Path, name: str) -> None:
    with cluster(tmp_path, options=f"{QUICK}\nauto_fence = true") as hosts:
        hosts.start()
        killed = kill(hosts, name)
        others = hosts.others(name)
        hosts.wait_address(name, "ISOLATED", since=killed)
        for other in others:
            assert hosts.states_of(name, other, killed)[-2:] == ["ISOLATING", "ISOLATED"]
        hosts.wait_operation(*others)
        assert process(hosts.wait_alike(*others), "radio") == ("FATAL", [])

        back = now()
        hosts.start(name)
        for other in others:  # isolation is mutual
            wait_for(lambda other=other: other in _isolated(hosts, name), hosts.logs)  # type: ignore[misc]
            assert set(hosts.states_of(name, other, back)) <= {"ISOLATED"}
        assert hosts.sites[others[1]].rpc().supvisors.unfence(name)
        hosts.wait_address(name, "RUNNING", since=back)
        shown = hosts.wait_true()
        assert shown["addresses"] == dict.fromkeys(hosts.names, "RUNNING")
        hosts.poke(name)


def _isolated(hosts: Cluster, name: str) -> list[str]:
    states = hosts.shows(name)["addresses"]
    return [other for other, state in states.items() if state == "ISOLATED"]


def test_a_program_that_dies_with_its_host_alone_is_told_at_its_return(tmp_path: Path) -> None:
    with cluster(tmp_path, options=QUICK) as hosts:
        hosts.start()
        camera = hosts.sites["gamma"].info("station:camera")["pid"]
        os.kill(camera, signal.SIGKILL)
        for witness in hosts.names:
            hosts.heard[witness].wait("event", name="camera", address="gamma", state=100)
        hosts.wait_true()
