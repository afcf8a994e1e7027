"""200 clients that join while 5,000 updates a second are published: none of them has a gap.

The tap is synthetic; the publisher is in a process of its own and keeps its pace.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq

from supvisors.publisher import HOST
from supvisors.wire.happenings import Event, Gap, Joined, Output, Status, Subscribe, Unsubscribe
from supvisors.wire.sync import Synchroniser
from tests.soak.processes import IS_LONG, TIMEOUT_S, Source

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600 if IS_LONG else 120)]

#: Each publishes an event and a status.
UPDATES_PER_S = 5_000
#: How long it goes on at the most.
SECONDS = 300 if IS_LONG else 60
CLIENTS = 200
#: Clients that are there at once: together with the publisher they have two cores.
CROWD = 10
#: Updates that each follows after it joined.
FOLLOWED = 2_000 if IS_LONG else 200
PROCESSES = 500


class Joiner:
    """A synchronised client that follows for a while."""

    def __init__(self, context: zmq.Context[Any], port: int, name: str) -> None:
        self._socket: zmq.Socket[Any] = context.socket(zmq.SUB)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._sync = Synchroniser(name)
        self.gaps: list[Gap] = []
        self.numbers: list[int] = []
        self.statuses = 0
        self.began_s = time.monotonic()
        self.joined_s = 0.0
        self._perform(self._sync.start(self.began_s))
        self._socket.connect(f"tcp://{HOST}:{port}")

    def read(self) -> None:
        now = time.monotonic()
        while self._socket.poll(0) and not self.is_done():
            self._perform(self._sync.receive(now, self._socket.recv_multipart()))
        self._perform(self._sync.wake(now))

    def is_done(self) -> bool:
        return min(len(self.numbers), self.statuses) >= FOLLOWED

    def check(self) -> None:
        first = self.numbers[0]
        assert self.gaps == []
        assert self.numbers == list(range(first, first + len(self.numbers)))
        assert len(self._sync.cluster.processes) == PROCESSES

    def close(self) -> None:
        self._socket.close()

    def _perform(self, outputs: list[Output]) -> None:
        for output in outputs:
            match output:
                case Subscribe(topic):
                    self._socket.subscribe(topic)
                case Unsubscribe(topic):
                    self._socket.unsubscribe(topic)
                case Joined():
                    self.joined_s = time.monotonic()
                case Event():
                    self.numbers.append(output.id[2])
                case Status():
                    self.statuses += 1
                case Gap():
                    self.gaps.append(output)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    source = Source(tmp_path / "source", 0, 0, PROCESSES)
    try:
        source.start()
        yield source
    finally:
        source.kill()


def test_clients_that_join_a_stream_miss_nothing(source: Source) -> None:
    context: zmq.Context[Any] = zmq.Context()
    crowd: list[Joiner] = []
    waits_s: list[float] = []
    made = 0
    source.begin(UPDATES_PER_S * SECONDS, UPDATES_PER_S)
    began = time.monotonic()
    try:
        while len(waits_s) < CLIENTS:
            assert time.monotonic() < began + TIMEOUT_S
            if len(crowd) < CROWD and made < CLIENTS:
                made += 1
                crowd.append(Joiner(context, source.port, f"c{made}"))
            for joiner in crowd:
                joiner.read()
            for joiner in [joiner for joiner in crowd if joiner.is_done()]:
                joiner.check()
                joiner.close()
                crowd.remove(joiner)
                waits_s.append(joiner.joined_s - joiner.began_s)
        seconds, published = time.monotonic() - began, source.number()
    finally:
        for joiner in crowd:
            joiner.close()
        context.term()
    assert published < UPDATES_PER_S * SECONDS, "it was published until the last one left"
    print(f"{published / seconds:.0f}/s; {CLIENTS} joined, the slowest in {max(waits_s):.3f} s")
