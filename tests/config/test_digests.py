"""The hashes that hosts compare: equal when they agree, and saying what differs."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from supvisors.config import (
    ConciliationStrategy,
    HostFacts,
    Settings,
    StartingStrategy,
    digests,
    parse_settings,
)

THREE = "<a>localhost:7001, <b>localhost:7011, c"


def settings(identifier: str = "a", **options: str) -> Settings:
    found, _ = parse_settings(
        {"address_list": THREE, "internal_port": "7001", **options},
        {},
        where=lambda option: ("", None),
        identifier=identifier,
        host=HostFacts(("host",), ()),
    )
    return found


def test_their_form() -> None:
    addresses, others = digests(settings())
    assert re.fullmatch(r"[0-9a-f]{12}\.[0-9a-f]{12}", addresses)
    assert re.fullmatch(r"[0-9a-f]{12}", others)


def test_they_never_change() -> None:
    """Hosts of different releases compare them."""
    assert digests(settings()) == ("1962b130b096.ea7fb08b7a2d", "2084a2793c35")


def test_every_host_of_a_system_has_the_same() -> None:
    assert digests(settings("a")) == digests(settings("b")) == digests(settings("c"))


def test_an_own_port_is_no_difference() -> None:
    """`internal_port` holds for entries without a port, on whichever host it is read."""
    assert settings("b").internal_port == 7011
    assert [entry.port for entry in settings("b").addresses] == [7001, 7011, 7001]


def test_the_order_has_its_own_place() -> None:
    other = settings(address_list="<b>localhost:7011, c, <a>localhost:7001")
    names, order = digests(settings())[0].split(".")
    other_names, other_order = digests(other)[0].split(".")
    assert names == other_names
    assert order != other_order
    assert digests(other)[1] == digests(settings())[1]


@pytest.mark.parametrize(
    "addresses",
    [
        "<a>localhost:7001, <b>localhost:7011",
        "<a>localhost:7001, <b>localhost:7011, <c>d",
        "<a>localhost:7001, <b>localhost:7021, c",
        "<a>localhost:7001, <b>localhost:7011, <d>c",
    ],
)
def test_other_addresses_are_a_difference(addresses: str) -> None:
    names, _ = digests(settings())[0].split(".")
    other_names, _ = digests(settings(address_list=addresses, quorum="1"))[0].split(".")
    assert names != other_names


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auto_fence", True),
        ("tick_period_s", 2),
        ("inactivity_ticks", 6),
        ("synchro_timeout_s", 16),
        ("quorum", 1),
        ("starting_strategy", StartingStrategy.LESS_LOADED),
        ("conciliation_strategy", ConciliationStrategy.STOP),
    ],
)
def test_what_all_must_share_is_a_difference(name: str, value: object) -> None:
    changed = replace(settings(), **{name: value})  # type: ignore[arg-type]
    assert digests(changed)[1] != digests(settings())[1]
    assert digests(changed)[0] == digests(settings())[0]


def test_what_a_host_has_for_itself_is_none() -> None:
    changed = replace(
        settings(), event_port=1, state_dir="/x", logfile="/y", loglevel="debug", user="nobody"
    )
    assert digests(changed) == digests(settings())
