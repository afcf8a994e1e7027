"""Which happenings a user wants to hear of.

Holds: `Choice`, of headers, applications, processes and addresses.
Must not touch: sockets; the mirror, which is always whole.
Invariants: gaps pass where anything could have been missed.
Tests: tests/client/test_choice.py.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from supvisors.model import (
    AddressStatus,
    ApplicationStatus,
    ProcessEvent,
    ProcessStatus,
    namespec,
)
from supvisors.wire import HEADERS
from supvisors.wire.happenings import Event, Gap, Happening, Joined, Status, Vanished


@dataclass(frozen=True, slots=True)
class _About:
    """What a happening is about; '' where that is nothing of the kind."""

    application: str = ""
    process: str = ""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """What is wanted; None stands for everything.

    What is about no application does not pass where applications are chosen, and likewise for
    the others. A process is about the addresses where it is; its events are about theirs.

    Attributes:
        headers: some of the five headers. A removal passes with the header of what is removed.
        applications: names.
        processes: namespecs (`group:name`), or `group:*` for all of one application.
        addresses: names.
    """

    headers: frozenset[str] = frozenset(HEADERS)
    applications: frozenset[str] | None = None
    processes: frozenset[str] | None = None
    addresses: frozenset[str] | None = None

    def takes(self, happening: Happening) -> bool:
        """Tell whether a happening is wanted."""
        match happening:
            case Joined():
                return True
            case Gap(header):
                return header in self.headers or header not in HEADERS
        if _header_of(happening) not in self.headers:
            return False
        about = _about(happening)
        return (
            (self.applications is None or about.application in self.applications)
            and (self.processes is None or _is_one_of(about, self.processes))
            and (self.addresses is None or not self.addresses.isdisjoint(about.addresses))
        )


def as_set(names: str | Collection[str] | None) -> frozenset[str] | None:
    """One name or several as a set; None stays."""
    if names is None:
        return None
    return frozenset([names] if isinstance(names, str) else names)


def _header_of(happening: Status | Event | Vanished) -> str:
    if isinstance(happening, Vanished):
        return "process" if happening.process else "application"
    return happening.header


def _is_one_of(about: _About, processes: Collection[str]) -> bool:
    if not about.process:
        return False
    names = (namespec(about.application, name) for name in (about.process, "*"))
    return any(name in processes for name in names)


def _about(happening: Status | Event | Vanished) -> _About:
    if isinstance(happening, Vanished):
        return _About(happening.application, happening.process)
    match happening.body:
        case AddressStatus(name):
            return _About(addresses=(name,))
        case ApplicationStatus(application):
            return _About(application)
        case ProcessStatus(application, process, addresses=addresses):
            return _About(application, process, addresses)
        case ProcessEvent(application, process, address=address):
            return _About(application, process, (address,))
    return _About()
