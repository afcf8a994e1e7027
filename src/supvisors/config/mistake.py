"""What an operator is told about his configuration.

Holds: `Mistake`, whose text is one line, and `ConfigError`, which carries all of them.
Must not touch: what is right or wrong.
Tests: tests/config/test_mistake.py.
"""

from __future__ import annotations

from dataclasses import dataclass

SECTION = "supvisors"


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with one option; its `str()` is one line for the operator.

    Attributes:
        line: number from 1, None when it is not known.
        option: '' when the section as a whole is meant.
        value: as it is written or as it was expanded; '' when there is none.
        cure: what to do, as a sentence without its full stop.
        section: without brackets; '' when the file as a whole is meant.
    """

    file: str
    line: int | None
    option: str
    value: str
    problem: str
    cure: str
    section: str = SECTION

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line else "")
        section = f"[{self.section}]" if self.section else ""
        option = f"{self.option} = {self.value!r}" if self.value else self.option
        subject = " ".join(filter(None, (section, option)))
        text = f"{': '.join(filter(None, (place, subject, self.problem)))}. {self.cure}."
        return " ".join(text.split())


class ConfigError(Exception):
    """The operator's mistakes, all of them, and what he was to be warned of besides."""

    def __init__(self, mistakes: tuple[Mistake, ...], warnings: tuple[Mistake, ...] = ()) -> None:
        super().__init__("; ".join(map(str, mistakes)))
        self.mistakes = mistakes
        self.warnings = warnings
