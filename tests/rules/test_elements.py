"""Every element, every value that it takes, and that reader and schema take the same."""

from __future__ import annotations

import re
from typing import Any

import pytest

from supvisors.model import (
    AddressMarker,
    ApplicationRule,
    ProcessRule,
    RunningFailureStrategy,
    StartingFailureStrategy,
    StartingStrategy,
)
from supvisors.rules.document import parse
from supvisors.rules.table import ADDRESS_LIST, OF_APPLICATION, OF_PROGRAM
from tests.rules.harness import FILE, book, in_application, in_program

#: element, text, field of the rule, value
OF_A_PROGRAM = [
    ("addresses", "beta", "addresses", ("beta",)),
    ("addresses", " gamma ,\n alpha ", "addresses", ("gamma", "alpha")),
    ("addresses", "*", "addresses", AddressMarker.ALL),
    ("addresses", " # ", "addresses", AddressMarker.OWN_INDEX),
    ("instances", "one", "single", True),
    ("instances", "each", "single", False),
    ("required", "false", "required", False),
    ("start_sequence", "3", "start_sequence", 3),
    ("start_sequence", "-1", "start_sequence", -1),
    ("start_sequence", "+0000000000012", "start_sequence", 12),
    ("start_sequence", "9999", "start_sequence", 9999),
    ("stop_sequence", "0", "stop_sequence", 0),
    ("stop_sequence", "-9999", "stop_sequence", -9999),
    ("wait_exit", "true", "wait_exit", True),
    ("wait_exit", " false\n", "wait_exit", False),
    ("expected_loading", "0", "expected_loading", 0),
    ("expected_loading", "100", "expected_loading", 100),
    ("loading", "25", "expected_loading", 25),
    *[
        ("starting_failure_strategy", each.name, "starting_failure_strategy", each)
        for each in StartingFailureStrategy
    ],
    *[
        ("running_failure_strategy", each.name, "running_failure_strategy", each)
        for each in RunningFailureStrategy
    ],
]
OF_AN_APPLICATION = [
    ("start_sequence", "2", "start_sequence", 2),
    ("stop_sequence", "1", "stop_sequence", 1),
    *[("starting_strategy", each.name, "starting_strategy", each) for each in StartingStrategy],
    ("starting_failure_strategy", "STOP", "starting_failure_strategy", "STOP"),
    ("running_failure_strategy", "RESTART_PROCESS", "running_failure_strategy", "RESTART_PROCESS"),
]

#: element -> texts that it does not take
BAD = {
    "addresses": ["", ",", "alpha,", "*, alpha", "#alpha", "alpha beta", "alpha\u3000beta", "**"],
    "instances": ["", "ONE", "two", "one one"],
    "required": ["", "TRUE", "yes", "1"],
    "start_sequence": [
        "",
        "1.0",
        "one",
        "1 2",
        "10000",
        "-10000",
        "\u0661",
        "0x1",
        "1" * 30,
        "--1",
    ],
    "stop_sequence": ["", "last", "99999"],
    "wait_exit": ["", "0", "True"],
    "expected_loading": ["", "-1", "101", "10%"],
    "loading": ["", "-1", "101", "10%"],
    "starting_strategy": ["", "config", "RANDOM"],
    "starting_failure_strategy": ["", "Stop", "RESTART_PROCESS"],
    "running_failure_strategy": ["", "ABORT", "RESTART PROCESS"],
    "reference": ["", "small", "two words", "a:b"],
}


@pytest.mark.parametrize(("element", "text", "field", "value"), OF_A_PROGRAM)
def test_an_element_of_a_program(element: str, text: str, field: str, value: Any) -> None:
    rules = book(in_program(f"<{element}>{text}</{element}>"))
    assert rules.process("shop", "web") == ProcessRule(**{field: value})
    assert rules.process("shop", "db") == ProcessRule()


@pytest.mark.parametrize(("element", "text", "field", "value"), OF_AN_APPLICATION)
def test_an_element_of_an_application(element: str, text: str, field: str, value: Any) -> None:
    rules = book(in_application(f"<{element}>{text}</{element}>"))
    assert rules.application("shop") == ApplicationRule(**{field: value})
    assert rules.application("office") == ApplicationRule()


def test_required_with_its_rank() -> None:
    text = in_program("<start_sequence>1</start_sequence><required>true</required>")
    assert book(text).process("shop", "web") == ProcessRule(required=True, start_sequence=1)


@pytest.mark.parametrize("row", [*OF_PROGRAM, *OF_APPLICATION], ids=lambda row: row.name)
def test_the_tests_know_every_element(row: Any) -> None:
    assert row.name in BAD
    known = {element for element, *_ in (*OF_A_PROGRAM, *OF_AN_APPLICATION)}
    assert row.name in known | {"reference"}


@pytest.mark.parametrize("row", [*OF_PROGRAM, *OF_APPLICATION, ADDRESS_LIST], ids=lambda r: r.name)
def test_what_a_cure_shows_is_accepted(row: Any) -> None:
    match = re.search(rf"<{row.name}>(.*)</{row.name}>$", row.cure)
    assert match is not None
    assert row.kind.read(match[1]) is not None


@pytest.mark.parametrize(
    ("element", "text"), [(element, text) for element, texts in BAD.items() for text in texts]
)
def test_reader_and_schema_refuse_the_same(element: str, text: str) -> None:
    """An element is where it belongs, so what is refused is its value."""
    wrap = in_application if element == "starting_strategy" else in_program
    document = parse(wrap(f"<{element}>{text}</{element}>").encode(), FILE)
    rows = {row.name: row for row in (*OF_APPLICATION, *OF_PROGRAM)}
    if text not in ("alpha\u3000beta", "small"):  # unknown names, which other tests are about
        with pytest.raises(ValueError, match=r"\w"):
            rows[element].kind.read(text.strip(" \t\r\n"))
    if text != "alpha\u3000beta":
        assert document.complaints != ()


def test_a_stop_rank_is_the_start_rank_unless_it_is_written() -> None:
    elements = "<start_sequence>3</start_sequence>"
    assert book(in_program(elements)).process("shop", "web").stop_rank == 3
    assert book(in_application(elements)).application("shop").stop_rank == 3
    elements += "<stop_sequence>0</stop_sequence>"
    assert book(in_program(elements)).process("shop", "web").stop_rank == 0
    assert book(in_application(elements)).application("shop").stop_rank == 0


def test_no_rules_at_all() -> None:
    rules = book("<root/>")
    assert not rules.is_managed("shop")
    assert rules.application("shop") == ApplicationRule()
    assert rules.process("shop", "web") == ProcessRule()


def test_comments_and_the_hint_for_editors_are_passed_over() -> None:
    rules = book(
        '<?xml version="1.0" encoding="UTF-8"?>\n<!-- a --><?x y?>\n'
        '<root xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:noNamespaceSchemaLocation="rules.xsd"><!-- b -->'
        '<application name="shop"><start_sequence>1<!-- c -->2</start_sequence></application>'
        "</root>"
    )
    assert rules.application("shop").start_sequence == 12
