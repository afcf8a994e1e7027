"""One machine per address of the list: is it there, and do we know its processes?

Holds: the table of its transitions; `Address`, its facts and its place in the tap's numbering.
Must not touch: processes, the Supvisors state, other addresses.
Invariants: an address changes state by a row of `TRANSITIONS` only; the records of the local
tap are followed in one unbroken sequence per boot.
Tests: tests/core/test_addresses.py.

What does not fit the table: a list may be loaded before the first beat. It is remembered, and
`CHECKED` is fired again after the beat. When a trigger is due is `membership.py`'s to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from supvisors.core.inputs import Loaded, TapRecord, Ticked
from supvisors.core.messages import Beat, Decided, Lost, Plan
from supvisors.model import AddressState, AddressStatus

NEVER: Final = float("-inf")


class Trigger(Enum):
    """What moves an address; the value is the reason that a note gives."""

    BEAT = "a beat came from it"
    CHECKED = "its process list is loaded"
    CHECK_FAILED = "its process list did not come"
    ABSENT = "it was waited for and did not come"
    INACTIVE = "no beat for the inactivity limit, and no peer hears it"
    LEFT = "its supervisord said good-bye"
    FENCED = "it is fenced"
    LINK_CUT = "its link is cut"
    NAMES_US = "it has fenced this address, and isolation is mutual"
    UNFENCED = "its fence was lifted"
    FORGIVES_US = "it no longer fences this address"


def _rows(
    trigger: Trigger, after: AddressState, *befores: AddressState
) -> dict[tuple[AddressState, Trigger], AddressState]:
    return {(before, trigger): after for before in befores}


_UNKNOWN, _CHECKING, _RUNNING, _SILENT, _ISOLATING, _ISOLATED = AddressState

#: Semantics, section 3. A pair that is not listed changes nothing.
TRANSITIONS: Final[Mapping[tuple[AddressState, Trigger], AddressState]] = {
    **_rows(Trigger.BEAT, _CHECKING, _UNKNOWN, _SILENT),
    **_rows(Trigger.CHECKED, _RUNNING, _CHECKING),
    **_rows(Trigger.CHECK_FAILED, _SILENT, _CHECKING),
    **_rows(Trigger.ABSENT, _SILENT, _UNKNOWN),
    **_rows(Trigger.INACTIVE, _SILENT, _CHECKING, _RUNNING),
    **_rows(Trigger.LEFT, _SILENT, _UNKNOWN, _CHECKING, _RUNNING),
    **_rows(Trigger.FENCED, _ISOLATING, _UNKNOWN, _CHECKING, _RUNNING, _SILENT),
    **_rows(Trigger.LINK_CUT, _ISOLATED, _ISOLATING),
    **_rows(Trigger.NAMES_US, _ISOLATED, _UNKNOWN, _CHECKING, _RUNNING, _SILENT, _ISOLATING),
    **_rows(Trigger.UNFENCED, _UNKNOWN, _ISOLATING, _ISOLATED),
    **_rows(Trigger.FORGIVES_US, _UNKNOWN, _ISOLATED),
}

#: States in which nothing that an address says changes anything.
SHUT_OUT: Final = frozenset({_ISOLATING, _ISOLATED})
#: States in which nobody waits for an address any more.
JUDGED: Final = frozenset({_RUNNING, _SILENT, _ISOLATED})


@dataclass(slots=True, eq=False)
class Address:
    """What is known of one address. Times are those of `now`, in s.

    Attributes:
        index: its place in the address list.
        remote_time_ms, local_time_ms: dates of its newest beat, in POSIX ms, 0 before the first.
        boot: supervisord whose records are followed, None before its list is loaded.
        seq: number of the last record seen of that supervisord.
        status: the body that clients know, None before the first.
        agent_boot: identity of its agent, '' before its first beat; always so for the local one.
        beat: the last one, None before the first; always so for the local one.
        loaded_boot: identity of the agent whose list is loaded, None when none is.
        has_hole: records of it are missing, and it was asked for them.
        heard_s: when it was heard last.
        hears_us_s: when it last said that it hears this address.
        unknown_s: since when it is waited for.
        checking_s: since when its list is waited for.
        grace_s: until when it is not judged.
        gone_boot: identity of the agent that said good-bye for its supervisord.
        relay: the peer that we follow it through, None when we hear it ourselves.
        mirrors: it is isolated only because it fences this address.
        said_lost: by address, what its agent declared lost; its word counts while it leads.
        said_plans, said_decided: its plans under way, and its decisions by namespec; the same.
    """

    name: str
    index: int
    state: AddressState = AddressState.UNKNOWN
    remote_time_ms: int = 0
    local_time_ms: int = 0
    boot: str | None = None
    seq: int = 0
    status: AddressStatus | None = None
    agent_boot: str = ""
    beat: Beat | None = None
    loaded_boot: str | None = None
    has_hole: bool = False
    heard_s: float = NEVER
    hears_us_s: float = NEVER
    unknown_s: float = 0.0
    checking_s: float = NEVER
    grace_s: float = NEVER
    gone_boot: str | None = None
    relay: str | None = None
    mirrors: bool = False
    said_lost: dict[str, Lost] = field(default_factory=dict)
    said_plans: dict[str, Plan] = field(default_factory=dict)
    said_decided: dict[str, Decided] = field(default_factory=dict)

    def fire(self, trigger: Trigger) -> bool:
        """Move by the table; return whether the state changed."""
        before = self.state
        self.state = TRANSITIONS.get((before, trigger), before)
        return self.state is not before

    def date(self, ticked: Ticked) -> None:
        """Remember the dates of its newest beat."""
        self.remote_time_ms, self.local_time_ms = ticked.remote_ms, ticked.local_ms

    def postpone(self, pause_s: float) -> None:
        """Judge it as if the time in which we did not look had not passed."""
        self.heard_s += pause_s
        self.hears_us_s += pause_s
        self.unknown_s += pause_s
        self.checking_s += pause_s
        self.grace_s += pause_s

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
        """Accept the next record of the local supervisord.

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

    def hole_before(self, boot: str, seq: int) -> tuple[int, int] | None:
        """Return first and last number of the records that are missing before record `seq`.

        A peer's stream has no holes, but its agent may have been replaced while records were
        on their way: its successor does not tell those again.
        """
        if boot != self.boot or seq <= self.seq + 1:
            return None
        return self.seq + 1, seq - 1

    def body(self, loading: int) -> AddressStatus:
        """Return its status, with the dates of its newest beat.

        Args:
            loading: in percent, in [0;100].
        """
        return AddressStatus(
            self.name, self.state, self.remote_time_ms, self.local_time_ms, loading
        )
