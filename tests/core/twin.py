"""A deliberately dumb core, and a client that folds what is published.

Holds: the statuses computed from scratch, sentence by sentence after semantics, sections 5
and 6; `Folded`, what a client knows that has heard everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from supvisors.model import (
    AddressStatus,
    ApplicationState,
    ApplicationStatus,
    Body,
    ProcessInfo,
    ProcessRule,
    ProcessState,
    ProcessStatus,
    SupvisorsStatus,
)
from tests.core.taps import Tap

S = ProcessState
Key = tuple[str, str]


def process_status(key: Key, taps: Sequence[Tap]) -> ProcessStatus | None:
    """Return the status of a process as the lists of all supervisords, in list order, have it."""
    infos = [(index, tap.known[key]) for index, tap in enumerate(taps) if key in tap.known]
    if not infos:
        return None
    present = [i for i in infos if i[1].state in (S.STARTING, S.RUNNING, S.BACKOFF, S.STOPPING)]
    state, expected = _state(infos, present)
    return ProcessStatus(
        *key,
        state,
        expected,
        sorted(info.event_ns for _, info in infos)[-1] // 10**9,
        tuple(taps[index].address for index, _ in present),
    )


def _state(
    infos: list[tuple[int, ProcessInfo]], present: list[tuple[int, ProcessInfo]]
) -> tuple[ProcessState, bool]:
    if not present:
        newest = sorted(infos, key=lambda item: (item[1].event_ns, item[0]))[-1][1]
        return newest.state, newest.expected
    awake = [info.state for _, info in present if info.state is not S.STOPPING]
    if not awake:
        return S.STOPPING, True
    if len(awake) == 1:
        return awake[0], True
    if S.RUNNING in awake:
        return S.RUNNING, True
    return (S.BACKOFF if S.BACKOFF in awake else S.STARTING), True


def application_status(
    name: str, processes: Iterable[ProcessStatus], rules: Mapping[str, ProcessRule]
) -> ApplicationStatus:
    """Return the status of an application from all its processes."""
    members = [process for process in processes if process.application_name == name]
    states = {process.state for process in members}
    if S.STARTING in states or S.BACKOFF in states:
        state = ApplicationState.STARTING
    elif S.STOPPING in states:
        state = ApplicationState.STOPPING
    elif S.RUNNING in states:
        state = ApplicationState.RUNNING
    else:
        state = ApplicationState.STOPPED
    major = minor = False
    for process in members:
        rule = rules.get(f"{name}:{process.process_name}", ProcessRule())
        crashed = process.state is S.EXITED and not process.expected_exit
        not_started = crashed or process.state in (S.STOPPED, S.FATAL, S.UNKNOWN)
        if rule.required:
            major |= not_started
        else:
            minor |= crashed or process.state is S.FATAL
            minor |= rule.start_sequence > 0 and not_started
    alive = state in (ApplicationState.STARTING, ApplicationState.RUNNING)
    return ApplicationStatus(name, state, alive and major, alive and minor)


def loading(tap: Tap, rules: Mapping[str, ProcessRule]) -> int:
    """Return the loading of an address from all its processes."""
    total = 0
    for info in tap.known.values():
        if info.state in (S.STARTING, S.RUNNING, S.BACKOFF, S.STOPPING):
            total += rules.get(info.namespec, ProcessRule()).expected_loading
    return min(total, 100)


@dataclass
class Folded:
    """What a client knows that has heard everything from the first message on.

    A process that is UNKNOWN and nowhere may have been removed, or be UNKNOWN indeed: its body
    does not tell. The same holds for an application that is STOPPED.
    """

    supvisors: SupvisorsStatus | None = None
    addresses: dict[str, AddressStatus] = field(default_factory=dict)
    applications: dict[str, ApplicationStatus] = field(default_factory=dict)
    processes: dict[Key, ProcessStatus] = field(default_factory=dict)

    def fold(self, body: Body) -> None:
        match body:
            case SupvisorsStatus():
                self.supvisors = body
            case AddressStatus():
                self.addresses[body.address_name] = body
            case ApplicationStatus():
                self.applications[body.application_name] = body
            case ProcessStatus():
                self.processes[body.application_name, body.process_name] = body

    def last(self, body: Body) -> Body | None:
        """Return what was last heard of the object of `body`."""
        match body:
            case SupvisorsStatus():
                return self.supvisors
            case AddressStatus():
                return self.addresses.get(body.address_name)
            case ApplicationStatus():
                return self.applications.get(body.application_name)
            case ProcessStatus():
                return self.processes.get((body.application_name, body.process_name))
        return None
