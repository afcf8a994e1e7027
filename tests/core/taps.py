"""A supervisord's tap as the link tells it: a process list and numbered records.

Holds: `Tap`, which keeps the list that its records lead to; `heard`, the same as a peer's core
hears it, over the bus; `started`, a core that runs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from supvisors.core import Core, Limits
from supvisors.core.inputs import (
    Fetched,
    Got,
    GroupAdded,
    GroupRemoved,
    GroupsReset,
    Input,
    Loaded,
    PeerList,
    ProcessChanged,
    Started,
    SupervisordLeaving,
    TapRecord,
    Ticked,
)
from supvisors.core.messages import Beat
from supvisors.core.outputs import Note, Output, Publish
from supvisors.core.rulebook import FixedRules
from supvisors.model import Body, ExitFacts, ProcessInfo, ProcessRule, ProcessState, SupvisorsState

AGENT_BOOT = "agent of a peer"
#: Numbers of beats: they only have to rise.
_numbers = itertools.count(1)
#: For tests in which time is of no account.
PATIENT = Limits(tick_period_s=1e6)
SPAWNED = (ProcessState.STARTING, ProcessState.RUNNING, ProcessState.STOPPING)


@dataclass
class Tap:
    """One supervisord that keeps every promise of the link."""

    address: str
    boot: str = "b1"
    seq: int = 0
    known: dict[tuple[str, str], ProcessInfo] = field(default_factory=dict)

    def next(self) -> int:
        self.seq += 1
        return self.seq

    def beat(self, ms: int = 1_000) -> Ticked:
        return Ticked(self.address, remote_ms=ms, local_ms=ms + 1)

    def loaded(self, lost: tuple[int, int] | None = None) -> Loaded:
        return Loaded(self.address, self.boot, self.seq, tuple(self.known.values()), lost)

    def change(
        self,
        group: str,
        name: str,
        state: ProcessState,
        *,
        wall_ns: int = 0,
        pid: int = 0,
        expected: bool = True,
        exit_facts: ExitFacts | None = None,
        cause: str = "",
        restarts: int = 0,
        again: bool = False,
    ) -> ProcessChanged:
        before = self.known.get((group, name))
        self.known[group, name] = ProcessInfo(
            group,
            name,
            state,
            expected,
            pid if state in SPAWNED else 0,
            wall_ns,
            exit_facts or (before.exit if before is not None else None),
            cause,
            restarts,
            again,
        )
        return ProcessChanged(
            self.address,
            self.boot,
            self.next(),
            wall_ns,
            group,
            name,
            state,
            expected,
            pid,
            exit_facts,
            cause,
            restarts,
            again,
        )

    def add(self, group: str, infos: Iterable[ProcessInfo]) -> GroupAdded:
        added = tuple(infos)
        self._forget(group)
        self.known |= {(info.group, info.name): info for info in added}
        return GroupAdded(self.address, self.boot, self.next(), group, added)

    def remove(self, group: str) -> GroupRemoved:
        self._forget(group)
        return GroupRemoved(self.address, self.boot, self.next(), group)

    def reset(self, infos: Iterable[ProcessInfo]) -> GroupsReset:
        self.known = {(info.group, info.name): info for info in infos}
        processes = tuple(self.known.values())
        return GroupsReset(self.address, self.boot, self.next(), processes)

    def leaving(self, mode: Literal["shutdown", "reload"]) -> SupervisordLeaving:
        return SupervisordLeaving(self.address, self.boot, self.next(), mode)

    def _forget(self, group: str) -> None:
        self.known = {key: info for key, info in self.known.items() if key[0] != group}


def tap(address: str = "alpha", **states: str) -> Tap:
    """Return a tap whose list has processes of the group `shop`, given as name=STATE."""
    infos = [ProcessInfo("shop", name, ProcessState[state]) for name, state in states.items()]
    return Tap(address, known={(info.group, info.name): info for info in infos})


def heard(local: str, happening: Input) -> Input:
    """Return what the core of `local` hears when this happens at some address."""
    address = getattr(happening, "address", local)
    if address == local:
        return happening
    if isinstance(happening, Ticked):
        beat = Beat(next(_numbers), SupvisorsState.OPERATION, ready=True, heard=(local,))
        return replace(happening, boot=AGENT_BOOT, beat=beat)
    if isinstance(happening, Loaded):
        listed = PeerList(happening.boot, happening.seq, happening.processes)
        return Fetched(address, AGENT_BOOT, listed)
    assert isinstance(happening, TapRecord)
    return Got(address, AGENT_BOOT, happening)


def started(
    *taps: Tap, rules: Mapping[str, ProcessRule] | None = None, addresses: tuple[str, ...] = ()
) -> Core:
    """Return a core, started at time 0, that heard a beat and the list of each tap."""
    listed = addresses or tuple(tap.address for tap in taps)
    core = Core(listed, listed[0], rules=FixedRules(rules), limits=PATIENT)
    core.handle(0.0, Started())
    for each in taps:
        core.handle(0.0, heard(listed[0], each.beat()))
        core.handle(0.0, heard(listed[0], each.loaded()))
    return core


def bodies(outputs: Iterable[Output]) -> list[Body]:
    """Return what is published."""
    return [output.body for output in outputs if isinstance(output, Publish)]


def notes(outputs: Iterable[Output], *levels: str) -> list[Note]:
    """Return the notes of some levels, by default those that an operator sees."""
    wanted = levels or ("info", "warn")
    return [note for note in outputs if isinstance(note, Note) and note.level in wanted]
