"""The page of the protocol says what the code does."""

from __future__ import annotations

import re
from typing import Final

import pytest

from supvisors import model
from supvisors.wire import HEADERS, Reason
from supvisors.wire.dialect1 import TABLE, Row
from tests.wire.vectors import SCHEMAS, WIRE, load

PAGE: Final = (WIRE / "README.md").read_text(encoding="utf-8")
SECTIONS: Final = dict(re.findall(r"^#+ ([^\n]+)\n(.*?)(?=^#|\Z)", PAGE, re.M | re.S))
TYPES: Final = {
    "integer": "integer",
    "string": "string",
    "boolean": "boolean",
    "array": "list of strings",
}


def table(section: str) -> list[list[str]]:
    """Cells of the rows of the first table of a section, without head and back-ticks."""
    rows = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    return [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in rows[2:]]


def number(text: str) -> int:
    base, _, rest = text.partition("^")
    return int(base) ** int(rest.removesuffix("-1")) - 1 if rest else int(text)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.header)
def test_keys_types_and_ranges(row: Row) -> None:
    lines = table(f"`{row.header}`")
    assert tuple(line[0] for line in lines) == row.keys
    for key, told, _ in lines:
        entry = load(SCHEMAS / f"{row.header}.json")["properties"][key]
        kind, _, interval = told.partition(", ")
        assert kind == TYPES[entry["type"]]
        ends = [number(end) for end in interval.strip("[]").split(";")] if interval else []
        assert ends == ([entry["minimum"], entry["maximum"]] if "maximum" in entry else [])


@pytest.mark.parametrize(
    ("header", "states"),
    [
        ("supvisors", model.SupvisorsState),
        ("address", model.AddressState),
        ("application", model.ApplicationState),
        ("process", model.ProcessState),
    ],
)
def test_codes(header: str, states: type[model.SupvisorsState]) -> None:
    told = re.findall(r"\b([A-Z_]{5,}) (\d+)\b", SECTIONS[f"`{header}`"])
    assert told == [(state.name, str(state.value)) for state in states]


def test_headers() -> None:
    assert tuple(line[0] for line in table("Messages")) == HEADERS


def test_reasons() -> None:
    assert [line[0] for line in table("Reasons")] == list(Reason)


def test_flags() -> None:
    flags = load(SCHEMAS / "vectors.json")["$defs"]["case"]["properties"]["flags"]["items"]["enum"]
    assert all(f"`{flag}`:" in SECTIONS["Vectors"] for flag in flags)
