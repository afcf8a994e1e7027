"""The vectors against the codec, and the vectors as such."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from supvisors import wire
from tests.wire.vectors import CASES, FILES, INVALID, SCHEMAS, VALID, Case, load


@pytest.mark.parametrize("case", VALID, ids=str)
def test_valid_is_decoded(case: Case) -> None:
    fields = wire.body_as_dict(wire.decode(case.frames))
    assert json.dumps(fields, sort_keys=True) == json.dumps(case.decoded, sort_keys=True)


@pytest.mark.parametrize("case", VALID, ids=str)
def test_valid_is_encoded_again_byte_for_byte_or_to_the_same_object(case: Case) -> None:
    header, raw = wire.encode(wire.decode(case.frames))
    same_bytes = (header, raw) == case.frames
    assert same_bytes is ("not_canonical" not in case.flags)
    assert json.loads(raw) == json.loads(case.frames[1])


@pytest.mark.parametrize("case", INVALID, ids=str)
def test_invalid_is_refused_for_its_reason(case: Case) -> None:
    with pytest.raises(wire.WireError) as caught:
        wire.decode(case.frames)
    assert caught.value.reason == case.reason
    assert caught.value.detail


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_has_the_form_that_other_languages_expect(path: Path) -> None:
    schema = load(SCHEMAS / "vectors.json")
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(load(path))


def test_ids_are_unique_and_begin_with_the_name_of_their_file() -> None:
    ids = [case.id for case in CASES]
    assert len(set(ids)) == len(ids)
    for path in FILES:
        assert all(case["id"].startswith(f"{path.stem}-") for case in load(path)["cases"])


def test_text_is_preferred_to_base64() -> None:
    """A case in base64 that is UTF-8 would be needlessly hard to read."""
    for path in FILES:
        for case in load(path)["cases"]:
            for frame in case["frames"]:
                if "base64" in frame:
                    assert case["reason"] in ("not_utf8", "unknown_header")
