"""Everything that the core asks of the world. Adapters perform outputs in list order.

Holds: one frozen dataclass for each output.
Must not touch: behaviour.
Tests: tests/core/.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from supvisors.model import Body

Fact = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Publish:
    """Tell the clients of the event interface."""

    body: Body


@dataclass(frozen=True, slots=True)
class Note:
    """Why something was decided: a line for the log, the transcript and, later, `why`.

    Attributes:
        reason: a short sentence without its variable parts, so that it can be searched for.
        facts: names and values, in the order in which they read best.
        level: `info` for what an operator wants to know, `warn` for what he should look at,
            `debug` for what only a developer needs.
    """

    reason: str
    facts: tuple[tuple[str, Fact], ...] = ()
    level: Literal["debug", "info", "warn"] = "info"


Output = Publish | Note
