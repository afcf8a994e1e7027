"""ZeroMQ sockets as the mesh uses them: driven by the loop, bounded, never waited for.

Holds: `Reader`, `Listener`, the options that all sockets share, `Security`.
Must not touch: what is said; who may say it.
Invariants: one turn of the loop takes at most `BATCH` messages from one socket, so that who
floods one of them does not starve the others.
Tests: tests/contract/test_mesh.py.
"""

from __future__ import annotations

import asyncio
import errno
import socket as sockets
from collections.abc import Callable
from typing import Any, Final, Protocol

import zmq

from supvisors.bus.endpoint import url
from supvisors.log import Log

#: Messages taken from one socket in one turn of the loop.
BATCH: Final = 100
#: How long what was sent last may take to leave.
LINGER_MS: Final = 500
#: A peer that does not answer this long is connected anew; the core has judged it before.
HEARTBEAT_MS: Final = 2000
HEARTBEAT_TIMEOUT_MS: Final = 6000
HANDSHAKE_MS: Final = 5000
RECONNECT_MS: Final = 100
RECONNECT_MS_MAX: Final = 1000

#: What encryption adds to a message; more than it does.
ENCRYPTION_BYTES_MAX: Final = 256

#: Time between two tries to bind what cannot be bound yet.
BIND_RETRY_S: Final = 1.0
#: The same while a socket of ours lets go of the port, in another thread of ZeroMQ's.
REBIND_RETRY_S: Final = 0.01

Socket = zmq.Socket[Any]


class Security(Protocol):
    """What makes a link safe and tells who is at its other end."""

    def server(self, socket: Socket) -> None:
        """Prepare a socket that will be bound."""

    def client(self, socket: Socket, peer: str) -> None:
        """Prepare a socket that will be connected to `peer`."""

    def sender(self, frame: zmq.Frame) -> str | None:
        """Return whose key the sender of a message has, None when it is nobody's."""


class PortTaken(Exception):
    """Another process listens where this agent should.

    Attributes:
        host: what was bound, `*` for every interface.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.host = host
        self.port = port

    def __str__(self) -> str:
        return f"port {self.port} of {self.host} is taken by another process"


def made(context: zmq.Context[Any], kind: int, queue: int, bytes_max: int) -> Socket:
    """Return a new socket.

    Args:
        queue: how many messages wait in it, for each peer and direction; then ZeroMQ drops.
        bytes_max: longest message that it takes; who sends a longer one is disconnected.
    """
    socket: Socket = context.socket(kind)
    socket.setsockopt(zmq.SNDHWM, queue)
    socket.setsockopt(zmq.RCVHWM, queue)
    socket.setsockopt(zmq.MAXMSGSIZE, bytes_max + ENCRYPTION_BYTES_MAX)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.IPV6, int(sockets.has_dualstack_ipv6()))
    socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_MS)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS)
    socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)
    socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_MS_MAX)
    return socket


class Reader:
    """Reads a socket from the loop.

    Args:
        socket: read and closed by this object, sent on by whoever likes, `wake` following.
        take: gets the frames of each message.
    """

    def __init__(self, socket: Socket, take: Callable[[list[zmq.Frame]], None]) -> None:
        self.socket = socket
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._fd = int(socket.getsockopt(zmq.FD))
        self._is_due = False
        self._loop.add_reader(self._fd, self._drain)
        self.wake()

    def wake(self) -> None:
        """Look for messages soon.

        Needed after each use of the socket: its descriptor tells of what is new only once, and
        any use takes note of it.
        """
        if not self._is_due and not self.socket.closed:
            self._is_due = True
            self._loop.call_soon(self._due)

    def _due(self) -> None:
        self._is_due = False
        self._drain()

    def _drain(self) -> None:
        for _ in range(BATCH):
            if self.socket.closed:
                return
            try:
                frames = self.socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return
            self._take(frames)
        self.wake()

    def close(self) -> None:
        """Read no more, and let go of the socket."""
        if not self.socket.closed:
            self._loop.remove_reader(self._fd)
            self.socket.close()


class Listener:
    """A socket that peers connect to.

    Binding is tried again as long as the interface is not there: a network may come up long
    after its host.

    Args:
        make: makes the socket, ready to be bound.
        host: IP address, `*` for all.

    Raises:
        PortTaken: another process listens there.
    """

    def __init__(self, make: Callable[[], Socket], host: str, port: int, log: Log) -> None:
        self._make = make
        self._host = host
        self._port = port
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._retry: asyncio.TimerHandle | None = None
        self._told: int | None = None
        self.socket = make()
        try:
            self._bind()
        except zmq.ZMQError as error:
            self.close()
            if error.errno == zmq.EADDRINUSE:
                raise PortTaken(host, port) from error
            raise

    def _bind(self) -> None:
        try:
            self.socket.bind(url(self._host, self._port))
        except zmq.ZMQError as error:
            if error.errno not in (zmq.EADDRNOTAVAIL, errno.ENODEV):
                raise
            self._tell(error.errno, error)
            self._later(BIND_RETRY_S)
            return
        if self._told is not None:
            self._log.write("info", "bus bound", [("host", self._host), ("port", self._port)])
        self._told = None

    def _bind_again(self) -> None:
        self._retry = None
        try:
            self._bind()
        except zmq.ZMQError as error:
            self._tell(error.errno, error)
            self._later(BIND_RETRY_S)

    def _tell(self, number: int | None, error: zmq.ZMQError) -> None:
        """Say why it is not bound, each reason once."""
        if number != self._told:
            self._told = number
            facts = [("host", self._host), ("port", self._port), ("why", error.strerror)]
            self._log.write("warn", "bus not bound yet", facts)

    def _later(self, delay_s: float) -> None:
        self._retry = self._loop.call_later(delay_s, self._bind_again)

    def rebind(self) -> None:
        """Disconnect whoever is connected, and listen anew."""
        self.close(linger_ms=0)
        self.socket = self._make()
        self._rebind_until(self._loop.time() + BIND_RETRY_S)

    def _rebind_until(self, end_s: float) -> None:
        self._retry = None
        try:
            self._bind()
        except zmq.ZMQError as error:
            if error.errno != zmq.EADDRINUSE:
                raise
            if self._loop.time() > end_s:
                self._bind_again()
            else:
                self._retry = self._loop.call_later(REBIND_RETRY_S, self._rebind_until, end_s)

    def close(self, linger_ms: int | None = None) -> None:
        """Stop listening; what is on its way still leaves, for `LINGER` of the socket."""
        if self._retry is not None:
            self._retry.cancel()
        self.socket.close(linger=linger_ms)
