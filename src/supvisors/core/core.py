"""The door of the core: what happened is handed to the rooms that it concerns.

Holds: `Core`, the dispatch; `ClusterView`, what it shows.
Must not touch: the rules of the rooms it asks (`addresses`, `phase`, `processes`, `telling`).
Invariants: every decision gives a note that says why; inputs come in the order that the
adapters promise, else an assertion fails.
Tests: tests/core/test_core.py, tests/core/test_properties.py, tests/stories/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, assert_never

from supvisors.core import phase
from supvisors.core.addresses import Address
from supvisors.core.addresses import Trigger as AddressTrigger
from supvisors.core.inputs import (
    AgentLeaving,
    GroupAdded,
    GroupRemoved,
    GroupsReset,
    Input,
    Loaded,
    ProcessChanged,
    Started,
    SupervisordLeaving,
    TapRecord,
    Ticked,
    Wake,
)
from supvisors.core.outputs import Fact, Output
from supvisors.core.processes import (
    NS_PER_S,
    Processes,
    ProcessOnAddress,
)
from supvisors.core.telling import Telling
from supvisors.model import (
    PID_STATES,
    AddressState,
    AddressStatus,
    ApplicationStatus,
    ExitFacts,
    ProcessEvent,
    ProcessInfo,
    ProcessRule,
    ProcessState,
    ProcessStatus,
    SupvisorsStatus,
    namespec,
)

#: Looked up for every change of a process: `Enum.name` takes five times as long.
_STATE_NAMES: Final = {state: state.name for state in ProcessState}

NO_RULES: Final[Mapping[str, ProcessRule]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ClusterView:
    """All that is known at one instant. The statuses are the ones that clients were told.

    Attributes:
        master: the address that leads, None without one.
        addresses: in list order.
        applications, processes: by name.
        infos: what each address says of each process, by process, then in list order.
        conflicts: namespecs of the processes that run more often than their rule wants.
        dropped: for each address that is not in the list, how many inputs of it were dropped.
    """

    supvisors: SupvisorsStatus
    master: str | None
    addresses: tuple[AddressStatus, ...]
    applications: tuple[ApplicationStatus, ...]
    processes: tuple[ProcessStatus, ...]
    infos: tuple[ProcessOnAddress, ...]
    conflicts: tuple[str, ...]
    dropped: tuple[tuple[str, int], ...]


class Core:
    """Every decision: told what happens, it answers with what shall be done.

    Args:
        addresses: names of the address list.
        local: the one of them whose agent this is.
        address_refresh_s: time between two publications of the unchanged status of an address.
        rules: by namespec.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        local: str,
        *,
        address_refresh_s: float = 5.0,
        rules: Mapping[str, ProcessRule] = NO_RULES,
    ) -> None:
        assert len(set(addresses)) == len(addresses), f"an address is listed twice: {addresses}"
        assert local in addresses, f"{local} is not in the address list: {addresses}"
        self._names = tuple(addresses)
        self._addresses = {name: Address(name, i) for i, name in enumerate(self._names)}
        self._local = self._addresses[local]
        self._master = phase.master_of(self._names)
        self._phase = phase.Phase()
        self._processes = Processes(self._names, rules)
        self._telling = Telling(self._processes)
        self._dropped: dict[str, int] = {}
        self._address_refresh_s = address_refresh_s
        self._refresh_due_s: float | None = None
        self._left = False

    # --- the door --------------------------------------------------------------------------

    def handle(self, now: float, happening: Input) -> list[Output]:
        """Take note of what happened; return what shall be done, in this order.

        Args:
            now: monotonic time in s.

        Raises:
            AssertionError: an adapter broke a promise: `Started` is the first input and
                `AgentLeaving` the last; a list, then records without a hole.
        """
        started = self._refresh_due_s is not None
        assert started != isinstance(happening, Started), f"{happening} came out of its turn"
        match happening:
            case Started():
                self._start(now)
            case Wake():
                self._refresh(now)
            case AgentLeaving():
                self._agent_leaves()
            case _:
                self._hear(happening)
        return self._telling.take()

    def deadline(self) -> float | None:
        """Return when `Wake` is next wanted, on the clock of `now`; None for never."""
        return self._refresh_due_s

    def view(self) -> ClusterView:
        """Return all that is known now. The cost grows with the number of processes."""
        processes = list(self._processes)
        return ClusterView(
            SupvisorsStatus(self._phase.state),
            self._master,
            tuple(a.status for a in self._addresses.values() if a.status is not None),
            tuple(self._telling.applications()),
            tuple(p.status for p in processes if p.status is not None),
            tuple(
                ProcessOnAddress(self._names[index], info)
                for process in processes
                for index, info in sorted(process.infos.items())
            ),
            tuple(namespec(p.group, p.name) for p in processes if p.in_conflict),
            tuple(sorted(self._dropped.items())),
        )

    # --- the agent and its time ------------------------------------------------------------

    def _start(self, now: float) -> None:
        assert not self._left, "the agent started again after it left"
        self._telling.publish(SupvisorsStatus(self._phase.state))
        self._tell_addresses(now)

    def _tell_addresses(self, now: float) -> None:
        self._refresh_due_s = now + self._address_refresh_s
        for address in self._addresses.values():
            self._telling.address(address)

    def _refresh(self, now: float) -> None:
        if self._refresh_due_s is not None and now >= self._refresh_due_s:
            self._tell_addresses(now)

    def _agent_leaves(self) -> None:
        self._left, self._refresh_due_s = True, None
        if not self._move(phase.Trigger.AGENT_LEFT):
            reason = "the agent is leaving and supervisord stays: the Supvisors state does too"
            self._telling.note(reason, ("state", self._phase.state.name))

    # --- what an address says --------------------------------------------------------------

    def _hear(self, said: Ticked | Loaded | TapRecord) -> None:
        address = self._addresses.get(said.address)
        if address is None:
            self._drop(said.address)
            return
        match said:
            case ProcessChanged():
                self._change(address, said)
            case Ticked():
                self._tick(address, said)
            case Loaded():
                self._load(address, said)
            case GroupAdded():
                self._replace(address, said, "group added", said.processes, said.group)
            case GroupRemoved():
                self._replace(address, said, "group removed", (), said.group)
            case GroupsReset():
                self._replace(address, said, "supervisord has reloaded", said.processes)
                self._move(phase.Trigger.RELOADED)
                self._assemble()
            case SupervisordLeaving():
                self._supervisord_leaves(address, said)
            case _:
                assert_never(said)

    def _drop(self, name: str) -> None:
        if name not in self._dropped:
            reason = "dropped: the address is not in the address list"
            self._telling.note(reason, ("address", name), level="warn")
        self._dropped[name] = self._dropped.get(name, 0) + 1

    def _tick(self, address: Address, ticked: Ticked) -> None:
        address.beat(ticked)
        self._step(address, AddressTrigger.BEAT)
        if address.boot is not None:
            self._step(address, AddressTrigger.CHECKED)
        self._assemble()

    def _load(self, address: Address, loaded: Loaded) -> None:
        address.load(loaded)
        if loaded.lost is not None:
            first, last = loaded.lost
            reason = "records lost: they are not published as events, the list replaces them"
            self._telling.note(
                reason, ("address", address.name), ("first", first), ("last", last), level="warn"
            )
        touched = self._processes.replace(address.index, loaded.processes)
        self._telling.note(
            "process list loaded",
            ("address", address.name),
            ("boot", loaded.boot),
            ("seq", loaded.seq),
            ("processes", len(loaded.processes)),
            ("changed", len(touched)),
        )
        self._telling.processes(touched)
        self._step(address, AddressTrigger.CHECKED)
        self._telling.loading(address)
        self._assemble()

    def _replace(
        self,
        address: Address,
        record: GroupAdded | GroupRemoved | GroupsReset,
        reason: str,
        infos: tuple[ProcessInfo, ...],
        group: str | None = None,
    ) -> None:
        address.follow(record)
        touched = self._processes.replace(address.index, infos, group)
        facts: list[tuple[str, Fact]] = [("address", address.name)]
        if group is not None:
            facts.append(("group", group))
        self._telling.note(reason, *facts, ("seq", record.seq), ("changed", len(touched)))
        self._telling.processes(touched)
        self._telling.loading(address)

    def _supervisord_leaves(self, address: Address, leaving: SupervisordLeaving) -> None:
        address.follow(leaving)
        self._telling.note(
            "supervisord is leaving", ("address", address.name), ("mode", leaving.mode)
        )
        if len(self._names) == 1:
            self._move(phase.LEAVING[leaving.mode])

    def _change(self, address: Address, change: ProcessChanged) -> None:
        address.follow(change)
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
            )
        )
        self._telling.process(process)
        self._telling.loading(address)

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

    # --- the machines ----------------------------------------------------------------------

    def _step(self, address: Address, trigger: AddressTrigger) -> None:
        before = address.state
        if address.fire(trigger):
            self._telling.note(
                "address state changed",
                ("address", address.name),
                ("from", before.name),
                ("to", address.state.name),
                ("because", trigger.value),
            )
            self._telling.address(address)

    def _move(self, trigger: phase.Trigger) -> bool:
        before = self._phase.state
        if not self._phase.fire(trigger):
            return False
        self._telling.note(
            "Supvisors state changed",
            ("from", before.name),
            ("to", self._phase.state.name),
            ("because", trigger.value),
        )
        self._telling.publish(SupvisorsStatus(self._phase.state))
        return True

    def _assemble(self) -> None:
        if self._local.state is AddressState.RUNNING and self._master is not None:
            self._move(phase.Trigger.ASSEMBLED)
            self._move(phase.Trigger.STARTS_DONE)  # automatic starts need rules: none yet


def _facts_of(exit_facts: ExitFacts) -> tuple[tuple[str, Fact], ...]:
    facts: tuple[tuple[str, Fact], ...] = (
        ("code", exit_facts.code),
        ("signal", exit_facts.signal),
        ("run_time_ms", exit_facts.run_time_ms),
        ("spawn_error", exit_facts.spawn_error or None),
    )
    return tuple(fact for fact in facts if fact[1] is not None)
