"""The table of elements that a rules file may have, and the kinds of values they take.

Holds: `OF_APPLICATION`, `OF_PROGRAM`, `ADDRESS_LIST`: a row for each element (semantics,
section 9); limits.
Must not touch: how elements depend on one another (`reader.py`).
Invariants: a reader turns any text into a value or a ValueError that says what is wrong; it
takes exactly what `rules.xsd` takes.
Tests: tests/rules/test_elements.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from supvisors.model import (
    AddressMarker,
    RunningFailureStrategy,
    StartingFailureStrategy,
    StartingStrategy,
)

#: Length of a file: far more than any site needs.
BYTES_MAX: Final = 1024 * 1024
RANK_MAX: Final = 9999
PERCENT_MAX: Final = 100

#: Names of groups and processes, as Supervisor allows them.
NAME: Final = re.compile(r"[^ \t\r\n:/]+")
NAME_CURE: Final = "Write one word without blanks, colons and slashes"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of values.

    Attributes:
        read: text -> value; its ValueError says what is wrong with the text.
        allowed: what may be written, as it follows on "Write".
        example: a text that is accepted.
    """

    read: Callable[[str], Any]
    allowed: str
    example: str


@dataclass(frozen=True, slots=True)
class Row:
    """One element.

    Attributes:
        alias_of: the name under which its value is kept, where it is not its own.
    """

    name: str
    kind: Kind
    alias_of: str = ""

    @property
    def field(self) -> str:
        return self.alias_of or self.name

    @property
    def cure(self) -> str:
        """What to write instead of a wrong value."""
        example = f"<{self.name}>{self.kind.example}</{self.name}>"
        return f"Write {self.kind.allowed}, for example: {example}"


# --- Kinds of values -----------------------------------------------------------------------


def _integer(low: int, high: int, example: int) -> Kind:
    def read(text: str) -> int:
        match = re.fullmatch(r"([+-]?)0*([0-9]{1,9})", text)
        if match is None and not re.fullmatch(r"[+-]?[0-9]+", text):
            raise ValueError("not a whole number")
        if match is None or not low <= int(match[1] + match[2]) <= high:
            raise ValueError(f"not in the range from {low} to {high}")
        return int(match[1] + match[2])

    return Kind(read, f"a whole number from {low} to {high}", str(example))


def _one_of(words: dict[str, Any], example: str) -> Kind:
    def read(text: str) -> Any:
        if text not in words:
            raise ValueError("not one of the words that are known here")
        return words[text]

    return Kind(read, f"{', '.join(list(words)[:-1])} or {list(words)[-1]}", example)


def _member_of(strategies: type[StrEnum], example: StrEnum) -> Kind:
    return _one_of(dict(strategies.__members__), example.name)


def _read_list(text: str) -> tuple[str, ...]:
    words = tuple(re.sub(r"[ \t\r\n]+", " ", word).strip(" ") for word in text.split(","))
    if "" in words:
        raise ValueError("an entry is empty" if text else "it is empty")
    if any(" " in word for word in words):
        raise ValueError("entries are not separated by commas")
    if any(character in word for word in words for character in "*#"):
        raise ValueError("* and # stand alone in 'addresses', or not at all")
    twice = next((word for word in words if words.count(word) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice} is written twice")
    return words


def _read_addresses(text: str) -> tuple[str, ...] | AddressMarker:
    if text in tuple(AddressMarker):
        return AddressMarker(text)
    return _read_list(text)


def _read_name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError("not one word without blanks, colons and slashes")
    return text


_RANK = _integer(-RANK_MAX, RANK_MAX, 1)
_PERCENT = _integer(0, PERCENT_MAX, 25)
_BOOLEAN = _one_of({"true": True, "false": False}, "true")
_INSTANCES = _one_of({"one": "one", "each": "each"}, "each")
_LIST = Kind(_read_list, "addresses of address_list, separated by commas", "alpha, beta")
_ADDRESSES = Kind(
    _read_addresses,
    "addresses of address_list or aliases, separated by commas, or * for all of them, or # for "
    "the one with the index of the process",
    "alpha, beta",
)
_REFERENCE = Kind(_read_name, "the name of a model", "small")
_STARTING = _member_of(StartingStrategy, StartingStrategy.LESS_LOADED)
_STARTING_FAILURE = _member_of(StartingFailureStrategy, StartingFailureStrategy.STOP)
_RUNNING_FAILURE = _member_of(RunningFailureStrategy, RunningFailureStrategy.RESTART_PROCESS)

# --- The table -----------------------------------------------------------------------------

OF_APPLICATION: Final = (
    Row("start_sequence", _RANK),
    Row("stop_sequence", _RANK),
    Row("starting_strategy", _STARTING),
    Row("starting_failure_strategy", _STARTING_FAILURE),
    Row("running_failure_strategy", _RUNNING_FAILURE),
)
#: Of a model too.
OF_PROGRAM: Final = (
    Row("addresses", _ADDRESSES),
    Row("instances", _INSTANCES),
    Row("required", _BOOLEAN),
    Row("start_sequence", _RANK),
    Row("stop_sequence", _RANK),
    Row("wait_exit", _BOOLEAN),
    Row("expected_loading", _PERCENT),
    Row("loading", _PERCENT, "expected_loading"),
    Row("starting_failure_strategy", _STARTING_FAILURE),
    Row("running_failure_strategy", _RUNNING_FAILURE),
    Row("reference", _REFERENCE),
)
#: What an alias holds.
ADDRESS_LIST: Final = Row("alias", _LIST)
