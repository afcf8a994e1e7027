"""The transcripts of the synchroniser, which other languages run as well.

`pytest --rewrite tests/wire/test_sync.py tests/stories` records the outcomes as they are now.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from jsonschema import Draft202012Validator

from supvisors.wire import HEADERS
from supvisors.wire.high import Cursor
from supvisors.wire.sync import Synchroniser
from tests.wire.transcripts import FILES, FOUND, Run, load, names, rewritten, written
from tests.wire.vectors import SCHEMAS, WIRE
from tests.wire.vectors import load as load_json

#: What the page of the protocol promises to have shown.
PROMISED: Final = {
    "join",
    "late-join",
    "gap",
    "lost-tail",
    "dropped-snapshot",
    "publisher-restart",
    "agent-restart",
    "replay-cursor",
    "replay-gone",
    "duplicates",
    "reordered",
}

each = pytest.mark.parametrize("path", FILES, ids=names(FILES))


@each
def test_a_transcript_gives_what_it_says(path: Path, pytestconfig: pytest.Config) -> None:
    content = load(path)
    if pytestconfig.getoption("rewrite", default=False):
        path.write_text(written(rewritten(content)), encoding="utf-8")
    run = Run(content)
    for step in content["steps"]:
        found = run.step(step)
        for key in FOUND:
            if key in step:
                assert found[key] == step[key], step["comment"]


@each
def test_a_transcript_has_its_form_and_says_why(path: Path) -> None:
    schema = load_json(SCHEMAS / "transcript.json")
    Draft202012Validator.check_schema(schema)
    content = load(path)
    Draft202012Validator(schema).validate(content)
    assert path.read_text(encoding="utf-8") == written(content)
    assert all(step["comment"][-1] in ".:" for step in content["steps"])


def test_what_was_promised_has_a_transcript() -> None:
    assert set(names(FILES)) >= PROMISED


def test_every_output_occurs() -> None:
    told = {
        next(iter(out)) for path in FILES for step in load(path)["steps"] for out in step["out"]
    }
    schema = load_json(SCHEMAS / "transcript.json")
    forms = schema["$defs"]["output"]["oneOf"]
    assert told == {form["required"][0] for form in forms}
    page = (WIRE / "README.md").read_text(encoding="utf-8")
    assert all(f'"{output}":' in page for output in told)


@pytest.mark.parametrize(
    ("headers", "cursor", "since_ms"),
    [
        ((), None, None),
        (("process", "nonsense"), None, None),
        (HEADERS, Cursor("j", 1, {}), 1),
        (("process",), Cursor("j", 1, {}), None),
        (("process",), None, 0),
    ],
)
def test_a_contradiction_is_refused(
    headers: tuple[str, ...], cursor: Cursor | None, since_ms: int | None
) -> None:
    with pytest.raises(ValueError, match=r"header|beginnings|ask for it"):
        Synchroniser("c", headers, cursor, since_ms)
