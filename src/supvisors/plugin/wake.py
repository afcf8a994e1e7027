"""Makes supervisord's loop turn when there is something to do.

Holds: `Wakeups`: the pipe that a signal writes to, and the time-out of the poll.
Must not touch: processes; anything but the poller and the signal wake-up descriptor.
Invariants: the time-out is only ever shortened; a failure leaves Supervisor's own.
Tests: tests/plugin/test_wake.py, tests/live/test_latency.py.

Supervisord polls for up to one second. A SIGCHLD does not end the poll (PEP 475 restarts
it), and what is due at a time (RUNNING after `startsecs`, the next try of a BACKOFF, SIGKILL
after `stopwaitsecs`) waits for the next turn. So a signal writes to a pipe in the poll, and
the poll never sleeps past the next time at which a process has something due.
"""

from __future__ import annotations

import heapq
import os
import signal
import time
from collections.abc import Callable
from typing import Any

from supvisors.plugin.guard import Guard

#: The processes compare strictly with their deadline, so we look just after it.
AFTER_DEADLINE_S = 0.001


class Wakeups:
    """The wake-ups of one supervisord, from its start or reload to its end or next reload.

    Args:
        guard: catches what goes wrong.
        nothing_to_wait_for: tells that the next turn has work already.
    """

    def __init__(self, guard: Guard, nothing_to_wait_for: Callable[[], bool]) -> None:
        self._guard = guard
        self._nothing_to_wait_for = nothing_to_wait_for
        self._soon = False
        self._deadlines: list[float] = []
        self._pipe: SignalPipe | None = None

    def open(self, poller: Any, socket_map: dict[int, Any]) -> None:
        """Take hold of `poller.poll` on the instance and of the signal wake-up descriptor."""
        original = poller.poll
        shorten = self._guard.wrap(self.shorten, None)

        def poll(timeout: float) -> Any:
            shorter = shorten(timeout)
            return original(timeout if shorter is None else shorter)

        poller.poll = poll
        self._pipe = SignalPipe(self._guard)
        self._pipe.open(socket_map)

    def close(self) -> None:
        """Give the signal wake-up descriptor back. The poller ends with its supervisord."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None

    def soon(self) -> None:
        """Ask for one more turn at once."""
        self._soon = True

    def at(self, wall_s: float) -> None:
        """Ask for a turn at a time of the clock that processes compare with (`time.time`)."""
        heapq.heappush(self._deadlines, wall_s + AFTER_DEADLINE_S)

    def shorten(self, timeout_s: float) -> float:
        """Return how long the poll may sleep, at most `timeout_s`, in seconds."""
        if self._soon or self._nothing_to_wait_for():
            self._soon = False
            return 0
        now = time.time()
        while self._deadlines and self._deadlines[0] <= now:
            heapq.heappop(self._deadlines)
            timeout_s = 0
        if self._deadlines:
            return min(timeout_s, self._deadlines[0] - now)
        return timeout_s


class SignalPipe:
    """A pipe in supervisord's poll that every signal writes to."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._socket_map: dict[int, Any] = {}
        self._read_fd = self._write_fd = -1

    def open(self, socket_map: dict[int, Any]) -> None:
        self._read_fd, self._write_fd = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        others_fd = signal.set_wakeup_fd(self._write_fd, warn_on_full_buffer=False)
        if others_fd != -1:  # somebody else's plugin had it first: theirs it stays
            signal.set_wakeup_fd(others_fd, warn_on_full_buffer=False)
        self._socket_map = socket_map
        socket_map[self._read_fd] = self

    def close(self) -> None:
        if self._read_fd == -1:
            return
        own_fd = signal.set_wakeup_fd(-1)
        if own_fd != self._write_fd:
            signal.set_wakeup_fd(own_fd, warn_on_full_buffer=False)
        self._socket_map.pop(self._read_fd, None)
        os.close(self._read_fd)
        os.close(self._write_fd)
        self._read_fd = self._write_fd = -1

    # what supervisord's loop calls; none of these can raise

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def handle_read_event(self) -> None:
        try:
            while os.read(self._read_fd, 4096):
                pass
        except OSError:
            pass  # drained, or closed in this turn

    def handle_write_event(self) -> None:
        pass

    def handle_error(self) -> None:
        self._guard.report("SignalPipe")
