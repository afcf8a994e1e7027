"""The rules file: XML in, a frozen `RuleBook` or all mistakes at once out.

Holds: `load_rules`, which reads a file, and `parse_rules`; `document.py`, which knows XML;
`table.py`, the elements; `reader.py` and `resolve.py`, what they say and mean; `book.py`, the
rules that the core is given; `against.py`, what they do not find in a configuration.
Must not touch: the running system. Only `load_rules` reads a file, besides our own schema.
Invariants: any bytes give rules or one `ConfigError` that carries every mistake with file,
line, element, value and cure (semantics, section 9).
Tests: tests/rules/.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from supvisors.config import ConfigError, Mistake, Where
from supvisors.rules.against import against
from supvisors.rules.book import RuleBook
from supvisors.rules.table import BYTES_MAX

__all__ = ["OPTION", "RuleBook", "against", "load_rules", "parse_rules"]

OPTION: Final = "rules_file"


def load_rules(
    path: str, addresses: Sequence[str], where: Where
) -> tuple[RuleBook, tuple[Mistake, ...]]:
    """Return the rules of a file, and what the operator should be warned of.

    Args:
        addresses: names of the address list.
        where: option -> file and line.

    Raises:
        ConfigError: with every mistake.
    """
    try:
        with open(path, "rb") as stream:
            data = stream.read(BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        file, line = where(OPTION)
        words = error.strerror if isinstance(error, OSError) else str(error)
        problem = f"it cannot be read ({words})"
        cure = "Name a file that the agent's user may read"
        raise ConfigError((Mistake(file, line, OPTION, path, problem, cure),)) from error
    return parse_rules(data, path, addresses)


def parse_rules(
    data: bytes, file: str, addresses: Sequence[str]
) -> tuple[RuleBook, tuple[Mistake, ...]]:
    """Return the rules that a text declares, and what the operator should be warned of.

    Args:
        file: its name, for what is said about it.
        addresses: names of the address list.

    Raises:
        ConfigError: with every mistake, in the order of the file.
    """
    # Only here: an agent without rules shall not load a parser of XML.
    from supvisors.rules.parse import parse_text

    return parse_text(data, file, addresses)
