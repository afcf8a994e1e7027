"""CURVE between agents: who is let in, who it is that speaks, and what is told of the others.

Holds: `Host`, one end with its keys, its sockets and the lines of its log. Everything goes
over real sockets of 127.0.0.1, and all ends of a test live in one loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
import zmq

from supvisors.bus.curve import EVENTS_DOMAIN, ZAP_ENDPOINT, Security
from supvisors.bus.handshakes import Complaints
from supvisors.bus.sockets import Security as SecurityContract
from supvisors.keys import Keys
from supvisors.log import LEVELS, Log, line

pytestmark = pytest.mark.slow  # handshakes take their time

#: Until when something must have happened, far above what is needed.
TIMEOUT_S = 20.0
#: How long nothing must happen, where only waiting can show it.
QUIET_S = 0.3

Socket = zmq.Socket[Any]


def pair() -> tuple[str, str]:
    public, secret = zmq.curve_keypair()
    return public.decode(), secret.decode()


class Heard(Log):
    """A log that keeps its lines."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def write(self, level: str, reason: str, facts: Any = ()) -> None:
        assert LEVELS[level] == logging.WARNING
        self.lines.append(line(reason, facts))


class Host:
    """One agent's end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.keys = Keys(*pair(), peers={}, clients={})
        self.log = Heard()
        self.context: zmq.Context[Any] = zmq.Context()
        self.sockets: list[Socket] = []
        self._security: Security | None = None

    @property
    def security(self) -> Security:
        if self._security is None:
            self._security = Security(self.context, self.keys, self.name, self.log)
        return self._security

    def knows(self, *others: Host) -> None:
        """Put the keys of these in force, and no others."""
        self.keys = replace(self.keys, peers={other.name: other.keys.public for other in others})
        if self._security is not None:
            self._security.reload(self.keys)

    def bound(self, kind: int = zmq.ROUTER) -> tuple[Socket, int]:
        """Return a socket that was armed and bound, and its port."""
        socket = self.socket(kind)
        self.security.server(socket)
        return socket, socket.bind_to_random_port("tcp://127.0.0.1")

    def connected(self, peer: str, port: int, kind: int = zmq.DEALER) -> Socket:
        """Return a socket that was armed for a peer and connected."""
        socket = self.socket(kind)
        self.security.client(socket, peer)
        socket.connect(f"tcp://127.0.0.1:{port}")
        return socket

    def socket(self, kind: int) -> Socket:
        socket: Socket = self.context.socket(kind)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.RECONNECT_IVL, 20)
        if kind == zmq.SUB:
            socket.subscribe(b"")
        self.sockets.append(socket)
        return socket

    def has_said(self, *words: str) -> bool:
        return any(all(word in said for word in words) for said in self.log.lines)

    def close(self) -> None:
        for socket in self.sockets:
            socket.close()
        if self._security is not None:
            self._security.close()
        self.context.term()


@asynccontextmanager
async def hosts() -> AsyncIterator[tuple[Host, Host]]:
    """Two hosts that know each other's keys."""
    alpha, beta = Host("alpha"), Host("beta")
    alpha.knows(beta)
    beta.knows(alpha)
    try:
        yield alpha, beta
    finally:
        alpha.close()
        beta.close()


async def until(condition: Callable[[], object], what: str = "") -> None:
    async with asyncio.timeout(TIMEOUT_S):
        while not condition():
            await asyncio.sleep(0.005)  # the loop turns meanwhile


async def received(socket: Socket) -> list[zmq.Frame]:
    await until(lambda: socket.poll(0), "a message")
    return socket.recv_multipart(copy=False)


async def is_quiet(socket: Socket) -> bool:
    await asyncio.sleep(QUIET_S)
    return not socket.poll(0)


async def said_to(server: Socket, client: Socket) -> zmq.Frame:
    """Send until it arrives; return the frame as the server got it.

    What is sent while a connection is made anew is lost with the old one.
    """
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            await until(lambda: client.poll(0, zmq.POLLOUT), "somebody to send to")
            client.send(b"hello", zmq.NOBLOCK)
            with suppress(TimeoutError):
                async with asyncio.timeout(QUIET_S):
                    return (await received(server))[-1]


def run(test: Callable[[], Any]) -> None:
    asyncio.run(test())


