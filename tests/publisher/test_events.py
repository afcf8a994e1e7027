"""Publisher, journal and loop together: a synchronised client and a flood that it sleeps through.

The tap is synthetic: bodies are published as the core would, faster than processes could change.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import zmq

from supvisors.core.outputs import Facts, Publish
from supvisors.events import Events
from supvisors.journal import Journal
from supvisors.model import ExitFacts, ProcessEvent, ProcessState, ProcessStatus
from supvisors.publisher import HOST, Port
from supvisors.utils import PROCESS_EVENT_HEADER
from supvisors.wire.dialect2 import Facts as WireFacts
from supvisors.wire.happenings import Event, Gap, Joined, Output, Subscribe, Unsubscribe
from supvisors.wire.high import Cursor
from supvisors.wire.sync import Synchroniser
from tests.journal.harness import LARGE, Heard
from tests.publisher.harness import TIMEOUT_S, Socket, free_port

PROCESSES = 500
#: The long form, of `make events-long`.
IS_LONG = bool(os.environ.get("SUPVISORS_EVENTS_LONG"))
UPDATES = 200_000 if IS_LONG else 20_000


class Client:
    """A synchronised client that reads when it is told to."""

    def __init__(self, port: int, cursor: Cursor | None = None, hwm: int = 1000) -> None:
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket: Socket = self._context.socket(zmq.SUB)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RCVHWM, hwm)
        self.sync = Synchroniser(f"c{random.randrange(10**9)}", cursor=cursor)
        self.events: list[tuple[str, str, int]] = []
        self.gaps: list[Gap] = []
        self.has_joined = False
        self._perform(self.sync.start(time.monotonic()))
        self._socket.connect(f"tcp://{HOST}:{port}")

    def read(self) -> None:
        while self._socket.poll(0):
            self._perform(self.sync.receive(time.monotonic(), self._socket.recv_multipart()))
        self._perform(self.sync.wake(time.monotonic()))

    def _perform(self, outputs: list[Output]) -> None:
        for output in outputs:
            match output:
                case Subscribe(topic):
                    self._socket.subscribe(topic)
                case Unsubscribe(topic):
                    self._socket.unsubscribe(topic)
                case Event():
                    self.events.append(output.id)
                case Gap():
                    self.gaps.append(output)
                case Joined():
                    self.has_joined = True

    def states(self) -> dict[str, ProcessState]:
        return {name: item.state for name, item in self.sync.cluster.processes.items()}

    def close(self) -> None:
        self._socket.close()
        self._context.term()


@dataclass
class Source:
    """What the core would ask to be published."""

    states: dict[str, ProcessState] = field(default_factory=dict)
    number: int = 0

    def change(self, events: Events) -> None:
        name = f"p{self.number % PROCESSES}"
        self.number += 1
        state = random.choice([ProcessState.RUNNING, ProcessState.STOPPED, ProcessState.FATAL])
        self.states[f"g:{name}"] = state
        facts = Facts(ExitFacts(code=1), restarts=self.number)
        event = ProcessEvent("g", name, state, True, self.number, 0, "alpha")
        events.publish(Publish(event, ("alpha", "b1", self.number), facts))
        events.publish(Publish(ProcessStatus("g", name, state, True, self.number), None, facts))


@contextmanager
def opened(port: int, journal: Journal | None) -> Iterator[Events]:
    context: zmq.Context[Any] = zmq.Context()
    events = Events([Port(context, HOST, port)], journal, None, Heard())
    try:
        yield events
    finally:
        events.close()
        context.term()


async def until(condition: Any, client: Client) -> None:
    deadline = time.monotonic() + TIMEOUT_S * (4 if IS_LONG else 1)
    while not condition():
        assert time.monotonic() < deadline
        client.read()
        await asyncio.sleep(0.002)


def journal_in(directory: Path | None) -> Journal | None:
    if directory is None:
        return None
    deliver = asyncio.get_running_loop().call_soon_threadsafe
    return Journal(str(directory), LARGE, Heard(), deliver)


async def flood(events: Events, source: Source, count: int) -> None:
    for number in range(count):
        source.change(events)
        if number % 100 == 0:
            await asyncio.sleep(0)


def check_events(client: Client, published: int) -> None:
    """Held and reported make what was published."""
    assert len(client.events) == len(set(client.events))
    assert client.events == sorted(client.events)
    gaps = [gap for gap in client.gaps if gap.header == PROCESS_EVENT_HEADER]
    assert len(client.events) + sum(gap.last - gap.first + 1 for gap in gaps) == published


@pytest.mark.timeout(300)
@pytest.mark.slow
@pytest.mark.parametrize("has_journal", [True, False])
def test_who_sleeps_through_a_flood_ends_with_the_right_state(
    tmp_path: Path, has_journal: bool
) -> None:
    async def run() -> None:
        port, source = free_port(), Source()
        with opened(port, journal_in(tmp_path if has_journal else None)) as events:
            client = Client(port, hwm=100)
            await until(lambda: client.has_joined, client)
            source.change(events)
            await until(lambda: client.events, client)
            await flood(events, source, UPDATES)  # the client does not read meanwhile
            await until(lambda: client.states() == source.states, client)
            await until(lambda: _is_settled(client, source), client)
            check_events(client, source.number)
            assert client.gaps, "the flood is larger than all queues on its way"
            if has_journal:
                assert not [gap for gap in client.gaps if gap.header == PROCESS_EVENT_HEADER]
            client.close()

    asyncio.run(run())


def _is_settled(client: Client, source: Source) -> bool:
    gaps = [gap for gap in client.gaps if gap.header == PROCESS_EVENT_HEADER]
    told = len(client.events) + sum(gap.last - gap.first + 1 for gap in gaps)
    return told >= source.number


async def life(
    directory: Path, source: Source, had: list[tuple[str, str, int]], cursor: Cursor | None
) -> Cursor | None:
    """Let an agent and a client live for a while; return where the client is to go on."""
    port = free_port()
    with opened(port, journal_in(directory)) as events:
        client = Client(port, cursor)
        await until(lambda: client.has_joined, client)
        await flood(events, source, 500)
        await until(lambda: len(had) + len(client.events) == source.number, client)
        had += client.events
        cursor = client.sync.cursor
        assert client.gaps == []
        client.close()
        await flood(events, source, 1500)  # nobody is there
        # the agent that follows publishes its predecessor's last records again
        source.number -= 5
    return cursor


@pytest.mark.timeout(300)
@pytest.mark.slow
def test_a_cursor_goes_on_over_restarts_of_client_and_agent(tmp_path: Path) -> None:
    async def run() -> None:
        source, had, cursor = Source(), list[tuple[str, str, int]](), None
        for _ in range(3):
            cursor = await life(tmp_path, source, had, cursor)
        assert [number for _, _, number in had] == list(range(1, len(had) + 1))

    asyncio.run(run())


def test_facts_reach_the_clients() -> None:
    async def run() -> None:
        port = free_port()
        with opened(port, None) as events:
            Source().change(events)
            client = Client(port)
            await until(lambda: client.has_joined, client)
            assert client.sync.cluster.facts == {"g:p0": WireFacts(exit_code=1, restarts=1)}
            client.close()

    asyncio.run(run())
