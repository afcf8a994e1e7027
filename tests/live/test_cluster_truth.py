"""After two thousand random starts, stops and crashes everybody tells what is true."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault

import pytest

from supvisors.model import ProcessState
from tests.live import eventlog
from tests.live.cluster import LONG, Cluster, cluster
from tests.live.harness import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SEED = 20
TOTAL = 2000 if LONG else 800
PROGRAMS = 8
#: Per host; the three together come to a hundred in a second.
RATE_HZ = 40.0

CONFIGURATION = f"""
[program:quick]
command = sleep 1000
process_name = %(process_num)d
numprocs = {PROGRAMS}
autostart = false
autorestart = false
startsecs = 0
stopwaitsecs = 1
stdout_logfile = NONE
stderr_logfile = NONE

[eventlistener:witness]
command = {sys.executable} {eventlog.__file__} %(here)s/events
events = PROCESS_STATE
buffer_size = 100000
stderr_logfile = %(here)s/witness.err
"""


class Troubles(threading.Thread):
    """Starts, stops and kills the programs of one host, at random."""

    def __init__(self, hosts: Cluster, name: str, count: int) -> None:
        super().__init__()
        self._site = hosts.sites[name]
        self._random = random.Random(f"{SEED} {name}")
        self._count = count
        self.done: list[str] = []
        self.error: Exception | None = None

    def run(self) -> None:
        supervisor = self._site.rpc().supervisor
        due = time.monotonic()
        try:
            while len(self.done) < self._count:
                self._trouble(supervisor, f"quick:{self._random.randrange(PROGRAMS)}")
                due += 1 / RATE_HZ
                threading.Event().wait(max(0.0, due - time.monotonic()))
        except Exception as error:  # noqa: BLE001  it is raised by the test
            self.error = error

    def _trouble(self, supervisor: Any, namespec: str) -> None:
        info = supervisor.getProcessInfo(namespec)
        if info["statename"] == "STOPPING":
            return
        if info["statename"] != "RUNNING":
            supervisor.startProcess(namespec, False)
            self.done.append("start")
        elif self._random.random() < 0.5:
            try:
                supervisor.stopProcess(namespec, False)
            except Fault:  # it was killed before, and has ended meanwhile
                return
            self.done.append("stop")
        else:
            try:
                os.kill(info["pid"], signal.SIGKILL)
            except ProcessLookupError:  # the same
                return
            self.done.append("crash")


def told_by(hosts: Cluster, name: str) -> list[tuple[str, str]]:
    """Return name and state of every event that the witness of a host wrote down."""
    lines = [
        line.split() for line in (hosts.sites[name].directory / "events").read_text().splitlines()
    ]
    return [(process, state) for group, process, state in lines if group == "quick"]


def heard_by(hosts: Cluster, witness: str, name: str) -> list[tuple[str, str]]:
    """Return name and state of every event of a host that a client of `witness` heard."""
    return [
        (body["name"], ProcessState(body["state"]).name)
        for body in hosts.heard[witness].bodies("event", group="quick", address=name)
    ]


def test_random_starts_stops_and_crashes(tmp_path: Path) -> None:
    with cluster(tmp_path, programs=CONFIGURATION) as hosts:
        hosts.start()
        for name in hosts.names:
            hosts.sites[name].wait_state("witness", "RUNNING")
        troubles = [Troubles(hosts, name, TOTAL // 3 + 1) for name in hosts.names]
        for trouble in troubles:
            trouble.start()
        for trouble in troubles:
            trouble.join()
            if trouble.error is not None:
                raise trouble.error
        done = [what for trouble in troubles for what in trouble.done]
        counts = {what: done.count(what) for what in ("start", "stop", "crash")}
        print(counts)
        assert len(done) >= TOTAL
        assert min(counts.values()) > TOTAL / 10

        wait_for(lambda: not _unsettled(hosts), hosts.logs)
        hosts.wait_true()
        for name in hosts.names:
            told = told_by(hosts, name)
            for witness in hosts.names:
                wait_for(
                    lambda witness=witness, name=name: (
                        len(heard_by(hosts, witness, name))  # type: ignore[misc]
                        >= len(told_by(hosts, name))
                    ),
                    hosts.logs,
                )
                assert heard_by(hosts, witness, name) == told, (witness, name)
        wait_for(
            lambda: not any(hosts.status(name)["warnings"] for name in hosts.names), hosts.logs, 100
        )


def _unsettled(hosts: Cluster) -> list[str]:
    """Return the processes that are between two states."""
    return [
        f"{name}: {namespec}"
        for name in hosts.names
        for namespec, state in hosts.sites[name].states().items()
        if state in ("STARTING", "STOPPING")
    ]
