"""A tap's socket as the tests meet it: supervisord's loop around it, and peers on the other end.

Holds: `Tap`, a real listener with its `Loop`; `Peer`, one connection to it; `Reader`, which
checks that nothing is missing without a word and nothing doubled; `shape`, frames in short.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from supervisor import loggers
from supervisor.poller import Poller

from supvisors.plugin.guard import Guard
from supvisors.plugin.records import TAP_VERSION, Ring
from supvisors.plugin.server import Commands, Listener

BOOT = "0123456789abcdef"
#: Far above what any condition here needs, since the machine is shared.
TIMEOUT_S = 30.0
#: More than the kernel keeps for one direction of a unix socket.
SOCKET_BYTES_MAX = 1024 * 1024


class Source:
    """Where the records come from: a ring and a list of processes."""

    def __init__(self, capacity: int) -> None:
        self.ring = Ring(capacity)
        self.listed: list[dict[str, Any]] = [{"group": "a", "name": "b"}]

    def processes(self) -> list[dict[str, Any]]:
        return self.listed


class Loop:
    """Supervisord's loop around its socket map, with Supervisor's own poller."""

    def __init__(self) -> None:
        self.socket_map: dict[int, Any] = {}
        logger = loggers.getLogger(loggers.LevelsByName.WARN)
        loggers.handle_boundIO(logger, "%(message)s\n")
        self.logger: Any = logger
        self._poller = Poller(SimpleNamespace(logger=logger))

    def turn(self, timeout_s: float = 0) -> int:
        """Turn once as `Supervisor.runforever` does; return how many events there were."""
        combined_map = dict(self.socket_map)
        for fd, dispatcher in combined_map.items():
            if dispatcher.readable():
                self._poller.register_readable(fd)
            if dispatcher.writable():
                self._poller.register_writable(fd)
        readable, writable = self._poller.poll(timeout_s)
        for fd in readable:
            if fd not in combined_map:
                self._poller.unregister_readable(fd)
                continue
            combined_map[fd].handle_read_event()
            if not combined_map[fd].readable():
                self._poller.unregister_readable(fd)
        for fd in writable:
            if fd not in combined_map:
                self._poller.unregister_writable(fd)
                continue
            combined_map[fd].handle_write_event()
            if not combined_map[fd].writable():
                self._poller.unregister_writable(fd)
        return len(readable) + len(writable)

    def until(self, condition: Callable[[], bool]) -> None:
        """Turn until `condition` holds."""
        deadline = time.monotonic() + TIMEOUT_S
        while not condition():
            assert time.monotonic() < deadline, "did not happen"
            self.turn(0.01)

    def until_idle(self) -> None:
        """Turn until there is nothing to do; a loop that spins never gets there."""
        for _ in range(10_000):
            if self.turn() == 0:
                return
        raise AssertionError("the loop spins")


class Peer:
    """The other end of one connection."""

    def __init__(self, path: str) -> None:
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.connect(path)
        self._sock.setblocking(False)
        self._rest = b""
        self.ended = False
        self.bytes_read = 0

    def say(self, *contents: object) -> None:
        self.send(b"".join(json.dumps(content).encode() + b"\n" for content in contents))

    def send(self, data: bytes) -> int:
        """Send what the socket takes now; return how much that was."""
        try:
            return self._sock.send(data)
        except BlockingIOError:
            return 0

    def read(self, max_bytes: int = SOCKET_BYTES_MAX) -> list[dict[str, Any]]:
        """Return the lines that have arrived whole; note when the other end has ended."""
        while max_bytes > 0:
            try:
                data = self._sock.recv(min(max_bytes, 65536))
            except BlockingIOError:
                break
            except ConnectionResetError:
                data = b""
            if not data:
                self.ended = True
                break
            max_bytes -= len(data)
            self.bytes_read += len(data)
            self._rest += data
        *lines, self._rest = self._rest.split(b"\n")
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        self._sock.close()


class Tap:
    """A listener with its loop, and the peers that a test connects to it."""

    def __init__(self, directory: Path, capacity: int = 1000) -> None:
        self.loop = Loop()
        self.guard = Guard()
        self.guard.log_to(self.loop.logger)
        self.source = Source(capacity)
        self.received: list[tuple[Commands, dict[str, Any]]] = []
        self.closed = 0
        self.agent_pid = os.getpid()
        self.path = str(directory / "run" / "tap.sock")
        self.listener = Listener(
            self.guard,
            self.path,
            lambda pid: pid == self.agent_pid,
            lambda: {"type": "hello", "boot": BOOT},
            self.source,
            BOOT,
            lambda commands, line: self.received.append((commands, line)),
            self._on_close,
        )
        self.listener.open(self.loop.socket_map, os.getuid())
        self._peers: list[Peer] = []

    def _on_close(self) -> None:
        self.closed += 1

    def connect(self) -> Peer:
        peer = Peer(self.path)
        self._peers.append(peer)
        return peer

    def stream(self, after: object = None) -> Peer:
        peer = self.connect()
        peer.say({"open": "stream", "v": TAP_VERSION, "after": after})
        return peer

    def commands(self) -> Peer:
        before = self.listener.commands
        peer = self.connect()
        peer.say({"open": "commands", "v": TAP_VERSION})
        self.loop.until(lambda: self.listener.commands not in (None, before))
        return peer

    def append(self, count: int = 1, fill: str = "") -> None:
        for _ in range(count):
            self.source.ring.append("event", {"fill": fill})

    def hear(self, peer: Peer) -> list[dict[str, Any]]:
        """Return all that `peer` gets until there is nothing more."""
        heard, idle = [], 0
        while idle < 3:  # what is on its way in the kernel is there at once
            busy = self.loop.turn()
            lines = peer.read()
            heard += lines
            idle = 0 if busy or lines else idle + 1
        return heard

    def is_ended(self, peer: Peer) -> bool:
        peer.read()
        return peer.ended

    def clean(self) -> None:
        for peer in self._peers:
            peer.close()
        self.listener.close()


@contextlib.contextmanager
def open_tap(directory: Path, capacity: int = 1000) -> Iterator[Tap]:
    tap = Tap(directory, capacity)
    try:
        yield tap
    finally:
        tap.clean()


class Reader:
    """What a reader of streams makes of the frames: where it stands and what it lost."""

    def __init__(self) -> None:
        self.stands_at = 0
        self.heard: list[int] = []
        self.lost: list[int] = []

    @property
    def cursor(self) -> list[object] | None:
        return [BOOT, self.stands_at] if self.stands_at else None

    def take(self, frames: list[dict[str, Any]]) -> None:
        """Check frame by frame that nothing is missing without a word, and nothing doubled."""
        for frame in frames:
            if frame["type"] == "snapshot":
                assert frame["after"] == self.stands_at
                assert frame["seq"] >= self.stands_at
                if frame["lost"]:
                    first, last = frame["lost"]
                    assert first == self.stands_at + 1
                    self.lost += range(first, last + 1)
                    self.stands_at = last
            elif frame["type"] == "event":
                assert frame["seq"] == self.stands_at + 1
                self.stands_at = frame["seq"]
                self.heard.append(frame["seq"])


def shape(frames: list[dict[str, Any]]) -> list[object]:
    """Return the frames in short: `hello`, `(after, seq, lost)` of a snapshot, record numbers."""
    short: list[object] = []
    for frame in frames:
        match frame["type"]:
            case "snapshot":
                short.append((frame["after"], frame["seq"], frame["lost"]))
            case "event":
                short.append(frame["seq"])
            case kind:
                short.append(kind)
    return short
