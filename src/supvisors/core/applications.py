"""The state of each application, from the states of its processes.

Holds: the rules of semantics section 6, as counters, so that one changed process costs the same
whatever the size of its application.
Must not touch: addresses, the single infos of a process, plans.
Invariants: the counters equal a count over all processes, whatever came before.
Tests: tests/core/test_applications.py, tests/core/test_properties.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from supvisors.model import (
    ApplicationState,
    ApplicationStatus,
    ProcessRule,
    ProcessState,
    ProcessStatus,
)

_COUNTED_AS: Final[Mapping[ProcessState, ApplicationState]] = {
    ProcessState.STARTING: ApplicationState.STARTING,
    ProcessState.BACKOFF: ApplicationState.STARTING,
    ProcessState.STOPPING: ApplicationState.STOPPING,
    ProcessState.RUNNING: ApplicationState.RUNNING,
    ProcessState.STOPPED: ApplicationState.STOPPED,
    ProcessState.EXITED: ApplicationState.STOPPED,
    ProcessState.FATAL: ApplicationState.STOPPED,
    ProcessState.UNKNOWN: ApplicationState.STOPPED,
}

#: The first of these that any process counts as is the state of the application.
_FIRST_MATCH: Final = (
    ApplicationState.STARTING,
    ApplicationState.STOPPING,
    ApplicationState.RUNNING,
)

_CAN_FAIL: Final = frozenset({ApplicationState.STARTING, ApplicationState.RUNNING})
_NOT_STARTED: Final = frozenset({ProcessState.STOPPED, ProcessState.FATAL, ProcessState.UNKNOWN})


def is_missing(status: ProcessStatus, rule: ProcessRule) -> bool:
    """Return whether a process makes its application fail (semantics, section 6).

    A required process does when it is not started; an optional one when it is FATAL or exited
    unexpectedly, or when it is in the start sequence and not started.
    """
    crashed = status.state is ProcessState.EXITED and not status.expected_exit
    if rule.required or rule.start_sequence > 0:
        return crashed or status.state in _NOT_STARTED
    return crashed or status.state is ProcessState.FATAL


@dataclass(slots=True, eq=False)
class Tally:
    """How many processes of an application count as what.

    Attributes:
        by_state: number of processes for each state that they could give the application.
        required_missing, optional_missing: numbers of processes that make it fail.
        status: the body that clients know, None before the first.
    """

    by_state: list[int] = field(default_factory=lambda: [0] * len(ApplicationState))
    required_missing: int = 0
    optional_missing: int = 0
    status: ApplicationStatus | None = None

    @property
    def is_empty(self) -> bool:
        return not any(self.by_state)

    def add(self, status: ProcessStatus, rule: ProcessRule, number: int) -> None:
        """Count a process in (`number` = 1) or out (-1)."""
        self.by_state[_COUNTED_AS[status.state]] += number
        if is_missing(status, rule):
            if rule.required:
                self.required_missing += number
            else:
                self.optional_missing += number

    def settle(self, name: str) -> bool:
        """Bring the status up to date, `name` being the application's; return if it changed."""
        state = ApplicationState.STOPPED
        for candidate in _FIRST_MATCH:
            if self.by_state[candidate]:
                state = candidate
                break
        can_fail = state in _CAN_FAIL
        major = can_fail and self.required_missing > 0
        minor = can_fail and self.optional_missing > 0
        was = self.status
        if was is not None and (was.state, was.major_failure, was.minor_failure) == (
            state,
            major,
            minor,
        ):
            return False
        self.status = ApplicationStatus(name, state, major, minor)
        return True


class Applications:
    """All applications that have a process."""

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = {}

    def count(
        self, rule: ProcessRule, before: ProcessStatus | None, after: ProcessStatus | None
    ) -> None:
        """Take note that a process changed.

        Args:
            before: its last status, None when it is new.
            after: its status now, None when it is gone.
        """
        named = after or before
        assert named is not None, "a process that neither was nor is cannot have changed"
        tally = self._tallies.get(named.application_name)
        if tally is None:
            tally = self._tallies[named.application_name] = Tally()
        if before is not None:
            tally.add(before, rule, -1)
        if after is not None:
            tally.add(after, rule, 1)

    def settle(self, name: str) -> ApplicationStatus | None:
        """Return the status of an application when it changed or is new, else None.

        An application without a process is forgotten, its last status being STOPPED.
        """
        tally = self._tallies[name]
        changed = tally.settle(name)
        if tally.is_empty:
            del self._tallies[name]
        return tally.status if changed else None

    def statuses(self) -> list[ApplicationStatus]:
        """Return what clients know of each application, by name."""
        known = (tally.status for tally in self._tallies.values())
        return sorted(
            (status for status in known if status is not None),
            key=lambda status: status.application_name,
        )
