"""The ZeroMQ SUB socket of an event client, and who may ask what of it from which thread.

Holds: `Subscriptions`, the twelve methods of the specification; `EventSubscriber`, which has
    them and owns the socket; `Curve`, the keys of a client elsewhere.
Must not touch: what messages mean; threads of its own.
Invariants: the socket is opened, used and closed by one thread, the one that iterates over
    `EventSubscriber.messages`, since ZeroMQ sockets are not thread-safe. All other threads
    leave their request and ring the bell.
Tests: tests/client/test_subscriptions.py, tests/client/test_lifecycle.py.
"""

from __future__ import annotations

import re
import socket
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import zmq

from supvisors.utils import (
    ADDRESS_STATUS_HEADER,
    APPLICATION_STATUS_HEADER,
    PROCESS_EVENT_HEADER,
    PROCESS_STATUS_HEADER,
    SUPVISORS_STATUS_HEADER,
)

LOCALHOST: Final = "127.0.0.1"
#: Of a key as text, in Z85.
KEY_CHARACTERS: Final = 40

#: How the connection is kept, and why.
SOCKET_OPTIONS: Final = {
    # Nothing is ever sent but subscriptions, so nothing is worth waiting for at the end.
    zmq.LINGER: 0,
    # A new agent publishes 0.3 s after it opens its port: by then we are there. On loopback
    # an attempt costs next to nothing, so it is not made rarer while nobody answers.
    zmq.RECONNECT_IVL: 50,
    # A host that vanished answers nothing, not even a refusal.
    zmq.CONNECT_TIMEOUT: 3_000,
    zmq.HEARTBEAT_IVL: 5_000,
    # Long, since a publisher that was only suspended loses nothing as long as we stay.
    zmq.HEARTBEAT_TIMEOUT: 30_000,
    zmq.TCP_KEEPALIVE: 1,
    # The burst of a whole site fits in while a callback is slow: about 30 MiB.
    zmq.RCVHWM: 100_000,
}


@dataclass(frozen=True, slots=True)
class Curve:
    """The keys of a client on another host, each a text of 40 characters.

    Attributes:
        server_key: public key of the host whose events are wanted: `supvisors keys show` there.
        secret_key: the client's own; its host has to know the public one that belongs to it
            (`supvisors keys client add`).
    """

    server_key: str
    secret_key: str = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("server_key", "secret_key"):
            if len(getattr(self, name)) != KEY_CHARACTERS:
                raise ValueError(f"{name} must have {KEY_CHARACTERS} characters")
        if self.secret_key == self.server_key:
            raise ValueError("server_key is the public key of the host, not the client's own")

    @classmethod
    def load(cls, server_key: str, file: str) -> Curve:
        """The keys of a client whose secret one is in a file of `supvisors keys client make`.

        Raises:
            OSError: the file cannot be read.
            ValueError: what is in it, or `server_key`, is no key.
        """
        with open(file, encoding="ascii") as stream:
            return cls(server_key, stream.read().strip())

    def apply(self, socket: zmq.Socket[bytes]) -> None:
        """Make the connections of a socket with these keys, before it connects.

        Raises:
            ValueError: one of them is no key.
        """
        try:
            secret = self.secret_key.encode("ascii")
            socket.setsockopt(zmq.CURVE_SERVERKEY, self.server_key.encode("ascii"))
            socket.setsockopt(zmq.CURVE_PUBLICKEY, zmq.curve_public(secret))
            socket.setsockopt(zmq.CURVE_SECRETKEY, secret)
        except (zmq.ZMQError, UnicodeEncodeError) as error:
            raise ValueError(f"these are no keys: {error}") from None


def endpoint_of(host: str, event_port: int) -> str:
    """Where a socket connects to.

    Raises:
        ValueError: `event_port` is no port, or `host` no host.
    """
    if event_port not in range(1, 65536):
        raise ValueError(f"event_port must be an integer in [1;65535], not {event_port!r}")
    if not re.fullmatch(r"[\w.:%-]+", host, re.ASCII):
        raise ValueError(f"host must be a name or an address, not {host!r}")
    return f"tcp://[{host}]:{event_port}" if ":" in host else f"tcp://{host}:{event_port}"


def connected(
    context: zmq.Context[Any], endpoint: str, curve: Curve | None = None
) -> zmq.Socket[bytes]:
    """A SUB socket that is being connected; its owner closes it.

    Raises:
        ValueError: the keys are none.
    """
    sub: zmq.Socket[bytes] = context.socket(zmq.SUB)
    try:
        for option, value in SOCKET_OPTIONS.items():
            sub.setsockopt(option, value)
        sub.setsockopt(zmq.IPV6, "[" in endpoint)
        if curve is not None:
            curve.apply(sub)
        sub.connect(endpoint)
    except BaseException:
        sub.close()
        raise
    return sub


