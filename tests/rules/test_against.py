"""Rules and a configuration that do not fit, and the example, which does."""

from __future__ import annotations

from pathlib import Path

import pytest

from supvisors.model import AddressMarker
from supvisors.rules import against, load_rules
from tests.rules.harness import ADDRESSES, FILE, book, in_application

EXAMPLE = Path(__file__).parents[2] / "examples" / "rules.xml"
#: The twenty programs of the site that the example is for.
SITE = {
    "storage": ["database", "loader", "cache", "backup"],
    "ingest": ["receiver", "decoder_0", "decoder_1", "decoder_2", "validator", "replay"],
    "shop": ["pricing", "basket", "web_0", "web_1", "web_2", "web_admin", "mailer"],
    "watch": ["collector", "alarm", "console"],
}
RANK = "<start_sequence>1</start_sequence>"


def said(text: str, **processes: list[str]) -> list[str]:
    found = against(book(text), processes, len(ADDRESSES))
    return [str(mistake).removeprefix(f"{FILE}:") for mistake in found]


def test_what_fits_is_not_warned_of() -> None:
    text = in_application(
        f'{RANK}<program name="web">{RANK}</program><program pattern="db_">'
        "<addresses>#</addresses></program>"
    )
    assert said(text, shop=["web", "db_0", "db_2", "other"], office=["x"]) == []


#: elements of `shop` -> what is said beside the processes web_1, web_2 and db
MISFITS = {
    '\n<program name="web"/>': [
        "4: application shop, program web: shop has no such process in this configuration. "
        "Write web_2, if you meant that, unless only other hosts have it."
    ],
    '\n<program pattern="queue"/>': [
        "4: application shop, program pattern queue: shop has no such process in this "
        "configuration. Write one of the processes: web_1, web_2, db, unless only other hosts "
        "have it."
    ],
    '<program pattern="web"/>\n<program pattern="web_"/>': [
        "3: application shop, program pattern web: every process that it fits has a rule that "
        "fits it better. Remove it, or correct the pattern."
    ],
    '<program pattern="web_"><addresses>#</addresses></program>'
    '\n<program name="db"><addresses>#</addresses></program>': [
        "4: application shop, program db, addresses = '#': db does not end in a number, so # "
        "gives it no address. Write addresses, or rename the process.",
    ],
    f"\n{RANK}<program name='db'/>": [
        "2: application shop, start_sequence = '1': no process of it has a start rank, so nothing "
        "is started at this rank. Write a start_sequence above 0 for its programs, or remove this "
        "one."
    ],
    f'\n<program name="db">{RANK}</program>': [
        "2: application shop: it has no start rank, so the ranks of its programs are not reached "
        "by themselves, only when an operator starts it. Write a start_sequence above 0, unless "
        "you mean to start it by hand."
    ],
}


@pytest.mark.parametrize(("elements", "words"), MISFITS.items())
def test_a_misfit(elements: str, words: list[str]) -> None:
    assert said(in_application(elements), shop=["web_1", "web_2", "db"]) == words


def test_an_index_beyond_the_address_list() -> None:
    text = in_application('<program pattern="web_"><addresses>#</addresses></program>')
    assert said(text, shop=["web_2", "web_3"]) == [
        "3: application shop, program pattern web_, addresses = '#': web_3 has the index 3, and "
        "address_list ends at 2. Write addresses, or rename the process."
    ]


def test_an_application_that_is_not_there() -> None:
    text = '<root><application name="shop"/>\n<application name="offices"/></root>'
    assert said(text, shop=[], office=[]) == [
        "2: application offices: this configuration has no such group of programs. "
        "Write office, if you meant that, unless only other hosts have it."
    ]


# --- the example -----------------------------------------------------------------------------


def test_the_example_fits_its_site() -> None:
    rules, warnings = load_rules(str(EXAMPLE), ADDRESSES, lambda option: ("", None))
    assert warnings == ()
    assert against(rules, SITE, len(ADDRESSES)) == ()
    assert sum(map(len, SITE.values())) == 20
    assert list(rules.applications) == list(SITE)


def test_the_example_says_what_its_comments_say() -> None:
    rules, _ = load_rules(str(EXAMPLE), ADDRESSES, lambda option: ("", None))
    database = rules.process("storage", "database")
    assert (database.required, database.expected_loading) == (True, 40)
    assert database.addresses == ("alpha", "beta")
    assert rules.process("storage", "loader").wait_exit
    assert rules.process("ingest", "decoder_1").addresses is AddressMarker.OWN_INDEX
    assert not rules.process("watch", "collector").single
    assert rules.process("shop", "web_2").start_sequence == 2
    assert rules.process("shop", "web_admin").start_sequence == 0
    stops = sorted(SITE, key=lambda name: rules.application(name).stop_rank, reverse=True)
    assert stops == ["shop", "ingest", "storage", "watch"]
