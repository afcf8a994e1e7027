"""One reading of a rules file, from its bytes to rules.

Holds: `parse_text`, which asks the rooms in their order.
Must not touch: what they find.
Tests: tests/rules/test_mistakes.py, tests/rules/test_properties.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from supvisors.config import ConfigError, Mistake
from supvisors.rules import document, reader
from supvisors.rules.book import RuleBook
from supvisors.rules.mistakes import Mistakes
from supvisors.rules.resolve import resolve

_CURE_OF_FORM: Final = "Write it as rules.xsd asks for"


def parse_text(
    data: bytes, file: str, addresses: Sequence[str]
) -> tuple[RuleBook, tuple[Mistake, ...]]:
    """Return the rules that a text declares; see `parse_rules`.

    Raises:
        ConfigError: with every mistake, in the order of the file.
    """
    parsed = document.parse(data, file)
    said = Mistakes(file)
    book = resolve(reader.read(parsed.root, addresses, said), file, said)
    if not said.mistakes:
        # the reader finds all that the schema does and says it better; but the schema decides
        for line, words in parsed.complaints:
            said.refuse(line, "", words, _CURE_OF_FORM)
    if said.mistakes:
        mistakes = sorted(said.mistakes, key=lambda mistake: mistake.line or 0)
        raise ConfigError(tuple(mistakes), tuple(said.warnings))
    return book, tuple(said.warnings)
