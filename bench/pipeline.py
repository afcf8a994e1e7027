"""Events per second through tap, agent and event port, beside a bare PUB and SUB.

The tap is synthetic: its ring and its socket are the plugin's own, but the records are made
here, faster than a supervisord could start processes. The agent is a real one, in a process
of its own; so is the client that counts.
"""

from __future__ import annotations

import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.table import row
from supvisors.plugin.guard import Guard
from supvisors.plugin.records import Ring
from supvisors.plugin.server import Listener
from tests.live.harness import free_port

PROCESSES = 500
#: Records that the agent may be behind, far less than the ring holds.
BEHIND_MAX = 5_000
HERE = Path(__file__).parent


class SyntheticTap:
    """A tap without a supervisord."""

    def __init__(self) -> None:
        self.ring = Ring()
        self._states = [0] * PROCESSES

    def processes(self) -> list[dict[str, Any]]:
        return [
            {
                "group": f"g{n % 20}",
                "name": f"p{n}",
                "state": state,
                "expected": True,
                "pid": 0,
                "event_ns": 0,
                "exit": None,
            }
            for n, state in enumerate(self._states)
        ]

    def change(self, number: int) -> None:
        """Make one process change its state."""
        n = number % PROCESSES
        was, state = self._states[n], {0: 10, 10: 20, 20: 40, 40: 0}[self._states[n]]
        self._states[n] = state
        record = {
            "wall_ns": time.time_ns(),
            "mono_ns": time.monotonic_ns(),
            "group": f"g{n % 20}",
            "name": f"p{n}",
            "state": state,
            "expected": True,
            "pid": n + 1,
            "exit": None,
            "was": [was, True, 0, 0, None],
        }
        self.ring.append("event", record)


def report(directory: Path, rounds: int, events: int) -> None:
    """Measure the pipeline and the bare sockets in turn."""
    pipeline, bare = [], []
    for _ in range(rounds):
        pipeline.append(_pipeline(events))
        bare.append(_bare(events * 3))
    events_s = statistics.median(figure[0] for figure in pipeline)
    messages_s = statistics.median(figure[1] for figure in pipeline)
    bare_s = statistics.median(bare)
    print(f"Pipeline, {events} events of {PROCESSES} processes, medians of {rounds}\n")
    row("", "per second", "ratio to bare PUB→SUB")
    row("---", "---", "---")
    row("process events, tap to client", round(events_s), round(events_s / bare_s, 3))
    row("messages to the client", round(messages_s), round(messages_s / bare_s, 3))
    row("bare PUB→SUB messages", round(bare_s), 1)
    print()


def _pipeline(events: int) -> tuple[float, float]:
    port, tap, sockets = free_port(), SyntheticTap(), dict[int, Any]()
    with tempfile.TemporaryDirectory(prefix="bench-tap-") as directory:
        agents: list[subprocess.Popen[str]] = []
        hello = {
            "type": "hello",
            "v": 1,
            "boot": "0123456789abcdef",
            "supervisord_pid": os.getpid(),
            "identifier": "alpha",
            "file": "",
            "options": {"address_list": "alpha", "event_port": str(port)},
            "problems": {},
        }
        path = f"{directory}/tap.sock"
        listener = Listener(
            Guard(),
            path,
            lambda pid: pid == agents[0].pid,
            lambda: hello,
            tap,
            "0123456789abcdef",
            lambda _commands, _line: None,
            lambda: None,
        )
        listener.open(sockets, os.getuid())
        agents.append(_start([sys.executable, "-m", "supvisors.agent"], SUPVISORS_TAP=path))
        sink = _start([sys.executable, str(HERE / "sink.py"), str(port), str(events)])
        try:
            assert sink.stdout is not None
            sink.stdout.readline()
            _turn_until(sockets, lambda: _seconds_past(1.5))
            made = 0
            while sink.poll() is None:
                behind = tap.ring.last - _told(listener)
                if made < events and behind < BEHIND_MAX:
                    for _ in range(min(500, events - made)):
                        tap.change(made)
                        made += 1
                _turn(sockets)
            heard, messages, seconds = sink.stdout.read().split()
        finally:
            for process in (*agents, sink):
                process.terminate()
                process.wait()
                if process.stdout is not None:
                    process.stdout.close()
            listener.close()
    return int(heard) / float(seconds), int(messages) / float(seconds)


def _told(listener: Listener) -> int:
    """Return the number of the last record that was taken from the ring."""
    positions = [getattr(c, "_next", 1) - 1 for c in listener._connections]
    return max(positions, default=0)


_marks: dict[str, float] = {}


def _seconds_past(seconds: float) -> bool:
    began = _marks.setdefault("began", time.monotonic())
    if time.monotonic() - began < seconds:
        return False
    _marks.clear()
    return True


def _turn_until(sockets: dict[int, Any], condition: Any) -> None:
    while not condition():
        _turn(sockets)


def _turn(sockets: dict[int, Any]) -> None:
    """Serve the sockets once, the way supervisord's loop does."""
    current = dict(sockets)
    readable = [fd for fd, d in current.items() if d.readable()]
    writable = [fd for fd, d in current.items() if d.writable()]
    r, w, _ = select.select(readable, writable, [], 0.01)
    for fd in r:
        current[fd].handle_read_event()
    for fd in w:
        current[fd].handle_write_event()


def _bare(messages: int) -> float:
    port = free_port()
    sink = _start([sys.executable, str(HERE / "sink.py"), str(port), str(messages)])
    assert sink.stdout is not None
    sink.stdout.readline()
    source = _start([sys.executable, str(HERE / "raw.py"), str(port), str(messages)])
    heard, _, seconds = sink.stdout.read().split()
    for process in (sink, source):
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    return int(heard) / float(seconds)


def _start(command: list[str], **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    )
