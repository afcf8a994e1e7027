"""What became of each process, and why: its last changes, in words.

Holds: `remember`, which every change of a process passes; `has_failed`.
Must not touch: what is done about a failure.
Invariants: the last `TRANSITIONS_MAX` changes of a process are kept, oldest first.
Tests: tests/core/test_history.py.

The words come from the supervisord of the address: who started or stopped it (`ProcessInfo.cause`)
and how its run ended (`ExitFacts`).
"""

from __future__ import annotations

from typing import Final

from supvisors.core.process import Process
from supvisors.model import (
    BY_AUTORESTART,
    ExitFacts,
    ProcessInfo,
    ProcessState,
    Transition,
)

TRANSITIONS_MAX: Final = 8

_AT_REST: Final = frozenset(
    {ProcessState.STOPPED, ProcessState.EXITED, ProcessState.FATAL, ProcessState.UNKNOWN}
)


def remember(process: Process, address: str, before: ProcessInfo | None, info: ProcessInfo) -> None:
    """Take note of a change of a process on an address."""
    state_before = before.state if before is not None else None
    change = Transition(info.event_ns, address, state_before, info.state, why(info))
    process.history = (*process.history[-(TRANSITIONS_MAX - 1) :], change)
    if info.state is ProcessState.RUNNING:
        process.has_run = True
    elif info.state in (ProcessState.STOPPING, ProcessState.STOPPED):
        states = [process.infos[index].state for index in process.present]
        process.has_run = ProcessState.RUNNING in states  # a copy elsewhere may fail yet
    elif info.state is ProcessState.STARTING and _is_new_start(before, info):
        process.has_run = False


def has_failed(process: Process, info: ProcessInfo) -> bool:
    """Tell whether a process that was RUNNING has ended for good and not as it should.

    Supervisor has given up, or was not to start it again (semantics, section 7). One that never
    got as far is the affair of who started it.
    """
    if not process.has_run:
        return False
    if info.state is ProcessState.EXITED:
        return not info.expected and not info.again
    return info.state is ProcessState.FATAL


def why(info: ProcessInfo) -> str:
    """Return in words why an address tells this of a process."""
    if info.state is ProcessState.EXITED:
        return _end(info.exit) + (", Supervisor starts it again" if info.again else "")
    if info.state is ProcessState.BACKOFF:
        return f"it ended too early: {_end(info.exit)}; Supervisor tries again"
    if info.state is ProcessState.FATAL:
        return f"Supervisor gave up: {_end(info.exit)}"
    return info.cause


def _end(facts: ExitFacts | None) -> str:
    if facts is None:
        return "it ended"
    if facts.signal is not None:
        words = f"signal {facts.signal}"
    elif facts.code is not None:
        words = f"exit code {facts.code}"
    else:
        return facts.spawn_error or "it was not spawned"
    return words if facts.run_time_ms is None else f"{words} after {facts.run_time_ms / 1000:.1f} s"


def _is_new_start(before: ProcessInfo | None, info: ProcessInfo) -> bool:
    """Tell whether somebody else than Supervisor started it again."""
    if before is not None and before.state not in _AT_REST:
        return False
    return info.cause != BY_AUTORESTART
