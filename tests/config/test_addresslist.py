"""The grammar of `address_list`, and the search for this host in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supvisors.config import AddressEntry, HostFacts
from supvisors.config.addresslist import find_local, parse_address_list

HOST = HostFacts(("alpha", "localhost", "alpha.example.org"), ("192.0.2.7", "2001:db8::7"))
PORT = 65001


def read_port(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("not a whole number")
    return int(text)


GOOD = [
    ("alpha", AddressEntry("alpha", "alpha")),
    ("Alpha", AddressEntry("Alpha", "alpha")),
    ("alpha:6000", AddressEntry("alpha", "alpha", 6000)),
    ("alpha.example.org", AddressEntry("alpha.example.org", "alpha.example.org")),
    ("rack_1-a", AddressEntry("rack_1-a", "rack_1-a")),
    ("192.0.2.7", AddressEntry("192.0.2.7", "192.0.2.7")),
    ("192.0.2.7:6000", AddressEntry("192.0.2.7", "192.0.2.7", 6000)),
    ("<a>localhost:6000", AddressEntry("a", "localhost", 6000)),
    ("<a>localhost", AddressEntry("a", "localhost")),
    ("[::1]:6000", AddressEntry("::1", "::1", 6000)),
    ("[2001:DB8:0::7]", AddressEntry("2001:db8::7", "2001:db8::7")),
    ("<a>[::1]:6000", AddressEntry("a", "::1", 6000)),
    ("  alpha\t", AddressEntry("alpha", "alpha")),
]

BAD = [
    ("", "entry 1, '', is empty"),
    ("alpha,", "entry 2, '', is empty"),
    ("alpha beta", "entry 1, 'alpha beta', has a host that is neither a name nor an IP address"),
    ("alpha:", "entry 1, 'alpha:', has a port that is not a whole number"),
    ("alpha:x", "entry 1, 'alpha:x', has a port that is not a whole number"),
    ("::1", "entry 1, '::1', has an IPv6 address without brackets"),
    ("[::g]:1", "entry 1, '[::g]:1', has no IPv6 address between its brackets: [::g]"),
    ("[::1", "entry 1, '[::1', is not of the form"),
    ("192.0.2.777", "entry 1, '192.0.2.777', has a host that is no IPv4 address: 192.0.2.777"),
    ("<a b>alpha", "entry 1, '<a b>alpha', has a name with other characters"),
    ("<>alpha", "entry 1, '<>alpha', has a name with other characters"),
    ("<a>", "entry 1, '<a>', has a host that is neither a name nor an IP address"),
    ("<a", "entry 1, '<a', is not of the form"),
    ("*", "entry 1, '*', has a host that is neither a name nor an IP address"),
    ("alpha, alpha", "two entries are named alpha"),
    ("alpha:1, alpha:2", "two entries are named alpha"),
    ("<a>host:1, <a>host:2", "two entries are named a"),
    ("<a>host:1, <b>host:1", "two entries have the same host and port: <b>host:1"),
    ("<a>host, <b>HOST", "two entries have the same host and port: <b>host"),
]


@pytest.mark.parametrize(("text", "entry"), GOOD)
def test_a_good_entry_is_read(text: str, entry: AddressEntry) -> None:
    assert parse_address_list(text, read_port) == ((entry,), [])


@pytest.mark.parametrize(("text", "problem"), BAD)
def test_a_bad_entry_is_named_with_its_place(text: str, problem: str) -> None:
    _, problems = parse_address_list(text, read_port)
    assert len(problems) == 1
    assert problems[0].startswith(problem)


def test_all_problems_are_told() -> None:
    _, problems = parse_address_list("a:x, b, , b", read_port)
    assert len(problems) == 3


def test_entries_keep_their_order() -> None:
    entries, _ = parse_address_list("gamma,alpha,\n  beta", read_port)
    assert [entry.name for entry in entries] == ["gamma", "alpha", "beta"]


@pytest.mark.parametrize("entry", [entry for _, entry in GOOD])
def test_an_entry_is_written_as_it_is_read(entry: AddressEntry) -> None:
    (again,), problems = parse_address_list(str(entry), read_port)
    assert not problems
    assert (again.name.lower(), again.host, again.port) == (
        entry.name.lower(),
        entry.host,
        entry.port,
    )


@given(st.text())
def test_any_text_gives_entries_or_problems(text: str) -> None:
    entries, problems = parse_address_list(text, read_port)
    assert len(entries) == text.count(",") + 1 or problems


def local(text: str, identifier: str = "supervisor") -> list[str]:
    entries, problems = parse_address_list(text, read_port)
    assert not problems
    return [entry.name for entry in find_local(entries, identifier, PORT, HOST)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("beta, ALPHA", ["ALPHA"]),
        ("beta, alpha.example.org", ["alpha.example.org"]),
        ("beta, 192.0.2.7", ["192.0.2.7"]),
        ("beta, [2001:db8:0:0::7]", ["2001:db8::7"]),
        ("<a>beta, <b>localhost", ["b"]),
        ("<a>127.0.0.1:65001, <b>127.0.0.2:65002", ["a"]),
        ("<a>localhost:65001, <b>localhost:65002", ["a"]),
        ("<a>localhost:65003, <b>localhost:65002", []),
        ("<a>[::1]", ["a"]),
        ("alpha:65002", []),
        ("beta, gamma", []),
        ("<a>alpha, <b>localhost", ["a", "b"]),
    ],
)
def test_this_host_is_found_by_its_port_and_a_name_or_an_address(
    text: str, names: list[str]
) -> None:
    assert local(text) == names


@pytest.mark.parametrize("text", ["<a>alpha, <b>localhost", "<a>gamma, <b>delta", "a, b:1"])
def test_the_identifier_goes_before_names_addresses_and_ports(text: str) -> None:
    assert local(text, identifier="b") == ["b"]


def test_the_identifier_is_compared_with_the_name_not_with_the_host() -> None:
    assert local("<a>b, <c>d", identifier="b") == []
