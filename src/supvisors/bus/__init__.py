"""Between agents: the contract that every engine keeps.

Holds: `Bus`, the verbs; `PeerLists`, what an engine asks of its agent. Facts come back as the
inputs of the core that are called `BusFact`.
Must not touch: liveness and meaning. An engine says what arrived; the core judges.
Invariants, held by one suite for all engines:
  - no verb blocks, and none raises because of the network;
  - the records of one stream `(address, agent boot)` reach the core in order and once;
  - none is lost in silence: a hole is told as `Missed` before any later record of the stream,
    and a `Fetch` fills it with the records, or replaces them by a `Fetched` list;
  - nothing of a stream is told before its list was fetched once;
  - memory is bounded, whatever a peer does or fails to do;
  - who sent a message is what the link says, never what the message says;
  - no fact is told and no request answered from within a verb. The agent has done what follows
    from a fact when its `take` returns: what `PeerLists` then gives is true at that record.
Tests: tests/contract/.
"""

from __future__ import annotations

from typing import Protocol

from supvisors.core.inputs import PeerList, StreamRecord
from supvisors.core.messages import Answer, Beat, Call


class PeerLists(Protocol):
    """What an engine asks of its agent when a peer fetches."""

    def __call__(self, address: str) -> PeerList | None:
        """Return what is known of an address at this instant, None when that is nothing yet."""


class Bus(Protocol):
    """One agent's end of the bus."""

    def tick(self, beat: Beat) -> None:
        """Tell every peer that we live; with it goes the number of our last record."""

    def record(self, record: StreamRecord) -> None:
        """Append a record to our stream."""

    def fetch(self, address: str, boot: str, whole: bool, via: str | None = None) -> None:
        """Ask for the records after the last one that was told, or for the list.

        The list comes when `whole` is wanted, when nothing of this agent was told yet, or when
        the records are not kept any more. No answer at all may come: the core asks again.
        When `whole` is wanted of a stream that is followed, its records wait for the list.
        Through a third host come its list and records, with the boot that it knows, but no
        ticks; what it has later has to be asked for again.

        Args:
            address: whose stream it is.
            boot: identity of its agent.
            via: the peer to ask, when it is not the one whose stream it is.
        """

    def call(self, address: str, call: Call) -> None:
        """Bring a call to a peer, once or never: `Asked` there."""

    def answer(self, address: str, answer: Answer) -> None:
        """Bring the outcome of a call to the peer whose call it was: `Answered` there."""

    def cut(self, address: str) -> None:
        """Take nothing from a peer and answer nothing that it asks, until `join`.

        What we tell everybody it may still hear, our fences among it: an engine need not be
        able to choose its listeners. After `join` nothing of its stream is told before its
        list was fetched anew.
        """

    def join(self, address: str) -> None:
        """Make the link to a peer anew."""

    def close(self) -> None:
        """Let go of everything; a good-bye that was ticked before still leaves."""
