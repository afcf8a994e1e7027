"""How long a client of a large site takes to join, and what others notice of it.

The tap is synthetic. The publisher with its journal, the client that joins and the one that is
there already are processes of their own. Delays are those of `event`, from the time in the
message to its arrival, whose unit is the millisecond.
"""

from __future__ import annotations

import asyncio
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import zmq

from bench.table import percentiles_ms, row
from supvisors.client import connect
from supvisors.publisher import HOST
from supvisors.wire.dialect2 import Live
from supvisors.wire.reading import decode
from supvisors.wire.requests import TOPICS
from tests.soak.processes import Source

PROCESSES = 10_000
#: Each publishes an event and a status.
UPDATES_PER_S = 500
JOURNAL_BYTES = 100_000_000
#: Clients that join at the same time, in the second row.
CROWD = 10
HERE = Path(__file__).parent


def report(joins: int) -> None:
    """Measure clients that join one by one, then in crowds."""
    print(f"{PROCESSES} processes, {UPDATES_PER_S} updates a second, {joins} joins\n")
    row("clients that join at once", "join: median / 99th / longest", "event of another: the same")
    row("---", "---", "---")
    for crowd in (0, 1, CROWD):
        joined, delays = _measure(crowd, joins // max(1, crowd))
        took = " / ".join(map(str, percentiles_ms(joined))) + " ms" if joined else "—"
        row(crowd or "none", took, " / ".join(map(str, percentiles_ms(delays))) + " ms")
    print()


def _measure(crowd: int, rounds: int) -> tuple[list[int], list[int]]:
    """Return how long each join took, and how late the events of the witness were, in ns."""
    with tempfile.TemporaryDirectory(prefix="bench-joining-") as directory:
        source = Source(Path(directory) / "source", JOURNAL_BYTES, 0, PROCESSES)
        source.start()
        witness = _child("witness", source.port)
        try:
            assert witness.stdout is not None
            assert witness.stdout.readline(), "it is there"
            source.begin(UPDATES_PER_S * 600, UPDATES_PER_S)
            joined = [ns for _ in range(rounds) for ns in _join(source.port, crowd)]
            delays, _ = witness.communicate("end\n", timeout=60)
            return joined, [int(line) for line in delays.split()]
        finally:
            witness.kill()
            witness.wait()
            source.kill()


def _join(port: int, crowd: int) -> list[int]:
    children = [_child("join", port) for _ in range(crowd)]
    for child in children:  # all have started before any of them joins
        assert child.stdout is not None
        child.stdout.readline()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    found = [int(child.communicate(timeout=60)[0]) for child in children]
    time.sleep(0.2 if crowd else 1.0)
    return found


def _child(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__, *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(HERE.parent)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


# --- in processes of their own --------------------------------------------------------------


def main(what: str, port: int) -> None:
    """Join once, or listen until stdin says something."""
    if what == "join":
        print("ready", flush=True)
        sys.stdin.readline()
        print(asyncio.run(_joined(port)))
    else:
        _witness(port)


async def _joined(port: int) -> int:
    began = time.monotonic_ns()
    async with connect(port=port) as stream:
        taken = time.monotonic_ns() - began
        assert len(stream.cluster.processes) == PROCESSES
    return taken


def _witness(port: int) -> None:
    context: zmq.Context[Any] = zmq.Context()
    sub = context.socket(zmq.SUB)
    sub.subscribe(TOPICS["event"])
    sub.connect(f"tcp://{HOST}:{port}")
    print("ready", flush=True)
    delays: list[int] = []
    while not select.select([sys.stdin], [], [], 0)[0]:
        while sub.poll(10):
            message = decode(sub.recv_multipart())
            now_ns = time.time_ns()
            assert isinstance(message, Live)
            delays.append(now_ns - message.meta.t * 1_000_000)
            if select.select([sys.stdin], [], [], 0)[0]:
                break
    print("\n".join(map(str, delays)))
    sub.close(linger=0)
    context.term()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
