"""Every mistake, with its line, its element, its value, what is wrong and what to do."""

from __future__ import annotations

import pytest

from supvisors.config import ConfigError
from supvisors.rules import load_rules
from supvisors.rules.parse import parse_text
from tests.rules.harness import ADDRESSES, in_application, in_program, mistakes

PROGRAM = "application shop, program web"
RANK = "Write a whole number from -9999 to 9999, for example: <start_sequence>1</start_sequence>."
OF_PROGRAM = (
    "addresses, instances, required, start_sequence, stop_sequence, wait_exit, expected_loading, "
    "loading, starting_failure_strategy, running_failure_strategy, reference"
)
ADDRESSES_CURE = (
    "Write addresses of address_list or aliases, separated by commas, or * for all of them, or # "
    "for the one with the index of the process, for example: <addresses>alpha, beta</addresses>."
)

#: text -> all that is said of it
MISTAKES = {
    # values
    in_program("<start_sequence>first</start_sequence>"): [
        f"4: {PROGRAM}, start_sequence = 'first': not a whole number. {RANK}"
    ],
    in_program("<start_sequence>12345</start_sequence>"): [
        f"4: {PROGRAM}, start_sequence = '12345': not in the range from -9999 to 9999. {RANK}"
    ],
    in_program("<start_sequence/>"): [f"4: {PROGRAM}, start_sequence: it is empty. {RANK}"],
    in_application("\n<starting_strategy>BEST</starting_strategy>"): [
        "4: application shop, starting_strategy = 'BEST': not one of the words that are known "
        "here. Write CONFIG, LESS_LOADED or MOST_LOADED, for example: "
        "<starting_strategy>LESS_LOADED</starting_strategy>."
    ],
    in_program("<addresses>alpha, </addresses>"): [
        f"4: {PROGRAM}, addresses = 'alpha,': an entry is empty. {ADDRESSES_CURE}"
    ],
    in_program("<addresses>alpha, alpha</addresses>"): [
        f"4: {PROGRAM}, addresses = 'alpha, alpha': alpha is written twice. {ADDRESSES_CURE}"
    ],
    in_program("<addresses>alpha, *</addresses>"): [
        f"4: {PROGRAM}, addresses = 'alpha, *': * and # stand alone in 'addresses', or not at "
        f"all. {ADDRESSES_CURE}"
    ],
    in_program("<addresses>alpha beta</addresses>"): [
        f"4: {PROGRAM}, addresses = 'alpha beta': entries are not separated by commas. "
        f"{ADDRESSES_CURE}"
    ],
    # names
    in_program("<addresses>alpha, north, gama</addresses>"): [
        f"4: {PROGRAM}, addresses = 'alpha, north, gama': north is not in address_list. "
        "Write one of the names that are known here: alpha, beta, gamma.",
        f"4: {PROGRAM}, addresses = 'alpha, north, gama': gama is not in address_list. "
        "Write gamma, if you meant that.",
    ],
    '<root><alias name="disks">alpha, bet</alias>\n<alias name="x">disks</alias></root>': [
        "1: alias disks = 'alpha, bet': bet is not in address_list. Write beta, if you meant that.",
        "2: alias x = 'disks': disks is not in address_list. Write one of the names that are known "
        "here: alpha, beta, gamma.",
    ],
    '<root><alias name="disks">*</alias></root>': [
        "1: alias disks = '*': * and # stand alone in 'addresses', or not at all. Write addresses "
        "of address_list, separated by commas, for example: <alias>alpha, beta</alias>."
    ],
    '<root><alias name="alpha">beta</alias></root>': [
        "1: alias alpha: an address has that name. Write another name."
    ],
    '<root><alias name="disks">beta</alias><application name="a"><program name="b">'
    "<addresses>disk</addresses></program></application></root>": [
        "1: application a, program b, addresses = 'disk': disk is not in address_list and no "
        "alias. Write disks, if you meant that."
    ],
    "<root><application/>\n<model/>\n<alias>alpha</alias></root>": [
        '1: application: it has no name. Write name, for example: <application name="…">.',
        '2: model: it has no name. Write name, for example: <model name="…">.',
        '3: alias: it has no name. Write name, for example: <alias name="…">.',
    ],
    in_application("<program/>"): [
        "3: application shop, program: it has no name and no pattern. Write name or pattern, for "
        'example: <program name="…">.'
    ],
    in_application('<program name="web" pattern="w"/>'): [
        f"3: {PROGRAM}: it has both name and pattern. Write name or pattern, for example: "
        '<program name="…">.'
    ],
    in_application('<program name="shop:web"/><program pattern=""/>'): [
        "3: application shop, program, name = 'shop:web': not one word without blanks, colons and "
        "slashes. Write one word without blanks, colons and slashes.",
        "3: application shop, program, pattern: not one word without blanks, colons and slashes. "
        "Write one word without blanks, colons and slashes.",
    ],
    '<root><application name="supvisors"/></root>': [
        "1: application supvisors: this is the agent itself, which supervisord looks after. "
        "Remove it."
    ],
    # places
    "<rules/>": ["1: <rules>: the first element is not <root>. Write <root>."],
    '<root colour="red"><application name="shop" nmae="x"/></root>': [
        "1: root, colour = 'red': there is no such attribute here. Remove it.",
        "1: application shop, nmae = 'x': there is no such attribute here. "
        "Write name, if you meant that.",
    ],
    "<root>\n<aplication/>\n<program/></root>": [
        "2: aplication: there is no such element here. Write application, if you meant that.",
        "3: program: there is no such element here. Write one of the elements of this place: "
        "application, model, alias.",
    ],
    in_program("<colour>red</colour>\n<required>true<b/></required>"): [
        f"4: {PROGRAM}, colour = 'red': there is no such element here. Write one of the elements "
        f"of this place: {OF_PROGRAM}.",
        f"5: {PROGRAM}, required, b: there is no such element here. Remove it.",
    ],
    in_program('<required to="x">false</required>'): [
        f"4: {PROGRAM}, required, to = 'x': there is no such attribute here. Remove it."
    ],
    in_program("<starting_strategy>CONFIG</starting_strategy>"): [
        f"4: {PROGRAM}, starting_strategy = 'CONFIG': there is no such element here. "
        "Write starting_failure_strategy, if you meant that."
    ],
    in_application("words"): [
        "2: application shop = 'words': there is text between the elements. Remove it."
    ],
    # what is written twice
    '<root><application name="a"/>\n<application name="a"/></root>': [
        "2: application a: it is written twice, the first time in line 1. Remove one of them."
    ],
    '<root><model name="a"/>\n<model name="a"/></root>': [
        "2: model a: it is written twice, the first time in line 1. Remove one of them."
    ],
    '<root><alias name="a">beta</alias>\n<alias name="a">beta</alias></root>': [
        "2: alias a: it is written twice. Remove one of them."
    ],
    in_application('<program name="web"/>\n<program pattern="web"/>\n<program name="web"/>'): [
        f"5: {PROGRAM}: it is written twice, the first time in line 3. Remove one of them."
    ],
    in_application('<program pattern="web"/>\n<program pattern="web"/>'): [
        "4: application shop, program pattern web: it is written twice, the first time in line 3. "
        "Remove one of them."
    ],
    in_program("<wait_exit>true</wait_exit>\n<wait_exit>true</wait_exit>"): [
        f"5: {PROGRAM}, wait_exit: it is written twice, the first time in line 4. "
        "Remove one of them."
    ],
    in_program("<expected_loading>1</expected_loading>\n<loading>1</loading>"): [
        f"5: {PROGRAM}, loading: it is written twice, the first time in line 4. Remove one of them."
    ],
    # references
    in_program("<reference>small</reference>"): [
        f"4: {PROGRAM}, reference = 'small': there is no such model. There are no models yet."
    ],
    '<root><model name="small"/><model name="x">\n<reference>smal</reference></model></root>': [
        "2: model x, reference = 'smal': there is no such model. Write small, if you meant that."
    ],
    '<root><model name="a"><reference>b</reference></model>\n'
    '<model name="b"><reference>a</reference></model>\n'
    '<model name="c"><reference>b</reference></model>\n'
    '<model name="d"><reference>d</reference></model></root>': [
        "1: model a, reference = 'b': it comes back to this model. Remove one of the references.",
        "2: model b, reference = 'a': it comes back to this model. Remove one of the references.",
        "4: model d, reference = 'd': it comes back to this model. Remove one of the references.",
    ],
}


