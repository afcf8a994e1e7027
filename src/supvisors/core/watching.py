"""What follows for us from a change of a process, whichever address tells it.

Holds: `Watching`: its history, operators' own starts and stops at supervisord, failures, plans.
Must not touch: what clients are told of the change (`hearing.py`).
Invariants: a stop that is neither ours nor supervisord's own counts as an operator's wish, and is
told by the agent of the address where it happened.
Tests: tests/core/test_watching.py, tests/sim/.

Source: semantics, section 4 ("Intent is stored").
"""

from __future__ import annotations

from typing import Final

from supvisors.core.addresses import Address
from supvisors.core.history import remember
from supvisors.core.intents import Intents
from supvisors.core.messages import Wanted
from supvisors.core.plans import Plans
from supvisors.core.process import Process
from supvisors.core.repair import Repair
from supvisors.core.sequences import Sequences
from supvisors.model import BY_COMMAND, PRESENT_STATES, ProcessInfo, ProcessState

_STOPS: Final = frozenset({ProcessState.STOPPING, ProcessState.STOPPED})


class Watching:
    """Looks at every change of every process."""

    def __init__(
        self,
        local: Address,
        intents: Intents,
        plans: Plans,
        repair: Repair,
        sequences: Sequences,
    ) -> None:
        self._local = local
        self._intents = intents
        self._plans = plans
        self._repair = repair
        self._sequences = sequences
        self.now, self.wall_ns = 0.0, 0

    def changed(
        self, address: Address, process: Process, before: ProcessInfo | None, info: ProcessInfo
    ) -> None:
        """An address told one change of a process."""
        remember(process, address.name, before, info)
        if address is self._local and process.managed:
            self._heed_operator(process, before, info)
        self._plans.take_back(process)
        self._repair.changed(process, address.index, info)
        self._sequences.changed(process, self.now, self.wall_ns)

    def listed(self, address: Address, process: Process) -> None:
        """A list of an address told something new of a process."""
        info = process.infos.get(address.index)
        if info is not None:
            self._repair.changed(process, address.index, info)

    def group_removed(self, group: str) -> None:
        """The local supervisord stopped a group to remove it: nobody wanted it stopped."""
        names = [
            intent.name
            for intent in self._intents.all()
            if intent.kind == "process"
            and intent.name.startswith(f"{group}:")
            and (intent.wanted, intent.why, intent.by) == ("stopped", BY_COMMAND, self._local.name)
        ]
        self._intents.want("process", names, "auto", "its group was removed", self.wall_ns)

    def _heed_operator(
        self, process: Process, before: ProcessInfo | None, info: ProcessInfo
    ) -> None:
        """An operator who uses supervisord's own commands says what he wants by them."""
        if info.cause != BY_COMMAND:
            return
        was_present = before is not None and before.state in PRESENT_STATES
        is_stop = info.state in _STOPS and was_present
        if is_stop and before is not None and before.state is not ProcessState.STOPPING:
            others = [i for i in process.present if i != self._local.index]
            if process.rule.single or not others:
                self._want(process, "stopped", info)
        elif info.state is ProcessState.STARTING and self._intents.is_held(process.namespec):
            self._want(process, "started", info)

    def _want(self, process: Process, wanted: Wanted, info: ProcessInfo) -> None:
        self._intents.want("process", [process.namespec], wanted, BY_COMMAND, info.event_ns)
