"""Where a process starts: what fits, and what is chosen of that."""

from __future__ import annotations

import pytest

from supvisors.core.placement import Candidate, allowed, choose, why_not
from supvisors.model import AddressMarker, AddressState, ProcessRule, StartingStrategy

R = AddressState.RUNNING
NAMES = ("alpha", "beta", "gamma")


def candidates(*loadings: int) -> list[Candidate]:
    return [Candidate(n, R, loading=x) for n, x in zip(NAMES, loadings, strict=True)]


@pytest.mark.parametrize(
    ("addresses", "process", "expected"),
    [
        (AddressMarker.ALL, "web", NAMES),
        (("gamma", "alpha"), "web", ("gamma", "alpha")),
        (("elsewhere", "beta"), "web", ("beta",)),
        (AddressMarker.OWN_INDEX, "web_0", ("alpha",)),
        (AddressMarker.OWN_INDEX, "web_02", ("gamma",)),
        (AddressMarker.OWN_INDEX, "web_3", ()),
        (AddressMarker.OWN_INDEX, "web", ()),
    ],
)
def test_the_addresses_that_a_rule_names(
    addresses: tuple[str, ...] | AddressMarker, process: str, expected: tuple[str, ...]
) -> None:
    assert allowed(ProcessRule(addresses=addresses), process, NAMES) == expected


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (Candidate("alpha", R), ""),
        (Candidate("omega", R), "is not an address of its rule"),
        (Candidate("alpha", AddressState.SILENT), "is SILENT"),
        (Candidate("alpha", R, drained=True), "is drained"),
        (Candidate("alpha", R, knows=False), "does not have the program"),
        (Candidate("alpha", R, present=True), "has it already"),
        (Candidate("alpha", R, loading=70), ""),
        (Candidate("alpha", R, loading=71), "is loaded with 71 %, and 30 % more is asked"),
    ],
)
def test_what_speaks_against_an_address(candidate: Candidate, reason: str) -> None:
    assert why_not(ProcessRule(expected_loading=30), NAMES, candidate) == reason


@pytest.mark.parametrize(
    ("strategy", "loadings", "expected"),
    [
        (StartingStrategy.CONFIG, (90, 0, 0), "alpha"),
        (StartingStrategy.CONFIG, (91, 0, 0), "beta"),
        (StartingStrategy.LESS_LOADED, (20, 10, 10), "beta"),
        (StartingStrategy.MOST_LOADED, (20, 50, 50), "beta"),
        (StartingStrategy.MOST_LOADED, (20, 95, 50), "gamma"),
    ],
)
def test_the_choice(
    strategy: StartingStrategy, loadings: tuple[int, int, int], expected: str
) -> None:
    rule = ProcessRule(expected_loading=10)
    assert choose(rule, "web", candidates(*loadings), strategy).address == expected


def test_config_follows_the_order_of_the_rule() -> None:
    rule = ProcessRule(addresses=("gamma", "alpha"))
    placement = choose(rule, "web", candidates(0, 0, 0), StartingStrategy.CONFIG)
    assert placement.address == "gamma"


def test_a_preferred_address_is_taken_when_it_fits() -> None:
    rule = ProcessRule(expected_loading=10)
    config = StartingStrategy.CONFIG
    assert choose(rule, "web", candidates(0, 0, 80), config, "gamma").address == "gamma"
    assert choose(rule, "web", candidates(0, 0, 95), config, "gamma").address == "alpha"


def test_when_none_fits_each_address_says_why() -> None:
    found = [Candidate("alpha", AddressState.SILENT), Candidate("beta", R, drained=True)]
    placement = choose(ProcessRule(), "web", found, StartingStrategy.CONFIG)
    assert placement.address is None
    assert placement.text == "no address fits: alpha is SILENT; beta is drained"
