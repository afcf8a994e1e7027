"""One machine per address of the list: is it there, and do we know its processes?

Holds: the table of its transitions; `Address`, its facts and its place in the tap's numbering.
Must not touch: processes, the Supvisors state, other addresses.
Invariants: an address changes state by a row of `TRANSITIONS` only; records are followed in
one unbroken sequence per boot.
Tests: tests/core/test_addresses.py.

What does not fit the table: a list may be loaded before the first beat. It is remembered, and
`CHECKED` is fired again after the beat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from supvisors.core.inputs import Loaded, TapRecord, Ticked
from supvisors.model import AddressState, AddressStatus


class Trigger(Enum):
    """What moves an address; the value is the reason that a note gives."""

    BEAT = "a beat came from it"
    CHECKED = "its process list is loaded"


#: Semantics, section 3. A pair that is not listed changes nothing.
TRANSITIONS: Final[Mapping[tuple[AddressState, Trigger], AddressState]] = {
    (AddressState.UNKNOWN, Trigger.BEAT): AddressState.CHECKING,
    (AddressState.CHECKING, Trigger.CHECKED): AddressState.RUNNING,
}


@dataclass(slots=True, eq=False)
class Address:
    """What is known of one address.

    Attributes:
        index: its place in the address list.
        remote_time_ms, local_time_ms: dates of its newest beat, in POSIX ms, 0 before the first.
        boot: supervisord whose records are followed, None before its list is loaded.
        seq: number of the last record seen of that supervisord.
        status: the body that clients know, None before the first.
    """

    name: str
    index: int
    state: AddressState = AddressState.UNKNOWN
    remote_time_ms: int = 0
    local_time_ms: int = 0
    boot: str | None = None
    seq: int = 0
    status: AddressStatus | None = None

    def fire(self, trigger: Trigger) -> bool:
        """Move by the table; return whether the state changed."""
        before = self.state
        self.state = TRANSITIONS.get((before, trigger), before)
        return self.state is not before

    def beat(self, ticked: Ticked) -> None:
        """Remember the dates of its newest beat."""
        self.remote_time_ms, self.local_time_ms = ticked.remote_ms, ticked.local_ms

    def load(self, loaded: Loaded) -> None:
        """Follow the supervisord of a process list, from the record that the list includes.

        Raises:
            AssertionError: the list is older than what was seen of the same supervisord.
        """
        assert loaded.boot != self.boot or loaded.seq >= self.seq, (
            f"the process list of {self.name} is true at record {loaded.seq}, "
            f"but record {self.seq} of boot {self.boot} was seen before it"
        )
        self.boot, self.seq = loaded.boot, loaded.seq

    def follow(self, record: TapRecord) -> None:
        """Accept the next record of its supervisord.

        Raises:
            AssertionError: it is not the next one. The link promises order, and says what is
                lost by a new list, so that a hole here is a mistake of ours.
        """
        assert self.boot is not None, (
            f"record {record.seq} of {self.name} came before its process list was loaded"
        )
        assert record.boot == self.boot, (
            f"record {record.seq} of {self.name} is of boot {record.boot}, "
            f"the list that was loaded is of boot {self.boot}"
        )
        assert record.seq == self.seq + 1, (
            f"record {record.seq} of {self.name} follows record {self.seq}"
        )
        self.seq = record.seq

    def body(self, loading: int) -> AddressStatus:
        """Return its status, with the dates of its newest beat.

        Args:
            loading: in percent, in [0;100].
        """
        return AddressStatus(
            self.name, self.state, self.remote_time_ms, self.local_time_ms, loading
        )
