"""Frames of dialect 2 to values, for clients.

Holds: `decode`.
Must not touch: sockets; what a client makes of a message (`sync.py`).
Invariants: a value or `WireError` for any frames. Unknown keys are ignored outside the bodies of
    dialect 1, so that more can be added.
Tests: tests/wire/test_dialect2.py. For every language: wire/README.md, section "Dialect 2".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec

from supvisors.model import Body
from supvisors.utils import PROCESS_EVENT_HEADER, PROCESS_STATUS_HEADER
from supvisors.wire import dialect1
from supvisors.wire.dialect2 import (
    Beat,
    Facts,
    Gone,
    Live,
    Message,
    Meta,
    Number,
    Page,
    PageMeta,
    Record,
    Removed,
    Snapshot,
    SourceId,
    Stand,
)
from supvisors.wire.errors import Reason, WireError
from supvisors.wire.forms import TABLE, EventForm, Form, ProcessForm
from supvisors.wire.requests import (
    BEAT,
    PAGE_RECORDS_MAX,
    REMOVED,
    SEQUENCED,
    TOPICS,
    ReplayRequest,
    SnapshotRequest,
    parse,
)


class _ProcessItem(msgspec.Struct, frozen=True):
    body: ProcessForm
    facts: Facts | None


class _RecordItem(msgspec.Struct, frozen=True):
    seq: Number
    t: Number
    id: SourceId
    facts: Facts | None
    body: EventForm


def _item_of(header: str, form: type[Form]) -> Any:
    return _ProcessItem if header == PROCESS_STATUS_HEADER else form


_Statuses: Final = msgspec.defstruct(
    "_Statuses",
    [
        (row.header, list[_item_of(row.header, row.form)], ())  # type: ignore[misc]
        for row in TABLE
        if row.header != PROCESS_EVENT_HEADER
    ],
    frozen=True,
)
_HEADER_OF: Final = {topic: header for header, topic in TOPICS.items()}
_META: Final = msgspec.json.Decoder(Meta)
_STAND: Final = msgspec.json.Decoder(Stand)
_PAGE_META: Final = msgspec.json.Decoder(PageMeta)
_GONE: Final = msgspec.json.Decoder(Gone)
_STATUSES: Final = msgspec.json.Decoder(_Statuses)
_RECORDS: Final = msgspec.json.Decoder(
    Annotated[list[_RecordItem], msgspec.Meta(max_length=PAGE_RECORDS_MAX)]
)


def decode(frames: Sequence[bytes]) -> Message:
    """The message of dialect 2 that these frames are.

    Raises:
        WireError: for everything that is not exactly one message of dialect 2.
    """
    topic = frames[0] if frames else b""
    if topic in _HEADER_OF:
        return _decode_live(_HEADER_OF[topic], frames)
    if topic == REMOVED:
        _check_count(frames, 3)
        return Removed(_meta(frames), _read(_GONE, frames, 2, Reason.BAD_CONTENT))
    if topic == BEAT:
        _check_count(frames, 2)
        return Beat(_stand(frames))
    match parse(topic):
        case SnapshotRequest():
            _check_count(frames, 3)
            return Snapshot(topic, _stand(frames), _statuses(frames))
        case ReplayRequest():
            _check_count(frames, 3)
            return Page(topic, _page_meta(frames), _records(frames))
    raise WireError(Reason.UNKNOWN_HEADER, _name(frames), "no topic of dialect 2")


def _decode_live(header: str, frames: Sequence[bytes]) -> Live:
    _check_count(frames, 3)
    meta = _meta(frames)
    if (header == PROCESS_EVENT_HEADER) is not (meta.id is not None):
        raise WireError(Reason.BAD_META, header, "an id belongs to 'event', and to it alone")
    return Live(header, meta, dialect1.decode((header.encode(), frames[2])))


def _name(frames: Sequence[bytes]) -> str:
    return frames[0].decode("utf-8", "replace") if frames else ""


def _check_count(frames: Sequence[bytes], count: int) -> None:
    if len(frames) != count:
        detail = f"{len(frames)} frames instead of {count}"
        raise WireError(Reason.FRAME_COUNT, _name(frames), detail)


def _read(decoder: Any, frames: Sequence[bytes], index: int, reason: Reason) -> Any:
    try:
        return decoder.decode(frames[index])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(reason, _name(frames), str(error)) from None


def _meta(frames: Sequence[bytes]) -> Meta:
    meta: Meta = _read(_META, frames, 1, Reason.BAD_META)
    if meta.seq == 0:
        raise WireError(Reason.BAD_META, _name(frames), "seq is 0: numbers begin with 1")
    return meta


def _stand(frames: Sequence[bytes]) -> Stand:
    stand: Stand = _read(_STAND, frames, 1, Reason.BAD_META)
    missing = [name for name in SEQUENCED if name not in stand.seqs]
    if missing:
        raise WireError(Reason.BAD_META, _name(frames), f"seqs lacks {missing}")
    return stand


def _page_meta(frames: Sequence[bytes]) -> PageMeta:
    meta: PageMeta = _read(_PAGE_META, frames, 1, Reason.BAD_META)
    ends = (meta.next is not None) + (meta.live_from is not None) + (meta.gone is not None)
    if ends != 1:
        detail = "a page has one of next, live_from and gone"
        raise WireError(Reason.BAD_META, _name(frames), detail)
    if meta.journal is None and meta.gone is None:
        raise WireError(Reason.BAD_META, _name(frames), "records without a journal")
    return meta


def _statuses(frames: Sequence[bytes]) -> tuple[tuple[Body, Facts | None], ...]:
    lists = _read(_STATUSES, frames, 2, Reason.BAD_CONTENT)
    found: list[tuple[Body, Facts | None]] = []
    for header in lists.__struct_fields__:
        for item in getattr(lists, header):
            facts = item.facts if isinstance(item, _ProcessItem) else None
            form = item.body if isinstance(item, _ProcessItem) else item
            found.append((_body(form, frames), facts))
    return tuple(found)


def _records(frames: Sequence[bytes]) -> tuple[Record, ...]:
    items = _read(_RECORDS, frames, 2, Reason.BAD_CONTENT)
    return tuple(
        Record(item.seq, item.t, item.id, item.facts, _body(item.body, frames)) for item in items
    )


def _body(form: Form, frames: Sequence[bytes]) -> Any:
    contradiction = form.contradiction()
    if contradiction:
        raise WireError(Reason.BAD_CONTENT, _name(frames), contradiction)
    return form.body()
