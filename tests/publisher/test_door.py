"""The door for other hosts: clients' keys alone open it, and a key that is removed acts at once.

On 127.0.0.1, which is a host like any other to ZeroMQ.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import zmq

from supvisors.keys import KeyKind, KeyStore
from supvisors.publisher import HOST, Door, Port, Publisher
from supvisors.wire import encode
from tests.journal.harness import Heard
from tests.publisher.harness import BODIES, TIMEOUT_S, Socket, free_port

Pair = tuple[str, str]


def pair() -> Pair:
    public, secret = zmq.curve_keypair()
    return public.decode(), secret.decode()


class Site:
    """A host with a store of keys, and a publisher behind a door."""

    def __init__(self, state_dir: Path) -> None:
        self.store = KeyStore(str(state_dir))
        self.public = self.store.init()
        self.log = Heard()

    def open(self) -> None:
        directory = str(Path(self.store.directory).parent)
        self.door = Door(directory, self.store.load(), "alpha", self.log)
        self.port_number = free_port()
        self.port = Port(self.door.context, HOST, self.port_number, self.door)
        self.publisher = Publisher([self.port])
        self._clients: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._sockets: list[Socket] = []

    def client(self, keys: Pair | None, server: str = "") -> Socket:
        client: Socket = self._clients.socket(zmq.SUB)
        self._sockets.append(client)
        client.setsockopt(zmq.LINGER, 0)
        if keys is not None:
            client.curve_publickey, client.curve_secretkey = (key.encode() for key in keys)
            client.curve_serverkey = (server or self.public).encode()
        client.subscribe(b"supvisors")
        client.connect(f"tcp://{HOST}:{self.port_number}")
        return client

    async def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while not condition():
            assert time.monotonic() < deadline
            self.publisher.drain()
            await asyncio.sleep(0.002)

    async def hears(self, client: Socket) -> bool:
        """Publish until a client hears it."""

        def heard() -> bool:
            self.publisher.publish(BODIES[0])
            return bool(client.poll(0))

        await self.until(heard)
        return tuple(client.recv_multipart()) == encode(BODIES[0])

    def close(self) -> None:
        for client in self._sockets:
            client.close()
        self.publisher.close()
        self.door.close()
        self._clients.term()


@contextlib.asynccontextmanager
async def opened(tmp_path: Path, *clients: tuple[str, Pair]) -> AsyncIterator[Site]:
    site = Site(tmp_path)
    for name, keys in clients:
        site.store.add(name, keys[0], KeyKind.CLIENT)
    site.open()
    try:
        yield site
    finally:
        site.close()


def test_a_client_with_a_key_hears_and_others_do_not(tmp_path: Path) -> None:
    async def run() -> None:
        mine, peers, strangers = pair(), pair(), pair()
        async with opened(tmp_path, ("viewer", mine)) as site:
            site.store.add("beta", peers[0])
            site.door.look()
            outside = [
                site.client(peers),  # a member of the bus
                site.client(strangers),
                site.client(None),
                site.client(mine, server=strangers[0]),
            ]
            assert await site.hears(site.client(mine))
            await site.until(lambda: len(site.log.lines) >= 3)
            assert await site.hears(site.client(mine))
            assert not any(client.poll(0) for client in outside)
            said = " ".join(site.log.lines)
            assert f"supvisors keys client add NAME '{strangers[0]}'" in said
            assert "a key opens one door only" in said

    asyncio.run(run())


def test_a_key_that_is_removed_acts_at_once(tmp_path: Path) -> None:
    async def run() -> None:
        mine, others = pair(), pair()
        async with opened(tmp_path, ("viewer", mine), ("other", others)) as site:
            client, other = site.client(mine), site.client(others)
            assert await site.hears(client)
            assert await site.hears(other)
            site.store.remove("viewer", KeyKind.CLIENT)
            site.publisher.cut_keys(site.door.look())
            while client.poll(0):
                client.recv_multipart()
            for _ in range(50):
                site.publisher.publish(BODIES[0])
                await site.until(lambda: not site.publisher.has_messages())
            assert await site.hears(other)
            assert not client.poll(100)
            site.store.add("viewer", mine[0], KeyKind.CLIENT)
            site.publisher.cut_keys(site.door.look())
            assert await site.hears(site.client(mine))

    asyncio.run(run())
