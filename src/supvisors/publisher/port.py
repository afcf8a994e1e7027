"""A socket of the event port: registers, hears of subscriptions, sends, and cuts who misbehaves.

Holds: `Port`; the numbers that bound what clients can cost.
Must not touch: what is sent, and what a request is answered.
Invariants: after `drain` whatever has arrived counts. What one
client does is registered for that one, or for more than that one, never for less. Who sends what
is no subscription, holds too many, or comes when all places are taken, is cut.
Tests: tests/publisher/test_port.py, tests/publisher/test_hostile.py.

With `XPUB_MANUAL` the socket registers a topic for whoever sent the subscription that was
received last. A message that is none shifts this by one until the queue is empty, since ZeroMQ
notes senders of subscriptions only; until then all is registered for all (`Registrations.doubt`).

Clients of ZMTP 1 and 2 (ZeroMQ 3, JeroMQ 0.3) have no descriptor in their messages, and nor has
the notice that a connection ended. Of these nothing is unregistered before they are gone, and
they are bounded together.

ZeroMQ cannot end one connection of a socket that is bound. The descriptor of a connection, which
each message knows, can be shut down; ZeroMQ then finds the connection ended.
"""

from __future__ import annotations

import contextlib
import os
import socket as sockets
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import zmq

from supvisors.publisher.door import Door
from supvisors.publisher.registrations import EVERYTHING, Change, Registrations
from supvisors.wire.requests import ReplayRequest, SnapshotRequest

#: Where events are told in the clear.
HOST: Final = "127.0.0.1"
#: Messages that wait for one client that does not read; then ZeroMQ drops. The queue of one
#: takes 5 MB (64 bytes for each frame); the messages are shared by all.
MESSAGES_MAX: Final = 25_000
#: Connections at once.
CONNECTIONS_MAX: Final = 256
#: Connections that the system accepts before we do.
BACKLOG: Final = 100
#: Longest message that a client may send. Its subscriptions are shorter (`TOPIC_BYTES_MAX`), the
#: handshake of CURVE is not.
MESSAGE_BYTES_MAX: Final = 512
#: How long the last messages may take to leave when the agent ends.
LINGER_MS: Final = 500
#: Who does not finish the handshake in this time is cut.
HANDSHAKE_MS: Final = 5_000
#: A client whose machine or process is frozen is cut after both.
HEARTBEAT_MS: Final = 10_000
HEARTBEAT_TIMEOUT_MS: Final = 30_000
#: Messages of clients that are taken at once.
BATCH: Final = 1_000

# As plain integers: operations of the enumerations cost more than what they ask for.
_MORE: Final = int(zmq.SNDMORE | zmq.NOBLOCK)
_LAST: Final = int(zmq.NOBLOCK)
_READABLE: Final = int(zmq.POLLIN)

_EVENTS: Final = zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED

Socket = zmq.Socket[Any]


class PortTaken(Exception):
    """Another process listens on the event port."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a client, or the end of one.

    Attributes:
        connection: descriptor of the connection, -1 when it is not known any more.
        withdrawn: topic of a request that nobody waits for any more, b"" for none.
    """

    connection: int
    request: SnapshotRequest | ReplayRequest | None = None
    withdrawn: bytes = b""