@pytest.mark.parametrize(("text", "said"), MISTAKES.items())
def test_a_mistake(text: str, said: list[str]) -> None:
    assert mistakes(text) == said


def test_all_mistakes_are_told_at_once_and_in_the_order_of_the_file() -> None:
    text = in_application(
        "<stop_sequence>x</stop_sequence>\n"
        '<program name="web"><required>maybe</required>\n<colour/></program>\n'
        '<program pattern="w"><addresses>delta</addresses></program>'
    )
    assert [said.partition(":")[0] for said in mistakes(text)] == ["3", "4", "5", "6"]


def test_a_value_cannot_steer_the_terminal() -> None:
    (said,) = mistakes(in_program("<required>\x9b2J</required>"))
    assert r"required = '\x9b2J'" in said
    text = '<root><application name="\x9b2J"><program/></application></root>'
    assert all("\x9b" not in line for line in mistakes(text))


def test_mistakes_do_not_hide_the_warnings() -> None:
    text = in_program("<required>true</required><stop_sequence>x</stop_sequence>")
    with pytest.raises(ConfigError) as caught:
        parse_text(text.encode(), "f", ADDRESSES)
    assert [warning.option for warning in caught.value.warnings] == [f"{PROGRAM}, required"]


def test_a_file_that_cannot_be_read(tmp_path: object) -> None:
    for path, words in [
        (f"{tmp_path}/none.xml", "No such file or directory"),
        (f"{tmp_path}", "Is a directory"),
    ]:
        with pytest.raises(ConfigError) as caught:
            load_rules(path, ADDRESSES, lambda option: ("conf", 7))
        (mistake,) = caught.value.mistakes
        assert str(mistake) == (
            f"conf:7: [supvisors] rules_file = '{path}': it cannot be read ({words}). "
            "Name a file that the agent's user may read."
        )
