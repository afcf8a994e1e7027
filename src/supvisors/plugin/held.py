"""What the plugin keeps for one process, and the five methods it stands in front of.

Holds: `Held`: the last state told, the wait status of the end being handled, extra arguments,
what holds `autostart` back.
Must not touch: `process.config` (a change there makes `update` stop the process), decisions.
Invariants: an overridden method does what Supervisor's own does, and raises what that raises.
Tests: tests/live/test_plugin_facts.py, tests/live/test_process_facts.py.

Supervisor's events lack the pid of a STARTING, the exit code and signal of an end, and why a
process is started or stopped. All are known inside `spawn`, `finish`, `stop` and `transition`,
so these are overridden on the instance.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from supervisor.datatypes import RestartUnconditionally
from supervisor.states import ProcessStates

from supvisors.plugin.causes import Causes, why_leaving
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
    cause: str = ""
    restarts: int = 0
    again: bool = False


class Held:
    """The plugin's part of one process.

    Args:
        process: Supervisor's `Subprocess`.
        may_spawn: asked before each spawn; False when it took the process elsewhere.
        flush: tells the STARTING that was kept back until the pid is known.

    Attributes:
        held_back: why `autostart` must not start it, '' when it may.
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
        self.causes = Causes()
        self.held_back = ""
        self.extra_args = ""
        self.starting: tuple[int, int] | None = None  # wall and monotonic ns
        self._starting_with_args = False
        self._spawned_mono_ns = 0
        self._wait_status: int | None = None
        self._guard = guard
        self._may_spawn = guard.wrap(may_spawn, True)
        self._flush = guard.wrap(flush, None)
        self._override_runs()
        self._override_causes()

    def _override_runs(self) -> None:
        process = self.process
        starts = self._guard.wrap(self.causes.starts, None)
        stays_stopped = self._guard.wrap(self._stays_stopped, False)
        spawn, finish, get_execv_args = process.spawn, process.finish, process.get_execv_args

        def spawn_with_pid() -> Any:
            if not self._may_spawn(process) or stays_stopped():
                return None
            starts(process.state)
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

    def _override_causes(self) -> None:
        process, causes = self.process, self.causes
        stops = self._guard.wrap(causes.stops, None)
        stop, transition = process.stop, process.transition

        def stop_with_cause() -> Any:
            stops(process.config.options.mood)
            return stop()

        def transition_by_itself() -> Any:
            causes.by_itself = True
            try:
                return transition()
            finally:
                causes.by_itself = False

        process.stop = stop_with_cause
        process.transition = transition_by_itself

    def _stays_stopped(self) -> bool:
        """Tell whether this spawn is an `autostart` that is held back; no other is."""
        is_autostart = self.causes.by_itself and self.process.state == ProcessStates.STOPPED
        return is_autostart and bool(self.held_back)

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

    def tell(
        self, state: int, expected: bool, wall_ns: int, exit_facts: dict[str, Any] | None
    ) -> Told:
        """Note what is told of the process now, and return what was told before."""
        before, causes = self.told, self.causes
        leaving = why_leaving(self.process.config.options.mood)
        if leaving and state == ProcessStates.FATAL:  # out of BACKOFF, without a stop
            causes.cause = leaving
        self.told = Told(
            state,
            expected,
            self.process.pid,
            wall_ns,
            exit_facts or before.exit,
            causes.cause,
            causes.restarts,
            state == ProcessStates.EXITED and not leaving and self._starts_again(expected),
        )
        return before

    def _starts_again(self, expected: bool) -> bool:
        """Tell whether Supervisor starts it again by itself after an exit."""
        autorestart = self.process.config.autorestart
        return bool(autorestart) and (autorestart is RestartUnconditionally or not expected)

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
