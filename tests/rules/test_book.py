"""Which rule holds for a process, against a dumb twin, and the digest of all rules."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supvisors.core.rulebook import NO_RULES
from supvisors.core.rulebook import RuleBook as Contract
from supvisors.model import AddressMarker, ProcessRule, own_index
from supvisors.rules import RuleBook
from tests.rules.harness import book, in_application, in_program

names = st.text("ab_1", min_size=1, max_size=5)
#: (is_pattern, text), each once, in any order
programs = st.lists(st.tuples(st.booleans(), names), unique=True, max_size=6)


def rules_of(written: list[tuple[bool, str]]) -> RuleBook:
    """Return rules of the application `shop`; each program is known by its loading."""
    elements = [
        f'<program {"pattern" if is_pattern else "name"}="{text}">'
        f"<loading>{number}</loading></program>"
        for number, (is_pattern, text) in enumerate(written, start=1)
    ]
    return book(in_application("".join(elements)))


def twin(written: list[tuple[bool, str]], name: str) -> tuple[bool, str] | None:
    """Return which program holds, sentence by sentence after docs/rules.md."""
    if (False, name) in written:
        return False, name
    patterns = [text for is_pattern, text in written if is_pattern]
    for length in range(len(name), 0, -1):
        for start in sorted(name[at : at + length] for at in range(len(name) - length + 1)):
            if start in patterns:
                return True, start
    return None


@given(programs, names)
def test_the_program_that_holds_is_the_one_of_the_dumb_twin(
    written: list[tuple[bool, str]], name: str
) -> None:
    found = twin(written, name)
    loading = 0 if found is None else written.index(found) + 1
    assert rules_of(written).process("shop", name) == ProcessRule(expected_loading=loading)


@given(programs, st.randoms(use_true_random=False), names)
def test_the_order_in_the_file_is_of_no_account(
    written: list[tuple[bool, str]], chance: object, name: str
) -> None:
    text = in_application(
        "".join(
            f'<program {"pattern" if p else "name"}="{t}"><loading>{len(t)}</loading></program>'
            for p, t in written
        )
    )
    other = in_application(
        "".join(
            f'<program {"pattern" if p else "name"}="{t}"><loading>{len(t)}</loading></program>'
            for p, t in sorted(written)
        )
    )
    assert book(text).process("shop", name) == book(other).process("shop", name)
    assert book(text).digest == book(other).digest


@pytest.mark.parametrize("order", [1, -1])
def test_a_name_wins_over_a_pattern_of_the_same_text(order: int) -> None:
    written = [(True, "web"), (False, "web")][::order]
    loading = written.index((False, "web")) + 1
    assert rules_of(written).process("shop", "web").expected_loading == loading


def test_a_pattern_is_of_its_own_application() -> None:
    rules = book(
        '<root><application name="shop"><program pattern="web"><loading>1</loading></program>'
        '</application><application name="office"/></root>'
    )
    assert rules.process("shop", "my_web_1").expected_loading == 1
    assert rules.process("office", "web") == ProcessRule()
    assert rules.is_managed("office")
    assert not rules.is_managed("web")


def test_the_core_can_ask_it() -> None:
    contract: Contract = book("<root/>")
    assert contract.process("shop", "web") == NO_RULES.process("shop", "web")
    assert contract.application("shop") == NO_RULES.application("shop")


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("web_0", 0),
        ("web_07", 7),
        ("web12", 12),
        ("3", 3),
        ("web", None),
        ("web_1a", None),
        ("", None),
        ("web_" + "1" * 10, None),
        ("web_\u0661", None),
    ],
)
def test_the_index_of_a_process(name: str, index: int | None) -> None:
    assert own_index(name) == index


# --- the digest ------------------------------------------------------------------------------

SHOP = in_program(
    "<addresses>alpha, beta</addresses><start_sequence>1</start_sequence>"
    "<running_failure_strategy>RESTART_PROCESS</running_failure_strategy>"
)


def test_its_form() -> None:
    assert RuleBook().digest == ""
    assert re.fullmatch(r"[0-9a-f]{12}", book("<root/>").digest)


def test_it_never_changes() -> None:
    """Hosts of different releases compare it."""
    assert book("<root/>").digest == "e3b0c44298fc"
    assert book(SHOP).digest == "c0c2d95ea3cd"


@pytest.mark.parametrize(
    "text",
    [
        SHOP.replace("<addresses>", "<!-- c --><addresses>\n"),
        SHOP.replace("</addresses>", "</addresses><wait_exit>false</wait_exit>"),
        SHOP.replace("<addresses>alpha, beta</addresses>", "").replace(
            "</program>", "<addresses>alpha,beta</addresses></program>"
        ),
        SHOP.replace("alpha, beta", "both").replace(
            "<root>", '<root><alias name="both">alpha, beta</alias>'
        ),
        SHOP.replace("<start_sequence>1</start_sequence>", "<reference>m</reference>").replace(
            "<root>", '<root><model name="m"><start_sequence>1</start_sequence></model>'
        ),
    ],
    ids=["comment", "default", "order", "alias", "model"],
)
def test_what_means_the_same_has_the_same(text: str) -> None:
    assert book(text).digest == book(SHOP).digest


@pytest.mark.parametrize(
    "text",
    [
        SHOP.replace("alpha, beta", "beta, alpha"),
        SHOP.replace("alpha, beta", "*"),
        SHOP.replace("alpha, beta", "#"),
        SHOP.replace('"web"', '"web2"'),
        SHOP.replace('program name="', 'program pattern="'),
        SHOP.replace('"shop"', '"shops"'),
        SHOP.replace("<program", "<stop_sequence>1</stop_sequence><program"),
        SHOP.replace("</root>", '<application name="office"/></root>'),
        SHOP.replace("</application>", '<program name="db"/></application>'),
    ],
)
def test_what_means_something_else_has_another(text: str) -> None:
    assert text != SHOP
    assert book(text).digest != book(SHOP).digest


def test_markers_are_no_names() -> None:
    rule = book(SHOP.replace("alpha, beta", "#")).process("shop", "web")
    assert rule.addresses is AddressMarker.OWN_INDEX
