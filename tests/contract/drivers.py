"""The contract suite's hands: the same agents and puppets on every engine.

An agent is one end of the bus with the facts that it was told. A puppet sends and gets
envelopes as they are, so that a test can play a peer that misbehaves, dies or is late.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import socket
import time
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, Protocol, TypeVar

import zmq

from supvisors.bus import Bus
from supvisors.bus.codec import Answer, Ask, Codec, Envelope, Listed, NotYet, Record, Records, Tick
from supvisors.bus.endpoint import Endpoint
from supvisors.bus.memory import End, Letter, MemoryBus, Network
from supvisors.bus.mesh import Mesh
from supvisors.bus.sockets import PortTaken
from supvisors.core.inputs import (
    BusFact,
    Fetched,
    Got,
    Missed,
    PeerList,
    ProcessChanged,
    StreamRecord,
)
from supvisors.core.messages import Answer as Outcome
from supvisors.core.messages import Beat, Call
from supvisors.log import Log
from supvisors.model import ProcessState, SupvisorsState

NAMES = ("alpha", "beta", "gamma")
CODEC = Codec()
T = TypeVar("T")
#: Far above what anything takes, since the machine is shared.
TIMEOUT_S = 30.0


def changed(address: str, number: int) -> ProcessChanged:
    """Return a record of a tap that says its number."""
    return ProcessChanged(address, "tap", number, number, "g", "n", ProcessState.RUNNING, pid=1)


def a_list(number: int) -> PeerList:
    """Return a list that says its number."""
    return PeerList("tap", number, ())


class Counted(Bus, Protocol):
    """An engine shows what it dropped."""

    @property
    def counts(self) -> Mapping[tuple[str, str], int]: ...


class Agent:
    """One end of the bus. What is asked of its lists is answered from `lists`."""

    def __init__(self, name: str, run: Callable[[Callable[[], None]], None]) -> None:
        self.name = name
        self.facts: list[BusFact] = []
        self.lists: dict[str, PeerList] = {}
        self.fetches = 0
        self.bus: Counted
        self.run = run
        self._beats = 0

    def take(self, fact: BusFact) -> None:
        self.facts.append(fact)

    def list_of(self, address: str) -> PeerList | None:
        return self.lists.get(address)

    def of(self, kind: Any, address: str = "beta") -> list[Any]:
        """Return the facts of one kind about one address."""
        return [f for f in self.facts if isinstance(f, kind) and f.address == address]

    def story(self, address: str = "beta") -> list[str]:
        """Return the facts about the stream of an address as words: `got 3`, `missed b1`.

        A list that was asked for twice, as the core may, and came twice is one.
        """
        words: list[str] = []
        last: BusFact | None = None
        for fact in self.of(BusFact, address):
            if fact == last:
                continue
            match fact:
                case Got(record=ProcessChanged(seq=seq)):
                    words.append(f"got {seq}")
                case Fetched(peer_list=PeerList(tap_seq=seq)):
                    words.append(f"list {seq}")
                case Missed(boot=boot):
                    words.append(f"missed {boot}")
                case _:
                    continue
            last = fact if isinstance(fact, Fetched) else None
        return words

    def tick(self, **fields: Any) -> None:
        self._beats += 1
        beat = Beat(self._beats, SupvisorsState.OPERATION, **fields)
        self.run(lambda: self.bus.tick(beat))

    def record(self, *numbers: int) -> None:
        self.say(*(changed(self.name, number) for number in numbers))

    def say(self, *records: StreamRecord) -> None:
        for record in records:
            self.run(partial(self.bus.record, record))

    def fetch(self, address: str, boot: str, whole: bool = False, via: str | None = None) -> None:
        self.fetches += 1
        self.run(lambda: self.bus.fetch(address, boot, whole, via))

    def call(self, address: str, call: Call) -> None:
        self.run(lambda: self.bus.call(address, call))

    def answer(self, address: str, answer: Outcome) -> None:
        self.run(lambda: self.bus.answer(address, answer))

    def cut(self, address: str) -> None:
        self.run(lambda: self.bus.cut(address))

    def join(self, address: str) -> None:
        self.run(lambda: self.bus.join(address))

    def close(self) -> None:
        self.run(lambda: self.bus.close())


class Puppet:
    """A peer whose every message is the test's."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard: list[Envelope] = []
        self.asks: list[Ask] = []
        self.answers: list[Answer] = []
        self._beats = 0

    def tell(self, data: bytes) -> None:
        """Send to all that listen."""
        raise NotImplementedError

    def reply(self, data: bytes) -> None:
        """Answer the last request."""
        raise NotImplementedError

    def ask(self, peer: str, data: bytes) -> None:
        """Send a request."""
        raise NotImplementedError

    def tick(self, boot: str = "b1", seq: int = 0, **fields: int) -> None:
        self._beats += 1
        number, sent_ms = fields.get("number", self._beats), fields.get("sent_ms", self._beats)
        self.tell(CODEC.encode(Tick(boot, seq, sent_ms, Beat(number, SupvisorsState.OPERATION))))

    def record(self, *numbers: int, boot: str = "b1") -> None:
        for number in numbers:
            self.tell(CODEC.encode(Record(boot, number, changed(self.name, number))))

    def give_list(self, seq: int, boot: str = "b1", address: str | None = None) -> None:
        address = address or self.name
        self.reply(CODEC.encode(Listed(self.asks[-1].number, address, boot, seq, a_list(seq))))

    def give_records(self, after: int, *numbers: int, boot: str = "b1") -> None:
        records: tuple[StreamRecord, ...] = tuple(changed(self.name, n) for n in numbers)
        number = self.asks[-1].number
        self.reply(CODEC.encode(Records(number, self.name, boot, after, records)))

    def give_nothing(self) -> None:
        self.reply(CODEC.encode(NotYet(self.asks[-1].number, self.name)))

    def file(self, envelope: Envelope) -> None:
        if isinstance(envelope, Ask):
            self.asks.append(envelope)
        elif isinstance(envelope, Answer):
            self.answers.append(envelope)
        else:
            self.heard.append(envelope)


