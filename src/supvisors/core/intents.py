"""What operators want of processes and addresses, as registers that all agents share.

Holds: `Intents`.
Must not touch: what is done because of a wish; files.
Invariants: of two registers of one name the higher stamp wins, then the writer's name, so that
all agents agree whatever the order in which they hear; a stamp that is written is above all
that its writer had seen, so that a wish is never undone by an older one.
Tests: tests/core/test_intents.py, tests/sim/.

Source: semantics, section 4 ("Intent is stored"). `started` is no wish: it says that the rules
need not start the process any more. It does not outlive all agents, and is kept as `auto`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, Literal

from supvisors.core.messages import Intent, Wanted
from supvisors.core.outputs import Keep, Record
from supvisors.core.telling import Telling

#: What no rule and no repair starts.
HELD: Final[frozenset[Wanted]] = frozenset({"stopped", "disabled"})

#: What does not end that a process is disabled.
_PASSING: Final[frozenset[Wanted]] = frozenset({"stopped", "started"})

Kind = Literal["process", "address"]


class Intents:
    """The registers that one agent knows."""

    def __init__(self, local: str, telling: Telling) -> None:
        self._local = local
        self._telling = telling
        self._registers: dict[tuple[Kind, str], Intent] = {}
        self._stamp = 0

    def load(self, saved: Iterable[Intent]) -> None:
        """Take what was saved when the agent ended."""
        for intent in saved:
            self._take(intent)

    def want(
        self, kind: Kind, names: Sequence[str], wanted: Wanted, why: str, wall_ns: int
    ) -> tuple[Intent, ...]:
        """Write registers, tell peers, and have kept what outlives a restart.

        That a process is disabled ends when it is enabled (`auto`), not when it is stopped or
        started meanwhile.

        Args:
            wall_ns: now, in POSIX ns.

        Returns:
            the registers that were written.
        """
        written = []
        for name in names:
            if wanted in _PASSING and self.wanted(name) == "disabled":
                continue
            self._stamp = max(self._stamp + 1, wall_ns)
            intent = Intent(kind, name, wanted, self._stamp, self._local, why)
            written.append(intent)
        self._note(written)
        if self._take_all(written):
            self._keep()
        for intent in written:
            self._telling.emit(Record(intent))
        return tuple(written)

    def hear(self, intents: Iterable[Intent]) -> None:
        """Take registers that others wrote."""
        if self._take_all(intents):
            self._keep()

    def of(self, kind: Kind, name: str) -> Intent | None:
        """Return a register, None when nobody wrote it."""
        return self._registers.get((kind, name))

    def wanted(self, namespec: str) -> Wanted:
        """Return what is wanted of a process."""
        intent = self._registers.get(("process", namespec))
        return intent.wanted if intent is not None else "auto"

    def is_held(self, namespec: str) -> bool:
        """Tell whether nothing but an operator may start a process."""
        return self.wanted(namespec) in HELD

    def why_no_start(self, namespecs: Iterable[str]) -> str:
        """Return why operators may not start these either, '' when they may."""
        for name in namespecs:
            if self.wanted(name) == "disabled":
                return f"{name} is disabled: 'supvisors enable {name}' first"
        return ""

    def is_drained(self, address: str) -> bool:
        """Tell whether an operator has an address drained."""
        intent = self._registers.get(("address", address))
        return intent is not None and intent.wanted == "drained"

    def all(self) -> tuple[Intent, ...]:
        """Return every register, by kind and name."""
        return tuple(intent for _, intent in sorted(self._registers.items()))

    def _take_all(self, intents: Iterable[Intent]) -> bool:
        """Take registers; return whether what has to be kept is another one now."""
        taken = [self._take(intent) for intent in intents]  # all of them, not up to the first
        return any(taken)

    def _take(self, intent: Intent) -> bool:
        self._stamp = max(self._stamp, intent.stamp)
        key = (intent.kind, intent.name)
        before = self._registers.get(key)
        if before is not None and _rank(before) >= _rank(intent):
            return False
        self._registers[key] = intent
        return _kept(intent) != "auto" or (before is not None and _kept(before) != "auto")

    def _keep(self) -> None:
        kept = [replace(intent, wanted=_kept(intent)) for intent in self.all()]
        self._telling.emit(Keep(tuple(kept)))

    def _note(self, written: Sequence[Intent]) -> None:
        for intent in written:
            before = self._registers.get((intent.kind, intent.name))
            if before is None or before.wanted != intent.wanted:
                self._telling.note(
                    "wish written",
                    (intent.kind, intent.name),
                    ("wanted", intent.wanted),
                    ("why", intent.why),
                    level="debug" if intent.wanted == "started" else "info",
                )


def _rank(intent: Intent) -> tuple[int, str, bool]:
    # who was not restarted still knows as `started` what others have kept as `auto`
    return intent.stamp, intent.by, intent.wanted == "started"


def _kept(intent: Intent) -> Wanted:
    return "auto" if intent.wanted == "started" else intent.wanted
