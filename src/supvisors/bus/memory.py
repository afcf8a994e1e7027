"""The engine for tests and simulation: a network whose laws are given.

Holds: `Network`, which carries messages as a law says; `MemoryBus`, one agent's end of it.
Must not touch: clocks, randomness, sockets; what a message means.
Invariants: the same calls, the same law and the same schedule give the same facts; every
message is bytes on its way; no fact is told and no request answered from within a verb.
Tests: tests/contract/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from supvisors.bus import PeerLists
from supvisors.bus.codec import BadPeer, Codec, Directed, Envelope, Order, Outcome
from supvisors.bus.desk import Desk
from supvisors.core.inputs import BusFact, Linked, StreamRecord
from supvisors.core.messages import Answer, Beat, Call

Schedule = Callable[[float, Callable[[], None]], None]
Law = Callable[[str, str], Sequence[float]]

#: Messages that wait for an agent that is frozen, from one peer; then the newest are lost.
WAITING_MAX: Final = 1000

_CODEC: Final = Codec()


class Letter:
    """A message: encoded once, and decoded once however many get it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._codec: Codec | None = None
        self._result: Envelope | BadPeer = BadPeer("not an envelope", "not read yet")

    def read(self, codec: Codec) -> Envelope | BadPeer:
        """Return what it says to a reader with this codec."""
        if codec is not self._codec:
            self._codec = codec
            try:
                self._result = codec.decode(self.data)
            except BadPeer as error:
                self._result = error
        return self._result


class End(Protocol):
    """What a network brings messages to."""

    def arrive(self, sender: str, deliver: Callable[[End], None]) -> None:
        """Take what `deliver` hands to one of the others, now or later."""

    def heard(self, sender: str, letter: Letter) -> None:
        """Take a tick or a record."""

    def asked(self, sender: str, letter: Letter) -> None:
        """Take a request."""

    def answered(self, sender: str, letter: Letter) -> None:
        """Take an answer."""


class Network:
    """Carries messages between the agents that are attached.

    Args:
        schedule: runs an action after a delay in s; actions of one instant in their order.
        law: for a message from one address to another, the delay in s of each copy of it that
            arrives: none is a loss, two are a duplicate.

    Attributes:
        wall_ms: the wall clock of an address, in POSIX ms.
    """

    def __init__(self, schedule: Schedule, law: Law) -> None:
        self.wall_ms: Callable[[str], int] = lambda _address: 0
        self._schedule = schedule
        self._law = law
        self._attached: dict[str, End] = {}

    def attach(
        self,
        address: str,
        boot: str,
        peers: Sequence[str],
        lists: PeerLists,
        take: Callable[[BusFact], None],
        codec: Codec = _CODEC,
    ) -> MemoryBus:
        """Return the end of a new agent; that of its predecessor was closed."""
        bus = MemoryBus(self, Desk(address, boot, peers, lists, codec), peers, take)
        self.plug(address, bus)
        return bus

    def plug(self, address: str, end: End) -> None:
        """Bring to `end` what is sent to `address` from now on."""
        assert address not in self._attached, f"{address} is still attached"
        self._attached[address] = end

    def detach(self, address: str) -> None:
        """Let what is on its way to `address` vanish."""
        self._attached.pop(address, None)

    def later(self, action: Callable[[], None]) -> None:
        """Run an action as soon as what runs now is over."""
        self._schedule(0.0, action)

    def carry(self, sender: str, receiver: str, deliver: Callable[[End], None]) -> None:
        """Bring a message to whoever is `receiver` now, as the law says."""
        end = self._attached.get(receiver)
        if end is None:
            return
        for delay_s in self._law(sender, receiver):
            self._schedule(delay_s, partial(end.arrive, sender, deliver))

    def tell(self, sender: str, receivers: Sequence[str], data: bytes) -> None:
        """Bring a tick or a record to every receiver."""
        letter = Letter(data)
        for receiver in receivers:
            self.carry(sender, receiver, lambda end: end.heard(sender, letter))

    def ask(self, sender: str, receiver: str, data: bytes) -> None:
        """Bring a request."""
        letter = Letter(data)
        self.carry(sender, receiver, lambda end: end.asked(sender, letter))

    def answer(self, sender: str, receiver: str, data: bytes) -> None:
        """Bring an answer."""
        letter = Letter(data)
        self.carry(sender, receiver, lambda end: end.answered(sender, letter))


