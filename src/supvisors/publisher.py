"""The event port.

Holds: `Publisher`: bodies in, messages of dialect 1 on a ZeroMQ PUB socket out.
Must not touch: the choice of what deserves publishing: it publishes what it is given.
Invariants: listens on 127.0.0.1 alone; never blocks the loop.
Tests: tests/link/test_publisher.py, tests/live/test_events.py.
"""

from __future__ import annotations

from typing import Any

import zmq

from supvisors import wire
from supvisors.model import Body

HOST = "127.0.0.1"
#: Messages kept for one subscriber that does not read, about 30 MiB; then ZeroMQ drops.
MESSAGES_MAX = 100_000
#: Longest subscription accepted; ours are shorter than their headers.
SUBSCRIPTION_BYTES_MAX = 4096
#: How long the last messages may take to leave when the agent ends.
LINGER_MS = 500


class PortTaken(Exception):
    """Another process listens on the event port."""


class Publisher:
    """Publishes on `127.0.0.1:port`.

    Args:
        context: ZeroMQ context; the caller ends it.
        port: the option `event_port`.

    Raises:
        PortTaken: another process listens there.
        zmq.ZMQError: the port cannot be bound for another reason.
    """

    def __init__(self, context: zmq.Context[Any], port: int) -> None:
        self._socket = context.socket(zmq.PUB)
        self._socket.setsockopt(zmq.SNDHWM, MESSAGES_MAX)
        self._socket.setsockopt(zmq.MAXMSGSIZE, SUBSCRIPTION_BYTES_MAX)
        self._socket.setsockopt(zmq.TCP_KEEPALIVE, 1)
        self._socket.setsockopt(zmq.LINGER, LINGER_MS)
        try:
            self._socket.bind(f"tcp://{HOST}:{port}")
        except zmq.ZMQError as error:
            self._socket.close()
            if error.errno == zmq.EADDRINUSE:
                raise PortTaken(port) from error
            raise

    def publish(self, body: Body) -> None:
        """Send `body` to whoever subscribed to its header."""
        header, data = wire.encode(body)
        self._socket.send(header, zmq.SNDMORE | zmq.NOBLOCK)
        self._socket.send(data, zmq.NOBLOCK)

    def close(self) -> None:
        """Stop listening; what is on its way still leaves, for `LINGER_MS` at the most."""
        self._socket.close()
