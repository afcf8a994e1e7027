"""Any bytes give rules or the one error; and what the reader accepts, the schema accepts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from supvisors.config import ConfigError
from supvisors.rules import RuleBook, parse_rules
from supvisors.rules.document import parse
from supvisors.rules.mistakes import Mistakes
from supvisors.rules.reader import read
from supvisors.rules.resolve import resolve
from tests.rules.harness import ADDRESSES, FILE

words = st.sampled_from(
    "true false one each 0 1 2 -1 100 101 alpha beta gamma * # , STOP ABORT CONTINUE CONFIG "
    "RESTART_PROCESS small disks x".split()
)
tags = st.sampled_from(
    "root application program model alias addresses instances required start_sequence "
    "stop_sequence wait_exit expected_loading loading starting_strategy reference "
    "starting_failure_strategy running_failure_strategy colour".split()
)
attributes = st.dictionaries(
    st.sampled_from(["name", "pattern", "colour"]),
    st.sampled_from(["shop", "small", "disks", "web", "web:1", "", "alpha"]),
    max_size=2,
)


def element(tag: str, attributes: dict[str, str], inner: str) -> str:
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{tag}{written}>{inner}</{tag}>"


leaves = st.builds(element, tags, st.just({}), st.lists(words, max_size=3).map(" ".join))
programs = st.builds(
    element,
    st.sampled_from(["program", "program", "model", "application"]),
    attributes,
    st.lists(leaves, max_size=4).map("".join),
)
applications = st.builds(
    element, tags, attributes, st.lists(st.one_of(leaves, programs), max_size=4).map("".join)
)
#: Files that are nearly right.
files = st.lists(st.one_of(applications, programs), max_size=4).map(
    lambda inner: f"<root>{''.join(inner)}</root>"
)


def check(data: bytes) -> RuleBook | None:
    """Return the rules, None where there are mistakes."""
    rules: RuleBook | None
    try:
        rules, warnings = parse_rules(data, FILE, ADDRESSES)
    except ConfigError as error:
        rules, said = None, error.mistakes
        warnings = error.warnings
    else:
        said = warnings
    assert rules is not None or said
    for mistake in (*said, *warnings):
        assert mistake.file == FILE
        assert "\n" not in str(mistake)
    return rules


@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    check(data)


@given(st.text())
def test_any_text(text: str) -> None:
    check(f"<root>{text}</root>".encode("utf-8", "surrogatepass"))


@given(files)
def test_any_file(text: str) -> None:
    check(text.encode())


@given(files, st.integers(0), st.binary(max_size=4))
def test_any_damage(text: str, at: int, damage: bytes) -> None:
    data = text.encode()
    at %= len(data)
    check(data[:at] + damage + data[at + 1 :])


@given(files)
def test_the_schema_has_nothing_against_what_the_reader_accepts(text: str) -> None:
    """So the schema's own words, which are worse than ours, are never shown."""
    document = parse(text.encode(), FILE)
    said = Mistakes(FILE)
    resolve(read(document.root, ADDRESSES, said), FILE, said)
    if not said.mistakes:
        assert document.complaints == ()
