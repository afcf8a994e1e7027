"""One process: what each address says of it, and what follows from all of that.

Holds: `Process`; `Forced` and `Verdict`, what counts in the place of what was said; `info_after`.
Must not touch: applications, the states of addresses, other processes.
Invariants: the merged state depends on the set of infos alone, not on the order in which they
came (semantics, section 5), so that agents that heard the same in another order agree.
Tests: tests/core/test_processes.py, tests/core/test_properties.py.

An address is given here by its index in the address list: that is also the order in which
`addresses` are published.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from supvisors.core.inputs import ProcessChanged
from supvisors.model import (
    PRESENT_STATES,
    USUAL_TIMING,
    ProcessInfo,
    ProcessRule,
    ProcessState,
    ProcessStatus,
    Transition,
    namespec,
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
SPAWNED_STATES: Final = PRESENT_STATES - {ProcessState.BACKOFF}

_NO_RULE: Final = ProcessRule()

#: Older than any info.
NOBODY: Final = (-1, -1)


@dataclass(frozen=True, slots=True)
class Forced:
    """A state that was concluded, not reported: its host was lost.

    Attributes:
        at_ns: date of the conclusion in POSIX ns. A newer event of the process elsewhere counts
            more.
    """

    state: ProcessState
    at_ns: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the master decided about a process that runs nowhere.

    Attributes:
        after: date in POSIX ns, and index, of the newest info that the master knew: a newer one
            counts more.
    """

    state: ProcessState
    why: str
    after: tuple[int, int]


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
        decided: what counts where it runs nowhere, by the master's word, or None.
        history: its last changes, oldest first; empty until the first is heard.
        has_run: it was RUNNING since it was started by anybody but Supervisor itself.
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
    newest: tuple[int, int] = field(init=False, default=NOBODY)
    forced: dict[int, Forced] = field(default_factory=dict)
    decided: Verdict | None = None
    history: tuple[Transition, ...] = ()
    has_run: bool = False
    status: ProcessStatus | None = None

    @property
    def namespec(self) -> str:
        return namespec(self.group, self.name)

    @property
    def in_conflict(self) -> bool:
        """Whether it runs more often than its rule wants (semantics, section 5)."""
        return self.managed and self.rule.single and len(self.awake) > 1

    @property
    def awake(self) -> list[int]:
        """Indexes of the addresses where it is present and not about to end, ascending."""
        infos = self.infos
        return [i for i in self.present if infos[i].state is not ProcessState.STOPPING]

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
            self.newest = max(dates, default=NOBODY)
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
        if self.decided is not None and self.newest <= self.decided.after:
            return self.decided.state, True
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
        change.pid if state in SPAWNED_STATES else 0,
        change.wall_ns,
        exit_facts,
        change.cause,
        change.restarts,
        change.again,
        before.timing if before is not None else USUAL_TIMING,
    )
