"""The only clock of a simulation: a heap of what will be done, and when.

Holds: `Scheduler`.
Must not touch: the real clock; what an action does.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

Action = Callable[[], None]


class Scheduler:
    """Actions in the order of their time; those of one time in the order of their scheduling.

    Attributes:
        now_s: time since the beginning.
        performed: how many actions were performed.
    """

    def __init__(self) -> None:
        self.now_s = 0.0
        self.performed = 0
        self._number = 0
        self._heap: list[tuple[float, int, Action]] = []

    def schedule(self, delay_s: float, action: Action) -> None:
        """Let `action` be performed after a delay, which may be none."""
        assert delay_s >= 0, f"an action in the past: {delay_s} s"
        self._number += 1
        heapq.heappush(self._heap, (self.now_s + delay_s, self._number, action))

    def step(self, until_s: float) -> bool:
        """Perform the next action; return False when none is due before `until_s`."""
        if not self._heap or self._heap[0][0] > until_s:
            self.now_s = max(self.now_s, until_s)
            return False
        self.now_s, _, action = heapq.heappop(self._heap)
        self.performed += 1
        action()
        return True

    def run(self, until_s: float) -> None:
        """Perform all that is due until then."""
        while self.step(until_s):
            pass
