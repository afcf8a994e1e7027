"""The forms of the JSON bodies: which keys each header has, their types and their ranges.

Holds: one form for each header (the keys that the specification of the event interface gives
    it, in its order) and `TABLE`, which joins header, body and form. A new header is one form
    and one row.
Must not touch: bytes; the keys anywhere but here.
Invariants: every key is always present, and no other (semantics, section 2).
Tests: tests/wire/.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Any, Final, Self

import msgspec

from supvisors.model import (
    PID_STATES,
    AddressState,
    AddressStatus,
    ApplicationState,
    ApplicationStatus,
    Body,
    ProcessEvent,
    ProcessState,
    ProcessStatus,
    SupvisorsState,
    SupvisorsStatus,
)
from supvisors.utils import (
    ADDRESS_STATUS_HEADER,
    APPLICATION_STATUS_HEADER,
    PROCESS_EVENT_HEADER,
    PROCESS_STATUS_HEADER,
    SUPVISORS_STATUS_HEADER,
)

#: Times end where JSON readers cease to agree: above 2**53-1 some of them round.
Time = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
#: `pid_t` is a signed 32-bit integer wherever Supervisor runs.
Pid = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON body: its fields are the keys, in the order in which they are written."""

    @classmethod
    def of(cls, body: Any) -> Self:
        """The form of a body of the model."""
        raise NotImplementedError

    def body(self) -> Body:
        """The body of the model, provided that there is no contradiction."""
        raise NotImplementedError

    def contradiction(self) -> str:
        """What two keys say against each other, or ''."""
        raise NotImplementedError


def _misnamed(code: IntEnum, name: str) -> str:
    return "" if name == code.name else f"statename {name!r} does not belong to {code.value}"


def _misjudged(key: str, state: ProcessState, expected: bool) -> str:
    """Only an exit can be unexpected (semantics, section 2, "Types")."""
    fine = expected or state is ProcessState.EXITED
    return "" if fine else f"{key} is false in state {state.name}"


class SupvisorsForm(Form, frozen=True):
    """Keys of `supvisors`."""

    statecode: SupvisorsState
    statename: str

    @classmethod
    def of(cls, body: SupvisorsStatus) -> Self:
        return cls(body.state, body.state.name)

    def body(self) -> SupvisorsStatus:
        return SupvisorsStatus(self.statecode)

    def contradiction(self) -> str:
        return _misnamed(self.statecode, self.statename)


class AddressForm(Form, frozen=True):
    """Keys of `address`."""

    address_name: str
    statecode: AddressState
    statename: str
    remote_time: Time
    local_time: Time
    loading: Percent

    @classmethod
    def of(cls, body: AddressStatus) -> Self:
        return cls(
            body.address_name,
            body.state,
            body.state.name,
            body.remote_time_ms,
            body.local_time_ms,
            body.loading,
        )

    def body(self) -> AddressStatus:
        return AddressStatus(
            self.address_name, self.statecode, self.remote_time, self.local_time, self.loading
        )

    def contradiction(self) -> str:
        return _misnamed(self.statecode, self.statename)


class ApplicationForm(Form, frozen=True):
    """Keys of `application`."""

    application_name: str
    statecode: ApplicationState
    statename: str
    major_failure: bool
    minor_failure: bool

    @classmethod
    def of(cls, body: ApplicationStatus) -> Self:
        return cls(
            body.application_name,
            body.state,
            body.state.name,
            body.major_failure,
            body.minor_failure,
        )

    def body(self) -> ApplicationStatus:
        return ApplicationStatus(
            self.application_name, self.statecode, self.major_failure, self.minor_failure
        )

    def contradiction(self) -> str:
        return _misnamed(self.statecode, self.statename)


class ProcessForm(Form, frozen=True):
    """Keys of `process`."""

    application_name: str
    process_name: str
    statecode: ProcessState
    statename: str
    expected_exit: bool
    last_event_time: Time
    addresses: list[str]

    @classmethod
    def of(cls, body: ProcessStatus) -> Self:
        return cls(
            body.application_name,
            body.process_name,
            body.state,
            body.state.name,
            body.expected_exit,
            body.last_event_time_s,
            list(body.addresses),
        )

    def body(self) -> ProcessStatus:
        return ProcessStatus(
            self.application_name,
            self.process_name,
            self.statecode,
            self.expected_exit,
            self.last_event_time,
            tuple(self.addresses),
        )

    def contradiction(self) -> str:
        return _misnamed(self.statecode, self.statename) or _misjudged(
            "expected_exit", self.statecode, self.expected_exit
        )


class EventForm(Form, frozen=True):
    """Keys of `event`."""

    group: str
    name: str
    state: ProcessState
    expected: bool
    now: Time
    pid: Pid
    address: str

    @classmethod
    def of(cls, body: ProcessEvent) -> Self:
        return cls(
            body.group,
            body.name,
            body.state,
            body.expected,
            body.now_s,
            body.pid,
            body.address,
        )

    def body(self) -> ProcessEvent:
        return ProcessEvent(
            self.group, self.name, self.state, self.expected, self.now, self.pid, self.address
        )

    def contradiction(self) -> str:
        if self.pid and self.state not in PID_STATES:
            return f"pid is {self.pid} in state {self.state.name}"
        return _misjudged("expected", self.state, self.expected)


@dataclass(frozen=True, slots=True)
class Row:
    """One header with what it carries."""

    header: str
    body: type[Body]
    form: type[Form]

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the JSON object, in the order in which they are written."""
        return self.form.__struct_fields__


#: All that dialect 1 can say.
TABLE: Final = (
    Row(SUPVISORS_STATUS_HEADER, SupvisorsStatus, SupvisorsForm),
    Row(ADDRESS_STATUS_HEADER, AddressStatus, AddressForm),
    Row(APPLICATION_STATUS_HEADER, ApplicationStatus, ApplicationForm),
    Row(PROCESS_STATUS_HEADER, ProcessStatus, ProcessForm),
    Row(PROCESS_EVENT_HEADER, ProcessEvent, EventForm),
)
HEADERS: Final = tuple(row.header for row in TABLE)