def test_it_is_what_the_mesh_expects() -> None:
    contract: type[SecurityContract] = Security
    assert contract is Security


def test_the_right_key_is_let_in_and_named() -> None:
    async def test() -> None:
        async with hosts() as (alpha, beta):
            router, port = alpha.bound()
            dealer = beta.connected("alpha", port)
            assert alpha.security.sender(await said_to(router, dealer)) == "beta"
            assert (alpha.log.lines, beta.log.lines) == ([], [])
            assert alpha.security.refused == 0

    run(test)


def test_the_sender_is_who_the_key_says_and_not_who_the_message_says() -> None:
    async def test() -> None:
        async with hosts() as (alpha, beta):
            router, port = alpha.bound()
            dealer = beta.socket(zmq.DEALER)
            dealer.setsockopt(zmq.ROUTING_ID, b"gamma")
            beta.security.client(dealer, "alpha")
            dealer.connect(f"tcp://127.0.0.1:{port}")
            dealer.send(b"I am gamma")
            routing_id, data = await received(router)
            assert routing_id.bytes == b"gamma"
            assert alpha.security.sender(data) == "beta"

    run(test)


def test_what_came_without_a_key_has_no_sender() -> None:
    async def test() -> None:
        async with hosts() as (alpha, _):
            one, other = alpha.socket(zmq.PAIR), alpha.socket(zmq.PAIR)
            port = one.bind_to_random_port("tcp://127.0.0.1")
            other.connect(f"tcp://127.0.0.1:{port}")
            other.send(b"hello")
            assert alpha.security.sender((await received(one))[0]) is None

    run(test)


def test_a_publisher_reaches_who_holds_its_key() -> None:
    async def test() -> None:
        async with hosts() as (alpha, beta):
            publisher, port = alpha.bound(zmq.PUB)
            subscriber = beta.connected("alpha", port, zmq.SUB)

            def arrives() -> bool:
                publisher.send(b"beat")
                return bool(subscriber.poll(0))

            await until(arrives)

    run(test)


def test_an_unknown_key_is_refused_and_told_on_both_sides() -> None:
    async def test() -> None:
        async with hosts() as (alpha, beta):
            alpha.knows()
            router, port = alpha.bound()
            dealer = beta.connected("alpha", port)
            dealer.send(b"hello")
            await until(lambda: alpha.log.lines and beta.log.lines)
            assert alpha.log.lines == [
                line(
                    "refused a key that is not in the store",
                    [
                        ("key", beta.keys.public),
                        ("from", "127.0.0.1"),
                        ("door", "bus"),
                        (
                            "cure",
                            "if you know that host: supvisors keys add ADDRESS "
                            f"'{beta.keys.public}'",
                        ),
                    ],
                )
            ]
            assert beta.has_said(
                "a peer refuses our key address=alpha",
                f"on that host: supvisors keys add beta '{beta.keys.public}'",
            )
            assert alpha.security.refused == 1
            assert await is_quiet(router)

    run(test)


def test_a_key_that_is_added_later_is_enough() -> None:
    """libzmq alone would never try again."""

    async def test() -> None:
        async with hosts() as (alpha, beta):
            alpha.knows()
            router, port = alpha.bound()
            dealer = beta.connected("alpha", port)
            await until(lambda: alpha.security.refused)
            alpha.knows(beta)
            assert alpha.security.sender(await said_to(router, dealer)) == "beta"

    run(test)


def test_a_wrong_key_of_the_server_is_told_on_both_sides() -> None:
    async def test() -> None:
        async with hosts() as (alpha, beta):
            beta.keys = replace(beta.keys, peers={"alpha": pair()[0]})
            router, port = alpha.bound()
            dealer = beta.connected("alpha", port)
            dealer.send(b"hello")
            await until(lambda: alpha.log.lines and beta.log.lines)
            assert alpha.has_said(
                "somebody called with another key for us than ours",
                f"supvisors keys add alpha '{alpha.keys.public}'",
            )
            assert beta.has_said(
                "a peer breaks off the handshake: the key held for it is not its own, or it has "
                "none address=alpha",
                "supvisors keys add alpha KEY",
            )
            assert await is_quiet(router)
            beta.knows(alpha)
            assert alpha.security.sender(await said_to(router, dealer)) == "beta"

    run(test)