class Driver(Protocol):
    """An engine, as the suite drives it."""

    def agent(self, name: str, boot: str = "b1", deaf_to: Collection[str] = ()) -> Agent:
        """Start an agent; it and those it is deaf to do not reach each other's ports."""

    def puppet(self, name: str, *agents: Agent) -> Puppet:
        """Start a puppet that the agents hear."""

    def stranger_asks(self, data: bytes) -> None:
        """Send alpha a request of who is none of its peers."""

    def until(
        self, condition: Callable[[], object], nudge: Callable[[], None] = lambda: None
    ) -> None:
        """Let time pass until the condition holds; now and then do `nudge`."""

    def close(self) -> None:
        """End everything."""


# --- memory ----------------------------------------------------------------------------------


class MemoryPuppet(Puppet):
    def __init__(self, name: str, network: Network) -> None:
        super().__init__(name)
        self.asker = ""
        self._network = network
        network.plug(name, _PuppetEnd(self))

    def tell(self, data: bytes) -> None:
        self._network.tell(self.name, [name for name in NAMES if name != self.name], data)

    def reply(self, data: bytes) -> None:
        self._network.answer(self.name, self.asker, data)

    def ask(self, peer: str, data: bytes) -> None:
        self._network.ask(self.name, peer, data)


class _PuppetEnd:
    """Brings to a puppet what the network brings."""

    def __init__(self, puppet: MemoryPuppet) -> None:
        self._puppet = puppet

    def arrive(self, _sender: str, deliver: Callable[[End], None]) -> None:
        deliver(self)

    def heard(self, _sender: str, letter: Letter) -> None:
        self._puppet.file(CODEC.decode(letter.data))

    def asked(self, sender: str, letter: Letter) -> None:
        self._puppet.asker = sender
        self.heard(sender, letter)

    def answered(self, sender: str, letter: Letter) -> None:
        self.heard(sender, letter)


