"""What a client knows of the cluster: the last status of everything.

Holds: `Cluster`, a mirror of what the publisher knows.
Must not touch: where statuses come from (`sync.py`).
Invariants: one status for each name; nothing that was removed.
Tests: tests/wire/test_sync.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeVar

from supvisors.model import (
    AddressStatus,
    ApplicationStatus,
    Body,
    ProcessEvent,
    ProcessStatus,
    SupvisorsStatus,
    namespec,
)
from supvisors.wire.dialect2 import Facts, Gone

#: Application and process, address, or nothing: what a status is about.
Key = tuple[type, str, str]


def key_of(body: Body) -> Key:
    """What a status is about; two statuses of one thing have the same key."""
    match body:
        case AddressStatus():
            return AddressStatus, body.address_name, ""
        case ApplicationStatus():
            return ApplicationStatus, body.application_name, ""
        case ProcessStatus():
            return ProcessStatus, body.application_name, body.process_name
    return type(body), "", ""


class Cluster:
    """The last status of everything, as the publisher knows it.

    Attributes:
        supvisors: state of the whole system; None before the first snapshot, or when its
            header was not asked for.
        addresses, applications: status of each, by name.
        processes: status of each, by namespec (`group:name`).
        facts: what else is known of a process, by namespec; where nothing is, no entry.
    """

    def __init__(self) -> None:
        self.supvisors: SupvisorsStatus | None = None
        self._addresses: dict[str, AddressStatus] = {}
        self._applications: dict[str, ApplicationStatus] = {}
        self._processes: dict[str, ProcessStatus] = {}
        self._facts: dict[str, Facts] = {}

    @property
    def addresses(self) -> Mapping[str, AddressStatus]:
        return MappingProxyType(self._addresses)

    @property
    def applications(self) -> Mapping[str, ApplicationStatus]:
        return MappingProxyType(self._applications)

    @property
    def processes(self) -> Mapping[str, ProcessStatus]:
        return MappingProxyType(self._processes)

    @property
    def facts(self) -> Mapping[str, Facts]:
        return MappingProxyType(self._facts)

    def statuses(self) -> Iterator[tuple[Body, Facts | None]]:
        """Every status, with the facts of a process: as a snapshot has them."""
        if self.supvisors is not None:
            yield self.supvisors, None
        for table in (self._addresses, self._applications):
            yield from ((status, None) for status in table.values())
        for name, status in self._processes.items():
            yield status, self._facts.get(name)

    def apply(self, body: Body, facts: Facts | None = None) -> bool:
        """Take a status; return whether it says anything new."""
        match body:
            case SupvisorsStatus():
                is_new = body != self.supvisors
                self.supvisors = body
                return is_new
            case AddressStatus():
                return _put(self._addresses, body.address_name, body)
            case ApplicationStatus():
                return _put(self._applications, body.application_name, body)
            case ProcessStatus():
                name = namespec(body.application_name, body.process_name)
                is_new = self._facts.get(name) != facts
                self._facts.pop(name, None)
                if facts is not None:
                    self._facts[name] = facts
                return _put(self._processes, name, body) or is_new
            case ProcessEvent():
                return False

    def remove(self, gone: Gone) -> bool:
        """Take out what exists no longer; return whether it was there."""
        if not gone.process:
            return self._applications.pop(gone.application, None) is not None
        name = namespec(gone.application, gone.process)
        self._facts.pop(name, None)
        return self._processes.pop(name, None) is not None

    def forget_addresses_but(self, keys: Iterable[Key]) -> None:
        """Take out the addresses that are not among the keys: another list of addresses."""
        names = {name for kind, name, _ in keys if kind is AddressStatus}
        for name in self._addresses.keys() - names:
            del self._addresses[name]

    def missing_in(self, keys: Iterable[Key]) -> list[Gone]:
        """Processes, then applications, that are known here and not among the keys."""
        known = set(keys)
        processes = [
            Gone(status.application_name, status.process_name)
            for status in self._processes.values()
            if key_of(status) not in known
        ]
        applications = [
            Gone(status.application_name)
            for status in self._applications.values()
            if key_of(status) not in known
        ]
        return processes + applications


_Value = TypeVar("_Value")


def _put(table: dict[str, _Value], name: str, value: _Value) -> bool:
    is_new = table.get(name) != value
    table[name] = value
    return is_new
