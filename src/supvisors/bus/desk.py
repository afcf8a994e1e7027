"""What every engine does with envelopes, whatever carries them.

Holds: `Desk`: our stream and those of our peers, requests and answers, the cut peers, and the
count of what was dropped.
Must not touch: sockets, clocks; liveness and meaning.
Invariants: nothing of a cut or unknown peer is taken; what is not taken is counted under a
reason; names that peers make up are never kept.
Tests: tests/contract/.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final

from supvisors.bus import PeerLists
from supvisors.bus.codec import (
    ANSWER_BYTES_MAX,
    STREAM_BYTES_MAX,
    Answer,
    Ask,
    BadPeer,
    Codec,
    Directed,
    Envelope,
    Listed,
    NotYet,
    Order,
    Outcome,
    Record,
    Records,
    Tick,
)
from supvisors.bus.stream import Inbox, Outbox
from supvisors.core.inputs import Answered, Asked, BusFact, StreamRecord
from supvisors.core.messages import Beat, Decided, Found, Intent, Lost, Plan

#: Who sent it is not one of our peers.
UNKNOWN = ""
#: Calls and outcomes of one peer that are remembered, so that none is taken twice.
DIRECTED_MAX: Final = 1000


def _no_line(_peer: str, _reason: str, _total: int) -> None:
    """Say nothing of what is dropped."""


class Desk:
    """One agent's place between its core and the network.

    Args:
        address: our own.
        boot: identity of our agent.
        peers: the other addresses.
        lists: asked when a peer fetches.
        codec: what we speak.
        noticed: told peer, reason and total of each message that is dropped.
    """

    def __init__(
        self,
        address: str,
        boot: str,
        peers: Sequence[str],
        lists: PeerLists,
        codec: Codec | None = None,
        noticed: Callable[[str, str, int], None] = _no_line,
    ) -> None:
        assert address not in peers, f"{address} is its own peer"
        self.address = address
        self.codec = codec or Codec()
        self._lists = lists
        self._noticed = noticed
        self._outbox = Outbox(boot)
        self._inboxes = {peer: Inbox(peer, partial(self.drop, peer)) for peer in peers}
        self._cut: set[str] = set()
        self._taken: dict[str, deque[tuple[str, str]]] = {
            peer: deque(maxlen=DIRECTED_MAX) for peer in peers
        }
        self._asks = 0
        self._counts: dict[tuple[str, str], int] = {}

    # --- what was dropped ------------------------------------------------------------------

    @property
    def counts(self) -> Mapping[tuple[str, str], int]:
        """How many messages were dropped, by peer ('' for who is none) and reason."""
        return MappingProxyType(self._counts)

    def drop(self, peer: str, reason: str) -> None:
        """Count a message of `peer` that changes nothing."""
        key = (peer if peer in self._inboxes or peer == self.address else UNKNOWN, reason)
        self._counts[key] = total = self._counts.get(key, 0) + 1
        self._noticed(*key, total)

    def open(self, peer: str, data: bytes) -> Envelope | None:
        """Decode what `peer` sent; None when it is to be dropped, which is counted."""
        if not self.hears(peer):
            return None
        try:
            return self.codec.decode(data)
        except BadPeer as error:
            self.drop(peer, error.reason)
            return None

    def hears(self, peer: str) -> bool:
        """Tell whether anything of `peer` is taken; if not, count what it sent."""
        if peer not in self._inboxes:
            self.drop(peer, "unknown sender")
        elif peer in self._cut:
            self.drop(peer, "cut")
        else:
            return True
        return False

    # --- out -------------------------------------------------------------------------------

    def tick(self, beat: Beat, sent_ms: int) -> bytes:
        """Return our beat as every peer gets it."""
        return self.codec.encode(Tick(self._outbox.boot, self._outbox.seq, sent_ms, beat))

    def record(self, record: StreamRecord) -> bytes | None:
        """Append to our stream; return what every peer gets.

        Returns:
            None for a record that is too long to be sent: peers miss it and fetch the list.
        """
        assert _is_of(self.address, record), record
        seq = self._outbox.append(record)
        data = self.codec.encode(Record(self._outbox.boot, seq, record))
        if len(data) <= STREAM_BYTES_MAX:
            return data
        self.drop(self.address, "record too long")
        return None

    def ask(self, address: str, boot: str, whole: bool, peer: str) -> bytes:
        """Return the request for the stream of `address` that `peer` gets."""
        assert peer in self._inboxes, f"{peer} is no peer"
        self._asks += 1
        after = self._inboxes[address].ask(self._asks, peer, boot, whole)
        return self.codec.encode(Ask(self._asks, address, boot, after))

    # --- in --------------------------------------------------------------------------------

    def heard(self, peer: str, envelope: Envelope, local_ms: int) -> list[BusFact]:
        """Take what `peer` told everybody; return the facts.

        Args:
            peer: who sent it, one that we hear.
            local_ms: date of its arrival, in POSIX ms.
        """
        inbox = self._inboxes[peer]
        match envelope:
            case Tick(boot, seq, sent_ms, beat):
                return inbox.tick(boot, seq, sent_ms, beat, local_ms)
            case Record(boot, seq, record):
                if _is_of(peer, record):
                    return inbox.record(boot, seq, record)
                self.drop(peer, "foreign record")
            case _:
                self.drop(peer, "wrong kind")
        return []

    def asked(self, peer: str, envelope: Envelope) -> bytes | None:
        """Take a request of a peer that we hear; return the answer, None for no answer."""
        if not isinstance(envelope, Ask):
            self.drop(peer, "wrong kind")
        elif envelope.address != self.address and envelope.address not in self._inboxes:
            self.drop(peer, "unknown address")
        else:
            return self._answer(envelope)
        return None

    def directed(self, peer: str, envelope: Directed) -> list[BusFact]:
        """Take a call, or the outcome of a call, of a peer that we hear; return the fact."""
        fact: Asked | Answered
        match envelope:
            case Order(call):
                key, fact = ("call", call.call_id), Asked(peer, call)
            case Outcome(answer):
                key, fact = ("outcome", answer.call_id), Answered(peer, answer)
        if key in self._taken[peer]:
            self.drop(peer, "duplicate")
            return []
        self._taken[peer].append(key)
        return [fact]

    def answered(self, peer: str, envelope: Envelope) -> list[BusFact]:
        """Take an answer of a peer that we hear; return the facts."""
        if not isinstance(envelope, Answer):
            self.drop(peer, "wrong kind")
            return []
        inbox = self._inboxes.get(envelope.address)
        if inbox is None or envelope.address in self._cut:
            self.drop(peer, "unknown address" if inbox is None else "cut")
            return []
        match envelope:
            case NotYet(number):
                return inbox.no_answer(number, peer)
            case Listed(number, _, boot, seq, peer_list):
                return inbox.listed(number, peer, boot, seq, peer_list)
            case Records(number, address, boot, after, records):
                if all(_is_of(address, record) for record in records):
                    return inbox.filled(number, peer, boot, after, records)
                self.drop(peer, "foreign record")
        return []

    def _answer(self, ask: Ask) -> bytes:
        for answer in (self._records_for(ask), self._list_for(ask)):
            if answer is not None:
                data = self.codec.encode(answer)
                if len(data) <= ANSWER_BYTES_MAX:
                    return data
                self.drop(self.address, "answer too long")
        return self.codec.encode(NotYet(ask.number, ask.address))

    def _records_for(self, ask: Ask) -> Records | None:
        if ask.after is None:
            return None
        source = self._outbox if ask.address == self.address else self._inboxes[ask.address]
        records = source.after(ask.boot, ask.after)
        if records is None:
            return None
        return Records(ask.number, ask.address, ask.boot, ask.after, records)

    def _list_for(self, ask: Ask) -> Listed | None:
        boot, seq = self._outbox.boot, self._outbox.seq
        if ask.address != self.address:
            inbox = self._inboxes[ask.address]
            if inbox.listed_seq is None:
                return None
            boot, seq = inbox.boot, inbox.listed_seq
        peer_list = self._lists(ask.address)
        if peer_list is None:
            return None
        return Listed(ask.number, ask.address, boot, seq, peer_list)

    # --- links -----------------------------------------------------------------------------

    def cut(self, peer: str) -> None:
        """Take nothing of `peer`, nor of its stream from others, until `join`."""
        self._cut.add(peer)
        self._inboxes[peer].forget()

    def join(self, peer: str) -> None:
        """Take what `peer` sends again, from its list on."""
        self._cut.discard(peer)

    def is_cut(self, peer: str) -> bool:
        """Tell whether nothing of `peer` is taken."""
        return peer in self._cut


def _is_of(address: str, record: StreamRecord) -> bool:
    """Tell whether `address` may tell this record: of others it says what becomes of them."""
    if isinstance(record, Lost | Found | Intent | Plan | Decided):
        return True
    return record.address == address
