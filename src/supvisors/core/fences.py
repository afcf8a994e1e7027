"""Which addresses are fenced: one register for each, merged the same everywhere.

Holds: `Fences`.
Must not touch: what a fence does to an address.
Invariants: a register only rises: generation first, then fenced over not fenced; so the order in
which agents hear of orders does not matter (semantics, section 3).
Tests: tests/core/test_fences.py.
"""

from __future__ import annotations

from collections.abc import Iterable

from supvisors.core.messages import Fence


def _height(fence: Fence) -> tuple[int, bool]:
    return fence.generation, fence.fenced


class Fences:
    """The registers that one agent knows.

    Args:
        registers: what was saved.
    """

    def __init__(self, registers: Iterable[Fence] = ()) -> None:
        self._registers = {fence.address: fence for fence in registers}

    def all(self) -> tuple[Fence, ...]:
        """Return every register, by address."""
        return tuple(fence for _, fence in sorted(self._registers.items()))

    def is_fenced(self, address: str) -> bool:
        """Tell whether an address is fenced."""
        fence = self._registers.get(address)
        return fence is not None and fence.fenced

    def order(self, address: str, fenced: bool, by: str, auto: bool = False) -> bool:
        """Fence an address or lift its fence; return whether that changed anything.

        A fence is lifted even where none is known: a peer may have one that did not count here.

        Args:
            auto: nobody said so: the address is silent.
        """
        if fenced and self.is_fenced(address):
            return False
        before = self._registers.get(address)
        generation = before.generation if before is not None else 0
        register = Fence(address, generation + (not fenced), fenced, by, auto)
        self._registers[address] = register
        return True

    def merge(self, fences: Iterable[Fence]) -> list[Fence]:
        """Take over what is higher than ours; return it."""
        higher = []
        for fence in fences:
            ours = self._registers.get(fence.address)
            if ours is None or _height(fence) > _height(ours):
                self._registers[fence.address] = fence
                higher.append(fence)
        return higher
