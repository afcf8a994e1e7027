"""What becomes of the processes of a host that is gone: the master says it, all show the same.

Holds: `Losses`.
Must not touch: when a host is gone (`membership.py`), how infos are merged (`processes.py`).
Invariants: an agent that heard more of a host than the master did shows what it heard; what a
host says itself, once its list is loaded again, replaces all that was concluded from its loss.
Tests: tests/core/test_losses.py, tests/stories/, tests/sim/.

Source: semantics, section 5. The agents of one view have judged the host at other instants and
may have heard other last records, so the master's word goes into its stream and its list.
"""

from __future__ import annotations

from collections.abc import Callable

from supvisors.core.addresses import SHUT_OUT, Address
from supvisors.core.messages import Found, Lost
from supvisors.core.outputs import Record
from supvisors.core.process import Process
from supvisors.core.processes import Processes
from supvisors.core.telling import Telling
from supvisors.model import AddressState

_GONE = SHUT_OUT | {AddressState.SILENT}


class Losses:
    """The hosts that are lost, as this agent shows them.

    Attributes:
        known: by address.
        watch: who has to know of each process that was lost, None for nobody.
    """

    def __init__(self, processes: Processes, telling: Telling) -> None:
        self._processes = processes
        self._telling = telling
        self.known: dict[str, Lost] = {}
        self.watch: Callable[[Address, Process], None] | None = None
        self._testified: set[tuple[str, str]] = set()

    def unknown(self, peers: tuple[Address, ...]) -> tuple[str, ...]:
        """Return who is gone and of whom this agent can say nothing."""
        gone = (peer for peer in peers if peer.state in _GONE and peer.boot is None)
        return tuple(peer.name for peer in gone if peer.name not in self.known)

    def declare(
        self, peers: tuple[Address, ...], usable: list[Address], wall_ns: int, anew: bool
    ) -> None:
        """As the master: declare lost who is gone.

        Args:
            usable: the usable peers, who may know a host that the master never met.
            wall_ns: date in POSIX ns.
            anew: this agent has just become the master, and tells what was declared before too.
        """
        for peer in peers:
            if peer.state not in _GONE:
                continue
            if peer.name in self.known:
                if anew:
                    self._telling.emit(Record(self.known[peer.name]))
            elif (lost := self._verdict(peer, usable, wall_ns)) is not None:
                self._telling.emit(Record(lost))
                self._apply(peer, lost)

    def heed(self, master: Address, peers: tuple[Address, ...], wall_ns: int) -> None:
        """As a follower: show what the master has declared, and tell it what it does not know."""
        self._testify(master, peers, wall_ns)
        for peer in peers:
            lost = master.said_lost.get(peer.name)
            if lost is None or peer is master or lost == self.known.get(peer.name):
                continue
            if not _knows_better(peer, lost):
                self._apply(peer, lost)
                peer.loaded_boot = None  # if it beats again after all, it is asked

    def _testify(self, master: Address, peers: tuple[Address, ...], wall_ns: int) -> None:
        asked = master.beat.unknown if master.beat is not None else ()
        for peer in peers:
            case = (master.agent_boot, peer.name)
            known = peer.boot is not None or peer.name in self.known
            if peer.name in asked and peer.state in _GONE and known and case not in self._testified:
                self._testified.add(case)
                lost = self.known.get(peer.name) or self._loss_of(peer, wall_ns)
                self._telling.emit(Record(lost))

    def _verdict(self, peer: Address, usable: list[Address], wall_ns: int) -> Lost | None:
        if peer.boot is not None:
            return self._loss_of(peer, wall_ns)
        said = [p.said_lost[peer.name] for p in usable if peer.name in p.said_lost]
        return max(said, key=lambda lost: (lost.beat, lost.at_ns), default=None)

    def found(self, address: Address, leads: bool) -> None:
        """A host tells of itself again.

        Args:
            leads: this agent is the master, who says so to the others.
        """
        if self.known.pop(address.name, None) is not None and leads:
            self._telling.emit(Record(Found(address.name)))

    def _loss_of(self, peer: Address, wall_ns: int) -> Lost:
        number = peer.beat.number if peer.beat is not None else 0
        infos = self._processes.infos_of(peer.index)
        left = peer.gone_boot is not None and peer.gone_boot == peer.agent_boot
        return Lost(peer.name, peer.agent_boot, number, wall_ns, infos, left)

    def _apply(self, peer: Address, lost: Lost) -> None:
        self.known[peer.name] = lost
        self._telling.note(
            "host lost",
            ("address", peer.name),
            ("processes", len(lost.processes)),
            ("left", lost.left),
            level="warn",
        )
        touched = self._processes.replace(peer.index, lost.processes)
        touched += self._processes.lose(peer.index, lost.at_ns, lost.left)
        gone = list(dict.fromkeys(touched))
        self._telling.processes(gone)
        self._telling.loading(peer)
        if self.watch is not None:
            for process in gone:
                self.watch(peer, process)


def _knows_better(peer: Address, lost: Lost) -> bool:
    """Tell whether this agent heard the host after the master did."""
    if peer.state in _GONE or peer.state is AddressState.UNKNOWN or peer.beat is None:
        return False
    return peer.agent_boot != lost.boot or peer.beat.number > lost.beat
