"""Dialect 1 of the event interface: a header frame and a JSON frame.

Holds: one form for each header (the keys that the specification of the event interface gives
    it, in its order, with their types and ranges) and `TABLE`, which joins header, body and
    form. A new header is one form and one row.
Must not touch: sockets; the keys anywhere but in the forms.
Invariants: `decode(encode(body)) == body`; every key is always present, and no other
    (semantics, section 2).
Tests: tests/wire/.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Any, Final, Self, get_origin

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
from supvisors.wire.errors import Reason, WireError

#: Times end where JSON readers cease to agree: above 2**53-1 some of them round.
_Time = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
_Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
#: `pid_t` is a signed 32-bit integer wherever Supervisor runs.
_Pid = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
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


class _Supvisors(_Form, frozen=True):
    statecode: SupvisorsState
    statename: str

    @classmethod
    def of(cls, body: SupvisorsStatus) -> Self:
        return cls(body.state, body.state.name)

    def body(self) -> SupvisorsStatus:
        return SupvisorsStatus(self.statecode)

    def contradiction(self) -> str:
        return _misnamed(self.statecode, self.statename)


class _Address(_Form, frozen=True):
    address_name: str
    statecode: AddressState
    statename: str
    remote_time: _Time
    local_time: _Time
    loading: _Percent

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


class _Application(_Form, frozen=True):
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


class _Process(_Form, frozen=True):
    application_name: str
    process_name: str
    statecode: ProcessState
    statename: str
    expected_exit: bool
    last_event_time: _Time
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


class _Event(_Form, frozen=True):
    group: str
    name: str
    state: ProcessState
    expected: bool
    now: _Time
    pid: _Pid
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
    form: type[_Form]

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the JSON object, in the order in which they are written."""
        return self.form.__struct_fields__


#: All that dialect 1 can say.
TABLE: Final = (
    Row(SUPVISORS_STATUS_HEADER, SupvisorsStatus, _Supvisors),
    Row(ADDRESS_STATUS_HEADER, AddressStatus, _Address),
    Row(APPLICATION_STATUS_HEADER, ApplicationStatus, _Application),
    Row(PROCESS_STATUS_HEADER, ProcessStatus, _Process),
    Row(PROCESS_EVENT_HEADER, ProcessEvent, _Event),
)
HEADERS: Final = tuple(row.header for row in TABLE)

_BY_BODY: Final[Mapping[type, Row]] = {row.body: row for row in TABLE}
_BY_HEADER: Final = {row.header.encode(): row for row in TABLE}
_WRITER: Final = msgspec.json.Encoder()
_PARSER: Final = msgspec.json.Decoder()


def header_of(body: Body) -> str:
    """Header under which a body is published."""
    return _BY_BODY[type(body)].header


def body_as_dict(body: Body) -> dict[str, object]:
    """The JSON object of a body: keys and order of the specification, plain values.

    Codes are `int`, `addresses` is a list: `json.loads` of the second frame gives the same.
    """
    fields: dict[str, object] = msgspec.to_builtins(_BY_BODY[type(body)].form.of(body))
    return fields


def encode(body: Body) -> tuple[bytes, bytes]:
    """Header frame and JSON frame of a body.

    The JSON is UTF-8, without blanks and without needless escapes. Times, pid and loading are
    taken to be in their ranges, which is the model's promise.

    Raises:
        AssertionError: the body contradicts itself, which is a fault of ours.
    """
    row = _BY_BODY[type(body)]
    form = row.form.of(body)
    contradiction = form.contradiction()
    assert not contradiction, contradiction
    try:
        return row.header.encode(), _WRITER.encode(form)
    except UnicodeEncodeError:
        return row.header.encode(), _WRITER.encode(_utf8_able(msgspec.to_builtins(form)))


def decode(frames: Sequence[bytes]) -> Body:
    """The body that a message carries.

    Args:
        frames: all frames of one message, as they arrived.

    Raises:
        WireError: for everything that is not exactly one message of dialect 1.
    """
    row, raw = _addressed(frames)
    fields = _parsed(row, raw)
    try:
        form = msgspec.convert(fields, row.form)
    except msgspec.ValidationError:
        raise _misfit(row, fields) from None
    contradiction = form.contradiction()
    if contradiction:
        raise WireError(Reason.CONTRADICTION, row.header, contradiction)
    return form.body()


def _utf8_able(value: Any) -> Any:
    """The same value without lone surrogates, which UTF-8 cannot carry.

    They come from bytes of an operator's environment that are not UTF-8. Written as their
    escapes they stay readable, and two names that differ still do.
    """
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case list():
            return [_utf8_able(item) for item in value]
        case dict():
            return {key: _utf8_able(item) for key, item in value.items()}
    return value


def _addressed(frames: Sequence[bytes]) -> tuple[Row, bytes]:
    header = frames[0].decode("utf-8", "replace") if frames else ""
    if len(frames) != 2:
        raise WireError(Reason.FRAME_COUNT, header, f"{len(frames)} frames instead of 2")
    row = _BY_HEADER.get(frames[0])
    if row is None:
        raise WireError(Reason.UNKNOWN_HEADER, header, f"not one of {', '.join(HEADERS)}")
    return row, frames[1]


def _parsed(row: Row, raw: bytes) -> dict[str, object]:
    try:
        fields = _PARSER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = Reason.BAD_JSON if _is_utf8(raw) else Reason.NOT_UTF8
        raise WireError(reason, row.header, str(error)) from None
    if not isinstance(fields, dict):
        raise WireError(Reason.NOT_AN_OBJECT, row.header, f"a JSON {type(fields).__name__}")
    # A flat object has one colon for each key. Only where there are more can a key stand twice,
    # so that only then the slower look is worth its price.
    if raw.count(b":") > len(fields):
        _check_for_duplicates(row, raw)
    return fields


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _check_for_duplicates(row: Row, raw: bytes) -> None:
    def look(pairs: list[tuple[str, object]]) -> None:
        if len(dict(pairs)) < len(pairs):
            raise WireError(Reason.DUPLICATE_KEY, row.header, "a key stands twice")

    try:
        json.loads(raw.decode(), object_pairs_hook=look)
    except (ValueError, RecursionError) as error:  # stricter about depth and long numbers
        raise WireError(Reason.BAD_JSON, row.header, str(error)) from None


def _misfit(row: Row, fields: Mapping[str, object]) -> WireError:
    """Why an object does not fill the form of its header: the first fault found."""
    missing = [key for key in row.keys if key not in fields]
    if missing:
        return WireError(Reason.MISSING_KEY, row.header, repr(missing))
    extra = sorted(fields.keys() - row.keys)
    if extra:
        return WireError(Reason.EXTRA_KEY, row.header, repr(extra))
    for field in msgspec.structs.fields(row.form):
        value = fields[field.name]
        try:
            msgspec.convert(value, field.type)
        except msgspec.ValidationError as error:
            reason = _reason_of_misfit(value, field.type)
            return WireError(reason, row.header, f"{field.name}: {error}")
    raise AssertionError("a form was refused although each of its values fits")


def _reason_of_misfit(value: object, kind: Any) -> Reason:
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if is_integer and isinstance(kind, type) and issubclass(kind, IntEnum):
        return Reason.UNKNOWN_CODE
    if is_integer and get_origin(kind) is Annotated:
        return Reason.OUT_OF_RANGE
    return Reason.WRONG_TYPE
