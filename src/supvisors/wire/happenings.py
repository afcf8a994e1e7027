"""What the synchroniser asks for and tells.

Holds: one frozen value for each output.
Must not touch: behaviour.
Tests: tests/wire/test_sync.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from supvisors.model import Body, ProcessEvent
from supvisors.utils import PROCESS_EVENT_HEADER
from supvisors.wire.dialect1 import header_of
from supvisors.wire.dialect2 import Facts
from supvisors.wire.requests import REMOVED_NAME


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Subscribe the socket to this topic."""

    topic: bytes


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Take that subscription back."""

    topic: bytes


@dataclass(frozen=True, slots=True)
class Joined:
    """The mirror is complete for the first time."""


@dataclass(frozen=True, slots=True)
class Status:
    """A status changed; the mirror has it.

    Attributes:
        t: date of publication, in POSIX ms; of a repair, that of the snapshot.
    """

    body: Body
    facts: Facts | None
    t: int

    @property
    def header(self) -> str:
        return header_of(self.body)


@dataclass(frozen=True, slots=True)
class Event:
    """One process changed state on one address.

    Attributes:
        id: address, boot identity of its supervisord, number of the record there.
        t: date of its publication, in POSIX ms.
        record: number of its record in the journal of the publisher; None where it is not known.
    """

    body: ProcessEvent
    id: tuple[str, str, int]
    facts: Facts | None
    t: int
    record: int | None = None

    @property
    def header(self) -> str:
        return PROCESS_EVENT_HEADER


@dataclass(frozen=True, slots=True)
class Vanished:
    """Something exists no longer; `process` is '' when it is the whole application."""

    application: str
    process: str

    @property
    def header(self) -> str:
        return REMOVED_NAME


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages that were published, did not come and cannot be had again.

    The mirror is repaired, or about to be.

    Attributes:
        header: one of the headers, or `removed`.
        first, last: their numbers, both included; `last` is 0 when it is not known how many.
            Numbers are those of the stream; where the journal was asked in vain for events,
            those of the journal.
    """

    header: str
    first: int
    last: int


#: What a user is told.
Happening = Joined | Status | Event | Vanished | Gap
Output = Subscribe | Unsubscribe | Happening
