"""Why a process was started or stopped last.

Holds: the causes that are Supervisor's own, in the words that the agent knows too; `Causes`,
which follows one process.
Must not touch: Supervisor's classes; what is done because of a cause.
Invariants: an end keeps the cause of its start, or of its stop when it was one.
Tests: tests/plugin/test_causes.py, tests/live/test_causes.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from supervisor.states import ProcessStates, SupervisorStates

# `supvisors.model` has the same; a test compares them
BY_AUTOSTART = "supervisord: autostart"
BY_AUTORESTART = "supervisord: autorestart"
BY_SHUTDOWN = "supervisord: shutdown"
BY_RELOAD = "supervisord: reload"
BY_COMMAND = "operator: a command of Supervisor"


class Causes:
    """The cause of one process's last start or stop.

    Attributes:
        cause: in words, '' before anything happened.
        restarts: how often Supervisor started it again by itself since anybody else did.
        by_itself: Supervisor decides right now by itself what becomes of the process.
    """

    def __init__(self) -> None:
        self.cause = ""
        self.restarts = 0
        self.by_itself = False
        self._given = ""

    @contextmanager
    def given(self, cause: str) -> Iterator[None]:
        """Let what happens meanwhile happen because of `cause`."""
        self._given = cause
        try:
            yield
        finally:
            self._given = ""

    def starts(self, state: int) -> None:
        """It is about to be spawned, out of a state of Supervisor's."""
        if not self.by_itself:
            self.cause, self.restarts = self._given or BY_COMMAND, 0
        elif state == ProcessStates.EXITED:
            self.cause, self.restarts = BY_AUTORESTART, self.restarts + 1
        elif state != ProcessStates.BACKOFF:  # a further try belongs to the same start
            self.cause, self.restarts = BY_AUTOSTART, 0

    def stops(self, mood: int) -> None:
        """It is about to be stopped, by a supervisord of this mood."""
        self.cause = why_leaving(mood) or self._given or BY_COMMAND


def why_leaving(mood: int) -> str:
    """Return why a supervisord of this mood stops everything, '' when it does not."""
    if mood == SupervisorStates.RESTARTING:
        return BY_RELOAD
    return BY_SHUTDOWN if mood < SupervisorStates.RESTARTING else ""
