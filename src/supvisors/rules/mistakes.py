"""What was found wrong so far in one reading of a rules file.

Holds: `Mistakes`, which collects them with file, line, element, value, problem and cure.
Must not touch: what is right or wrong.
Tests: tests/rules/test_mistakes.py.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from supvisors.config import Mistake


class Mistakes:
    """All that is to be said about one file."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.mistakes: list[Mistake] = []
        self.warnings: list[Mistake] = []

    def refuse(self, line: int, path: str, problem: str, cure: str, value: str = "") -> None:
        """Note a mistake; `path` names the element, from the outermost one inwards."""
        self.mistakes.append(Mistake(self._file, line, path, value, problem, cure, ""))

    def warn(self, line: int, path: str, problem: str, cure: str, value: str = "") -> None:
        """Note what an operator should look at."""
        self.warnings.append(Mistake(self._file, line, path, value, problem, cure, ""))


def join(*parts: str) -> str:
    """Return the path of an element: `application shop, program web, start_sequence`."""
    return ", ".join(filter(None, parts))


def cure_of_name(name: str, known: Iterable[str], what: str) -> str:
    """Return what to write instead of a name that is not known.

    Args:
        what: what the names are, in the plural.
    """
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"Write {near[0]}, if you meant that"
    return f"Write one of the {what}: {', '.join(names)}" if names else f"There are no {what} yet"
