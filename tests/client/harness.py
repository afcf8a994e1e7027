"""A publisher and a listener for the tests of the client: real sockets on loopback.

Holds: `Publisher`, an XPUB socket, which hears who subscribes to what, so that no test has to
wait for a subscription by guess; `Recorder`, an interface that keeps what it is called with.
"""

from __future__ import annotations

import logging
import queue
import threading
from typing import Any, Final

import zmq

from supvisors import wire
from supvisors.client.subscriber import SupvisorsEventInterface
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
from supvisors.wire.dialect2 import VERSION, Stand, encode_snapshot, encode_statuses
from supvisors.wire.requests import SEQUENCED, SnapshotRequest, parse

#: Until when something must have happened: far above what is needed, on a busy machine too.
TIMEOUT_S: Final = 30.0

#: One body of each kind, by header.
BODIES: Final[dict[str, Body]] = {
    "supvisors": SupvisorsStatus(SupvisorsState.OPERATION),
    "address": AddressStatus("alpha", AddressState.RUNNING, 1_700_000_000_000, 1_700_000_000_001),
    "application": ApplicationStatus("web", ApplicationState.STARTING, major_failure=True),
    "process": ProcessStatus("web", "nginx", ProcessState.RUNNING, addresses=("alpha", "bêta")),
    "event": ProcessEvent("web", "nginx", ProcessState.RUNNING, True, 1_700_000_000, 42, "alpha"),
}


class Publisher:
    """Publishes on a port of loopback: a free one, or the one given."""

    def __init__(self, port: int = 0) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.XPUB)
        self._socket.linger = 0
        self._socket.rcvtimeo = int(TIMEOUT_S * 1000)
        # It waits for a subscriber that does not take more, where a real one would drop.
        self._socket.setsockopt(zmq.XPUB_NODROP, 1)
        self._socket.sndhwm = 10
        self._socket.sndtimeo = int(TIMEOUT_S * 1000)
        self._socket.bind(f"tcp://127.0.0.1:{port or '*'}")
        endpoint = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)
        self.port = int(endpoint.rsplit(":", 1)[1])

    def next_subscription(self) -> bytes:
        """What a subscriber asked for next: 0x01 or 0x00, and the prefix."""
        return self._socket.recv()

    def publish(self, body: Body) -> None:
        self.send(*wire.encode(body))

    def send(self, *frames: bytes) -> None:
        self._socket.send_multipart(frames)

    def close(self) -> None:
        """Returns when the port is free again."""
        self._socket.close()
        self._context.term()


def answer_second_snapshot(publisher: Publisher) -> None:
    """Let a client ask for a snapshot twice, and answer the second time."""
    topics: list[bytes] = []
    while len(topics) < 2:
        subscription = publisher.next_subscription()
        request = parse(subscription[1:])
        if subscription[:1] == b"\x01" and isinstance(request, SnapshotRequest):
            topics.append(request.topic)
    stand = Stand(VERSION, "s1", 1, dict.fromkeys(SEQUENCED, 0))
    statuses = encode_statuses({"supvisors": [wire.encode(BODIES["supvisors"])[1]]})
    publisher.send(*encode_snapshot(topics[1], stand, statuses))


class Recorder(SupvisorsEventInterface):
    """Keeps the calls of its `on_…` methods and the records of its logger."""

    def __init__(self, context: zmq.Context[Any], port: int) -> None:
        super().__init__(context, port, logging.Logger("test"))
        self.log = _Records()
        self.logger.addHandler(self.log)
        self.calls: queue.SimpleQueue[tuple[str, dict[str, Any]]] = queue.SimpleQueue()
        self.threads: set[threading.Thread] = set()

    def next_call(self) -> tuple[str, dict[str, Any]]:
        return self.calls.get(timeout=TIMEOUT_S)

    def on_supvisors_status(self, data: dict[str, Any]) -> None:
        self._record("supvisors", data)

    def on_address_status(self, data: dict[str, Any]) -> None:
        self._record("address", data)

    def on_application_status(self, data: dict[str, Any]) -> None:
        self._record("application", data)

    def on_process_status(self, data: dict[str, Any]) -> None:
        self._record("process", data)

    def on_process_event(self, data: dict[str, Any]) -> None:
        self._record("event", data)

    def _record(self, header: str, data: dict[str, Any]) -> None:
        self.threads.add(threading.current_thread())
        self.calls.put((header, data))


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter("%(levelname)s %(message)s").format(record))
