"""The schemas and the codec are two writings of one rule: they judge alike."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from supvisors import wire
from supvisors.model import Body
from tests.wire.strategies import bent, bodies
from tests.wire.vectors import CASES, SCHEMAS, Case, load


@cache
def validator(schema: str) -> Any:
    content = load(SCHEMAS / schema)
    Draft202012Validator.check_schema(content)
    return Draft202012Validator(content)


def schema_takes(schema: str, instance: object) -> bool:
    taken: bool = validator(schema).is_valid(instance)
    return taken


def codec_takes(header: str, raw: bytes) -> bool:
    try:
        wire.decode((header.encode(), raw))
    except wire.WireError:
        return False
    return True


JUDGED = [case for case in CASES if "beyond_schema" not in case.flags]
BEYOND = [case for case in CASES if "beyond_schema" in case.flags]


@pytest.mark.parametrize("case", JUDGED, ids=str)
def test_a_schema_judges_as_the_vector_says(case: Case) -> None:
    assert case.schema is not None
    assert schema_takes(case.schema, json.loads(case.frames[1])) is case.valid


@pytest.mark.parametrize("case", BEYOND, ids=str)
def test_what_is_said_to_be_beyond_a_schema_is(case: Case) -> None:
    """Otherwise the flag hides a schema that is too loose."""
    if case.schema is None:
        assert case.reason in ("frame_count", "unknown_header", "not_utf8", "bad_json")
    else:
        assert schema_takes(case.schema, json.loads(case.frames[1]))


@given(bodies())
def test_every_body_is_taken(body: Body) -> None:
    header, raw = wire.encode(body)
    assert schema_takes(f"{header.decode()}.json", json.loads(raw))


@given(bent())
def test_codec_and_schema_agree(message: tuple[str, dict[str, Any]]) -> None:
    header, fields = message
    raw = json.dumps(fields).encode()
    assert codec_takes(header, raw) is schema_takes(f"{header}.json", fields)
