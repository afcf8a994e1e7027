"""Dialect 1 of the event interface: a header frame and a JSON frame.

Holds: `encode` and `decode`, over the forms of `forms.py`.
Must not touch: sockets; the keys, which stand in the forms only.
Invariants: `decode(encode(body)) == body`.
Tests: tests/wire/.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Annotated, Any, Final, get_origin

import msgspec

from supvisors.model import Body
from supvisors.wire.errors import Reason, WireError
from supvisors.wire.forms import HEADERS, TABLE, Row

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
        return row.header.encode(), _WRITER.encode(utf8_able(msgspec.to_builtins(form)))


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


def utf8_able(value: Any) -> Any:
    """The same value without lone surrogates, which UTF-8 cannot carry.

    They come from bytes of an operator's environment that are not UTF-8. Written as their
    escapes they stay readable, and two names that differ still do.
    """
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case list():
            return [utf8_able(item) for item in value]
        case dict():
            return {key: utf8_able(item) for key, item in value.items()}
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
