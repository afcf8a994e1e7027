"""What happened in a run, line by line: time, host, input, and what the core made of it.

Holds: `Trace`.
Must not touch: the run.
"""

from __future__ import annotations

from collections.abc import Sequence

from supvisors.core.inputs import Input
from supvisors.core.outputs import Note, Output
from tests.sim.short import short


class Trace:
    """Collects lines.

    Attributes:
        lines: in order.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []

    def remark(self, text: str) -> None:
        """Write what holds for the whole run."""
        self.lines.append(f"# {text}")

    def happened(self, now_s: float, text: str) -> None:
        """Write what no core was told."""
        self.lines.append(f"{now_s:10.4f} --- {text}")

    def turn(
        self, now_s: float, address: str, boot: str, happening: Input, outputs: Sequence[Output]
    ) -> None:
        """Write one turn of an agent's ring; a debug note is left out."""
        told = [
            short(output)
            for output in outputs
            if not (isinstance(output, Note) and output.level == "debug")
        ]
        line = f"{now_s:10.4f} {address}.{boot[-4:]} {short(happening)}"
        self.lines.append(f"{line} -> {'; '.join(told)}" if told else line)
