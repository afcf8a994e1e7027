"""The state of each application, from the states of its processes.

Holds: the rules of semantics section 6, as counters, so that one changed process costs the same
whatever the size of its application.
Must not touch: addresses, the single infos of a process, plans.
Invariants: the counters equal a count over all processes, whatever came before.
Tests: tests/core/test_applications.py, tests/core/test_properties.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

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
        plan: which way a plan under way takes it, None without one.
        waiting: names of the processes whose turn in that plan has not come: they do not fail it.
        status: the body that clients know, None before the first.
    """

    by_state: list[int] = field(default_factory=lambda: [0] * len(ApplicationState))
    required_missing: int = 0
    optional_missing: int = 0
    plan: Literal["start", "stop"] | None = None
    waiting: frozenset[str] = frozenset()
    status: ApplicationStatus | None = None

    @property
    def is_empty(self) -> bool:
        return not any(self.by_state)

    def add(self, status: ProcessStatus, rule: ProcessRule, number: int) -> None:
        """Count a process in (`number` = 1) or out (-1)."""
        self.by_state[_COUNTED_AS[status.state]] += number
        if status.process_name not in self.waiting and is_missing(status, rule):
            if rule.required:
                self.required_missing += number
            else:
                self.optional_missing += number

    def _state(self) -> ApplicationState:
        """Return the state (semantics, section 6): a plan under way keeps it from flapping."""
        if self.by_state[ApplicationState.STARTING] or self.plan == "start":
            return ApplicationState.STARTING
        if self.by_state[ApplicationState.STOPPING] or self.plan == "stop":
            return ApplicationState.STOPPING
        if self.by_state[ApplicationState.RUNNING]:
            return ApplicationState.RUNNING
        return ApplicationState.STOPPED

    def settle(self, name: str) -> bool:
        """Bring the status up to date, `name` being the application's; return if it changed."""
        state = self._state()
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
        self._plans: dict[str, tuple[Literal["start", "stop"], frozenset[str]]] = {}

    def plan(
        self,
        name: str,
        verb: Literal["start", "stop"] | None,
        waiting: frozenset[str],
        members: Iterable[tuple[ProcessRule, ProcessStatus]],
    ) -> None:
        """Take note of how far a plan for an application has come.

        Args:
            verb: which way it goes, None when there is none any more.
            waiting: names of the processes whose turn has not come.
            members: the processes of the application as they were counted.
        """
        if verb is None:
            self._plans.pop(name, None)
        else:
            self._plans[name] = verb, waiting
        tally = self._tallies.get(name)
        if tally is None:
            return
        concerned = [m for m in members if m[1].process_name in tally.waiting ^ waiting]
        for rule, status in concerned:
            tally.add(status, rule, -1)
        tally.plan, tally.waiting = verb, waiting
        for rule, status in concerned:
            tally.add(status, rule, 1)

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
            tally.plan, tally.waiting = self._plans.get(named.application_name, (None, frozenset()))
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

    def exists(self, name: str) -> bool:
        """Tell whether an application has a process."""
        return name in self._tallies

    def statuses(self) -> list[ApplicationStatus]:
        """Return what clients know of each application, by name."""
        known = (tally.status for tally in self._tallies.values())
        return sorted(
            (status for status in known if status is not None),
            key=lambda status: status.application_name,
        )
