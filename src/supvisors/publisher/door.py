"""The door for event clients on other hosts: keys.

Holds: `Door`, with a ZeroMQ context of its own for the port on `event_host`.
Must not touch: what is sent; the keys of the bus, which open nothing here.
Invariants: a connection whose key is not in force any more is cut, and nothing that it sends is
heard. What encryption costs is paid by a thread that serves these clients alone.
Tests: tests/publisher/test_door.py.
"""

from __future__ import annotations

from typing import Any

import zmq

from supvisors.bus.curve import KEY_PROPERTY, Security
from supvisors.keys import Keys, KeysError, KeyStore
from supvisors.log import Log


class Door:
    """Lets in the clients whose keys are in the store.

    Made inside the running loop.

    Args:
        state_dir: where the store is.
        keys: as the store holds them.
        local: our own address, for the words of a cure.
    """

    def __init__(self, state_dir: str, keys: Keys, local: str, log: Log) -> None:
        self.context: zmq.Context[Any] = zmq.Context()
        self._log = log
        self._store = KeyStore(state_dir)
        self._keys = keys
        self._in_force = frozenset(keys.clients.values())
        self._security = Security(self.context, keys, local, log)

    def arm(self, socket: zmq.Socket[Any]) -> None:
        """Let only the keys of clients connect to a socket that is going to be bound."""
        self._security.event_server(socket)

    def key_of(self, frame: zmq.Frame) -> str | None:
        """Return the key of the client that sent a frame, None when it is not in force."""
        try:
            key = str(frame.get(KEY_PROPERTY))
        except zmq.ZMQError:  # the connection has no such property
            return None
        return key if key in self._in_force else None

    def look(self) -> frozenset[str]:
        """Put the keys in force that are there now; return those that are not any more."""
        try:
            keys = self._store.reload(self._keys)
        except KeysError as error:
            self._log.write("warn", "the keys of clients stay as they were", [("why", error)])
            return frozenset()
        if keys is None:
            return frozenset()
        before = self._in_force
        self._keys, self._in_force = keys, frozenset(keys.clients.values())
        self._security.reload(keys)
        gone = before - self._in_force
        facts = [("clients", len(keys.clients)), ("gone", len(gone))]
        self._log.write("info", "other keys of clients are in force", facts)
        return gone

    def close(self) -> None:
        """Let go of everything; the port is closed before."""
        self._security.close()
        self.context.term()
