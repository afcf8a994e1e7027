"""Nothing of the protocol is without its schema, its vectors and its place in the table."""

from __future__ import annotations

from enum import IntEnum
from typing import get_args

import msgspec
import pytest

from supvisors import model, utils, wire
from supvisors.wire import Reason
from supvisors.wire.forms import TABLE, Row
from tests.wire.vectors import CASES, FILES, INVALID, SCHEMAS, VALID, Case, load

by_header = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.header)


def cases_of(row: Row, cases: list[Case]) -> list[Case]:
    return [case for case in cases if case.schema == f"{row.header}.json"]


def states_of(row: Row) -> type[IntEnum]:
    kinds = [field.type for field in msgspec.structs.fields(row.form)]
    (states,) = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, IntEnum)]
    return states


def test_the_table_has_every_body_and_every_header_once() -> None:
    assert {row.body for row in TABLE} == set(get_args(model.Body))
    constants = [value for name, value in vars(utils).items() if name.endswith("_HEADER")]
    assert sorted(wire.HEADERS) == sorted(constants)
    assert len({row.form for row in TABLE}) == len(TABLE)


def test_a_subscription_to_a_whole_header_gives_that_header_alone() -> None:
    """ZeroMQ filters by prefix, so no header may begin with another; 0x01 is reserved."""
    for header in wire.HEADERS:
        assert [other for other in wire.HEADERS if other.startswith(header)] == [header]
        assert not header.startswith("\x01")


def test_every_header_has_its_files_and_no_file_is_without_header() -> None:
    others = {"vectors", "vectors2", "dialect2", "transcript"}
    assert {path.stem for path in SCHEMAS.glob("*.json")} == {*wire.HEADERS, *others}
    assert {path.stem for path in FILES} == {*wire.HEADERS, "message"}
    for path in FILES:
        expected = f"../schema/{path.name}" if path.stem in wire.HEADERS else None
        assert load(path)["schema"] == expected


@by_header
def test_schema_and_form_have_the_same_keys_in_the_same_order(row: Row) -> None:
    schema = load(SCHEMAS / f"{row.header}.json")
    assert tuple(schema["properties"]) == tuple(schema["required"]) == row.keys
    assert all(entry["description"] for entry in schema["properties"].values())


@by_header
def test_every_key_has_its_vectors(row: Row) -> None:
    refused = {case.id for case in cases_of(row, INVALID)}
    for key in row.keys:
        slug = key.replace("_", "-")
        assert f"{row.header}-missing-{slug}" in refused
        assert f"{row.header}-{slug}-null" in refused
    assert f"{row.header}-extra-key" in refused
    assert f"{row.header}-duplicate-key" in refused
    for case in cases_of(row, VALID):
        assert case.decoded is not None
        assert set(case.decoded) == set(row.keys)


@by_header
def test_every_code_has_a_vector(row: Row) -> None:
    key = "state" if "state" in row.keys else "statecode"
    seen = {case.decoded[key] for case in cases_of(row, VALID) if case.decoded}
    assert seen == {state.value for state in states_of(row)}


@by_header
def test_both_values_of_every_boolean_have_a_vector(row: Row) -> None:
    for field in msgspec.structs.fields(row.form):
        if field.type is bool:
            seen = {case.decoded[field.name] for case in cases_of(row, VALID) if case.decoded}
            assert seen == {False, True}, field.name


@by_header
def test_every_range_has_vectors_on_both_sides_of_its_ends(row: Row) -> None:
    for key, entry in load(SCHEMAS / f"{row.header}.json")["properties"].items():
        if "maximum" not in entry:
            continue
        seen = {case.decoded[key] for case in cases_of(row, VALID) if case.decoded}
        assert {entry["minimum"], entry["maximum"]} <= seen, key
        raws = [case.frames[1] for case in cases_of(row, INVALID) if case.reason == "out_of_range"]
        for beyond in (entry["minimum"] - 1, entry["maximum"] + 1):
            assert any(f'"{key}":{beyond}'.encode() in raw for raw in raws), (key, beyond)


def test_every_reason_has_a_vector() -> None:
    assert {case.reason for case in INVALID} == set(Reason) - {Reason.BAD_META, Reason.BAD_CONTENT}
    schema = load(SCHEMAS / "vectors.json")
    assert schema["$defs"]["case"]["properties"]["reason"]["enum"] == list(Reason)


def test_every_case_says_why_it_exists() -> None:
    assert all(case.comment.endswith((".", "?")) for case in CASES)
