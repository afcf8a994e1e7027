"""A core among peers that do as they are told.

Holds: `Stage`: the core of `alpha`, its time, and one `Peer` for each other address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from supvisors.core import Core, Limits
from supvisors.core.inputs import Fetched, Got, Input, PeerList, Started, StreamRecord, Ticked
from supvisors.core.messages import Beat, Fence, Vote
from supvisors.core.outputs import Note, Output, Publish
from supvisors.model import AddressState, AddressStatus, ProcessState, ProcessStatus, SupvisorsState
from tests.core.taps import Tap, tap

LOCAL = "alpha"
USUAL = Limits()
S = SupvisorsState


@dataclass
class Peer:
    """One peer: its next beat is `beat` with the next number.

    Attributes:
        beats: it beats at every second.
    """

    name: str
    beat: Beat
    tap: Tap
    boot: str = "1"
    beats: bool = True
    number: int = 0

    def ticked(self, ms: int, **fields: Any) -> Ticked:
        self.number += 1
        beat = replace(self.beat, number=self.number, **fields)
        return Ticked(self.name, ms, ms + 1, self.boot, beat)

    def fetched(self, **fields: Any) -> Fetched:
        known = tuple(self.tap.known.values())
        listed = PeerList(self.tap.boot, self.tap.seq, known)
        return Fetched(self.name, self.boot, replace(listed, **fields))

    def got(self, record: StreamRecord) -> Got:
        return Got(self.name, self.boot, record)


@dataclass
class Stage:
    """The core of `alpha`.

    Attributes:
        outputs: of all turns since `forget`.
    """

    core: Core
    peers: dict[str, Peer]
    now: float = 0.0
    outputs: list[Output] = field(default_factory=list)

    def turn(self, happening: Input) -> list[Output]:
        """Let it happen; return what came of it."""
        outputs = self.core.handle(self.now, happening)
        self.outputs += outputs
        return outputs

    def seconds(self, count: int) -> list[Output]:
        """Let seconds pass, with a beat of everybody who beats at each."""
        outputs: list[Output] = []
        for _ in range(count):
            self.now += 1.0
            ms = round(self.now * 1000)
            outputs += self.turn(Ticked(LOCAL, ms, ms))
            for peer in self.peers.values():
                if peer.beats:
                    outputs += self.turn(peer.ticked(ms))
        return outputs

    def forget(self) -> None:
        self.outputs.clear()

    # --- what is known ---------------------------------------------------------------------

    def state(self, name: str) -> AddressState:
        (found,) = (a.state for a in self.core.view().addresses if a.address_name == name)
        return found

    def process(self, name: str = "web") -> ProcessStatus:
        (found,) = (p for p in self.core.view().processes if p.process_name == name)
        return found


def stage(
    *names: str, limits: Limits = USUAL, fences: Sequence[Fence] = (), met: bool = True
) -> Stage:
    """Return a core among peers; with `met`, they are all RUNNING and it leads in epoch 1."""
    peers = {
        name: Peer(name, Beat(0, S.OPERATION, ready=True, heard=(LOCAL,)), tap(name))
        for name in names
    }
    made = Stage(Core((LOCAL, *names), LOCAL, boot="1", limits=limits), peers)
    made.turn(Started(tuple(fences)))
    if met:
        made.turn(tap(LOCAL).loaded())
        made.seconds(1)
        for peer in peers.values():
            made.turn(peer.fetched())
        vote = Vote(1, LOCAL, "1")
        for peer in peers.values():
            peer.beat = replace(peer.beat, vote=vote, obeyed=1)
        made.seconds(1)
        assert made.core.view().master == LOCAL
        made.forget()
    return made


def published(outputs: Sequence[Output], name: str) -> list[str]:
    """Return the states of an address that were published, in order."""
    bodies = [output.body for output in outputs if isinstance(output, Publish)]
    return [b.state.name for b in bodies if isinstance(b, AddressStatus) and b.address_name == name]


def reasons(outputs: Sequence[Output]) -> list[str]:
    """Return the reasons of the notes."""
    return [output.reason for output in outputs if isinstance(output, Note)]


def of(kind: type[Any], outputs: Sequence[Output]) -> list[Any]:
    """Return the outputs of one kind."""
    return [output for output in outputs if isinstance(output, kind)]


def changed(peer: Peer, name: str, state: ProcessState, **options: Any) -> Got:
    """Return the next record of a peer's stream: a process of `shop` changed."""
    return peer.got(peer.tap.change("shop", name, state, **options))
