"""The rules of a site, and which of them holds for a process.

Holds: `RuleBook`, which the core is given.
Must not touch: how they are written (`document.py`, `reader.py`, `resolve.py`).
Invariants: which rule holds depends on names alone, not on the order in the file. The same
rules have the same digest on every host, in every process and release.
Tests: tests/rules/test_book.py.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from supvisors.model import ApplicationRule, ProcessRule

HEX_DIGITS: Final = 12
_NO_APPLICATION_RULE: Final = ApplicationRule()
_NO_PROCESS_RULE: Final = ProcessRule()


@dataclass(frozen=True, slots=True)
class Program:
    """The rule for the processes of one name, or with a name that contains a pattern.

    Attributes:
        text: the name, or the pattern.
        line, path: of its element.
    """

    text: str
    is_pattern: bool
    rule: ProcessRule
    line: int
    path: str

    def fits(self, name: str) -> bool:
        return self.text in name if self.is_pattern else self.text == name

    @property
    def weight(self) -> tuple[bool, int]:
        """What makes it win: a name over patterns, then the longer pattern."""
        return not self.is_pattern, len(self.text)


@dataclass(frozen=True, slots=True)
class ManagedApplication:
    """An application that the rules name.

    Attributes:
        otherwise: the rule of its processes that no program fits.
        line, path: of its element.
    """

    name: str
    rule: ApplicationRule
    otherwise: ProcessRule
    programs: tuple[Program, ...]
    line: int
    path: str

    def program_of(self, name: str) -> Program | None:
        """Return what holds for a process: its name, else the longest pattern in its name.

        Of patterns that are equally long, the first one by alphabet.
        """
        fitting = sorted(
            (program for program in self.programs if program.fits(name)),
            key=lambda program: program.text,
        )
        return max(fitting, key=lambda program: program.weight, default=None)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules of a file; without one nothing is managed."""

    file: str = ""
    applications: Mapping[str, ManagedApplication] = field(default_factory=dict)

    def is_managed(self, application: str) -> bool:
        return application in self.applications

    def application(self, name: str) -> ApplicationRule:
        managed = self.applications.get(name)
        return _NO_APPLICATION_RULE if managed is None else managed.rule

    def process(self, application: str, name: str) -> ProcessRule:
        managed = self.applications.get(application)
        if managed is None:
            return _NO_PROCESS_RULE
        program = managed.program_of(name)
        return managed.otherwise if program is None else program.rule

    @property
    def digest(self) -> str:
        """Hash of what the rules mean, '' without a file.

        It does not depend on comments, on the order of elements, or on whether something is
        written or follows from a default, a model or an alias.
        """
        if not self.file:
            return ""
        lines = sorted(json.dumps(line) for line in self._lines())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:HEX_DIGITS]

    def _lines(self) -> Iterator[list[object]]:
        for managed in self.applications.values():
            yield [managed.name, *_differences(managed.rule, _NO_APPLICATION_RULE)]
            for program in managed.programs:
                kind = "pattern" if program.is_pattern else "name"
                yield [
                    managed.name,
                    kind,
                    program.text,
                    *_differences(program.rule, _NO_PROCESS_RULE),
                ]


def _differences(
    rule: ApplicationRule | ProcessRule, default: ApplicationRule | ProcessRule
) -> Iterator[tuple[str, object]]:
    """Yield name and value of what a rule has other than by default.

    So a field that a later release adds changes the digest of no rule that does without it.
    """
    for each in sorted(each.name for each in dataclasses.fields(rule)):
        value = getattr(rule, each)
        if value != getattr(default, each):
            yield each, value
