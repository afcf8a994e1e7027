"""The engine for real hosts: ZeroMQ between every two agents.

Holds: `Mesh`: one PUB for all that we tell, one ROUTER for the requests of peers, and a
`PeerLink` for each of them.
Must not touch: liveness and meaning.
Invariants: no socket is waited for; no fact is told and no request answered from within a
verb; without keys nothing listens and nothing is connected but on the loopback network.
Tests: tests/contract/.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import zmq

from supvisors.bus import PeerLists
from supvisors.bus.codec import ASK_BYTES_MAX, Codec, Directed, Order, Outcome
from supvisors.bus.desk import UNKNOWN, Desk
from supvisors.bus.endpoint import Endpoint, Lookup, Names, system_lookup
from supvisors.bus.peerlink import ANSWER_QUEUE, ASK_QUEUE, STREAM_QUEUE, PeerLink
from supvisors.bus.sockets import LINGER_MS, Listener, Reader, Security, Socket, made
from supvisors.core.inputs import BusFact, Linked, StreamRecord
from supvisors.core.messages import Answer, Beat, Call
from supvisors.log import Log

#: Longest thing that a subscriber of our PUB says; its handshake counts as well.
SUBSCRIPTION_BYTES_MAX: Final = 4096


class NotLoopback(Exception):
    """Without keys the bus runs on the loopback network only.

    Attributes:
        hosts: those in the address list that are elsewhere, or are names.
    """

    def __init__(self, hosts: Sequence[str]) -> None:
        super().__init__(hosts)
        self.hosts = tuple(hosts)

    def __str__(self) -> str:
        return f"no keys, and not on the loopback network: {', '.join(self.hosts)}"


class Mesh:
    """One agent's end of the bus.

    Args:
        context: ZeroMQ context; the caller ends it.
        own: where we listen.
        boot: identity of our agent.
        peers: where the other addresses listen. Without any, nothing is opened.
        lists: asked when a peer fetches.
        take: gets the facts, on the loop; when it returns, `lists` knows of the fact.
        security: None on the loopback network.

    Raises:
        NotLoopback: hosts elsewhere need `security`.
        PortTaken: another process listens where we should.
    """

    def __init__(
        self,
        context: zmq.Context[Any],
        own: Endpoint,
        boot: str,
        peers: Sequence[Endpoint],
        lists: PeerLists,
        take: Callable[[BusFact], None],
        log: Log,
        security: Security | None = None,
        lookup: Lookup = system_lookup,
        codec: Codec | None = None,
    ) -> None:
        elsewhere = [end.host for end in (own, *peers) if not end.is_loopback]
        if peers and security is None and elsewhere:
            raise NotLoopback(elsewhere)
        self._context = context
        self._own = own
        self._peers = {peer.name: peer for peer in peers}
        self._take = take
        self._log = log
        self._security = security
        self._loop = asyncio.get_running_loop()
        self._names = Names(lookup)
        self._desk = Desk(own.name, boot, list(self._peers), lists, codec, self._dropped)
        self._is_closed = False
        self._links: dict[str, PeerLink] = {}
        self._publisher: Listener | None = None
        self._requests: Listener | None = None
        self._reader: Reader | None = None
        if peers:
            self._open()

    def _open(self) -> None:
        host = self._own.bind_host
        self._publisher = Listener(self._make_publisher, host, self._own.port, self._log)
        try:
            self._requests = Listener(self._make_router, host, self._own.ask_port, self._log)
        except Exception:
            self._publisher.close()
            raise
        self._reader = Reader(self._requests.socket, self._asked)
        for peer in self._peers.values():
            self._link(peer)

    @property
    def counts(self) -> Mapping[tuple[str, str], int]:
        """How many messages were dropped, by peer ('' for who is none) and reason."""
        return self._desk.counts

    # --- verbs -----------------------------------------------------------------------------

    def tick(self, beat: Beat) -> None:
        self._publish(self._desk.tick(beat, _now_ms()))
        self._wake()

    def record(self, record: StreamRecord) -> None:
        data = self._desk.record(record)
        if data is not None:
            self._publish(data)

    def fetch(self, address: str, boot: str, whole: bool, via: str | None = None) -> None:
        peer = via or address
        data = self._desk.ask(address, boot, whole, peer)
        if peer in self._links:
            self._links[peer].ask(data)

    def call(self, address: str, call: Call) -> None:
        self._direct(address, Order(call))

    def answer(self, address: str, answer: Answer) -> None:
        self._direct(address, Outcome(answer))

    def _direct(self, address: str, envelope: Directed) -> None:
        if address in self._links:
            self._links[address].ask(self._desk.codec.encode(envelope))

    def cut(self, address: str) -> None:
        self._desk.cut(address)
        link = self._links.pop(address, None)
        if link is not None:
            link.close()
        self._loop.call_soon(self._tell, address, [Linked(address, up=False)])

    def join(self, address: str) -> None:
        self._desk.join(address)
        if address not in self._links and not self._is_closed:
            self._link(self._peers[address])
        self._loop.call_soon(self._tell, address, [Linked(address, up=True)])

    def close(self) -> None:
        self._is_closed = True
        for link in self._links.values():
            link.close()
        self._links.clear()
        if self._reader is not None:
            self._reader.close()
        for listener in (self._requests, self._publisher):
            if listener is not None:
                listener.close()

    def rebind_publisher(self) -> None:
        """Disconnect all who hear us; who has a key that counts connects again."""
        if self._publisher is not None and not self._is_closed:
            self._publisher.rebind()

    def _wake(self) -> None:
        """Look at every socket at every beat.

        Who arms sockets with keys uses them beside us, and may take note of a message for us.
        """
        for link in self._links.values():
            link.wake()
        if self._reader is not None:
            self._reader.wake()

    def _publish(self, data: bytes) -> None:
        if self._publisher is not None and not self._is_closed:
            self._publisher.socket.send(data, zmq.NOBLOCK)  # a PUB drops, and never refuses

    # --- sockets ---------------------------------------------------------------------------

    def _make_publisher(self) -> Socket:
        socket = made(self._context, zmq.PUB, STREAM_QUEUE, SUBSCRIPTION_BYTES_MAX)
        socket.setsockopt(zmq.LINGER, LINGER_MS)  # for the good-bye
        if self._security is not None:
            self._security.server(socket)
        return socket

    def _make_router(self) -> Socket:
        socket = made(self._context, zmq.ROUTER, ANSWER_QUEUE, ASK_BYTES_MAX)
        socket.setsockopt(zmq.RCVHWM, ASK_QUEUE)
        if self._security is not None:
            self._security.server(socket)
        else:  # an agent that was started again has the name of its predecessor
            socket.setsockopt(zmq.ROUTER_HANDOVER, 1)
        return socket

    def _link(self, peer: Endpoint) -> None:
        self._links[peer.name] = PeerLink(
            self._context,
            self._own.name,
            peer,
            self._names,
            self._heard,
            self._answered,
            self._log,
            self._security,
        )

    # --- from peers ------------------------------------------------------------------------

    def _heard(self, peer: str, data: bytes) -> None:
        envelope = self._desk.open(peer, data)
        if envelope is not None:
            self._tell(peer, self._desk.heard(peer, envelope, _now_ms()))

    def _answered(self, peer: str, data: bytes) -> None:
        envelope = self._desk.open(peer, data)
        if envelope is not None:
            self._tell(peer, self._desk.answered(peer, envelope))

    def _asked(self, frames: list[zmq.Frame]) -> None:
        if len(frames) != 2:
            self._desk.drop(UNKNOWN, "not an envelope")
            return
        sender, data = frames
        peer = self._sender(sender, data)
        envelope = self._desk.open(peer, data.bytes)
        if isinstance(envelope, Directed):
            self._tell(peer, self._desk.directed(peer, envelope))
            return
        answer = None if envelope is None else self._desk.asked(peer, envelope)
        if answer is not None and self._requests is not None:
            self._requests.socket.send_multipart([sender.bytes, answer], zmq.NOBLOCK)

    def _sender(self, routing_id: zmq.Frame, data: zmq.Frame) -> str:
        if self._security is not None:
            return self._security.sender(data) or UNKNOWN
        return routing_id.bytes.decode("utf-8", "replace")

    def _tell(self, peer: str, facts: Sequence[BusFact]) -> None:
        """Tell facts, as long as those told before have not ended the link."""
        for fact in facts:
            gone = self._desk.is_cut(fact.address) or self._desk.is_cut(peer)
            if self._is_closed or (gone and not isinstance(fact, Linked)):
                return
            self._take(fact)

    def _dropped(self, peer: str, reason: str, total: int) -> None:
        """Say the first of each kind, then each time that there are ten times as many."""
        if total == 10 ** (len(str(total)) - 1):
            facts = [("peer", peer or "unknown"), ("why", reason), ("total", total)]
            self._log.write("info", "message of a peer dropped", facts)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
