"""Messages per second and latency of the clients of other languages, beside their bare sockets.

Each language has one program, `receive MODE PORT COUNT`: it connects, waits for a line on
standard input, receives COUNT events and prints the time of each in ns of the monotonic clock,
after that of the line. MODE is `raw` for a bare SUB socket, `plain` or `sync` for a client.

Messages per second are taken twice: `flowing`, sent as fast as one sender can while the program
receives, and `waiting`, all of them in the client's memory before it starts. The first is what
the sender and the sockets allow, the second what the client alone would.

Each program and each build has a time limit. One that hangs is killed, and the last line of the
output says which it was, in which mode, at what step; likewise for one that ends by itself.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import zmq

from bench.raw import BODY
from bench.table import percentiles_ms, row
from supvisors import __version__

ROOT: Final = Path(__file__).parents[1]
MODES: Final = ("raw", "plain", "sync")
#: Messages whose latency is taken, one every `PAUSE_S`.
SAMPLES: Final = 1_000
PAUSE_S: Final = 0.001
#: How long the last messages may take to the memory of the client, per message.
ARRIVAL_S: Final = 5e-6
#: Time limits: far above what is needed. Maven may have to fetch what it builds with.
BUILD_TIMEOUT_S: Final = 900.0
START_TIMEOUT_S: Final = 30.0
RUN_TIMEOUT_S: Final = 60.0
#: From look to look whether a program that starts has ended.
LOOK_MS: Final = 100


Words = tuple[str, ...]


class ProgramFailed(Exception):
    """A program did not do its step."""


def _hung(program: Words, step: str, timeout_s: float) -> ProgramFailed:
    words = " ".join(program)
    return ProgramFailed(f"hung while {step}, killed after {timeout_s:g} s; run it: {words}")


def _ended(program: Words, step: str, status: int) -> ProgramFailed:
    return ProgramFailed(f"ended with {status} while {step}; run it: {' '.join(program)}")


def build_java() -> Words:
    """Build the program of the Java client; return its command."""
    java = ROOT / "clients" / "java"
    _build(("mvn", "-B", "-q", "-f", str(java), "package", "-Dmaven.javadoc.skip", "-DskipTests"))
    jar = java / "target" / f"supvisors-client-{__version__}.jar"
    path = f"{jar}:{java / 'target' / 'test-classes'}"
    return "java", "-cp", path, "org.supvisors.event.bench.Receive"


def build_cpp() -> Words:
    """Build the program of the C++ client; return its command."""
    folder = ROOT / "build" / "cpp-bench"
    options = ("-DCMAKE_BUILD_TYPE=Release", "-DSUPVISORS_BENCH=ON", "-DSUPVISORS_EXAMPLES=OFF")
    _build(("cmake", "-S", str(ROOT / "clients" / "cpp"), "-B", str(folder), *options))
    _build(("cmake", "--build", str(folder)))
    return (str(folder / "bench" / "receive"),)


def _build(command: Words) -> None:
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=BUILD_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise _hung(command, "building", BUILD_TIMEOUT_S) from None


def report(rounds: int, messages: int) -> None:
    """Measure all modes of all languages in turn; exit with a line when a program fails."""
    try:
        _report(rounds, messages)
    except ProgramFailed as error:
        sys.exit(f"clients: {error}")


def _report(rounds: int, messages: int) -> None:
    programs = {"Java": build_java(), "C++": build_cpp()}
    print(f"Clients, {messages} messages, medians of {rounds}; latency of {SAMPLES} messages\n")
    row("", "flowing/s", "ratio to raw", "waiting/s", "latency in ms: median, 99 %, maximum")
    row("---", "---", "---", "---", "---")
    for language, program in programs.items():
        flowing: dict[str, list[float]] = {mode: [] for mode in MODES}
        waiting: dict[str, list[float]] = {mode: [] for mode in MODES}
        for _ in range(rounds):
            for mode in MODES:
                flowing[mode].append(_rate(program, mode, messages, waits=False))
                waiting[mode].append(_rate(program, mode, messages, waits=True))
        for mode in MODES:
            rate, bare = (statistics.median(flowing[name]) for name in (mode, "raw"))
            wait = statistics.median(waiting[mode])
            delays = percentiles_ms(_delays(program, mode))
            row(f"{language}, {mode}", round(rate), round(rate / bare, 2), round(wait), delays)
    print()


def _rate(program: Words, mode: str, messages: int, waits: bool) -> float:
    with _started(program, mode, messages) as (publisher, process):
        if not waits:
            _go(process)
        for number in range(1, messages + 1):
            _send(publisher, mode, number)
        if waits:
            time.sleep(messages * ARRIVAL_S)
        times = _times(process, messages)
    return messages / (times[-1] - times[0]) * 1e9


def _go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def _delays(program: Words, mode: str) -> list[int]:
    sent = []
    with _started(program, mode, SAMPLES) as (publisher, process):
        _go(process)
        for number in range(1, SAMPLES + 1):
            time.sleep(PAUSE_S)
            sent.append(time.monotonic_ns())
            _send(publisher, mode, number)
        times = _times(process, SAMPLES)
    return [heard - at for at, heard in zip(sent, times[1:], strict=True)]


def _times(process: subprocess.Popen[str], messages: int) -> list[int]:
    step = f"receiving {messages} messages"
    try:
        printed = process.communicate("go\n", timeout=RUN_TIMEOUT_S)[0]
    except subprocess.TimeoutExpired:
        raise _hung(_words(process), step, RUN_TIMEOUT_S) from None
    times = [int(line) for line in printed.splitlines()]
    if len(times) != messages + 1:
        raise _ended(_words(process), step, process.returncode)
    return times


def _words(process: subprocess.Popen[str]) -> Words:
    assert isinstance(process.args, list)
    return tuple(process.args)


@contextmanager
def _started(
    program: Words, mode: str, messages: int
) -> Iterator[tuple[zmq.Socket[bytes], subprocess.Popen[str]]]:
    """Start the program; it is subscribed, and joined if it is synchronised."""
    with zmq.Context() as context, context.socket(zmq.XPUB) as publisher:
        publisher.setsockopt(zmq.SNDHWM, 0)
        publisher.setsockopt(zmq.LINGER, 0)
        port = publisher.bind_to_random_port("tcp://127.0.0.1")
        process = subprocess.Popen(
            [*program, mode, str(port), str(messages)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            wanted = b"\x01\x01snap|" if mode == "sync" else b"\x01event"
            topic = _subscription(publisher, process)
            while not topic.startswith(wanted):
                topic = _subscription(publisher, process)
            if mode == "sync":
                publisher.send_multipart([topic[1:], _stand(), b"{}"])
            yield publisher, process
        finally:
            process.kill()
            process.wait()


def _subscription(publisher: zmq.Socket[bytes], process: subprocess.Popen[str]) -> bytes:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while not publisher.poll(LOOK_MS):
        if process.poll() is not None:
            raise _ended(_words(process), "subscribing", process.returncode)
        if time.monotonic() > deadline_s:
            raise _hung(_words(process), "subscribing", START_TIMEOUT_S)
    return publisher.recv()


def _stand() -> bytes:
    names = ("supvisors", "address", "application", "process", "event", "removed")
    stand: dict[str, Any] = {"v": 2, "stream": "bench", "t": 1, "seqs": dict.fromkeys(names, 0)}
    return json.dumps({**stand, "journal": None}).encode()


def _send(publisher: zmq.Socket[bytes], mode: str, number: int) -> None:
    if mode == "sync":
        publisher.send(b"\x01event", zmq.SNDMORE)
        meta = b'{"v":2,"stream":"bench","seq":%d,"t":1795478640123,"id":["alpha","b1",%d]}'
        publisher.send(meta % (number, number), zmq.SNDMORE)
    else:
        publisher.send(b"event", zmq.SNDMORE)
    publisher.send(BODY)
