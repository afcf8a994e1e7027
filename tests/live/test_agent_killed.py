"""What the agent's own fate does to what clients know: nothing.

Killed in a burst, frozen, orphaned: the core's recorded inputs have no hole and nothing
twice, and what clients hear agrees with supervisord.
"""

from __future__ import annotations

import functools
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

from supvisors.model import ProcessState
from tests.live.harness import Heard, Site, alive, wait_for
from tests.live.probe import recorded

BURST = 300


def inputs(trace: Path) -> list[dict[str, Any]]:
    """Return the inputs that the cores of all agents of a site recorded."""
    lines, _ = recorded(trace.read_bytes())
    return lines


def numbers(trace: Path) -> list[int]:
    """Return the numbers of all records that the cores were told."""
    told = inputs(trace)
    return [entry["seq"] for entry in told if "seq" in entry and entry["input"] != "Loaded"]


def test_killed_five_times_in_a_burst_of_300_processes(site: Site, heard: Heard) -> None:
    trace = site.directory / "trace"
    site.environment["SUPVISORS_TRACE"] = str(trace)
    site.write(
        f"""
        [program:burst]
        command = sleep 1000
        process_name = %(process_num)d
        numprocs = {BURST}
        autostart = false
        startsecs = 0
        stdout_logfile = NONE
        stderr_logfile = NONE
        """
    )
    site.start()
    burst = Burst(site)
    burst.start()
    try:
        for kills in range(1, 6):
            wait_for(functools.partial(_has_lived, trace, kills), "a life with records")
            os.kill(wait_for(site.agent_pid, site.log), signal.SIGKILL)
    finally:
        burst.finish()
    site.wait_ready()
    wait_for(lambda: len(_stops(trace)) >= BURST * burst.rounds, site.log)

    told_numbers = numbers(trace)
    assert told_numbers == list(range(1, max(told_numbers) + 1)), "each once, in order"
    wait_for(lambda: heard.state() == site.states(), lambda: _difference(heard, site))
    told = [
        (entry["name"], entry["state"])
        for entry in inputs(trace)
        if entry["input"] == "ProcessChanged" and entry["group"] == "burst"
    ]
    for number in range(BURST):
        states = [state for name, state in told if name == str(number)]
        assert states == [10, 20, 40, 0] * burst.rounds, f"burst:{number}"


class Burst(threading.Thread):
    """Starts 300 processes and stops them, until it is told to finish its round."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.rounds = 0
        self._rpc = site.rpc().supervisor
        self._last_round = threading.Event()

    def run(self) -> None:
        while not self._last_round.is_set() or not self.rounds:
            self._rpc.startProcessGroup("burst")
            self._rpc.stopProcessGroup("burst")
            self.rounds += 1

    def finish(self) -> None:
        self._last_round.set()
        self.join()


def _has_lived(trace: Path, lives: int) -> bool:
    return _life(trace) >= lives


def _life(trace: Path) -> int:
    """Return which life the newest record belongs to, 0 while that has none yet."""
    told = inputs(trace) if trace.exists() else []
    lives = [at for at, entry in enumerate(told) if entry["input"] == "Started"]
    has_records = any(entry["input"] == "ProcessChanged" for entry in told[lives[-1] :])
    return len(lives) if has_records else 0


def _stops(trace: Path) -> list[dict[str, Any]]:
    """Return the recorded ends of the burst's processes."""
    return [e for e in inputs(trace) if e.get("group") == "burst" and e.get("state") == 0]


def _difference(heard: Heard, site: Site) -> str:
    real, told = site.states(), heard.state()
    return str(
        {name: (told.get(name), real[name]) for name in real if told.get(name) != real[name]}
    )


def test_frozen_agent_does_not_hold_supervisord_and_catches_up(site: Site, heard: Heard) -> None:
    site.write("[program:camera]\ncommand = sleep 1000\nstartsecs = 0\n")
    site.start()
    heard.wait("event", name="camera", state=ProcessState.RUNNING)
    pid = site.agent_pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        for _ in range(20):
            wait_for(lambda: _is_executing(site.info("camera")["pid"], "sleep"))
            site.rpc().supervisor.stopProcess("camera")
            site.rpc().supervisor.startProcess("camera")
        assert time.monotonic() - began < 10, "40 commands, each far below a second"
        assert not heard.bodies("event", name="camera", state=ProcessState.STOPPED)
    finally:
        os.kill(pid, signal.SIGCONT)
    heard.wait("event", count=21, name="camera", state=ProcessState.RUNNING)

    assert len(heard.bodies("event", name="camera", state=ProcessState.STOPPED)) == 20
    assert site.agent_pid() == pid
    wait_for(lambda: heard.state() == site.states(), lambda: _difference(heard, site))


def _is_executing(pid: int, program: str) -> bool:
    """Tell whether a child has come to its program; a signal sent to it before is lost."""
    return Path(f"/proc/{pid}/comm").read_text().strip() == program


def test_agent_ends_when_its_supervisord_is_killed(site: Site) -> None:
    site.write("[program:camera]\ncommand = sleep 1000\nstartsecs = 0\n")
    site.start()
    agent_pid, camera_pid = site.agent_pid(), site.info("camera")["pid"]
    site.kill()
    wait_for(lambda: not alive(agent_pid), "the agent ends")
    os.kill(camera_pid, signal.SIGKILL)
    wait_for(lambda: not alive(camera_pid), "the camera ends")


def test_supervisord_killed_and_started_again_serves_at_once(site: Site, heard: Heard) -> None:
    site.write("[program:camera]\ncommand = sleep 1000\nstartsecs = 0\n")
    site.start()
    heard.wait("event", name="camera", state=ProcessState.RUNNING)
    camera_pid = site.info("camera")["pid"]
    site.kill()
    os.kill(camera_pid, signal.SIGKILL)
    wait_for(lambda: not alive(camera_pid), "the camera ends")
    site.start()
    heard.wait("supvisors", count=2, statename="OPERATION")
    heard.wait("event", count=2, name="camera", state=ProcessState.RUNNING)

    wait_for(lambda: heard.state() == site.states(), lambda: _difference(heard, site))


def test_supervisord_stopped_leaves_nothing(site: Site) -> None:
    site.write("[program:camera]\ncommand = sleep 1000\nstartsecs = 0\n")
    site.start()
    children = site.children()
    assert len(children) == 2
    assert site.stop() == 0
    assert not [pid for pid in children if alive(pid)]


def test_agent_restarted_by_an_operator(site: Site, heard: Heard) -> None:
    site.write("[program:camera]\ncommand = sleep 1000\nstartsecs = 0\n")
    site.start()
    heard.wait("event", name="camera", state=ProcessState.RUNNING)
    pid = site.agent_pid()
    site.ctl("stop", "supvisors")
    site.rpc().supervisor.stopProcess("camera")
    assert site.info("supvisors")["statename"] == "STOPPED", "an explicit stop is respected"
    site.ctl("start", "supvisors")
    site.wait_ready()
    heard.wait("event", name="camera", state=ProcessState.STOPPED)

    assert site.agent_pid() not in (0, pid)
    wait_for(lambda: heard.state() == site.states(), lambda: _difference(heard, site))
    assert "SHUTDOWN" not in [body["statename"] for body in heard.bodies("supvisors")]
