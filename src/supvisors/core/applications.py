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

from supvisors.core.messages import Plan
from supvisors.model import (
    ApplicationState,
    ApplicationStatus,
    ProcessRule,
    ProcessState,
    ProcessStatus,
    namespec,
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


def _is_excused(status: ProcessStatus, plan: Plan | None) -> bool:
    """Tell whether a process does not fail its application because of a plan.

    Its turn has not come; or it has, and its supervisord has said nothing of it yet.
    """
    if plan is None:
        return False
    name = namespec(status.application_name, status.process_name)
    is_still = status.state is ProcessState.STOPPED and plan.verb == "start"
    return name in plan.waiting or (is_still and name in plan.active)


@dataclass(slots=True, eq=False)
class Tally:
    """How many processes of an application count as what.

    Attributes:
        by_state: number of processes for each state that they could give the application.
        required_missing, optional_missing: numbers of processes that make it fail.
        plan: the plan under way that takes it somewhere, None without one.
    """

    by_state: list[int] = field(default_factory=lambda: [0] * len(ApplicationState))
    required_missing: int = 0
    optional_missing: int = 0
    plan: Plan | None = None
    status: ApplicationStatus | None = None

    @property
    def is_empty(self) -> bool:
        return not any(self.by_state)

    def add(self, status: ProcessStatus, rule: ProcessRule, number: int) -> None:
        """Count a process in (`number` = 1) or out (-1)."""
        self.by_state[_COUNTED_AS[status.state]] += number
        if is_missing(status, rule) and not _is_excused(status, self.plan):
            if rule.required:
                self.required_missing += number
            else:
                self.optional_missing += number

    def _state(self) -> ApplicationState:
        """Return the state (semantics, section 6): a plan under way keeps it from flapping."""
        if self.by_state[ApplicationState.STARTING] or self._goes("start"):
            return ApplicationState.STARTING
        if self.by_state[ApplicationState.STOPPING] or self._goes("stop"):
            return ApplicationState.STOPPING
        if self.by_state[ApplicationState.RUNNING]:
            return ApplicationState.RUNNING
        return ApplicationState.STOPPED

    def _goes(self, verb: Literal["start", "stop"]) -> bool:
        return self.plan is not None and self.plan.verb == verb

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
        self._plans: dict[str, Plan] = {}

    def plan(
        self, name: str, plan: Plan | None, members: Iterable[tuple[ProcessRule, ProcessStatus]]
    ) -> None:
        """Take note of how far a plan for an application has come.

        Args:
            plan: None when there is none any more.
            members: the processes of the application as they were counted.
        """
        if plan is None:
            self._plans.pop(name, None)
        else:
            self._plans[name] = plan
        tally = self._tallies.get(name)
        if tally is None:
            return
        before = tally.plan
        changed = [m for m in members if _is_excused(m[1], before) != _is_excused(m[1], plan)]
        for rule, status in changed:
            tally.add(status, rule, -1)
        tally.plan = plan
        for rule, status in changed:
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
            tally.plan = self._plans.get(named.application_name)
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