def test_without_the_key_of_a_peer_nothing_is_said_to_it_in_the_clear() -> None:
    async def test() -> None:
        async with hosts() as (alpha, beta):
            beta.knows()
            clear = alpha.socket(zmq.ROUTER)
            port = clear.bind_to_random_port("tcp://127.0.0.1")
            dealer = beta.connected("alpha", port)
            dealer.send(b"secret")
            await until(lambda: beta.has_said("no key is held for this address", "address=alpha"))
            assert await is_quiet(clear)
            assert len(beta.log.lines) == 1

    run(test)


def test_the_key_of_a_peer_that_comes_later_is_enough() -> None:
    async def test() -> None:
        async with hosts() as (alpha, beta):
            beta.knows()
            router, port = alpha.bound()
            dealer = beta.connected("alpha", port)
            beta.knows(alpha)
            assert alpha.security.sender(await said_to(router, dealer)) == "beta"

    run(test)


def test_who_connects_in_the_clear_is_refused_and_told() -> None:
    async def test() -> None:
        async with hosts() as (alpha, beta):
            router, port = alpha.bound()
            dealer = beta.socket(zmq.DEALER)
            dealer.connect(f"tcp://127.0.0.1:{port}")
            dealer.send(b"hello")
            await until(lambda: alpha.has_said("supvisors keys init, then"))
            assert await is_quiet(router)

    run(test)


def test_a_peer_that_leaves_the_clear_is_found_again() -> None:
    """An agent that gets its keys is started anew; its peers were started before it."""

    async def test() -> None:
        async with hosts() as (alpha, beta):
            clear = alpha.socket(zmq.ROUTER)
            port = clear.bind_to_random_port("tcp://127.0.0.1")
            dealer = beta.connected("alpha", port)
            await until(lambda: beta.has_said("address=alpha", "supvisors keys init"))
            clear.close()
            router = alpha.socket(zmq.ROUTER)
            alpha.security.server(router)
            await until(lambda: is_bound(router, port))
            assert alpha.security.sender(await said_to(router, dealer)) == "beta"

    run(test)


def is_bound(socket: Socket, port: int) -> bool:
    try:
        socket.bind(f"tcp://127.0.0.1:{port}")
    except zmq.ZMQError as error:
        if error.errno != zmq.EADDRINUSE:
            raise
        return False
    return True


def test_a_removed_key_acts_at_once() -> None:
    async def test() -> None:
        async with hosts() as (alpha, beta):
            router, port = alpha.bound()
            dealer = beta.connected("alpha", port)
            before = await said_to(router, dealer)
            assert alpha.security.sender(before) == "beta"
            assert alpha.security.reload(replace(alpha.keys, peers={})) == {"beta"}
            assert alpha.security.sender(before) is None
            assert alpha.security.sender(await said_to(router, dealer)) is None
            again = beta.connected("alpha", port)
            again.send(b"hello")
            await until(lambda: alpha.security.refused)
            assert await is_quiet(router)

    run(test)


def test_a_connection_made_with_a_replaced_key_is_nobodys() -> None:
    async def test() -> None:
        async with hosts() as (alpha, beta):
            router, port = alpha.bound()
            dealer = beta.connected("alpha", port)
            await said_to(router, dealer)
            assert alpha.security.reload(replace(alpha.keys, peers={"beta": pair()[0]})) == {"beta"}
            assert alpha.security.sender(await said_to(router, dealer)) is None

    run(test)


def test_a_subscription_to_a_removed_peer_ends() -> None:
    async def test() -> None:
        async with hosts() as (alpha, beta):
            publisher, port = alpha.bound(zmq.PUB)
            subscriber = beta.connected("alpha", port, zmq.SUB)

            def arrives() -> bool:
                publisher.send(b"beat")
                return bool(subscriber.poll(0))

            await until(arrives)
            beta.knows()
            while subscriber.poll(0):
                subscriber.recv()
            for _ in range(20):
                publisher.send(b"beat")
                await asyncio.sleep(0.01)
            assert await is_quiet(subscriber)
            beta.knows(alpha)
            await until(arrives)

    run(test)


