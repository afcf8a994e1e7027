"""References, aliases, what is inherited, and `required` without a rank."""

from __future__ import annotations

import pytest

from supvisors.model import ProcessRule, RunningFailureStrategy, StartingFailureStrategy
from tests.rules.harness import FILE, book, in_application, in_program, warnings

R, S = RunningFailureStrategy, StartingFailureStrategy
MODELS = """
<root><model name="server"><required>true</required><start_sequence>1</start_sequence>
<expected_loading>20</expected_loading><instances>each</instances></model>
<model name="big"><expected_loading>50</expected_loading><reference>server</reference></model>
<application name="shop">{}</application></root>
"""


def program(elements: str) -> ProcessRule:
    text = MODELS.format(f'<program name="web">{elements}</program>')
    return book(text).process("shop", "web")


def test_a_reference_brings_what_its_model_says() -> None:
    assert program("<reference>server</reference>") == ProcessRule(
        required=True, start_sequence=1, expected_loading=20, single=False
    )


@pytest.mark.parametrize("order", [1, -1])
def test_elements_win_over_the_reference_beside_them_wherever_they_stand(order: int) -> None:
    elements = [
        "<reference>server</reference>",
        "<loading>5</loading>",
        "<instances>one</instances>",
    ]
    assert program("".join(elements[::order])) == ProcessRule(
        required=True, start_sequence=1, expected_loading=5
    )


def test_a_model_wins_over_that_to_which_it_refers() -> None:
    assert program("<reference>big</reference>").expected_loading == 50
    assert program("<reference>big</reference>").required


def test_a_model_may_stand_behind_who_refers_to_it() -> None:
    text = (
        '<root><application name="shop"><program name="web"><reference>m</reference></program>'
        '</application><model name="m"><loading>7</loading></model></root>'
    )
    assert book(text).process("shop", "web").expected_loading == 7


def test_an_alias_stands_for_its_addresses_each_once() -> None:
    text = (
        '<root><application name="shop"><program name="web"><addresses>beta, disks</addresses>'
        '</program></application><alias name="disks">gamma, beta, alpha</alias></root>'
    )
    assert book(text).process("shop", "web").addresses == ("beta", "gamma", "alpha")


APPLICATION = (
    "<starting_failure_strategy>STOP</starting_failure_strategy>"
    "<running_failure_strategy>STOP_APPLICATION</running_failure_strategy>"
)


def test_a_program_has_the_strategies_of_its_application() -> None:
    rules = book(in_application(f'{APPLICATION}<program name="web"/>'))
    for name in ("web", "without a rule"):
        rule = rules.process("shop", name)
        assert (rule.starting_failure_strategy, rule.running_failure_strategy) == (
            S.STOP,
            R.STOP_APPLICATION,
        )


def test_what_a_program_says_wins_over_its_application_continue_included() -> None:
    own = "<running_failure_strategy>CONTINUE</running_failure_strategy>"
    rules = book(in_application(f'{APPLICATION}<program name="web">{own}</program>'))
    assert rules.process("shop", "web").running_failure_strategy is R.CONTINUE
    assert rules.process("shop", "web").starting_failure_strategy is S.STOP


def test_what_a_model_says_wins_over_the_application_too() -> None:
    text = MODELS.format(f'{APPLICATION}<program name="web"><reference>x</reference></program>')
    own = "<running_failure_strategy>CONTINUE</running_failure_strategy>"
    text = text.replace("<root>", f'<root><model name="x">{own}</model>')
    assert book(text).process("shop", "web").running_failure_strategy is R.CONTINUE


REQUIRED = (
    "application shop, program web, required = 'true': without a start rank nothing starts it, so "
    "it is taken for optional. Write a start_sequence above 0, or remove required."
)


@pytest.mark.parametrize("rank", ["", "<start_sequence>0</start_sequence>"])
def test_required_without_a_rank_is_taken_for_optional(rank: str) -> None:
    text = in_program(f"<loading>1</loading>{rank}\n<required>true</required>")
    assert warnings(text) == [f"{FILE}:5: {REQUIRED}"]
    assert book(text).process("shop", "web") == ProcessRule(expected_loading=1)


def test_required_by_a_model_is_told_where_the_program_is() -> None:
    text = (
        '<root><model name="m"><required>true</required></model>\n'
        '<application name="shop"><program name="web"><reference>m</reference></program>'
        "</application></root>"
    )
    assert warnings(text) == [f"{FILE}:2: {REQUIRED}"]


def test_a_model_that_nothing_refers_to_is_not_warned_of() -> None:
    assert warnings('<root><model name="m"><required>true</required></model></root>') == []
