"""Hostile clients cost what the documentation says, and disturb nobody.

Raw TCP and raw ZeroMQ sockets against the publisher; a well-behaved client hears everything
meanwhile.
"""

from __future__ import annotations

import contextlib
import resource
import socket
from collections.abc import Iterator

import pytest
import zmq

from supvisors.publisher import HOST
from supvisors.publisher.port import CONNECTIONS_MAX, MESSAGE_BYTES_MAX
from supvisors.publisher.registrations import NAMELESS_MAX, SUBSCRIPTIONS_MAX
from supvisors.wire import encode
from supvisors.wire.requests import TOPICS, SnapshotRequest
from tests.publisher.harness import BODIES, Socket, Stage, stage

CUT_MANY = "too many subscriptions"
CUT_ALIEN = "a message that is no subscription"
CUT_CROWD = "too many connections"


@pytest.fixture
def it() -> Iterator[Stage]:
    with stage() as it:
        yield it


@pytest.fixture
def good(it: Stage) -> Socket:
    """A stock client that is there before the hostile ones."""
    client = it.client(b"")
    it.until_wanted(*(encode(body)[0] for body in BODIES))
    return client


def check(it: Stage, good: Socket) -> None:
    """The good client hears all that is published now, once and in order."""
    for body in BODIES:
        it.publish(body)
    assert [tuple(good.recv_multipart()) for _ in BODIES] == [encode(body) for body in BODIES]


@pytest.mark.parametrize("data", [b"\xff" * 64, b"\xff" + b"\0" * 8 + b"\x7f" * 200])
def test_garbage_ends_its_connection_alone(it: Stage, good: Socket, data: bytes) -> None:
    with socket.create_connection((HOST, it.port_number)) as raw:
        raw.sendall(data)
        raw.setblocking(False)

        def is_closed() -> bool:
            try:
                return raw.recv(1000) == b""
            except BlockingIOError:
                return False
            except ConnectionResetError:
                return True

        it.until(is_closed)
    check(it, good)


def test_what_may_be_an_old_client_disturbs_nobody(it: Stage, good: Socket) -> None:
    with socket.create_connection((HOST, it.port_number)) as raw:
        # to ZeroMQ these are a client of ZMTP 1 with an odd name, and what it says
        raw.sendall(b"GET / HTTP/1.1\r\n\r\n" * 9)
        it.until(lambda: len(it.port._connections) == 2)
        check(it, good)
    it.until(lambda: len(it.port._connections) == 1)


def old_client(it: Stage, *topics: bytes) -> socket.socket:
    """Return a connection that speaks ZMTP 2.0, as ZeroMQ 3 and JeroMQ 0.3 do."""
    raw = socket.create_connection((HOST, it.port_number))
    raw.settimeout(30)
    raw.sendall(b"\xff" + b"\0" * 7 + b"\x01\x7f\x01\x02" + b"\0\0")
    for topic in topics:
        raw.sendall(bytes([0, len(topic) + 1]) + b"\x01" + topic)
    return raw


def read_old(raw: socket.socket, data: bytes) -> None:
    """Read until these bytes came."""
    heard = b""
    while data not in heard:
        more = raw.recv(4096)
        assert more, "closed"
        heard += more


def test_old_clients_hear_what_they_want(it: Stage, good: Socket) -> None:
    everything, one = old_client(it, b"", b"event"), old_client(it, b"event")
    it.until(lambda: it.port._registrations._counts[b"event"] == 2)
    one.sendall(b"\0\x06\x00event\0\x06\x01event")  # away and back
    everything.sendall(b"\0\x06\x00event")
    it.until(lambda: not it.publisher.has_messages())
    check(it, good)
    read_old(everything, encode(BODIES[4])[1])
    read_old(one, encode(BODIES[4])[1])
    everything.close()
    one.close()
    it.until(lambda: len(it.port._connections) == 1)
    it.until(lambda: it.port._registrations._counts == {b"": 1})
    check(it, good)


