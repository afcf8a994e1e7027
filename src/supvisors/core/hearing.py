"""What an address says of its processes, from its list and its records to what clients hear.

Holds: `Hearing`.
Must not touch: the states of addresses; who says it, the local tap or a peer's stream.
Invariants: for one change of a process the order is `event`, `process`, `application`
(semantics, section 2).
Tests: tests/core/test_core.py, tests/core/test_properties.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from supvisors.core.addresses import Address
from supvisors.core.inputs import (
    GroupAdded,
    GroupRemoved,
    GroupsReset,
    ProcessChanged,
    SupervisordLeaving,
)
from supvisors.core.outputs import Fact, Facts
from supvisors.core.process import NS_PER_S, Process
from supvisors.core.processes import Processes
from supvisors.core.telling import Telling
from supvisors.model import (
    PID_STATES,
    ExitFacts,
    ProcessEvent,
    ProcessInfo,
    ProcessState,
    namespec,
)

#: Looked up for every change of a process: `Enum.name` takes five times as long.
_STATE_NAMES: Final = {state: state.name for state in ProcessState}


class Watch(Protocol):
    """Who has to know of every change, after clients were told."""

    def changed(
        self, address: Address, process: Process, before: ProcessInfo | None, info: ProcessInfo
    ) -> None:
        """An address told one change of a process."""

    def listed(self, address: Address, process: Process) -> None:
        """A list of an address told something new of a process."""


class Hearing:
    """Changes of processes, from whatever address.

    Attributes:
        watch: who has to know of them, None for nobody.
    """

    def __init__(self, processes: Processes, telling: Telling) -> None:
        self._processes = processes
        self._telling = telling
        self.watch: Watch | None = None

    def lost(self, address: Address, first: int, last: int) -> None:
        """Say that records will never be events."""
        reason = "records lost: they are not published as events, the list replaces them"
        self._telling.note(
            reason, ("address", address.name), ("first", first), ("last", last), level="warn"
        )

    def load(self, address: Address, infos: Iterable[ProcessInfo]) -> None:
        """Take a whole list, true at record `address.seq` of supervisord `address.boot`."""
        listed = tuple(infos)
        touched = self._processes.replace(address.index, listed)
        self._telling.note(
            "process list loaded",
            ("address", address.name),
            ("boot", address.boot),
            ("seq", address.seq),
            ("processes", len(listed)),
            ("changed", len(touched)),
        )
        self._listed(address, touched)

    def replace(self, address: Address, record: GroupAdded | GroupRemoved | GroupsReset) -> None:
        """Take a group that came or went, or a whole configuration that did."""
        facts: list[tuple[str, Fact]] = [("address", address.name)]
        infos: tuple[ProcessInfo, ...]
        group: str | None
        match record:
            case GroupAdded():
                reason, infos, group = "group added", record.processes, record.group
            case GroupRemoved():
                reason, infos, group = "group removed", (), record.group
            case GroupsReset():
                reason, infos, group = "supervisord has reloaded", record.processes, None
        if group is not None:
            facts.append(("group", group))
        touched = self._processes.replace(address.index, infos, group)
        self._telling.note(reason, *facts, ("seq", record.seq), ("changed", len(touched)))
        self._listed(address, touched)
        self._telling.loading(address)

    def _listed(self, address: Address, touched: Sequence[Process]) -> None:
        self._telling.processes(touched)
        if self.watch is not None:
            for process in touched:
                self.watch.listed(address, process)

    def leaving(self, address: Address, record: SupervisordLeaving) -> None:
        """Say that a supervisord begins to stop all its programs."""
        self._telling.note(
            "supervisord is leaving", ("address", address.name), ("mode", record.mode)
        )

    def change(self, address: Address, change: ProcessChanged) -> None:
        """Take one change of one process."""
        process, before = self._processes.change(address.index, change)
        self._note_change(address, change, before)
        info = process.infos[address.index]
        state = info.state
        self._telling.publish(
            ProcessEvent(
                info.group,
                info.name,
                state,
                info.expected,
                info.event_ns // NS_PER_S,
                info.pid if state in PID_STATES else 0,
                address.name,
            ),
            (address.name, change.boot, change.seq),
            Facts(info.exit, info.restarts, info.cause),
        )
        self._telling.process(process)
        self._telling.loading(address)
        if self.watch is not None:
            self.watch.changed(address, process, before, info)

    def _note_change(
        self, address: Address, change: ProcessChanged, before: ProcessInfo | None
    ) -> None:
        name = namespec(change.group, change.name)
        if before is None:
            reason = "a process changed that the list of its address lacks: added"
            self._telling.note(reason, ("address", address.name), ("process", name), level="warn")
        self._telling.note(
            "process changed state",
            ("address", address.name),
            ("process", name),
            ("from", _STATE_NAMES[before.state] if before is not None else None),
            ("to", _STATE_NAMES[change.state]),
            ("seq", change.seq),
            *(_facts_of(change.exit) if change.exit is not None else ()),
            level="debug",
        )


def _facts_of(exit_facts: ExitFacts) -> tuple[tuple[str, Fact], ...]:
    facts: tuple[tuple[str, Fact], ...] = (
        ("code", exit_facts.code),
        ("signal", exit_facts.signal),
        ("run_time_ms", exit_facts.run_time_ms),
        ("spawn_error", exit_facts.spawn_error or None),
    )
    return tuple(fact for fact in facts if fact[1] is not None)
