"""How often something may be started again, and how soon.

Holds: `Budget`.
Must not touch: what is started again.
Invariants: within `WINDOW_S` nothing is tried more than `TRIES_MAX` times; the first try comes
at once, and each further one after twice the time.
Tests: tests/core/test_budget.py, tests/sim/.

Source: semantics, section 7 ("Restarts have a limit and a back-off").
"""

from __future__ import annotations

from typing import Final

TRIES_MAX: Final = 5
WINDOW_S: Final = 600.0
#: Wait before the second try; doubled for each further one.
BACKOFF_S: Final = 1.0


class Budget:
    """The tries of many things, by name."""

    def __init__(self) -> None:
        self._tries_s: dict[str, list[float]] = {}

    def is_spent(self, name: str, now: float) -> bool:
        """Tell whether one more try would be one too many."""
        return len(self._recent(name, now)) >= TRIES_MAX

    def due_s(self, name: str, now: float) -> float:
        """Return when the next try may come, which may be in the past."""
        tries = self._recent(name, now)
        if not tries:
            return now
        return tries[-1] + BACKOFF_S * float(1 << (len(tries) - 1))

    def spend(self, name: str, now: float) -> None:
        """Take note of a try."""
        self._tries_s[name] = [*self._recent(name, now), now]

    def reset(self, name: str) -> None:
        """Forget the tries of something: an operator has looked after it."""
        self._tries_s.pop(name, None)

    def _recent(self, name: str, now: float) -> list[float]:
        return [at_s for at_s in self._tries_s.get(name, []) if now - at_s < WINDOW_S]
