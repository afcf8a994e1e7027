"""What the plugin keeps for one process, and the three methods it stands in front of.

Holds: `Held`: the last state told, the wait status of the end being handled, extra arguments.
Must not touch: `process.config` (a change there makes `update` stop the process), decisions.
Invariants: an overridden method does what Supervisor's own does, and raises what that raises.
Tests: tests/live/test_plugin_facts.py.

Supervisor's events lack the pid of a STARTING, and the exit code and signal of an end. Both
are known inside `spawn` and `finish`, so these are overridden on the instance.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from supervisor.states import ProcessStates

from supvisors.plugin.guard import Guard

ATTRIBUTE = "supvisors"


@dataclass(slots=True)
class Told:
    """The state of a process as the last record told it."""

    state: int
    expected: bool = True
    pid: int = 0
    event_ns: int = 0
    exit: dict[str, Any] | None = None


class Held:
    """The plugin's part of one process.

    Args:
        process: Supervisor's `Subprocess`.
        may_spawn: asked before each spawn; False when it took the process elsewhere.
        flush: tells the STARTING that was kept back until the pid is known.
    """

    def __init__(
        self,
        process: Any,
        guard: Guard,
        may_spawn: Callable[[Any], bool],
        flush: Callable[[Held], None],
    ) -> None:
        self.process = process
        self.group = process.group.config.name if process.group else process.config.name
        self.name = process.config.name
        self.told = Told(process.state, pid=process.pid)
        self.extra_args = ""
        self.starting: tuple[int, int] | None = None  # wall and monotonic ns
        self._starting_with_args = False
        self._spawned_mono_ns = 0
        self._wait_status: int | None = None
        self._guard = guard
        self._may_spawn = guard.wrap(may_spawn, True)
        self._flush = guard.wrap(flush, None)
        self._override()

    def _override(self) -> None:
        process = self.process
        spawn, finish, get_execv_args = process.spawn, process.finish, process.get_execv_args

        def spawn_with_pid() -> Any:
            if not self._may_spawn(process):
                return None
            try:
                return spawn()
            finally:
                self._flush(self)

        def finish_with_status(pid: int, status: int) -> Any:
            self._wait_status = status
            try:
                return finish(pid, status)
            finally:
                self._wait_status = None

        def execv_args_with_extra() -> Any:
            filename, argv = get_execv_args()
            # Supervisor's own start tests the command before it spawns: a plain start
            if process.state != ProcessStates.STARTING and not self._starting_with_args:
                self.extra_args = ""
            if self.extra_args:
                argv = [*argv, *shlex.split(self.extra_args)]
            return filename, argv

        process.spawn = spawn_with_pid
        process.finish = finish_with_status
        process.get_execv_args = execv_args_with_extra

    def start_with_args(self, extra_args: str, start: Callable[[], Any]) -> Any:
        """Call `start` with `extra_args` added to the command line.

        They hold for this run and for Supervisor's automatic restarts of it.

        Raises:
            ValueError: `extra_args` cannot be split as a shell would.
        """
        shlex.split(extra_args)
        before = self.extra_args
        self.extra_args, self._starting_with_args = extra_args, True
        try:
            return start()
        except Exception:
            self.extra_args = before
            raise
        finally:
            self._starting_with_args = False

    def note_spawn(self, mono_ns: int) -> None:
        """A run begins."""
        self._spawned_mono_ns = mono_ns

    def exit_facts(self, mono_ns: int) -> dict[str, Any] | None:
        """Return how the run that ends now ended, None when nothing ends now.

        `spawn_error` are Supervisor's words when a run never became one.
        """
        backoff = self.process.state == ProcessStates.BACKOFF
        spawn_error = self.process.spawnerr or "" if backoff else ""
        status = self._wait_status
        if status is None:
            return {"spawn_error": spawn_error} if backoff else None
        return {
            "code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
            "run_time_ms": max(0, mono_ns - self._spawned_mono_ns) // 1_000_000,
            "spawn_error": spawn_error,
        }


def held_of(process: Any) -> Held | None:
    """Return the plugin's part of a process, None before it has one."""
    return getattr(process, ATTRIBUTE, None)


def monotonic_ns() -> int:
    """Time that goes on while the machine is suspended, in ns."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
