"""The page of the protocol says what the code does."""

from __future__ import annotations

import re
from typing import Final

import msgspec
import pytest

from supvisors import model
from supvisors.wire import HEADERS, Reason
from supvisors.wire.asking import RETRY_FIRST_S, RETRY_LAST_S
from supvisors.wire.dialect2 import Facts, Meta, PageMeta, Stand
from supvisors.wire.eventlog import WAITING_MAX
from supvisors.wire.forms import TABLE, Row
from supvisors.wire.high import LIVES_MAX
from supvisors.wire.requests import PAGE_RECORDS_MAX, SLOTS, TOPIC_BYTES_MAX
from supvisors.wire.sync import PAST_STREAMS
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


@pytest.mark.parametrize(
    ("section", "kind"), [("Meta", Meta), ("Stand", Stand), ("Pages", PageMeta)]
)
def test_keys_of_dialect_2(section: str, kind: type[msgspec.Struct]) -> None:
    keys = [key for line in table(section) for key in line[0].replace("`", "").split(", ")]
    assert tuple(keys) == kind.__struct_fields__


def test_facts_of_dialect_2() -> None:
    told = SECTIONS["Meta"].partition("\n`facts`: ")[2]
    assert all(f"`{key}`" in told for key in Facts.__struct_fields__)


def test_numbers_of_dialect_2() -> None:
    assert f"longer than {TOPIC_BYTES_MAX} bytes" in SECTIONS["Dialect 2"]
    assert f"`<slot>`: 0 to {SLOTS - 1}." in SECTIONS["Dialect 2"]
    assert f"at most {PAGE_RECORDS_MAX:,} records" in SECTIONS["Pages"]
    machine = " ".join(SECTIONS["The synchroniser"].split())
    assert f"{WAITING_MAX:,} at the most" in machine
    assert "after 1 s, then 2, 4, 8, 16, 16 s" in machine
    assert (RETRY_FIRST_S, RETRY_LAST_S, PAST_STREAMS, LIVES_MAX) == (1, 16, 8, 4)
    assert "the last eight streams" in machine
    assert "the last four lives" in machine


def test_flags() -> None:
    flags = load(SCHEMAS / "vectors.json")["$defs"]["case"]["properties"]["flags"]["items"]["enum"]
    assert all(f"`{flag}`:" in SECTIONS["Vectors"] for flag in flags)
