"""A publisher on a free port with its real clients, all turned by the test itself."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import zmq

from supvisors.journal import Journal
from supvisors.model import (
    AddressState,
    AddressStatus,
    ApplicationState,
    ApplicationStatus,
    Body,
    ProcessEvent,
    ProcessState,
    ProcessStatus,
    SupvisorsState,
    SupvisorsStatus,
)
from supvisors.publisher import HOST, Port, Publisher
from supvisors.utils import PROCESS_EVENT_HEADER
from supvisors.wire import header_of

#: Far above what any message takes, since the machine is shared.
TIMEOUT_S = 30.0

Socket = zmq.Socket[Any]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        port: int = sock.getsockname()[1]
        return port


def event(pid: int) -> ProcessEvent:
    return ProcessEvent("g", "n", ProcessState.RUNNING, True, 4, pid, "alpha")


def process(name: str, state: ProcessState = ProcessState.RUNNING) -> ProcessStatus:
    return ProcessStatus("g", name, state, True, 4, ("alpha",))


BODIES: list[Body] = [
    SupvisorsStatus(SupvisorsState.OPERATION),
    AddressStatus("alpha", AddressState.RUNNING, 1, 2, 3),
    ApplicationStatus("g", ApplicationState.RUNNING),
    process("n"),
    event(pid=5),
]


class Stage:
    """A publisher, and the contexts of its side and of its clients."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.context: zmq.Context[Any] = zmq.Context()
        self.clients: zmq.Context[Any] = zmq.Context()
        self.port_number = free_port()
        self.port = Port(self.context, HOST, self.port_number)
        self.publisher = Publisher([self.port], journal)
        self.meanwhile: Callable[[], None] = lambda: None
        self._seq = 0
        self._sockets: list[Socket] = []

    @property
    def url(self) -> str:
        return f"tcp://{HOST}:{self.port_number}"

    def client(self, *topics: bytes, kind: int = zmq.SUB, hwm: int = 1000) -> Socket:
        """Return a client that subscribed to topics and connects."""
        client: Socket = self.clients.socket(kind)
        self._sockets.append(client)
        client.setsockopt(zmq.LINGER, 0)
        client.setsockopt(zmq.RCVHWM, hwm)
        client.setsockopt(zmq.RCVTIMEO, int(TIMEOUT_S * 1000))
        for topic in topics:
            client.subscribe(topic)
        client.connect(self.url)
        return client

    def publish(self, body: Body, gone: bool = False) -> None:
        """Publish, an event with an id of its own."""
        source = None
        if header_of(body) == PROCESS_EVENT_HEADER:
            self._seq += 1
            source = ("alpha", "b1", self._seq)
        self.publisher.publish(body, source, None, gone)

    def turn(self) -> None:
        """What the agent's loop does all the time."""
        self.meanwhile()
        self.publisher.drain()
        self.publisher.serve(time.monotonic())

    def until(self, condition: Callable[[], object]) -> None:
        """Turn until something is so."""
        deadline = time.monotonic() + TIMEOUT_S
        while not condition():
            assert time.monotonic() < deadline
            self.turn()
            time.sleep(0.001)

    def until_wanted(self, *topics: bytes) -> None:
        """Turn until clients have subscribed to each topic."""
        self.until(lambda: all(self.port.wants(topic) for topic in topics))

    def close(self) -> None:
        for client in self._sockets:
            client.close()
        self.publisher.close()
        self.context.term()
        self.clients.term()


@contextlib.contextmanager
def stage(journal: Journal | None = None) -> Iterator[Stage]:
    it = Stage(journal)
    try:
        yield it
    finally:
        it.close()


def received(client: Socket, count: int) -> list[tuple[bytes, ...]]:
    """Return the next messages of a client."""
    return [tuple(client.recv_multipart()) for _ in range(count)]
