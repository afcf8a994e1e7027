"""A peer that sends garbage, and what looks right, as fast as it can."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live import flooder
from tests.live.cluster import LIMIT_S, Cluster, cluster, now, pause
from tests.live.harness import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

#: Longer than the inactivity limit.
FLOOD_S = LIMIT_S + 2
MEMORY_GROWTH_MAX_KB = 100_000
ANSWER_MAX_S = 5.0
#: Messages of one kind that must have come.
FLOOD_MIN = 5000


@contextmanager
def flood(hosts: Cluster, name: str, victim: str) -> Iterator[None]:
    """Let a peer flood in the place of `name`."""
    words = [sys.executable, flooder.__file__, name, str(hosts.port(name)), str(hosts.port(victim))]
    process = subprocess.Popen(words, stdin=subprocess.PIPE)
    assert process.stdin is not None
    try:
        yield
        assert process.poll() is None, "it floods to the end"
    finally:
        process.stdin.close()
        process.wait(30)


def memory_kb(hosts: Cluster, name: str) -> int:
    """Return the resident memory of an agent."""
    status = Path(f"/proc/{hosts.sites[name].agent_pid()}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1])


def test_a_flood_of_one_peer_harms_nobody_else(tmp_path: Path) -> None:
    options = "synchro_timeout = 2"
    with cluster(tmp_path, options=options) as hosts:
        healthy = ["alpha", "beta"]
        hosts.start(*healthy)
        before = {name: memory_kb(hosts, name) for name in healthy}
        begin = now()
        with flood(hosts, "gamma", "alpha"):
            wait_for(lambda: len(_drops(hosts, "alpha")) >= 2, hosts.logs)
            while now() - begin < FLOOD_S:
                delays = hosts.poke("beta", witnesses=healthy)
                assert max(delays.values()) < ANSWER_MAX_S, delays
                pause(0.2)
            for name in healthy:
                growth = memory_kb(hosts, name) - before[name]
                print(f"{name}: {growth} kB more")
                assert growth < MEMORY_GROWTH_MAX_KB
                asked = now()
                drops = _drops(hosts, name)
                assert now() - asked < ANSWER_MAX_S
                assert any("of gamma were dropped: not an envelope" in drop for drop in drops), (
                    drops
                )
        assert max(_counts(hosts, "alpha")) > FLOOD_MIN, "it was a flood"
        strangers = [drop for drop in _drops(hosts, "alpha") if "unknown sender" in drop]
        assert strangers, hosts.status("alpha")["warnings"]
        told = hosts.lost_since(begin, *healthy)
        assert not [line for line in told if "gamma" not in line], told
        assert not [s for n in healthy for s in hosts.supvisors_of(n, begin)], "nobody was unseated"
        hosts.poke("alpha", witnesses=healthy)


def _drops(hosts: Cluster, name: str) -> list[str]:
    return [warning for warning in hosts.status(name)["warnings"] if "dropped" in warning]


def _counts(hosts: Cluster, name: str) -> list[int]:
    return [int(drop.split()[0]) for drop in _drops(hosts, name)]
