"""The network of a simulation as it is now: how late, how lossy, what is cut.

Holds: `Weather`, whose `law` the memory network asks for every message.
Must not touch: what a message says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random


class Weather:
    """What happens to a message on its way.

    Attributes:
        delay_s: how long each copy takes at least.
        spread_s: how much longer it may take: more than the distance of two messages reorders.
        loss, twice: how likely it is lost, or arrives twice.
    """

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._cut: Counter[tuple[str, str]] = Counter()
        self.clear()

    def clear(self) -> None:
        """Become fair: a local network on a quiet day."""
        self.delay_s, self.spread_s, self.loss, self.twice = 0.001, 0.01, 0.0, 0.0
        self._cut.clear()

    def law(self, sender: str, receiver: str) -> Sequence[float]:
        """Return the delay of each copy of a message, in s; none when it is lost."""
        if self._cut[sender, receiver] or self._rng.random() < self.loss:
            return ()
        copies = 2 if self._rng.random() < self.twice else 1
        return [self.delay_s + self._rng.random() * self.spread_s for _ in range(copies)]

    def cut(self, links: Iterable[tuple[str, str]]) -> None:
        """Let nothing pass from the first to the second of each pair."""
        for link in links:
            self._cut[link] += 1

    def mend(self, links: Iterable[tuple[str, str]]) -> None:
        """Undo one `cut` of each pair."""
        for link in links:
            self._cut[link] = max(0, self._cut[link] - 1)

    def is_bad(self, sender: str, receiver: str) -> bool:
        """Whether a message from one to the other may be lost."""
        return bool(self._cut[sender, receiver]) or self.loss > 0
