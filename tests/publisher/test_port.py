"""The event port: real clients hear what is published, as the two frames of dialect 1; nothing
listens but on 127.0.0.1; a port that is taken is told apart from other errors."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq

from supvisors.model import Body, SupvisorsState, SupvisorsStatus
from supvisors.publisher import HOST, Port, PortTaken
from supvisors.publisher.port import MESSAGE_BYTES_MAX, MESSAGES_MAX
from supvisors.wire import encode
from tests.publisher.harness import BODIES, Socket, Stage, event, free_port, received, stage


@pytest.fixture
def it() -> Iterator[Stage]:
    with stage() as it:
        yield it


def join(it: Stage, client: Socket, header: bytes = b"supvisors") -> None:
    """Publish under `header` until `client` hears it; then drop what it heard of that."""
    first: Body = SupvisorsStatus(SupvisorsState.INITIALIZATION)
    last: Body = SupvisorsStatus(SupvisorsState.SHUTDOWN)
    if header == b"event":
        first, last = event(pid=1), event(pid=2)
    it.until_wanted(header)
    while not client.poll(20):
        it.publish(first)
    it.publish(last)
    while tuple(client.recv_multipart()) != encode(last):
        pass


# --- what clients hear ---------------------------------------------------------------------


def test_a_client_hears_every_message_in_order(it: Stage) -> None:
    client = it.client(b"")
    join(it, client)
    for body in BODIES:
        it.publish(body)
    assert received(client, len(BODIES)) == [encode(body) for body in BODIES]


def test_a_client_hears_what_it_subscribed_to_alone(it: Stage) -> None:
    client = it.client(b"supvisors", b"process")
    join(it, client)
    for body in [*BODIES, *BODIES]:
        it.publish(body)
    assert [frames[0] for frames in received(client, 4)] == [b"supvisors", b"process"] * 2


def test_what_was_published_last_arrives_though_the_publisher_closes() -> None:
    with stage() as it:
        client = it.client(b"")
        join(it, client)
        for _ in range(500):
            it.publish(BODIES[4])
        it.publisher.close()
        it.context.term()
        assert {frames[0] for frames in received(client, 500)} == {b"event"}


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


#: 127.0.0.1 as an address of IPv4, and as one of IPv6 for a socket of both.
LOOPBACK = "0100007F"


def test_it_listens_on_loopback_alone(it: Stage) -> None:
    assert listening(it.port_number) == [LOOPBACK]


def test_a_successor_gets_the_port_when_the_last_one_is_gone() -> None:
    port = free_port()
    for _ in range(10):
        context: zmq.Context[Any] = zmq.Context()
        opened = Port(context, HOST, port)
        assert listening(port) == [LOOPBACK]
        opened.close()
        context.term()
        assert listening(port) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_another_listens_on_is_taken(it: Stage, host: str) -> None:
    port = free_port()
    with socket.socket() as other:
        other.bind((host, port))
        other.listen()
        with pytest.raises(PortTaken):
            Port(it.context, HOST, port)
    opened = Port(it.context, HOST, port)
    opened.close()


def test_a_port_of_another_publisher_is_taken(it: Stage) -> None:
    with pytest.raises(PortTaken):
        Port(it.context, HOST, it.port_number)


def test_another_error_is_not_called_taken(it: Stage) -> None:
    with pytest.raises(zmq.ZMQError) as error:
        Port(it.context, HOST, 65536)
    assert error.value.errno == errno.EINVAL


# --- difficult subscribers -----------------------------------------------------------------


def test_a_subscriber_that_does_not_read_holds_nobody_up(it: Stage) -> None:
    frozen, other = it.client(b"event", hwm=1), it.client(b"supvisors")
    join(it, other)
    it.until_wanted(b"event")
    for _ in range(MESSAGES_MAX + 20_000):
        it.publish(BODIES[4])
    it.publish(BODIES[0])
    assert other.recv_multipart()[0] == b"supvisors"
    assert frozen.recv_multipart()[0] == b"event"


def test_a_subscription_of_monstrous_length_ends_its_connection_alone(it: Stage) -> None:
    other = it.client(b"event")
    join(it, other, b"event")
    client = it.client()
    monitor = client.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    client.subscribe(b"x" * MESSAGE_BYTES_MAX)
    it.until(lambda: monitor.poll(0))
    client.disable_monitor()
    monitor.close()
    it.publish(BODIES[4])
    assert other.recv_multipart()[0] == b"event"
