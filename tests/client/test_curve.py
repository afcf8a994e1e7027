"""Clients with keys, at the door for other hosts, on 127.0.0.1: to ZeroMQ a host like any other."""

from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path
from typing import Any

import pytest
import zmq

from supvisors.client import Curve, connect
from supvisors.client.subscriber import SupvisorsEventInterface
from supvisors.core.outputs import Publish
from supvisors.events import Events
from supvisors.keys import KeyKind, KeyStore, make_pair_file
from supvisors.log import Log
from supvisors.publisher import HOST, Door, Port
from tests.client.harness import BODIES, TIMEOUT_S


class Quiet(SupvisorsEventInterface):
    """Prints nothing."""

    def on_snapshot(self, cluster: object) -> None:
        pass


def test_who_has_a_key_comes_in_and_nobody_else(tmp_path: Path, context: zmq.Context[Any]) -> None:
    state_dir, file = tmp_path / "state", tmp_path / "secret"
    store = KeyStore(str(state_dir))
    server_key = store.init()
    store.add("laptop", make_pair_file(str(file)), KeyKind.CLIENT)
    curve = Curve.load(server_key, str(file))
    stranger = Curve(server_key, zmq.curve_keypair()[1].decode())
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]

    async def story() -> None:
        log = Log()
        door = Door(str(state_dir), store.load(), "alpha", log)
        events = Events([Port(door.context, HOST, port, door)], None, door, log)
        try:
            events.publish(Publish(BODIES["supvisors"]))
            async with connect(port=port, curve=curve) as stream:
                assert stream.cluster.supvisors == BODIES["supvisors"]
            for keys in (stranger, None):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.5), connect(port=port, curve=keys):
                        pass
            thread = Quiet(context, port, logging.Logger("test"), synchronised=True, curve=curve)
            thread.start()
            while thread.cluster.supvisors is None:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(thread.stop)
        finally:
            events.close()

    asyncio.run(asyncio.wait_for(story(), TIMEOUT_S))


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    with pytest.raises(FileNotFoundError):
        Curve.load(40 * "a", str(file))
    file.write_text("short\n")
    with pytest.raises(ValueError, match="40 characters"):
        Curve.load(40 * "a", str(file))