def test_reload_names_whom_it_concerns() -> None:
    async def test() -> None:
        async with hosts() as (alpha, beta):
            peers = {"beta": beta.keys.public, "gamma": pair()[0], "delta": pair()[0]}
            assert alpha.security.reload(replace(alpha.keys, peers=peers)) == set()
            others = {"beta": beta.keys.public, "gamma": pair()[0], "new": pair()[0]}
            changed = alpha.security.reload(replace(alpha.keys, peers=others))
            assert changed == {"gamma", "delta"}

    run(test)


def test_the_key_of_an_event_client_does_not_open_the_bus() -> None:
    async def test() -> None:
        async with hosts() as (alpha, beta):
            alpha.keys = replace(alpha.keys, peers={}, clients={"viewer": beta.keys.public})
            router, port = alpha.bound()
            beta.connected("alpha", port).send(b"hello")
            await until(lambda: alpha.has_said("refused a key that belongs elsewhere", "viewer"))
            assert await is_quiet(router)

    run(test)


@pytest.mark.parametrize(("door", "opens"), [(b"events", True), (b"bus", False), (b"x", False)])
def test_a_key_opens_the_door_that_it_was_given_for(door: bytes, opens: bool) -> None:
    async def test() -> None:
        async with hosts() as (alpha, beta):
            assert EVENTS_DOMAIN == b"events"
            alpha.keys = replace(alpha.keys, peers={}, clients={"viewer": beta.keys.public})
            router = alpha.socket(zmq.ROUTER)
            alpha.security.server(router)
            router.setsockopt(zmq.ZAP_DOMAIN, door)
            port = router.bind_to_random_port("tcp://127.0.0.1")
            dealer = beta.connected("alpha", port)
            dealer.send(b"hello")
            if opens:
                assert (await received(router))[-1].get("User-Id") == "viewer"
                assert alpha.security.sender(await said_to(router, dealer)) is None
            else:
                assert await is_quiet(router)

    run(test)


def test_without_its_handler_nobody_is_let_in() -> None:
    async def test() -> None:
        async with hosts() as (alpha, beta):
            router, port = alpha.bound()
            alpha.security.close()
            alpha._security = None
            dealer = beta.connected("alpha", port)
            dealer.send(b"hello")
            assert await is_quiet(router)

    run(test)


def test_a_handler_that_is_asked_rubbish_refuses_and_lives() -> None:
    async def test() -> None:
        async with hosts() as (alpha, beta):
            router, port = alpha.bound()
            asker = alpha.socket(zmq.REQ)
            asker.connect(ZAP_ENDPOINT)
            asker.send_multipart([b"1.0", b"7", b"bus", b"\xff", b"", b"CURVE", b"short"])
            assert [frame.bytes for frame in await received(asker)][1:3] == [b"7", b"400"]
            dealer = beta.connected("alpha", port)
            assert alpha.security.sender(await said_to(router, dealer)) == "beta"

    run(test)


def test_closing_leaves_no_reader_in_the_loop() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        async with hosts() as (alpha, beta):
            router, port = alpha.bound()
            dealer = beta.connected("alpha", port)
            await said_to(router, dealer)
            fds = [int(watched.monitor.FD) for watched in beta.security._watched.values()]
            dealer.close()
            await until(lambda: not beta.security._watched)
            assert [loop.remove_reader(fd) for fd in fds] == [False]

    run(test)


def test_a_crowd_of_keys_does_not_fill_the_log() -> None:
    log, now = Heard(), 0.0
    complaints = Complaints(log, lambda: now)
    for number in range(1000):
        complaints.refuse("bus", f"key {number}", "192.0.2.1", "")
        complaints.refuse("bus", "one key", "192.0.2.1", "")
    assert complaints.refused == 2000
    assert len(log.lines) == 20
    assert sum("one key" in said for said in log.lines) == 1
    now = 60.0
    complaints.refuse("bus", "one key", "192.0.2.1", "")
    assert log.lines[20:] == [
        "more connections were refused than are told count=981 seconds=60",
        line(
            "refused a key that is not in the store",
            [
                ("key", "one key"),
                ("from", "192.0.2.1"),
                ("door", "bus"),
                ("cure", "if you know that host: supvisors keys add ADDRESS 'one key'"),
            ],
        ),
    ]
