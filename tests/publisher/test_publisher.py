"""The event port: real clients hear what is published, as the two frames of dialect 1; nothing
listens but on 127.0.0.1; a port that is taken is told apart from other errors; no subscriber,
however slow or hostile, holds the publisher up."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq

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
from supvisors.publisher import (
    MESSAGES_MAX,
    SUBSCRIPTION_BYTES_MAX,
    PortTaken,
    Publisher,
)
from supvisors.wire import encode

#: Far above what any message takes, since the machine is shared.
TIMEOUT_MS = 30_000


@pytest.fixture
def context() -> Iterator[zmq.Context[Any]]:
    context = zmq.Context()
    yield context
    context.destroy(linger=0)


@pytest.fixture
def port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextlib.contextmanager
def publishing(context: zmq.Context[Any], port: int) -> Iterator[Publisher]:
    publisher = Publisher(context, port)
    try:
        yield publisher
    finally:
        publisher.close()


Subscribe = Callable[..., Any]


@pytest.fixture
def subscribe(context: zmq.Context[Any], port: int) -> Iterator[Subscribe]:
    """Return a function that subscribes to topics and returns the client's socket."""
    clients = []

    def subscribe(*topics: str, hwm: int = 1000) -> Any:
        client = context.socket(zmq.SUB)
        clients.append(client)
        client.setsockopt(zmq.LINGER, 0)
        client.setsockopt(zmq.RCVHWM, hwm)
        client.setsockopt(zmq.RCVTIMEO, TIMEOUT_MS)
        for topic in topics:
            client.subscribe(topic.encode())
        client.connect(f"tcp://127.0.0.1:{port}")
        return client

    yield subscribe
    for client in clients:
        client.close()


@pytest.fixture
def publisher(context: zmq.Context[Any], port: int) -> Iterator[Publisher]:
    with publishing(context, port) as publisher:
        yield publisher


def event(pid: int) -> ProcessEvent:
    return ProcessEvent("g", "n", ProcessState.RUNNING, True, 4, pid, "alpha")


BODIES: list[Body] = [
    SupvisorsStatus(SupvisorsState.OPERATION),
    AddressStatus("alpha", AddressState.RUNNING, 1, 2, 3),
    ApplicationStatus("g", ApplicationState.RUNNING),
    ProcessStatus("g", "n", ProcessState.RUNNING, True, 4, ("alpha",)),
    event(pid=5),
]


def join(publisher: Publisher, client: Any, header: str = "supvisors") -> None:
    """Publish under `header` until `client` hears it; then drop what it heard of that."""
    first: Body = SupvisorsStatus(SupvisorsState.INITIALIZATION)
    last: Body = SupvisorsStatus(SupvisorsState.SHUTDOWN)
    if header == "event":
        first, last = event(pid=1), event(pid=2)
    count = 0
    while not client.poll(20):
        publisher.publish(first)
        count += 1
        assert count < TIMEOUT_MS / 20
    publisher.publish(last)
    while tuple(client.recv_multipart()) != encode(last):
        pass


# --- what clients hear ---------------------------------------------------------------------


def test_a_client_hears_every_message_in_order(publisher: Publisher, subscribe: Subscribe) -> None:
    client = subscribe("")
    join(publisher, client)
    for body in BODIES:
        publisher.publish(body)
    assert [tuple(client.recv_multipart()) for _ in BODIES] == [encode(b) for b in BODIES]


def test_a_client_hears_what_it_subscribed_to_alone(
    publisher: Publisher, subscribe: Subscribe
) -> None:
    client = subscribe("supvisors", "process")
    join(publisher, client)
    for body in [*BODIES, *BODIES]:
        publisher.publish(body)
    heard = [client.recv_multipart()[0] for _ in range(4)]
    assert heard == [b"supvisors", b"process"] * 2


def test_what_was_published_last_arrives_though_the_publisher_closes(
    context: zmq.Context[Any], port: int, subscribe: Subscribe
) -> None:
    client = subscribe("")
    with publishing(context, port) as publisher:
        join(publisher, client)
        for _ in range(500):
            publisher.publish(BODIES[4])
    for _ in range(500):
        assert client.recv_multipart()[0] == b"event"


# --- where it listens ----------------------------------------------------------------------


def listening(port: int) -> list[str]:
    """Return the hexadecimal addresses on which anybody listens on TCP port `port`."""
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            address, _, hexadecimal = local.rpartition(":")
            if state == "0A" and int(hexadecimal, 16) == port:
                found.append(address)
    return found


LOOPBACK = "0100007F"


def test_it_listens_on_loopback_alone(publisher: Publisher, port: int) -> None:
    assert listening(port) == [LOOPBACK]


def test_a_successor_gets_the_port_when_the_last_one_is_gone(port: int) -> None:
    for _ in range(10):
        context = zmq.Context()
        with publishing(context, port):
            assert listening(port) == [LOOPBACK]
        context.term()
        assert listening(port) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_another_listens_on_is_taken(
    context: zmq.Context[Any], port: int, host: str
) -> None:
    with socket.socket() as other:
        other.bind((host, port))
        other.listen()
        with pytest.raises(PortTaken):
            Publisher(context, port)
    with publishing(context, port):
        assert listening(port) == [LOOPBACK]


def test_a_port_of_another_publisher_is_taken(
    publisher: Publisher, context: zmq.Context[Any], port: int
) -> None:
    with pytest.raises(PortTaken):
        Publisher(context, port)


def test_another_error_is_not_called_taken(context: zmq.Context[Any]) -> None:
    with pytest.raises(zmq.ZMQError) as error:
        Publisher(context, 65536)
    assert error.value.errno == errno.EINVAL


# --- difficult subscribers -----------------------------------------------------------------


def test_a_subscriber_that_does_not_read_holds_nobody_up(
    publisher: Publisher, subscribe: Subscribe
) -> None:
    frozen, other = subscribe("event", hwm=1), subscribe("supvisors")
    join(publisher, other)
    while not frozen.poll(20):
        publisher.publish(BODIES[4])
    for _ in range(MESSAGES_MAX + 20_000):
        publisher.publish(BODIES[4])
    publisher.publish(BODIES[0])
    assert other.recv_multipart()[0] == b"supvisors"


def test_a_subscription_of_monstrous_length_ends_its_connection_alone(
    publisher: Publisher, subscribe: Subscribe
) -> None:
    other = subscribe("event")
    join(publisher, other, "event")
    client = subscribe()
    monitor = client.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    try:
        client.subscribe(b"x" * SUBSCRIPTION_BYTES_MAX)
        assert monitor.poll(TIMEOUT_MS)
    finally:
        client.disable_monitor()
        monitor.close()
    publisher.publish(BODIES[4])
    assert other.recv_multipart()[0] == b"event"