class MemoryBus:
    """One agent's end of a `Network`. Made by `Network.attach`."""

    def __init__(
        self,
        network: Network,
        desk: Desk,
        peers: Sequence[str],
        take: Callable[[BusFact], None],
    ) -> None:
        self._network = network
        self._desk = desk
        self._peers = tuple(peers)
        self._take = take
        self._is_closed = False
        self._is_frozen = False
        self._waiting: list[tuple[str, Callable[[End], None]]] = []
        self._waiting_count = dict.fromkeys(self._peers, 0)

    @property
    def counts(self) -> Mapping[tuple[str, str], int]:
        """How many messages were dropped, by peer ('' for who is none) and reason."""
        return self._desk.counts

    # --- verbs -----------------------------------------------------------------------------

    def tick(self, beat: Beat) -> None:
        self._tell(self._desk.tick(beat, self._network.wall_ms(self._desk.address)))

    def record(self, record: StreamRecord) -> None:
        data = self._desk.record(record)
        if data is not None:
            self._tell(data)

    def fetch(self, address: str, boot: str, whole: bool, via: str | None = None) -> None:
        peer = via or address
        data = self._desk.ask(address, boot, whole, peer)
        if not self._is_closed and not self._desk.is_cut(peer):
            self._network.ask(self._desk.address, peer, data)

    def call(self, address: str, call: Call) -> None:
        self._direct(address, Order(call))

    def answer(self, address: str, answer: Answer) -> None:
        self._direct(address, Outcome(answer))

    def _direct(self, address: str, envelope: Directed) -> None:
        if not self._is_closed and not self._desk.is_cut(address):
            data = self._desk.codec.encode(envelope)
            self._network.ask(self._desk.address, address, data)

    def cut(self, address: str) -> None:
        self._desk.cut(address)
        self._network.later(partial(self._tell_facts, address, [Linked(address, up=False)]))

    def join(self, address: str) -> None:
        self._desk.join(address)
        self._network.later(partial(self._tell_facts, address, [Linked(address, up=True)]))

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._network.detach(self._desk.address)

    def _tell(self, data: bytes) -> None:
        if not self._is_closed:
            self._network.tell(self._desk.address, self._peers, data)

    # --- what becomes of the process that holds this end --------------------------------------

    def freeze(self) -> None:
        """Take nothing until `thaw`, as a process that is stopped does; it must use no verb."""
        self._is_frozen = True

    def thaw(self) -> None:
        """Take what waits, in the order in which it came, then what comes."""
        self._network.later(self._thaw)

    def _thaw(self) -> None:
        self._is_frozen = False
        waiting, self._waiting = self._waiting, []
        self._waiting_count = dict.fromkeys(self._peers, 0)
        for sender, deliver in waiting:
            self.arrive(sender, deliver)

    # --- from the network ------------------------------------------------------------------

    def arrive(self, sender: str, deliver: Callable[[End], None]) -> None:
        """Take a message, or keep it while frozen; nothing after `close`."""
        if self._is_closed:
            return
        if not self._is_frozen:
            deliver(self)
        elif self._waiting_count.get(sender, WAITING_MAX) < WAITING_MAX:
            self._waiting_count[sender] += 1
            self._waiting.append((sender, deliver))

    def heard(self, sender: str, letter: Letter) -> None:
        """Take a tick or a record."""
        envelope = self._open(sender, letter)
        if envelope is not None:
            local_ms = self._network.wall_ms(self._desk.address)
            self._tell_facts(sender, self._desk.heard(sender, envelope, local_ms))

    def asked(self, sender: str, letter: Letter) -> None:
        """Take a request, and answer it."""
        envelope = self._open(sender, letter)
        if isinstance(envelope, Directed):
            self._tell_facts(sender, self._desk.directed(sender, envelope))
            return
        answer = None if envelope is None else self._desk.asked(sender, envelope)
        if answer is not None:
            self._network.answer(self._desk.address, sender, answer)

    def answered(self, sender: str, letter: Letter) -> None:
        """Take an answer."""
        envelope = self._open(sender, letter)
        if envelope is not None:
            self._tell_facts(sender, self._desk.answered(sender, envelope))

    def _open(self, sender: str, letter: Letter) -> Envelope | None:
        if not self._desk.hears(sender):
            return None
        result = letter.read(self._desk.codec)
        if isinstance(result, BadPeer):
            self._desk.drop(sender, result.reason)
            return None
        return result

    def _tell_facts(self, sender: str, facts: Sequence[BusFact]) -> None:
        """Tell facts, as long as those told before have not ended the link."""
        for fact in facts:
            gone = self._desk.is_cut(fact.address) or self._desk.is_cut(sender)
            if self._is_closed or (gone and not isinstance(fact, Linked)):
                return
            self._take(fact)
