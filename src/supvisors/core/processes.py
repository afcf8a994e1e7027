"""All processes that any address knows, as all addresses together see them.

Holds: `Processes`: the processes by name, conflicts, loadings.
Must not touch: applications, the states of addresses, what to do about a conflict.
Invariants: the loading of an address is the sum over what is present there; the conflicts are
those whose rule says so, whatever came before.
Tests: tests/core/test_processes.py, tests/core/test_properties.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from supvisors.core.inputs import ProcessChanged
from supvisors.core.messages import Decided
from supvisors.core.process import (
    NOBODY,
    SPAWNED_STATES,
    Forced,
    Process,
    ProcessOnAddress,
    Verdict,
    info_after,
)
from supvisors.core.rulebook import RuleBook
from supvisors.model import ApplicationRule, ProcessInfo, ProcessState, ProcessStatus


class Processes:
    """All processes that any address knows.

    Args:
        addresses: names of the address list.
        rules: what operators declare.

    Attributes:
        conflicts: those that run more often than their rule wants, in no order.
    """

    def __init__(self, addresses: Sequence[str], rules: RuleBook) -> None:
        self._addresses = tuple(addresses)
        self._rules = rules
        self._groups: dict[str, dict[str, Process]] = {}
        self._verdicts: dict[str, Verdict] = {}
        self._loadings = [0] * len(self._addresses)
        self.conflicts: set[Process] = set()

    def __iter__(self) -> Iterator[Process]:
        """Yield every process, by application and name."""
        for _, group in sorted(self._groups.items()):
            for _, process in sorted(group.items()):
                yield process

    def shown(
        self,
    ) -> tuple[tuple[ProcessStatus, ...], tuple[ProcessOnAddress, ...], tuple[str, ...]]:
        """Return the statuses, what each address says, and the names of those in conflict."""
        processes = list(self)
        return (
            tuple(p.status for p in processes if p.status is not None),
            tuple(
                ProcessOnAddress(self._addresses[index], info)
                for process in processes
                for index, info in sorted(process.infos.items())
            ),
            tuple(sorted(process.namespec for process in self.conflicts)),
        )

    def find(self, named: str) -> Process | None:
        """Return a process by its namespec, None when nobody knows it."""
        group, _, name = named.partition(":")
        return self._groups.get(group, {}).get(name)

    def loading(self, index: int) -> int:
        """Return the sum of the expected loadings of what is present there, in [0;100] %."""
        return min(100, self._loadings[index])

    def name_of(self, index: int) -> str:
        """Return the name of an address."""
        return self._addresses[index]

    def decide(self, decided: Decided) -> Process | None:
        """Take note of a decision of the master, or that it was taken back.

        Returns:
            the process, None when nobody has told of it yet: it counts as soon as somebody does.
        """
        is_listed = decided.after in self._addresses
        # lists may differ in order: of what is of one date the decision counts
        after = (decided.after_ns, len(self._addresses)) if is_listed else NOBODY
        self._verdicts.pop(decided.namespec, None)
        if decided.state is not None:
            self._verdicts[decided.namespec] = Verdict(decided.state, decided.why, after)
        process = self.find(decided.namespec)
        if process is not None:
            process.decided = self._verdicts.get(decided.namespec)
        return process

    def reread(self, rules: RuleBook) -> None:
        """Let other rules be in force. Who counts by the rules has to count anew."""
        self._rules = rules
        self._loadings = [0] * len(self._addresses)
        self.conflicts.clear()
        for process in self:
            process.rule = rules.process(process.group, process.name)
            process.managed = rules.is_managed(process.group)
            for index in process.present:
                self._loadings[index] += process.rule.expected_loading
            self._judge_conflict(process)

    def load_of(self, index: int) -> int:
        """Return the sum of the expected loadings of what is present there, in %, over 100 too."""
        return self._loadings[index]

    def rule_of(self, application: str) -> ApplicationRule:
        """Return the rule of an application, the default when it is not managed."""
        return self._rules.application(application)

    def members(self, application: str) -> list[Process]:
        """Return the processes of an application, by name."""
        return [process for _, process in sorted(self._groups.get(application, {}).items())]

    @property
    def applications(self) -> list[str]:
        """The applications that anybody knows, by name."""
        return sorted(self._groups)

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
            if info.pid and info.state not in SPAWNED_STATES:
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
            process.decided = self._verdicts.get(process.namespec)
        return process

    def _put(self, index: int, process: Process, info: ProcessInfo | None) -> None:
        """Set what an address says of a process, None for nothing; keep its loading right."""
        process.forced.pop(index, None)
        self._loadings[index] += process.put(index, info) * process.rule.expected_loading
        if process.managed:
            self._judge_conflict(process)

    def _judge_conflict(self, process: Process) -> None:
        if process.in_conflict:
            self.conflicts.add(process)
        else:
            self.conflicts.discard(process)

    def _known_to(self, index: int, group: str | None) -> list[Process]:
        groups = self._groups.values() if group is None else [self._groups.get(group, {})]
        return [
            process for members in groups for process in members.values() if index in process.infos
        ]
