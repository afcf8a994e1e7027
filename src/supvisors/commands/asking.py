"""What a command is given, and what it may ask for.

Holds: `Sight`, all that a command sees; `Act` and `Wait`, what one asks for; `Refused`.
Must not touch: what a command means.
Tests: tests/link/test_commands.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from supvisors.core import ClusterView
from supvisors.core.inputs import Input
from supvisors.core.rulebook import RuleBook
from supvisors.core.view import Why
from supvisors.model import ConciliationStrategy, StartingStrategy


class Refused(Exception):
    """A command that is not done.

    Attributes:
        fault: name of the fault among Supervisor's `Faults`.
        text: why, and what to do.
    """

    def __init__(self, fault: str, text: str) -> None:
        super().__init__(text)
        self.fault = fault
        self.text = text


@dataclass(frozen=True, slots=True)
class Strategies:
    """What the options say where neither a rule nor a command does."""

    auto_fence: bool
    starting: StartingStrategy
    conciliation: ConciliationStrategy


@dataclass(frozen=True, slots=True)
class Sight:
    """All that a command sees, at one instant.

    Attributes:
        why: namespec -> all that is known of a process, None for one that is not known.
        rules: those in force.
    """

    view: ClusterView
    why: Callable[[str], Why | None]
    rules: RuleBook
    strategies: Strategies


@dataclass(frozen=True, slots=True)
class Act:
    """What a command asks for that does more than answer.

    Attributes:
        happening: what the core is told.
        result: the answer, in values that JSON has, from the view after that.
    """

    happening: Input
    result: Callable[[ClusterView], object]


@dataclass(frozen=True, slots=True)
class Wait:
    """What a command asks for whose outcome comes later, as the core's `Respond`.

    Attributes:
        order: what the core is told, given the identity of the request.
        gives_text: the answer is the text of the `Respond`, which may be empty; else it is
            that the command was done.
    """

    order: Callable[[int], Input]
    gives_text: bool = False

    def answer(self, result: str) -> object:
        """Return what the caller is told, given `result` of the `Respond`."""
        return result if self.gives_text else True