class Subscriptions:
    """Which messages are wanted. Callable from any thread, at any time.

    ZeroMQ counts: what was subscribed twice is heard until it is unsubscribed twice. Likewise
    `unsubscribe_all` takes back one `subscribe_all` and no other subscription, and
    `unsubscribe_process_event` changes nothing while `subscribe_all` holds. Taking back what
    was not subscribed is no error.
    """

    def subscribe(self, prefix: str) -> None:
        """Ask for all messages whose header begins with `prefix`."""
        raise NotImplementedError

    def unsubscribe(self, prefix: str) -> None:
        """Take back one `subscribe` with the same prefix."""
        raise NotImplementedError

    def subscribe_all(self) -> None:
        self.subscribe("")

    def subscribe_supvisors_status(self) -> None:
        self.subscribe(SUPVISORS_STATUS_HEADER)

    def subscribe_address_status(self) -> None:
        self.subscribe(ADDRESS_STATUS_HEADER)

    def subscribe_application_status(self) -> None:
        self.subscribe(APPLICATION_STATUS_HEADER)

    def subscribe_process_status(self) -> None:
        self.subscribe(PROCESS_STATUS_HEADER)

    def subscribe_process_event(self) -> None:
        self.subscribe(PROCESS_EVENT_HEADER)

    def unsubscribe_all(self) -> None:
        self.unsubscribe("")

    def unsubscribe_supvisors_status(self) -> None:
        self.unsubscribe(SUPVISORS_STATUS_HEADER)

    def unsubscribe_address_status(self) -> None:
        self.unsubscribe(ADDRESS_STATUS_HEADER)

    def unsubscribe_application_status(self) -> None:
        self.unsubscribe(APPLICATION_STATUS_HEADER)

    def unsubscribe_process_status(self) -> None:
        self.unsubscribe(PROCESS_STATUS_HEADER)

    def unsubscribe_process_event(self) -> None:
        self.unsubscribe(PROCESS_EVENT_HEADER)


class EventSubscriber(Subscriptions):
    """The wrapper of the ZeroMQ socket connected to Supvisors.

    Args:
        zmq_context: the caller's; never terminated here.
        event_port: the option `event_port` of the agent, in [1;65535].
        host: where the agent publishes: a name, an IPv4 or an IPv6 address.
        curve: the keys, where `host` is not this one.

    Raises:
        ValueError: `event_port` is no port, or `host` no host.
    """

    def __init__(
        self,
        zmq_context: zmq.Context[Any],
        event_port: int,
        host: str = LOCALHOST,
        curve: Curve | None = None,
    ) -> None:
        self.endpoint = endpoint_of(host, event_port)
        self._context = zmq_context
        self._curve = curve
        self._requests: deque[tuple[int, bytes]] = deque()
        self._bell_lock = threading.Lock()
        self._bell: socket.socket | None = None

    def subscribe(self, prefix: str) -> None:
        self.request(zmq.SUBSCRIBE, prefix.encode())

    def unsubscribe(self, prefix: str) -> None:
        self.request(zmq.UNSUBSCRIBE, prefix.encode())

    def request(self, option: int, prefix: bytes) -> None:
        """Have an option of the socket set by the thread that owns it. From any thread."""
        self._requests.append((option, prefix))
        self.wake()

    def wake(self) -> None:
        """Make the thread that waits in `messages` look around. From any thread."""
        with self._bell_lock:
            if self._bell is not None:
                try:
                    self._bell.send(b"!")
                except BlockingIOError:
                    pass  # it is ringing already

    def messages(
        self, is_over: Callable[[], bool], timeout_ms: Callable[[], int]
    ) -> Generator[list[bytes] | None, None, None]:
        """All frames of every message, until `is_over` says so. For one thread.

        None stands for a look around without a message.

        Args:
            is_over: asked after every message, after `wake` and every `timeout_ms`.
            timeout_ms: longest wait in one piece, asked before each.

        Raises:
            zmq.ContextTerminated: the caller terminated the context.
            ValueError: the keys are none.
        """
        with self._open_bell() as ear, connected(self._context, self.endpoint, self._curve) as sub:
            poller = zmq.Poller()
            poller.register(sub, zmq.POLLIN)
            poller.register(ear, zmq.POLLIN)
            while not is_over():
                self._apply_requests(sub)
                try:
                    frames = sub.recv_multipart(zmq.NOBLOCK)
                except zmq.Again:
                    if ear.fileno() in dict(poller.poll(timeout_ms())):
                        ear.recv(4096)
                    yield None
                else:
                    yield frames

    def _apply_requests(self, sub: zmq.Socket[bytes]) -> None:
        while self._requests:
            option, prefix = self._requests.popleft()
            sub.setsockopt(option, prefix)

    @contextmanager
    def _open_bell(self) -> Iterator[socket.socket]:
        """The end of a socket pair that becomes readable when `wake` is called."""
        with ExitStack() as stack:
            ear, bell = (stack.enter_context(end) for end in socket.socketpair())
            ear.setblocking(False)
            bell.setblocking(False)
            with self._bell_lock:
                self._bell = bell
            try:
                yield ear
            finally:
                with self._bell_lock:
                    self._bell = None
