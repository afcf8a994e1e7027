"""Each process as all addresses together see it.

Holds: one info per address for each process; the rule that merges them; conflicts; loadings.
Must not touch: applications, the states of addresses, what to do about a conflict.
Invariants: the merged state depends on the set of infos alone, not on the order in which they
came (semantics, section 5), so that agents that heard the same in another order agree.
Tests: tests/core/test_processes.py, tests/core/test_properties.py.

An address is given here by its index in the address list: that is also the order in which
`addresses` are published.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from supvisors.core.inputs import ProcessChanged
from supvisors.core.rulebook import RuleBook
from supvisors.model import (
    PRESENT_STATES,
    ProcessInfo,
    ProcessRule,
    ProcessState,
    ProcessStatus,
)

NS_PER_S: Final = 1_000_000_000

#: The merged state is the first of these that any address reports.
_PRECEDENCE: Final = (
    ProcessState.RUNNING,
    ProcessState.BACKOFF,
    ProcessState.STARTING,
    ProcessState.STOPPING,
)

#: States in which there is a UNIX process. Supervisor clears a pid only after it has told the
#: end, so that a pid in another state is the one of a process that is gone.
_SPAWNED_STATES: Final = PRESENT_STATES - {ProcessState.BACKOFF}

_NO_RULE: Final = ProcessRule()

#: Older than any info.
_NOBODY: Final = (-1, -1)


@dataclass(frozen=True, slots=True)
class Forced:
    """A state that was decided, not reported: its host was lost.

    Attributes:
        at_ns: date of the decision in POSIX ns. A newer event of the process elsewhere counts
            more.
    """

    state: ProcessState
    at_ns: int


@dataclass(frozen=True, slots=True)
class ProcessOnAddress:
    """What one address says of one process."""

    address: str
    info: ProcessInfo


@dataclass(slots=True, eq=False)
class Process:
    """One process with all that is known of it.

    Attributes:
        rule: what the operator declares about it, or the default.
        managed: the rules name its application.
        infos: the last info of each address that knows it, by list index.
        present: indexes of the addresses where it is present, ascending.
        newest: date in POSIX ns, and index, of the newest info.
        forced: for the hosts that are lost, by list index, what counts in the place of their
            infos. What such a host says itself ends it.
        status: the body that clients know, None before the first.

    `present` and `newest` follow from `infos`. They are kept so that a change costs the same
    however many addresses know the process.
    """

    group: str
    name: str
    rule: ProcessRule = _NO_RULE
    managed: bool = False
    infos: dict[int, ProcessInfo] = field(init=False, default_factory=dict)
    present: list[int] = field(init=False, default_factory=list)
    newest: tuple[int, int] = field(init=False, default=_NOBODY)
    forced: dict[int, Forced] = field(default_factory=dict)
    status: ProcessStatus | None = None

    @property
    def in_conflict(self) -> bool:
        """Whether it runs more often than its rule wants (semantics, section 5)."""
        states = [self.infos[index].state for index in self.present]
        awake = len(states) - states.count(ProcessState.STOPPING)
        return self.managed and self.rule.single and awake > 1

    def put(self, index: int, info: ProcessInfo | None) -> int:
        """Set what an address says, None for nothing.

        Infos of one address come in the sequence of its records: the last one replaces the one
        before, whatever its date.

        Returns:
            on how many addresses more it is present now: 1, 0 or -1.
        """
        before = self.infos.pop(index, None)
        was, now = _is_present(before), _is_present(info)
        if now and not was:
            insort(self.present, index)
        elif was and not now:
            self.present.remove(index)
        if info is not None:
            self.infos[index] = info
        if info is not None and (info.event_ns, index) >= self.newest:
            self.newest = (info.event_ns, index)
        elif self.newest[1] == index:
            dates = [(other.event_ns, i) for i, other in self.infos.items()]
            self.newest = max(dates, default=_NOBODY)
        return now - was

    def body(self, addresses: Sequence[str]) -> ProcessStatus:
        """Return its status; UNKNOWN and nowhere when no address knows it any more.

        Args:
            addresses: names of the address list.
        """
        if not self.infos:
            assert self.status is not None, f"nobody ever knew {self.group}:{self.name}"
            last_s = self.status.last_event_time_s
            return ProcessStatus(self.group, self.name, ProcessState.UNKNOWN, True, last_s)
        state, expected = self._merged()
        return ProcessStatus(
            self.group,
            self.name,
            state,
            expected,
            self.newest[0] // NS_PER_S,
            tuple([addresses[index] for index in self.present]),
        )

    def _merged(self) -> tuple[ProcessState, bool]:
        """Return its state over all addresses, and whether its exit is expected.

        Source: semantics, section 5. It is the state where it is present, the most alive first;
        when it is nowhere, that of the newest info, a forced one in its place.
        """
        states = [self.infos[index].state for index in self.present]
        for state in _PRECEDENCE:
            if state in states:
                return state, True
        if not self.forced:
            info = self.infos[self.newest[1]]
            return info.state, info.expected
        said = [
            (self.forced[i].at_ns, i, self.forced[i].state, True)
            if i in self.forced
            else (info.event_ns, i, info.state, info.expected)
            for i, info in self.infos.items()
        ]
        return max(said)[2:]


def _is_present(info: ProcessInfo | None) -> bool:
    return info is not None and info.state in PRESENT_STATES


def info_after(change: ProcessChanged, before: ProcessInfo | None) -> ProcessInfo:
    """Return what an address says of a process after a change of it.

    How its last run ended is kept through the next one.
    """
    state, exit_facts = change.state, change.exit
    if exit_facts is None and before is not None:
        exit_facts = before.exit
    return ProcessInfo(
        change.group,
        change.name,
        state,
        change.expected or state is not ProcessState.EXITED,
        change.pid if state in _SPAWNED_STATES else 0,
        change.wall_ns,
        exit_facts,
    )


class Processes:
    """All processes that any address knows.

    Args:
        addresses: names of the address list.
        rules: what operators declare.
    """

    def __init__(self, addresses: Sequence[str], rules: RuleBook) -> None:
        self._addresses = tuple(addresses)
        self._rules = rules
        self._groups: dict[str, dict[str, Process]] = {}
        self._loadings = [0] * len(self._addresses)

    def __iter__(self) -> Iterator[Process]:
        """Yield every process, by application and name."""
        for _, group in sorted(self._groups.items()):
            for _, process in sorted(group.items()):
                yield process

    def find(self, named: str) -> Process | None:
        """Return a process by its namespec, None when nobody knows it."""
        group, _, name = named.partition(":")
        return self._groups.get(group, {}).get(name)

    def loading(self, index: int) -> int:
        """Return the sum of the expected loadings of what is present there, in [0;100] %."""
        return min(100, self._loadings[index])

    def change(self, index: int, change: ProcessChanged) -> tuple[Process, ProcessInfo | None]:
        """Take note of a change on an address.

        Returns:
            the process, and what the address said of it before, None when it did not know it.
        """
        process = self._find_or_create(change.group, change.name)
        before = process.infos.get(index)
        self._put(index, process, info_after(change, before))
        return process, before

    def replace(
        self, index: int, infos: Iterable[ProcessInfo], group: str | None = None
    ) -> list[Process]:
        """Replace all that an address says, or all that it says of one group.

        Returns:
            the processes of which it says something else now, those that it no longer knows
            included, in the order of `infos`, then of their first appearance.
        """
        touched, kept = [], set()
        for info in infos:
            if info.pid and info.state not in _SPAWNED_STATES:
                info = replace(info, pid=0)
            process = self._find_or_create(info.group, info.name)
            if index in process.forced or process.infos.get(index) != info:
                self._put(index, process, info)
                touched.append(process)
            kept.add(process)
        for process in self._known_to(index, group):
            if process not in kept:
                self._put(index, process, None)
                touched.append(process)
        return touched

    def infos_of(self, index: int) -> tuple[ProcessInfo, ...]:
        """Return what an address says of its processes, by application and name."""
        return tuple(process.infos[index] for process in self if index in process.infos)

    def lose(self, index: int, at_ns: int, left: bool = False) -> list[Process]:
        """Take note that a host is lost, with all that was present there.

        What was not present keeps its last state. A process that has no address left is FATAL
        when it was running, STOPPED when it was stopping (semantics, section 5).

        Args:
            at_ns: date of the loss in POSIX ns. No event of the lost host is later than that,
                whatever the clocks of the hosts say.
            left: its supervisord said good-bye: what ran there was stopped.

        Returns:
            the processes that were present there.
        """
        touched = []
        for process in self._known_to(index, None):
            if index not in process.present:
                continue
            info = process.infos[index]
            self._put(index, process, replace(info, state=ProcessState.UNKNOWN, pid=0))
            stopping = left or info.state is ProcessState.STOPPING
            verdict = ProcessState.STOPPED if stopping else ProcessState.FATAL
            process.forced[index] = Forced(verdict, max(at_ns, info.event_ns))
            touched.append(process)
        return touched

    def settle(self, process: Process) -> ProcessStatus:
        """Return the status of a process, which is known to clients from now on.

        A process that no address knows any more is forgotten.
        """
        process.status = process.body(self._addresses)
        if not process.infos:
            members = self._groups[process.group]
            del members[process.name]
            if not members:
                del self._groups[process.group]
        return process.status

    def _find_or_create(self, group: str, name: str) -> Process:
        members = self._groups.get(group)
        if members is None:
            members = self._groups[group] = {}
        process = members.get(name)
        if process is None:
            rule, managed = self._rules.process(group, name), self._rules.is_managed(group)
            process = members[name] = Process(group, name, rule, managed)
        return process

    def _put(self, index: int, process: Process, info: ProcessInfo | None) -> None:
        """Set what an address says of a process, None for nothing; keep its loading right."""
        process.forced.pop(index, None)
        self._loadings[index] += process.put(index, info) * process.rule.expected_loading

    def _known_to(self, index: int, group: str | None) -> list[Process]:
        groups = self._groups.values() if group is None else [self._groups.get(group, {})]
        return [
            process for members in groups for process in members.values() if index in process.infos
        ]
