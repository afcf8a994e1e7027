"""CURVE for the mesh: who is let in, and who it is that speaks.

Holds: `Security`, which arms sockets with keys, answers libzmq's question about each key that
knocks (ZAP, RFC 27), names the sender of a message, and tells what does not fit.
Must not touch: what is said; the files of the keys (`keys.py`).
Invariants:
  - a key that is not in the store in force gets no connection and gives no message: whoever
    was let in before is checked again with every message;
  - a socket that was armed never speaks in the clear, whatever keys are missing;
  - the key of an event client opens no socket of the bus, and the other way round;
  - who is refused is told with his key and the cure, and cannot fill the log.
Tests: tests/contract/test_curve.py.

Without a handler libzmq would accept any key, so the sockets also insist on one
(`ZAP_ENFORCE_DOMAIN`). libzmq never tries again after it was refused, or after it met a
socket that talks in the clear; so a socket that connects is watched and connected anew,
and a key that is added later is enough.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import zmq
from zmq.utils import z85

from supvisors.bus.handshakes import Complaints, Trouble, trouble_of
from supvisors.keys import Keys
from supvisors.log import Log

#: Where libzmq asks (RFC 27).
ZAP_ENDPOINT: Final = "inproc://zeromq.zap.01"
ZAP_VERSION: Final = b"1.0"
BUS_DOMAIN: Final = b"bus"
EVENTS_DOMAIN: Final = b"events"
#: Property of a connection beside its User-Id: the key that it was opened with.
KEY_PROPERTY: Final = "X-Key"
#: A handshake takes four ways; with 200 ms and a lost packet on each this is enough.
HANDSHAKE_MS: Final = 5000
#: From a refusal to the next try.
RETRY_S: Final = 2.0
#: How often a socket is connected anew at once; see `_connect_anew`.
ANEW_MAX: Final = 3

_EVENTS: Final = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_MONITOR_STOPPED
)

Socket = zmq.Socket[Any]


@dataclass(slots=True)
class _Watched:
    """A socket that was armed.

    Attributes:
        monitor: tells of its handshakes.
        peer: whom it connects to, '' for a socket that is bound.
        failures: handshakes in a row that failed.
        retry: the next try, while one is to come.
    """

    socket: Socket
    monitor: Socket
    peer: str
    failures: int = 0
    retry: asyncio.TimerHandle | None = None


class Security:
    """The keys in force for the sockets of one ZeroMQ context.

    Made inside the running loop. To be closed after the sockets that it armed and before the
    context is ended.

    Args:
        context: the context of all sockets that are armed.
        keys: as the store holds them.
        local: our own address, for the words of a cure.
    """

    def __init__(self, context: zmq.Context[Any], keys: Keys, local: str, log: Log) -> None:
        self._context = context
        self._local = local
        self._loop = asyncio.get_running_loop()
        self._complaints = Complaints(log, self._loop.time)
        self._watched: dict[int, _Watched] = {}
        self._count = 0
        self._set_keys(keys)
        self._zap = context.socket(zmq.REP)
        self._zap.setsockopt(zmq.LINGER, 0)
        self._zap.bind(ZAP_ENDPOINT)
        self._listen(self._zap, self._answer)

    @property
    def refused(self) -> int:
        """How many connections were refused for their key."""
        return self._complaints.refused

    # --- what the mesh uses ----------------------------------------------------------------

    def server(self, socket: Socket) -> None:
        """Let only the keys of peers connect to a socket that is going to be bound."""
        self._arm(socket, BUS_DOMAIN)
        self._watch(socket, "")

    def event_server(self, socket: Socket) -> None:
        """Let only the keys of event clients connect; its handshakes are its owner's to watch."""
        self._arm(socket, EVENTS_DOMAIN)

    def client(self, socket: Socket, peer: str) -> None:
        """Let a socket that is going to be connected, once, talk to one peer alone.

        Without a key of that peer it talks to nobody, until the key comes.
        """
        socket.curve_publickey = self._keys.public.encode("ascii")
        socket.curve_secretkey = self._keys.secret.encode("ascii")
        socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)
        self._set_server_key(socket, peer)
        self._watch(socket, peer)

    def sender(self, frame: zmq.Frame) -> str | None:
        """Return which peer sent a frame, None when its key is not in force any more.

        Args:
            frame: as a socket that `server` armed received it, with `copy=False`.
        """
        try:
            name, key = frame.get("User-Id"), frame.get(KEY_PROPERTY)
        except zmq.ZMQError:  # the connection has no such property
            return None
        return str(name) if self._keys.peers.get(str(name)) == key else None

    # --- what the agent uses ---------------------------------------------------------------

    def reload(self, keys: Keys) -> frozenset[str]:
        """Put other keys in force; return the peers whose key is gone or another one.

        Of these no message is taken any more, and sockets that connect to a peer whose key
        is new, gone or another one are connected anew. What a bound socket publishes they
        hear until it is bound anew, which is the caller's to do. The own pair stays.
        """
        before = self._keys.peers
        self._set_keys(keys)
        changed = {
            name for name in {*before, *keys.peers} if before.get(name) != keys.peers.get(name)
        }
        for watched in list(self._watched.values()):
            if watched.peer in changed and not watched.socket.closed:
                self._set_server_key(watched.socket, watched.peer)
                self._connect_anew(watched)
        self._complaints.forget()
        return frozenset(changed & set(before))

    def close(self) -> None:
        """Let go of everything but the sockets that were armed, which are their owner's."""
        for watched in list(self._watched.values()):
            if not watched.socket.closed:
                watched.socket.disable_monitor()
            self._unwatch(watched)
        self._loop.remove_reader(self._zap.FD)
        self._zap.close()

    def _arm(self, socket: Socket, domain: bytes) -> None:
        socket.curve_server = 1
        socket.curve_secretkey = self._keys.secret.encode("ascii")
        socket.setsockopt(zmq.ZAP_DOMAIN, domain)
        socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)
        socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)

    # --- the keys --------------------------------------------------------------------------

    def _set_keys(self, keys: Keys) -> None:
        self._keys = keys
        self._names = {BUS_DOMAIN: _by_key(keys.peers), EVENTS_DOMAIN: _by_key(keys.clients)}

    def _set_server_key(self, socket: Socket, peer: str) -> None:
        key = self._keys.peers.get(peer)
        if key is None:
            # A key whose secret nobody has: the socket stays armed, and meets only refusals.
            key = zmq.curve_keypair()[0].decode("ascii")
            self._complaints.tell(Trouble.NO_KEY, peer, self._cures(peer))
        socket.curve_serverkey = key.encode("ascii")

    def _cures(self, peer: str) -> dict[str, str]:
        """Return the values that a cure may name."""
        return {"peer": peer or "ADDRESS", "local": self._local, "own_key": self._keys.public}

    # --- libzmq asks -----------------------------------------------------------------------

    def _answer(self) -> None:
        frames = self._zap.recv_multipart(zmq.NOBLOCK)
        self._zap.send_multipart([ZAP_VERSION, frames[1], *self._judge(frames)])

    def _judge(self, frames: list[bytes]) -> list[bytes]:
        """Return status, its text, User-Id and properties of a connection that is asked for."""
        domain, ip, mechanism = frames[2], frames[3].decode("ascii", "replace"), frames[5]
        if mechanism != b"CURVE" or len(frames[6]) != 32:
            return [b"400", b"no key", b"", b""]
        key = z85.encode(frames[6]).decode("ascii")
        name = self._names.get(domain, {}).get(key)
        if name is None:
            self._complaints.refuse(domain.decode("ascii", "replace"), key, ip, self._name_of(key))
            return [b"400", b"unknown key", b"", b""]
        return [b"200", b"", name.encode(), _property(KEY_PROPERTY, key)]

    def _name_of(self, key: str) -> str:
        """Return whose key it is in any domain, '' when it is nobody's."""
        if key == self._keys.public:
            return self._local
        return next((names[key] for names in self._names.values() if key in names), "")

    # --- handshakes that fail --------------------------------------------------------------

    def _watch(self, socket: Socket, peer: str) -> None:
        self._count += 1
        endpoint = f"inproc://supvisors.handshakes.{self._count}"
        socket.monitor(endpoint, _EVENTS)
        monitor = self._context.socket(zmq.PAIR)
        monitor.setsockopt(zmq.LINGER, 0)
        monitor.connect(endpoint)
        watched = _Watched(socket, monitor, peer)
        self._watched[self._count] = watched
        self._listen(monitor, lambda: self._hear(watched))

    def _unwatch(self, watched: _Watched) -> None:
        self._watched = {n: other for n, other in self._watched.items() if other is not watched}
        if watched.retry is not None:
            watched.retry.cancel()
        self._loop.remove_reader(watched.monitor.FD)
        watched.monitor.close()

    def _hear(self, watched: _Watched) -> None:
        head = watched.monitor.recv_multipart(zmq.NOBLOCK)[0]
        event, value = struct.unpack("=HI", head)
        if event == zmq.EVENT_MONITOR_STOPPED:
            self._unwatch(watched)
        elif event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            watched.failures = 0
        else:
            watched.failures += 1
            self._failed(watched, event, value)

    def _failed(self, watched: _Watched, event: int, value: int) -> None:
        trouble = trouble_of(event, value, bool(watched.peer), watched.failures)
        if trouble is not None and not (watched.peer and watched.peer not in self._keys.peers):
            self._complaints.tell(trouble, watched.peer, self._cures(watched.peer))
        for_ever = event in (zmq.EVENT_HANDSHAKE_FAILED_AUTH, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL)
        if watched.peer and for_ever and watched.retry is None:
            watched.retry = self._loop.call_later(RETRY_S, self._connect_anew, watched)

    def _connect_anew(self, watched: _Watched) -> None:
        if watched.retry is not None:
            watched.retry.cancel()
            watched.retry = None
        socket = watched.socket
        if socket.closed:
            return
        last = socket.getsockopt(zmq.LAST_ENDPOINT)
        assert isinstance(last, bytes)
        endpoint = last.rstrip(b"\0").decode()
        if not endpoint:  # armed, and not connected yet
            return
        for _ in range(ANEW_MAX):
            with contextlib.suppress(zmq.ZMQError):  # libzmq may have given it up itself
                socket.disconnect(endpoint)
            socket.connect(endpoint)
            # This makes its descriptor tell of the first message. One that is here already, in
            # no time, would never be told of, and nor would those that follow.
            if not int(socket.get(zmq.EVENTS)) & zmq.POLLIN:
                return

    # --- sockets in the loop ---------------------------------------------------------------

    def _listen(self, socket: Socket, read: Callable[[], None]) -> None:
        """Call `read` for every message of a socket, now and from now on.

        ZeroMQ's descriptor tells once that something changed, and then no more until all that
        came was read.
        """

        def drain() -> None:
            while not socket.closed and int(socket.get(zmq.EVENTS)) & zmq.POLLIN:
                read()

        self._loop.add_reader(socket.FD, drain)
        self._loop.call_soon(drain)


def _by_key(keys: Mapping[str, str]) -> dict[str, str]:
    return {key: name for name, key in keys.items()}


def _property(name: str, value: str) -> bytes:
    """Return a property as ZMTP has it (RFC 23)."""
    data = value.encode("ascii")
    return bytes([len(name)]) + name.encode("ascii") + struct.pack("!I", len(data)) + data
