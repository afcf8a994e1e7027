"""What supervisord's processes do, as numbered records.

Holds: `Tap`: subscriptions to Supervisor's events, the ring, the snapshot; which processes
`autostart` has to leave alone.
Must not touch: sockets, the agent, decisions.
Invariants: one record for each change, numbered in the order in which Supervisor made them;
a snapshot is the effect of all records up to the ring's last; ring, numbers and boot
identity survive a reload.
Tests: tests/live/test_tap.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from supervisor import events
from supervisor.states import ProcessStates, SupervisorStates

from supvisors.plugin.causes import BY_COMMAND
from supvisors.plugin.guard import Guard
from supvisors.plugin.held import ATTRIBUTE, Held, Told, held_of, monotonic_ns
from supvisors.plugin.intents import Intents
from supvisors.plugin.program import is_agent
from supvisors.plugin.records import Ring
from supvisors.plugin.wake import Wakeups

Listener = Callable[[Any], None]


class Tap:
    """Records of one supervisord over all its reloads.

    Args:
        guard: stands between Supervisor's events and every method here.
        may_spawn: asked before a process is spawned.
    """

    def __init__(self, guard: Guard, may_spawn: Callable[[Any], bool]) -> None:
        self.ring = Ring()
        self._guard = guard
        self._may_spawn = may_spawn
        self._intents = Intents(guard)
        self._removed: set[str] = set()
        self._supervisord: Any = None
        self._wakeups: Wakeups | None = None
        self._groups: dict[str, dict[str, Held]] = {}

    def subscribe(self, supervisord: Any) -> None:
        """Listen to the events of a supervisord that starts or reloads."""
        self._supervisord = supervisord
        handlers: list[tuple[type, Listener]] = [
            (events.ProcessStateEvent, self._on_state),
            (events.ProcessGroupAddedEvent, self._on_group_added),
            (events.ProcessGroupRemovedEvent, self._on_group_removed),
            (events.SupervisorStoppingEvent, self._on_stopping),
        ]
        for event_type, handler in handlers:
            events.subscribe(event_type, self._guard.wrap(handler, None))

    def begin(self, wakeups: Wakeups) -> None:
        """Take hold of all processes: supervisord runs now, or runs again after a reload."""
        self._wakeups = wakeups
        was = self.processes()
        self._read_intents()
        self._removed.clear()
        self._groups = {}
        for name, group in self._supervisord.process_groups.items():
            self._hold_group(name, group)
        if self.ring.last:
            self.ring.append("reset", {"was": was, "processes": self.processes()})

    def end(self) -> None:
        """Supervisord ends or is about to reload: no loop to wake any more."""
        self._wakeups = None

    def processes(self) -> list[dict[str, Any]]:
        """Return every process as the records have told it."""
        return [_told(held) for group in self._groups.values() for held in group.values()]

    def group(self, name: str) -> list[dict[str, Any]]:
        """Return the processes of one group as the records have told them."""
        return [_told(held) for held in self._groups[name].values()]

    # --- Supervisor's events ---------------------------------------------------------------

    def _on_state(self, event: Any) -> None:
        process = event.process
        wall_ns, mono_ns = time.time_ns(), monotonic_ns()
        held = self._hold(process)
        self._flush_starting(held)
        if process.state == ProcessStates.STARTING:
            held.note_spawn(mono_ns)
            # kept until `spawn` returns or fails, when its pid is known
            held.starting = (wall_ns, mono_ns)
        else:
            expected = bool(event.expected) or process.state != ProcessStates.EXITED
            self._record_state(held, process.state, expected, wall_ns, mono_ns)
        self._wake_for(process)

    def _flush_starting(self, held: Held) -> None:
        if held.starting is not None:
            (wall_ns, mono_ns), held.starting = held.starting, None
            self._record_state(held, ProcessStates.STARTING, True, wall_ns, mono_ns)

    def _record_state(
        self, held: Held, state: int, expected: bool, wall_ns: int, mono_ns: int
    ) -> None:
        exit_facts = None if state == ProcessStates.STARTING else held.exit_facts(mono_ns)
        was, told = held.tell(state, expected, wall_ns, exit_facts), held.told
        self.ring.append(
            "event",
            {
                "wall_ns": wall_ns,
                "mono_ns": mono_ns,
                "group": held.group,
                "name": held.name,
                "state": state,
                "expected": expected,
                "pid": told.pid,
                "exit": exit_facts,
                "cause": told.cause,
                "restarts": told.restarts,
                "again": told.again,
                "was": _was(was),
            },
        )

    def _on_group_added(self, event: Any) -> None:
        if self._wakeups is None:  # before the start or in a reload: `begin` tells them all
            return
        self._read_intents()
        self._hold_group(event.group, self._supervisord.process_groups[event.group])
        self.ring.append("added", {"group": event.group, "processes": self.group(event.group)})

    def _on_group_removed(self, event: Any) -> None:
        was = self.group(event.group)
        stopped = [p["name"] for p in was if p["cause"] == BY_COMMAND]
        self._removed.update(f"{event.group}:{name}" for name in stopped)
        del self._groups[event.group]
        self.ring.append("removed", {"group": event.group, "was": was})

    def _on_stopping(self, event: Any) -> None:
        reload = self._supervisord.options.mood == SupervisorStates.RESTARTING
        self.ring.append("stopping", {"mode": "reload" if reload else "shutdown"})

    # --- processes -------------------------------------------------------------------------

    def _wake_for(self, process: Any) -> None:
        """Let supervisord's loop turn when this state has something due."""
        if self._wakeups is None:
            return
        if process.state == ProcessStates.STARTING:
            self._wakeups.at(process.laststart + process.config.startsecs)
        elif process.state in (ProcessStates.BACKOFF, ProcessStates.STOPPING):
            self._wakeups.at(process.delay)
        else:  # an automatic restart, or a call that waits for this state
            self._wakeups.soon()

    def _hold_group(self, name: str, group: Any) -> None:
        self._groups[name] = {
            process_name: self._hold(process) for process_name, process in group.processes.items()
        }
        for held in self._groups[name].values():
            self._hold_back(held)

    def _read_intents(self) -> None:
        self._guard.wrap(self._intents.read, None)(self._supervisord.options.supvisors.options)

    def _hold_back(self, held: Held) -> None:
        """Keep `autostart` from starting what an operator wants stopped; never the agent."""
        namespec = f"{held.group}:{held.name}"
        why = self._intents.why_held_back(namespec, namespec in self._removed)
        if not why or not held.process.config.autostart or is_agent(held.process):
            return
        held.held_back = why
        logger = self._supervisord.options.logger
        logger.info(f"supvisors: autostart of {namespec} is held back, {why}")

    def _hold(self, process: Any) -> Held:
        held = held_of(process)
        if held is None:
            held = Held(process, self._guard, self._may_spawn, self._flush_starting)
            setattr(process, ATTRIBUTE, held)
        return held


def _told(held: Held) -> dict[str, Any]:
    told, config = held.told, held.process.config
    return {
        "group": held.group,
        "name": held.name,
        "state": told.state,
        "expected": told.expected,
        "pid": told.pid,
        "event_ns": told.event_ns,
        "exit": told.exit,
        "cause": told.cause,
        "restarts": told.restarts,
        "again": told.again,
        "timing": [int(config.startsecs), int(config.startretries), int(config.stopwaitsecs)],
    }


def _was(told: Told) -> list[Any]:
    """Return what was told before, in the order of the fields of `Told`."""
    before = [told.state, told.expected, told.pid, told.event_ns, told.exit]
    return [*before, told.cause, told.restarts, told.again]
