"""Rules files in few words.

Holds: `book`, `warnings`, `mistakes`; `in_application`, `in_program`, which wrap elements.
"""

from __future__ import annotations

import pytest

from supvisors.config import ConfigError
from supvisors.rules import RuleBook, parse_rules

ADDRESSES = ("alpha", "beta", "gamma")
FILE = "/etc/rules.xml"


def book(text: str, addresses: tuple[str, ...] = ADDRESSES) -> RuleBook:
    """Return the rules of a text that has no mistake."""
    return parse_rules(text.encode(), FILE, addresses)[0]


def warnings(text: str) -> list[str]:
    return [str(warning) for warning in parse_rules(text.encode(), FILE, ADDRESSES)[1]]


def mistakes(text: str | bytes) -> list[str]:
    """Return what is said of a text that has mistakes, without the name of the file."""
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(ConfigError) as caught:
        parse_rules(data, FILE, ADDRESSES)
    for mistake in caught.value.mistakes:
        assert mistake.file == FILE
        assert mistake.problem
        assert mistake.cure
    return [str(mistake).removeprefix(f"{FILE}:") for mistake in caught.value.mistakes]


def in_application(elements: str) -> str:
    return f'<root>\n<application name="shop">\n{elements}\n</application></root>'


def in_program(elements: str, name: str = 'name="web"') -> str:
    return in_application(f"<program {name}>\n{elements}\n</program>")