def test_old_clients_with_too_many_subscriptions_are_cut(it: Stage, good: Socket) -> None:
    raw = old_client(it)
    with contextlib.suppress(OSError):
        for number in range(NAMELESS_MAX + 10):
            topic = b"%05d" % number
            raw.sendall(bytes([0, 6]) + b"\x01" + topic)
            it.turn()
    it.until(lambda: it.port.cut_counts[CUT_MANY])
    raw.close()
    check(it, good)


def test_100_000_subscriptions_are_cut(it: Stage, good: Socket) -> None:
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    hostile = it.client(kind=zmq.XSUB, hwm=0)
    hostile.setsockopt(zmq.SNDHWM, 0)
    for number in range(100_000):
        hostile.send(b"\x01" + b"t%d" % number)
    it.until(lambda: it.port.cut_counts[CUT_MANY])
    check(it, good)
    hostile.close()
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    assert grown_kb < 200_000, "most of it the client's own queue"
    it.until(lambda: len(it.port._connections) == 1)
    assert all(len(held) <= SUBSCRIPTIONS_MAX for held in it.port._registrations._held.values())
    check(it, good)


def test_topics_of_2_kb_are_cut(it: Stage, good: Socket) -> None:
    assert MESSAGE_BYTES_MAX < 2048
    hostile = it.client()
    monitor = hostile.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    hostile.subscribe(b"x" * 2048)
    it.until(lambda: monitor.poll(0))
    hostile.disable_monitor()
    monitor.close()
    hostile.close()
    check(it, good)


def test_a_message_that_is_no_subscription_takes_no_one_his(it: Stage, good: Socket) -> None:
    """Such a message shifts whom ZeroMQ registers; whoever subscribes with it is still heard."""
    for _ in range(20):
        hostile = it.client(kind=zmq.XSUB)
        hostile.send(b"hello")
        hostile.send(b"hello")
        victims = [it.client(b"event"), it.client(b"process"), it.client(b"application")]
        for client in (hostile, *victims):
            client.poll(10)  # all of it arrives before the publisher looks
        it.until_wanted(b"event", b"process", b"application")
        it.until(lambda: not it.publisher.has_messages())
        for body in BODIES:
            it.publish(body)
        for victim, header in zip(victims, (b"event", b"process", b"application"), strict=True):
            assert victim.recv_multipart()[0] == header
            victim.close()
        hostile.close()
        for _ in BODIES:
            good.recv_multipart()
    assert it.port.cut_counts[CUT_ALIEN]


def test_1000_connections_find_a_door_that_is_full(it: Stage, good: Socket) -> None:
    raws = []
    try:
        for _ in range(1000):
            raws.append(socket.create_connection((HOST, it.port_number)))
            it.turn()
        # those that say nothing for 5 s make room for others
        it.until(lambda: it.port.cut_counts[CUT_CROWD] > 0)
        it.until(lambda: len(it.port._connections) <= CONNECTIONS_MAX)
        check(it, good)
    finally:
        for raw in raws:
            raw.close()
    it.until(lambda: len(it.port._connections) == 1)
    late = it.client(b"supvisors")
    it.until(lambda: len(it.port._connections) == 2)
    it.until(lambda: b"supvisors" in it.port._registrations._counts)
    it.publish(BODIES[0])
    assert late.recv_multipart()[0] == b"supvisors"


def test_who_asks_for_snapshots_all_the_time_holds_up_nobody(it: Stage, good: Socket) -> None:
    hostile = it.client()
    for number in range(200):
        topic = SnapshotRequest(f"h{number}", number % 8, ("process",)).topic
        hostile.subscribe(topic)
    it.until(lambda: it.port.wants(TOPICS["process"]))
    other = it.client(SnapshotRequest("good", 0, ("process",)).topic)
    it.until(lambda: other.poll(0))
    check(it, good)
