"""The frames of the tap as the agent reads them, and what they mean to the core.

Holds: one msgspec struct per frame, their translation into core inputs, and `rewind`.
Must not touch: sockets; the meaning of a state.
Invariants: `rewind(list, records)` is the list that leads to `list` when the records are
applied to it, so that the core can hear late what it missed, record by record.
Tests: tests/link/test_tapframes.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from supvisors.core.inputs import (
    GroupAdded,
    GroupRemoved,
    GroupsReset,
    Loaded,
    ProcessChanged,
    SupervisordLeaving,
    TapRecord,
)
from supvisors.model import USUAL_TIMING, ExitFacts, ProcessInfo, ProcessState, Timing

#: Version of the frames that this agent understands; the plugin has the same constant.
TAP_VERSION = 2


class ExitFrame(msgspec.Struct):
    """How a run ended."""

    code: int | None = None
    signal: int | None = None
    run_time_ms: int | None = None
    spawn_error: str = ""


#: What was before an event: state, expected, pid, date, exit, cause, restarts, again.
Was = tuple[int, bool, int, int, ExitFrame | None, str, int, bool]


class ProcessFrame(msgspec.Struct):
    """A process in a list; `timing` is startsecs, startretries and stopwaitsecs."""

    group: str
    name: str
    state: int
    expected: bool
    pid: int
    event_ns: int
    exit: ExitFrame | None
    cause: str
    restarts: int
    again: bool
    timing: tuple[int, int, int]


class Hello(msgspec.Struct, tag="hello"):
    """First frame of a stream: whose it is, and the options of `[supvisors]`."""

    v: int
    boot: str
    supervisord_pid: int
    identifier: str
    file: str
    options: dict[str, str]
    problems: dict[str, str]


class Snapshot(msgspec.Struct, tag="snapshot"):
    """All processes as of record `seq`, for a reader that stood at record `after`.

    The records from `after + 1` to `seq` follow, but for those in `lost` (first, last).
    """

    seq: int
    after: int
    lost: tuple[int, int] | None
    processes: list[ProcessFrame]

    @property
    def base_seq(self) -> int:
        """Number of the last record before those that follow."""
        return self.lost[1] if self.lost else self.after


class Event(msgspec.Struct, tag="event"):
    """A process changed state."""

    seq: int
    wall_ns: int
    mono_ns: int
    group: str
    name: str
    state: int
    expected: bool
    pid: int
    exit: ExitFrame | None
    cause: str
    restarts: int
    again: bool
    was: Was


class Added(msgspec.Struct, tag="added"):
    """A group came."""

    seq: int
    group: str
    processes: list[ProcessFrame]


class Removed(msgspec.Struct, tag="removed"):
    """A group went; `was` are its processes as they were told last."""

    seq: int
    group: str
    was: list[ProcessFrame]


class Reset(msgspec.Struct, tag="reset"):
    """Supervisord reloaded: all processes before and after."""

    seq: int
    was: list[ProcessFrame]
    processes: list[ProcessFrame]


class Stopping(msgspec.Struct, tag="stopping"):
    """Supervisord began to stop everything."""

    seq: int
    mode: Literal["shutdown", "reload"]


Record = Event | Added | Removed | Reset | Stopping
StreamFrame = Hello | Snapshot | Record


class Call(msgspec.Struct, tag="call"):
    """Somebody called `supvisors.<method>` at supervisord."""

    id: int
    method: str
    params: list[msgspec.Raw]


class Done(msgspec.Struct, tag="done"):
    """Result of a verb; `fault` is '' when it was done, `result` what was asked for."""

    id: int
    fault: str = ""
    text: str = ""
    result: str = ""


CommandFrame = Call | Done

decode_stream = msgspec.json.Decoder(StreamFrame).decode
decode_command = msgspec.json.Decoder(CommandFrame).decode

_STATES = {int(state): state for state in ProcessState}


def loaded(address: str, boot: str, snapshot: Snapshot, records: Sequence[Record]) -> Loaded:
    """Return the list that a snapshot describes, as it was before `records` followed."""
    processes = rewind((_info(process) for process in snapshot.processes), records)
    return Loaded(address, boot, snapshot.base_seq, tuple(processes), snapshot.lost)


def record_input(address: str, boot: str, record: Record) -> TapRecord:
    """Return what a record says, in the words of the core."""
    match record:
        case Event():
            return ProcessChanged(
                address,
                boot,
                record.seq,
                record.wall_ns,
                record.group,
                record.name,
                _STATES[record.state],
                record.expected,
                record.pid,
                _exit(record.exit),
                record.cause,
                record.restarts,
                record.again,
            )
        case Added():
            return GroupAdded(address, boot, record.seq, record.group, _infos(record.processes))
        case Removed():
            return GroupRemoved(address, boot, record.seq, record.group)
        case Reset():
            return GroupsReset(address, boot, record.seq, _infos(record.processes))
        case Stopping():
            return SupervisordLeaving(address, boot, record.seq, record.mode)


def rewind(processes: Iterable[ProcessInfo], records: Sequence[Record]) -> list[ProcessInfo]:
    """Return the processes as they were before `records` happened.

    Args:
        processes: all processes after the records.
        records: the records in order, each with what was before it.
    """
    groups: dict[str, dict[str, ProcessInfo]] = {}
    for info in processes:
        groups.setdefault(info.group, {})[info.name] = info
    for record in reversed(records):
        match record:
            case Event():
                group = groups.setdefault(record.group, {})
                group[record.name] = _before(record, group.get(record.name))
            case Added():
                groups.pop(record.group, None)
            case Removed():
                groups[record.group] = {info.name: info for info in _infos(record.was)}
            case Reset():
                groups = {}
                for info in _infos(record.was):
                    groups.setdefault(info.group, {})[info.name] = info
            case Stopping():
                pass
    return [info for group in groups.values() for info in group.values()]


def _before(event: Event, after: ProcessInfo | None) -> ProcessInfo:
    """Return the process as it was before an event; its configuration is the same after it."""
    state, expected, pid, event_ns, exit_frame, cause, restarts, again = event.was
    return ProcessInfo(
        event.group,
        event.name,
        _STATES[state],
        expected,
        pid,
        event_ns,
        _exit(exit_frame),
        cause,
        restarts,
        again,
        after.timing if after is not None else USUAL_TIMING,
    )


def _infos(frames: Iterable[ProcessFrame]) -> tuple[ProcessInfo, ...]:
    return tuple(map(_info, frames))


def _info(frame: ProcessFrame) -> ProcessInfo:
    return ProcessInfo(
        frame.group,
        frame.name,
        _STATES[frame.state],
        frame.expected,
        frame.pid,
        frame.event_ns,
        _exit(frame.exit),
        frame.cause,
        frame.restarts,
        frame.again,
        Timing(*frame.timing),
    )


def _exit(frame: ExitFrame | None) -> ExitFacts | None:
    if frame is None:
        return None
    return ExitFacts(frame.code, frame.signal, frame.run_time_ms, frame.spawn_error)
