"""Dialect 2: its vectors, its schema, any bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from supvisors import wire
from supvisors.model import Body, ProcessEvent, ProcessState
from supvisors.wire import Reason, WireError, body_as_dict, dialect2, header_of
from supvisors.wire.dialect2 import (
    Beat,
    Facts,
    Live,
    Message,
    Meta,
    Page,
    PageMeta,
    Position,
    Removed,
    Snapshot,
    Stand,
    encode_beat,
    encode_live,
    encode_page,
    encode_record,
    encode_removed,
    encode_snapshot,
    encode_statuses,
    process_item,
)
from supvisors.wire.reading import decode
from supvisors.wire.requests import BEAT, MARK, REMOVED, SEQUENCED, TOPICS
from tests.wire.strategies import bodies
from tests.wire.vectors import SCHEMAS, WIRE, load

FILES: Final = sorted((WIRE / "vectors" / "dialect2").glob("*.json"))
STATUS_HEADERS: Final = tuple(header for header in wire.HEADERS if header != "event")


@dataclass(frozen=True)
class Case:
    """One vector; `schemas` judge its second and its third frame."""

    id: str
    schemas: tuple[str | None, str | None]
    frames: tuple[bytes, ...]
    decoded: dict[str, Any] | None
    reason: str | None
    flags: frozenset[str]

    def __str__(self) -> str:
        return self.id


CASES: Final = [
    Case(
        case["id"],
        tuple(content["schemas"]),
        tuple(frame["text"].encode() for frame in case["frames"]),
        case.get("decoded"),
        case.get("reason"),
        frozenset(case["flags"]),
    )
    for content in map(load, FILES)
    for case in content["cases"]
]
VALID: Final = [case for case in CASES if case.decoded is not None]
INVALID: Final = [case for case in CASES if case.decoded is None]


def plain(value: Any) -> Any:
    """A value with every key, as plain JSON."""
    if isinstance(value, msgspec.Struct):
        return {key: plain(getattr(value, key)) for key in value.__struct_fields__}
    return json.loads(msgspec.json.encode(value))


def as_decoded(message: Message) -> dict[str, Any]:
    """A message as the vectors write it."""
    match message:
        case Live(header, meta, body):
            told = {"header": header, "meta": plain(meta), "body": body_as_dict(body)}
            return {"kind": "live", **told}
        case Removed(meta, gone):
            return {"kind": "removed", "meta": plain(meta), "removed": plain(gone)}
        case Beat(stand):
            return {"kind": "beat", "stand": plain(stand)}
        case Snapshot(topic, stand, statuses):
            lists: dict[str, list[Any]] = {header: [] for header in STATUS_HEADERS}
            for body, facts in statuses:
                told = body_as_dict(body)
                header = header_of(body)
                lists[header].append(
                    {"body": told, "facts": plain(facts)} if header == "process" else told
                )
            return {
                "kind": "snapshot",
                "topic": topic.decode(),
                "stand": plain(stand),
                "statuses": lists,
            }
        case Page(topic, page, records):
            told_records = [
                {**plain_record(record), "body": body_as_dict(record.body)} for record in records
            ]
            told = {"topic": topic.decode(), "meta": plain(page), "records": told_records}
            return {"kind": "page", **told}


def plain_record(record: dialect2.Record) -> dict[str, Any]:
    return {key: plain(getattr(record, key)) for key in ("seq", "t", "id", "facts")}


def encoded(message: Message) -> list[bytes]:
    """The message again, by the encoders that publishers use."""
    match message:
        case Live(header, meta, body):
            return encode_live(header, meta, wire.encode(body)[1])
        case Removed(meta, gone):
            return encode_removed(meta, gone)
        case Beat(stand):
            return encode_beat(stand)
        case Snapshot(topic, stand, statuses):
            asked = topic.decode().rpartition("|")[2].split(",")
            items: dict[str, list[bytes]] = {h: [] for h in STATUS_HEADERS if h in asked}
            for body, facts in statuses:
                data = wire.encode(body)[1]
                header = header_of(body)
                items[header].append(process_item(data, facts) if header == "process" else data)
            return encode_snapshot(topic, stand, encode_statuses(items))
        case Page(topic, page, records):
            return encode_page(
                topic,
                page,
                [encode_record(r.seq, r.t, r.id, r.facts, wire.encode(r.body)[1]) for r in records],
            )


@pytest.mark.parametrize("case", VALID, ids=str)
def test_valid_is_decoded(case: Case) -> None:
    assert as_decoded(decode(case.frames)) == case.decoded


@pytest.mark.parametrize("case", VALID, ids=str)
def test_valid_is_encoded_again_byte_for_byte(case: Case) -> None:
    same = tuple(encoded(decode(case.frames))) == case.frames
    assert same is ("not_canonical" not in case.flags)


@pytest.mark.parametrize("case", INVALID, ids=str)
def test_invalid_is_refused_for_its_reason(case: Case) -> None:
    with pytest.raises(WireError) as caught:
        decode(case.frames)
    assert caught.value.reason == case.reason
    assert caught.value.detail


def validator(definition: str) -> Any:
    resources = [
        (name, Resource.from_contents(load(SCHEMAS / name)))
        for name in [f"{header}.json" for header in wire.HEADERS]
    ]
    schema = load(SCHEMAS / "dialect2.json")
    Draft202012Validator.check_schema(schema)
    base = "urn:supvisors:event-interface:dialect2"
    del schema["$id"]
    registry: Any = Registry().with_resources([*resources, (base, Resource.from_contents(schema))])
    return Draft202012Validator({**schema, "$ref": f"#/$defs/{definition}"}, registry=registry)


def taken(case: Case) -> bool:
    for definition, raw in zip(case.schemas, case.frames[1:], strict=False):
        if definition is None:
            continue
        try:
            value = json.loads(raw)
        except ValueError:
            return False
        if not validator(definition).is_valid(value):
            return False
    return True


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_schema_judges_as_the_vector_says(case: Case) -> None:
    """What is wrong with a message as a whole is beyond a schema, so there it is not asked."""
    if case.reason in ("frame_count", "unknown_header"):
        return
    if case.reason is not None and "contradicts" in case.id:
        return
    if "beyond_schema" in case.flags:
        assert taken(case)
    else:
        assert taken(case) is (case.decoded is not None)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_has_the_form_that_other_languages_expect(path: Any) -> None:
    schema = load(SCHEMAS / "vectors2.json")
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(load(path))


def test_ids_are_unique_and_every_kind_and_reason_occurs() -> None:
    assert len({case.id for case in CASES}) == len(CASES)
    kinds = {case.decoded["kind"] for case in VALID if case.decoded}
    assert kinds == {"live", "removed", "beat", "snapshot", "page"}
    assert {Reason.BAD_META, Reason.BAD_CONTENT} < {case.reason for case in INVALID}


def test_the_form_around_bodies_is_that_of_the_schema() -> None:
    definitions = load(SCHEMAS / "dialect2.json")["$defs"]
    for name, kind in [
        ("meta", Meta),
        ("event_meta", Meta),
        ("facts", Facts),
        ("position", Position),
        ("stand", Stand),
        ("page", PageMeta),
        ("removed", dialect2.Gone),
    ]:
        assert tuple(definitions[name]["properties"]) == kind.__struct_fields__
    assert tuple(definitions["stand"]["properties"]["seqs"]["required"]) == SEQUENCED


TOPICS_AND_NOISE: Final = st.one_of(
    st.sampled_from(
        [*TOPICS.values(), REMOVED, BEAT, b"\x01snap|a|0|process", b"\x01replay|a|0|j|1"]
    ),
    st.binary(max_size=30).map(lambda tail: MARK + tail),
    st.binary(max_size=30),
)
PIECES: Final = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([frame for case in CASES for frame in case.frames[1:]]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)


@given(TOPICS_AND_NOISE, st.lists(PIECES, max_size=4))
def test_any_frames_give_a_message_or_the_one_error(topic: bytes, rest: Sequence[bytes]) -> None:
    try:
        message = decode([topic, *rest])
    except WireError:
        return
    assert decode(encoded(message)) == message


@given(bodies())
def test_every_body_travels(body: Body) -> None:
    source = ("a", "b", 1) if isinstance(body, ProcessEvent) else None
    meta = Meta(2, "s", 1, 2, source, Facts(reason="why"))
    header, data = wire.encode(body)
    message = decode(encode_live(header.decode(), meta, data))
    assert message == Live(header.decode(), meta, wire.decode((header, data)))


def test_text_that_is_no_utf8_is_escaped() -> None:
    event = ProcessEvent("web", "nginx", ProcessState.FATAL, True, 1, 0, "alpha")
    meta = Meta(2, "s", 1, 2, ("a", "b", 1), Facts(spawn_error="no \udce9"))
    message = decode(encode_live("event", meta, wire.encode(event)[1]))
    assert isinstance(message, Live)
    assert message.meta.facts == Facts(spawn_error="no \\udce9")
