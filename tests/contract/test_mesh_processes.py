"""The mesh between processes: one that is frozen costs the others neither time nor memory, and
takes part again when it thaws; a network that comes up late is waited for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from supvisors.bus.sockets import LINGER_MS
from supvisors.core.inputs import Fetched, Got, GroupsReset, Ticked
from supvisors.model import ProcessInfo, ProcessState
from tests.contract.drivers import TIMEOUT_S, Agent, MeshDriver, a_list, free_ports

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("mesh_program.py")
RECORDS = 6000
RECORD_BYTES = 20_000


@contextmanager
def running(output: Path, *command: object) -> Iterator[subprocess.Popen[bytes]]:
    with output.open("wb") as file:
        process = subprocess.Popen([*map(str, command)], stdout=file, stderr=file)
        try:
            yield process
        finally:
            process.kill()
            process.wait(TIMEOUT_S)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def driver() -> Iterator[MeshDriver]:
    driver = MeshDriver()
    yield driver
    driver.close()


def test_a_frozen_peer_costs_the_others_nothing(driver: MeshDriver, tmp_path: Path) -> None:
    alpha, gamma = driver.agent("alpha"), driver.agent("gamma")
    alpha.lists["alpha"] = a_list(0)
    ends = [driver.ends[name] for name in ("beta", "alpha", "gamma")]
    words = [word for end in ends for word in (end.name, end.port)]
    with running(tmp_path / "beta", sys.executable, PROGRAM, *words) as beta:
        driver.until(lambda: alpha.of(Ticked, "beta") and gamma.of(Ticked, "beta"))
        driver.until(lambda: b"heard alpha" in (tmp_path / "beta").read_bytes(), alpha.tick)
        driver.until(lambda: gamma.of(Ticked, "alpha"), alpha.tick)
        driver.until(lambda: gamma.of(Fetched, "alpha"), lambda: gamma.fetch("alpha", "b1"))
        beta.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, beta.pid, os.WSTOPPED | os.WNOWAIT)
        _flood(driver, alpha, gamma)
        count = len(alpha.of(Ticked, "beta"))
        beta.send_signal(signal.SIGCONT)
        driver.until(lambda: len(alpha.of(Ticked, "beta")) > count + 3)
        # what was told meanwhile is lost and comes as a list; then records follow again
        output = tmp_path / "beta"
        driver.until(lambda: b"got alpha" in output.read_bytes(), lambda: goes_on(alpha))
        beta.send_signal(signal.SIGSTOP)
        alpha.say(*(long_record(),) * 500)  # more than the system takes for who does not read
        alpha.tick(leaving="agent")
        before_s = time.monotonic()
        alpha.close()
        gamma.close()
        assert time.monotonic() - before_s < LINGER_MS / 2000
        beta.send_signal(signal.SIGCONT)
        driver.until(lambda: b"bye alpha" in output.read_bytes())


def long_record() -> GroupsReset:
    info = ProcessInfo("g", "n" * RECORD_BYTES, ProcessState.RUNNING)
    return GroupsReset("alpha", "tap", 1, (info,))


def goes_on(alpha: Agent) -> None:
    alpha.record(1)
    alpha.tick()


def _flood(driver: MeshDriver, alpha: Agent, gamma: Agent) -> None:
    """Tell far more than may be kept for beta; gamma hears all of it, in time."""
    before = resident_bytes()
    for _ in range(RECORDS // 100):
        alpha.say(*(long_record(),) * 100)
        driver.until(lambda: len(gamma.of(Got, "alpha")) == 100)
        gamma.facts.clear()
    assert resident_bytes() - before < RECORDS * RECORD_BYTES * 2 / 3


NETWORK = """
ip link set lo up && ip addr del 127.0.0.1/8 dev lo
"$@" alpha {0} beta {1} > alpha & a=$!
"$@" beta {1} alpha {0} > beta & b=$!
trap 'kill $a $b; wait' EXIT
read word
ip addr add 127.0.0.1/8 dev lo
read word
"""


def test_a_network_that_comes_up_late_is_waited_for(tmp_path: Path) -> None:
    """In a network of its own, whose only address comes when both agents run."""
    shell = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c"]
    if subprocess.run([*shell, "ip addr"], capture_output=True).returncode:
        pytest.skip("no namespaces here")
    script = NETWORK.format(*free_ports(2))
    command = [*shell, script, "sh", sys.executable, str(PROGRAM)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=tmp_path)
    assert process.stdin is not None
    try:
        for name in ("alpha", "beta"):
            _wait_for(tmp_path / name, b"bus not bound yet", count=2)
        process.stdin.write(b"on\n")
        process.stdin.flush()
        for name, other in (("alpha", b"beta"), ("beta", b"alpha")):
            _wait_for(tmp_path / name, b"bus bound", count=2)
            _wait_for(tmp_path / name, b"heard " + other)
            assert (tmp_path / name).read_bytes().count(b"bus not bound yet") == 2
    finally:
        process.stdin.close()
        process.wait(TIMEOUT_S)


def _wait_for(path: Path, words: bytes, count: int = 1) -> None:
    end_s = time.monotonic() + TIMEOUT_S
    while not path.exists() or path.read_bytes().count(words) < count:
        assert time.monotonic() < end_s, f"{path.name} does not say {words!r}"
        time.sleep(0.01)