class MemoryDriver:
    """Pumps a virtual clock."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._actions: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self._deaf: set[frozenset[str]] = set()
        self.network = Network(self._schedule, self._law)
        self.network.wall_ms = lambda _address: round(self.now_s * 1000)
        self._buses: list[MemoryBus] = []

    def _schedule(self, delay_s: float, action: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._actions, (self.now_s + delay_s, self._number, action))

    def _law(self, sender: str, receiver: str) -> list[float]:
        return [] if frozenset((sender, receiver)) in self._deaf else [0.01]

    def agent(self, name: str, boot: str = "b1", deaf_to: Collection[str] = ()) -> Agent:
        agent = Agent(name, lambda action: action())
        self._deaf |= {frozenset((name, other)) for other in deaf_to}
        peers = [other for other in NAMES if other != name]
        bus = self.network.attach(name, boot, peers, agent.list_of, agent.take)
        agent.bus = bus
        self._buses.append(bus)
        return agent

    def puppet(self, name: str, *_agents: Agent) -> Puppet:
        return MemoryPuppet(name, self.network)

    def stranger_asks(self, data: bytes) -> None:
        self.network.ask("omega", "alpha", data)

    def until(
        self, condition: Callable[[], object], nudge: Callable[[], None] = lambda: None
    ) -> None:
        for _ in range(1000):
            while self._actions and not condition():
                self.now_s, _, action = heapq.heappop(self._actions)
                action()
            if condition():
                return
            nudge()
        raise AssertionError("nothing is on its way any more, and the condition does not hold")

    def close(self) -> None:
        for bus in self._buses:
            bus.close()


# --- mesh ------------------------------------------------------------------------------------


def free_ports(count: int) -> list[int]:
    """Return ports that are free on 127.0.0.1, as is the second one after each of them.

    They lie below those that outgoing connections get: a client that tries and tries to reach a
    free port of that range is connected to itself one day.
    """
    held: list[socket.socket] = []
    found: list[int] = []
    try:
        while len(found) < count:
            port = random.randrange(20_000, 32_000, 4)
            pair = [socket.socket(), socket.socket()]
            held += pair
            try:
                for offset, sock in zip((0, 2), pair, strict=True):
                    sock.bind(("127.0.0.1", port + offset))
            except OSError:
                continue
            found.append(port)
    finally:
        for sock in held:
            sock.close()
    return found


class MeshPuppet(Puppet):
    """Plain sockets at the place of an agent."""

    def __init__(self, endpoint: Endpoint, ends: Mapping[str, Endpoint], context: Any) -> None:
        super().__init__(endpoint.name)
        self._context = context
        self._ends = ends
        self.hearers = 0
        self._publisher = self._made(zmq.XPUB)
        self._publisher.setsockopt(zmq.XPUB_VERBOSER, 1)  # tells of each hearer
        self._publisher.bind(f"tcp://127.0.0.1:{endpoint.port}")
        self._router = self._made(zmq.ROUTER)
        self._router.bind(f"tcp://127.0.0.1:{endpoint.ask_port}")
        self._asker = b""
        self._dealers: dict[str, Any] = {}

    def _made(self, kind: int) -> Any:
        made = self._context.socket(kind)
        made.setsockopt(zmq.LINGER, 0)
        return made

    def tell(self, data: bytes) -> None:
        self._publisher.send(data)

    def reply(self, data: bytes) -> None:
        self._router.send_multipart([self._asker, data])

    def ask(self, peer: str, data: bytes) -> None:
        if peer not in self._dealers:
            dealer = self._dealers[peer] = self._made(zmq.DEALER)
            dealer.setsockopt(zmq.ROUTING_ID, self.name.encode())
            dealer.connect(f"tcp://127.0.0.1:{self._ends[peer].ask_port}")
        self._dealers[peer].send(data)

    def pump(self) -> None:
        """Take what arrived."""
        while self._publisher.poll(0):
            self.hearers += 1 if self._publisher.recv() == b"\x01" else -1
        while self._router.poll(0):
            self._asker, data = self._router.recv_multipart()
            self.file(CODEC.decode(data))
        for dealer in self._dealers.values():
            while dealer.poll(0):
                self.file(CODEC.decode(dealer.recv()))

    def close(self) -> None:
        """Let go of the ports."""
        for each in (self._publisher, self._router, *self._dealers.values()):
            each.close(linger=0)


async def _call(action: Callable[[], T]) -> T:
    return action()


class MeshDriver:
    """Runs agents on an asyncio loop of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._errors: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _loop, context: self._errors.append(context))
        self.context: zmq.Context[Any] = zmq.Context()
        ports = free_ports(2 * len(NAMES))
        self.ends = {n: Endpoint(n, "127.0.0.1", p) for n, p in zip(NAMES, ports, strict=False)}
        self._nowhere = ports[len(NAMES) :]
        self._agents: list[Agent] = []
        self._puppets: list[MeshPuppet] = []
        self.log = Log()
        self.log.set_level("critical")

    def run(self, action: Callable[[], None]) -> None:
        """Do it on the loop, as an agent does."""

        self.loop.run_until_complete(_call(action))

    def agent(self, name: str, boot: str = "b1", deaf_to: Collection[str] = ()) -> Agent:
        agent = Agent(name, self.run)
        peers = [
            Endpoint(n, e.host, self._nowhere[0] if n in deaf_to else e.port)
            for n, e in self.ends.items()
            if n != name
        ]

        def start() -> bool:
            try:
                agent.bus = Mesh(
                    self.context, self.ends[name], boot, peers, agent.list_of, agent.take, self.log
                )
            except PortTaken:  # ZeroMQ lets go of the ports of a closed socket when it likes
                return False
            return True

        self.until(lambda: self.loop.run_until_complete(_call(start)))
        self._agents.append(agent)
        return agent

    def puppet(self, name: str, *agents: Agent) -> Puppet:
        puppet = MeshPuppet(self.ends[name], self.ends, self.context)
        self._puppets.append(puppet)
        self.until(lambda: puppet.hearers >= len(agents))
        return puppet

    def stranger_asks(self, data: bytes) -> None:
        dealer: zmq.Socket[Any] = self.context.socket(zmq.DEALER)
        dealer.connect(f"tcp://127.0.0.1:{self.ends['alpha'].ask_port}")
        dealer.send(data)
        dealer.close(linger=10_000)  # until it has left

    def until(
        self, condition: Callable[[], object], nudge: Callable[[], None] = lambda: None
    ) -> None:
        end_s = time.monotonic() + TIMEOUT_S
        while not condition():
            assert time.monotonic() < end_s, "the condition does not come to hold"
            nudge()
            for puppet in self._puppets:
                puppet.pump()
            self.loop.run_until_complete(asyncio.sleep(0.005))

    def close(self) -> None:
        for agent in self._agents:
            agent.close()
        for puppet in self._puppets:
            puppet.close()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()
        self.context.destroy(linger=0)
        assert self._errors == []
