"""Messages per second through the publisher alone, beside a bare PUB and SUB; the journal; CURVE.

The outputs are prepared; the publisher and its loop run in a process of their own, as does each
client. A client of dialect 2 is a bare SUB socket that counts: what is measured is the publisher.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import zmq

from bench.table import row
from supvisors.core.outputs import Facts, Publish
from supvisors.events import Events
from supvisors.journal import Journal, Limits
from supvisors.keys import KeyKind, Keys, KeyStore
from supvisors.log import Log
from supvisors.model import ExitFacts, ProcessEvent, ProcessState
from supvisors.publisher import HOST, Door, Port
from supvisors.wire.requests import TOPICS

HERE = Path(__file__).parent
#: Messages under way: fewer than any queue holds, so that none is dropped.
AHEAD = 5_000
VARIANTS = ("1", "2", "both", "2 journal", "2 CURVE", "1 CURVE")


def report(rounds: int, messages: int) -> None:
    """Measure each variant and the bare sockets in turn, for 1 client and for 10."""
    print(f"Publisher alone, {messages} prepared process events, medians of {rounds}\n")
    row("dialect", "clients", "messages per second", "ratio to bare PUB→SUB")
    row("---", "---", "---", "---")
    for clients in (1, 10):
        figures: dict[str, list[float]] = {}
        for _ in range(rounds):
            for variant in ("bare", *VARIANTS):
                figures.setdefault(variant, []).append(_measure(variant, clients, messages))
        bare = statistics.median(figures["bare"])
        for variant, values in figures.items():
            rate = statistics.median(values)
            row(variant, clients, round(rate), round(rate / bare, 3))
    print()


def _measure(variant: str, clients: int, messages: int) -> float:
    """Return how many messages each client got per second."""
    with tempfile.TemporaryDirectory(prefix="bench-events-") as directory:
        command = [sys.executable, __file__, variant, str(clients), str(messages), directory]
        env = {**os.environ, "PYTHONPATH": str(HERE.parent)}
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=env)
    return float(done.stdout)


# --- in processes of their own --------------------------------------------------------------


def main() -> None:
    """Publish, or count what is heard."""
    if sys.argv[1] == "count":
        _count(sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5:])
        return
    variant, clients, messages = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    print(asyncio.run(_publish(variant, clients, messages, Path(sys.argv[4]))))


async def _publish(variant: str, clients: int, messages: int, directory: Path) -> float:
    context: zmq.Context[Any] = zmq.Context()
    words = variant.split()
    keys: list[str] = []
    door = None
    if "CURVE" in words:
        keys, door = _door(directory)
    ends = context.socket(zmq.PULL)
    ends_port = ends.bind_to_random_port(f"tcp://{HOST}")
    events, bare, port = _opened(words, context, door, directory)
    command = [sys.executable, __file__, "count", words[0], str(messages), f"{port} {ends_port}"]
    sinks = [subprocess.Popen([*command, *keys]) for _ in range(clients)]
    try:
        await _joined(bare, events, words, clients)
        return await _sent(bare, events, ends, [0] * clients, messages)
    finally:
        for sink in sinks:
            sink.terminate()
            sink.wait()
        if events is not None:
            events.close()
        context.destroy(linger=0)


async def _sent(
    bare: Any, events: Events | None, ends: Any, heard: list[int], messages: int
) -> float:
    """Send all, never far ahead of the slowest client; return how many per second."""
    outputs = [_output(number) for number in range(messages)]
    began = time.monotonic()
    for number, output in enumerate(outputs):
        if events is not None:
            events.publish(output)
        else:
            bare.send(b"event", zmq.SNDMORE)
            bare.send(b"x" * 104)
        if number % 100 == 0:
            await asyncio.sleep(0)
            while number - min(heard) > AHEAD:
                _hear(ends, heard)
                await asyncio.sleep(0)
    while min(heard) < messages:
        _hear(ends, heard)
        await asyncio.sleep(0)
    return messages / (time.monotonic() - began)


def _opened(
    words: list[str], context: zmq.Context[Any], door: Door | None, directory: Path
) -> tuple[Events | None, Any, int]:
    if words == ["bare"]:
        bare = context.socket(zmq.XPUB)
        bare.setsockopt(zmq.SNDHWM, 0)
        bare.setsockopt(zmq.XPUB_VERBOSE, 1)
        return None, bare, bare.bind_to_random_port(f"tcp://{HOST}")
    probe = context.socket(zmq.PULL)
    port = probe.bind_to_random_port(f"tcp://{HOST}")
    probe.close(linger=0)
    time.sleep(0.1)
    opened = Port(door.context if door else context, HOST, port, door)
    journal = None
    if "journal" in words:
        deliver = asyncio.get_running_loop().call_soon_threadsafe
        journal = Journal(str(directory), Limits(100 * 1024**2, 7), Log(), deliver)
    return Events([opened], journal, door, Log()), None, port


def _door(directory: Path) -> tuple[list[str], Door]:
    store = KeyStore(str(directory))
    public = store.init()
    client = zmq.curve_keypair()
    store.add("viewer", client[0].decode(), KeyKind.CLIENT)
    keys: Keys = store.load()
    door = Door(str(directory), keys, "alpha", Log())
    return [public, *(key.decode() for key in client)], door


async def _joined(bare: Any, events: Events | None, words: list[str], clients: int) -> None:
    if bare is not None:
        for _ in range(clients):
            while not bare.poll(0):
                await asyncio.sleep(0.01)
            bare.recv()
        return
    assert events is not None
    topics = _topics(words[0])
    registrations = events._publisher.ports[0]._registrations
    while not all(registrations._counts[topic] == clients for topic in topics):
        await asyncio.sleep(0.01)


def _topics(dialect: str) -> list[bytes]:
    return {"1": [b"event"], "bare": [b"event"], "2": [TOPICS["event"]]}.get(
        dialect, [b"event", TOPICS["event"]]
    )


def _output(number: int) -> Publish:
    event = ProcessEvent(
        "burst", f"p{number % 500}", ProcessState.RUNNING, True, 1_795_478_640, 12345, "alpha"
    )
    return Publish(event, ("alpha", "0123456789abcdef", number + 1), Facts(ExitFacts(code=0)))


def _hear(ends: Any, heard: list[int]) -> None:
    while ends.poll(0):
        pid, count = ends.recv_string().split()
        known = _pids.setdefault(pid, len(_pids))
        heard[known] = int(count)


_pids: dict[str, int] = {}


def _count(dialect: str, messages: int, ports: str, keys: list[str]) -> None:
    port, ends_port = ports.split()
    context: zmq.Context[Any] = zmq.Context()
    sock, ends = context.socket(zmq.SUB), context.socket(zmq.PUSH)
    if keys:
        sock.curve_serverkey, sock.curve_publickey, sock.curve_secretkey = (
            key.encode() for key in keys
        )
    sock.setsockopt(zmq.RCVHWM, 0)
    for topic in _topics(dialect):
        sock.subscribe(topic)
    ends.connect(f"tcp://{HOST}:{ends_port}")
    sock.connect(f"tcp://{HOST}:{port}")
    wanted = messages * len(_topics(dialect))
    pid = str(id(context)) + str(time.monotonic_ns())
    for number in range(1, wanted + 1):
        sock.recv_multipart()
        if number % 500 == 0 or number == wanted:
            ends.send_string(f"{pid} {number * messages // wanted}")
    ends.close(linger=2000)
    sock.close()
    context.term()


if __name__ == "__main__":
    main()