class Port:
    """One bound socket.

    Args:
        context: ZeroMQ context; the caller ends it.
        host, port: where to listen.
        door: says by their keys who is let in; None in the clear.

    Raises:
        PortTaken: another process listens there.
        zmq.ZMQError: it cannot be bound for another reason.
    """

    def __init__(
        self,
        context: zmq.Context[Any],
        host: str,
        port: int,
        door: Door | None = None,
    ) -> None:
        self.cut_counts: Counter[str] = Counter()
        self._port = port
        self._door = door
        self._registrations = Registrations()
        self._wanted: dict[bytes, bool] = {}
        self._connections: set[int] = set()
        self._known: set[int] = set()
        self._keys: dict[int, str] = {}
        self._is_doubtful = False
        self._socket = _made(context)
        self._socket.setsockopt(zmq.IPV6, int(":" in host))
        self._monitor = _monitor(context, self._socket)
        if door is not None:
            door.arm(self._socket)
        try:
            self._socket.bind(f"tcp://{f'[{host}]' if ':' in host else host}:{port}")
        except zmq.ZMQError as error:
            self.close()
            if error.errno == zmq.EADDRINUSE:
                raise PortTaken(port) from error
            raise

    def filenos(self) -> tuple[int, int]:
        """Return what becomes readable when `look` and `drain` are to be called."""
        return int(self._monitor.getsockopt(zmq.FD)), int(self._socket.getsockopt(zmq.FD))

    # --- out -------------------------------------------------------------------------------

    def wants(self, topic: bytes) -> bool:
        """Tell whether anybody wants what is sent under a topic."""
        wanted = self._wanted.get(topic)
        if wanted is None:
            wanted = self._wanted[topic] = self._registrations.wants(topic)
        return wanted

    def send(self, frames: Sequence[bytes], *, copy: bool = True) -> None:
        """Send a message to whoever is registered for its first frame.

        Args:
            copy: False shares the frames with ZeroMQ, which pays for large ones.
        """
        send = self._socket.send
        for frame in frames[:-1]:
            send(frame, _MORE, copy)
        send(frames[-1], _LAST, copy)

    def close(self) -> None:
        """Stop listening; what is on its way still leaves, for `LINGER_MS` at the most."""
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        self._socket.close()

    # --- in --------------------------------------------------------------------------------

    def has_messages(self) -> bool:
        """Tell whether clients sent anything that was not taken yet."""
        return int(self._socket.getsockopt(zmq.EVENTS)) & _READABLE != 0

    def drain(self) -> list[Asked]:
        """Take what clients sent, `BATCH` messages at the most, and register it.

        The descriptor tells once that something came: call this until `has_messages` is false.
        """
        asked: list[Asked] = []
        for _ in range(BATCH):
            try:
                frame = self._socket.recv(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                self._is_doubtful = False
                break
            # a connection is opened before it sends: so is what its descriptor meant before
            self.look()
            asked += self._hear(frame)
        return asked

    def cut_keys(self, keys: frozenset[str]) -> None:
        """End the connections that were opened with one of these keys."""
        for connection in [fd for fd, key in self._keys.items() if key in keys]:
            self._cut(connection, "a key that was removed")

    def age(self) -> None:
        """To be called once a second, not more often."""
        self._registrations.age()
        self._wanted.clear()

    def _hear(self, frame: zmq.Frame) -> list[Asked]:
        data = frame.bytes
        connection = _connection_of(frame)
        if data[:1] not in (b"\x00", b"\x01"):
            self._is_doubtful = True
            self._apply(EVERYTHING)
            self._cut(connection, "a message that is no subscription")
            return []
        if self._door is not None and connection >= 0:
            key = self._door.key_of(frame)
            if key is None:
                self._cut(connection, "a key that is not in force")
                return []
            self._keys[connection] = key
        change = self._change(connection, data[:1] == b"\x01", data[1:])
        self._wanted.clear()
        self._apply(change)
        if change.cut and connection >= 0:
            self._cut(connection, "too many subscriptions")
        if change.request is None and not change.withdrawn:
            return []
        return [Asked(connection, change.request, change.withdrawn)]

    def _change(self, connection: int, is_wish: bool, topic: bytes) -> Change:
        if connection < 0:
            return self._nameless(is_wish, topic)
        self._known.add(connection)
        if is_wish and self._is_doubtful:
            return self._registrations.doubt(connection, topic)
        if is_wish:
            return self._registrations.subscribe(connection, topic)
        change = self._registrations.unsubscribe(connection, topic)
        return Change(withdrawn=change.withdrawn) if self._is_doubtful else change

    def _nameless(self, is_wish: bool, topic: bytes) -> Change:
        """Take note of what has no descriptor: the end of any connection, or an old client."""
        if not is_wish:
            return self._registrations.ended(topic)
        change = self._registrations.subscribe_nameless(topic)
        if change.cut:
            for connection in self._connections - self._known:
                self._cut(connection, "too many subscriptions")
        return replace(change, add=(*EVERYTHING.add, *change.add)) if self._is_doubtful else change

    def _apply(self, change: Change) -> None:
        for topic in change.remove:
            self._socket.setsockopt(zmq.UNSUBSCRIBE, topic)
        for topic in change.add:
            self._socket.setsockopt(zmq.SUBSCRIBE, topic)

    # --- connections -----------------------------------------------------------------------

    def look(self) -> None:
        """Take note of connections that came and went."""
        while True:
            try:
                head = self._monitor.recv_multipart(zmq.NOBLOCK)[0]
            except zmq.Again:
                return
            event, connection = struct.unpack("=HI", head)
            if event == zmq.EVENT_DISCONNECTED:
                self._connections.discard(connection)
                self._keys.pop(connection, None)
                self._known.discard(connection)
            elif event == zmq.EVENT_ACCEPTED:
                self._registrations.opened(connection)
                self._keys.pop(connection, None)
                self._known.discard(connection)
                self._connections.add(connection)
                if len(self._connections) > CONNECTIONS_MAX:
                    self._cut(connection, "too many connections")

    def _cut(self, connection: int, why: str) -> None:
        """End a connection. Its descriptor may belong to something else by now: look first."""
        self.cut_counts[why] += 1
        try:
            sock = sockets.socket(fileno=os.dup(connection))
        except OSError:  # it is gone already
            return
        with sock, contextlib.suppress(OSError):
            if sock.getsockname()[1] == self._port and sock.getpeername():
                sock.shutdown(sockets.SHUT_RDWR)


def _made(context: zmq.Context[Any]) -> Socket:
    socket: Socket = context.socket(zmq.XPUB)
    for option, value in (
        (zmq.XPUB_MANUAL, 1),
        (zmq.SNDHWM, MESSAGES_MAX),
        (zmq.MAXMSGSIZE, MESSAGE_BYTES_MAX),
        (zmq.BACKLOG, BACKLOG),
        (zmq.HANDSHAKE_IVL, HANDSHAKE_MS),
        (zmq.HEARTBEAT_IVL, HEARTBEAT_MS),
        (zmq.HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS),
        (zmq.TCP_KEEPALIVE, 1),
        (zmq.LINGER, LINGER_MS),
    ):
        socket.setsockopt(option, value)
    return socket


def _monitor(context: zmq.Context[Any], socket: Socket) -> Socket:
    endpoint = f"inproc://supvisors.publisher.{id(socket)}"
    socket.monitor(endpoint, _EVENTS)
    monitor: Socket = context.socket(zmq.PAIR)
    # without a bound, since ZeroMQ's thread would wait for us while we wait for it
    monitor.setsockopt(zmq.RCVHWM, 0)
    monitor.setsockopt(zmq.LINGER, 0)
    monitor.connect(endpoint)
    return monitor


def _connection_of(frame: zmq.Frame) -> int:
    """Return the descriptor of the connection that sent a frame, -1 when it is gone."""
    try:
        return int(frame.get(zmq.SRCFD))
    except zmq.ZMQError:
        return -1
