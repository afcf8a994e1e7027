"""The registers of a running agent, kept as well as the disk allows.

Holds: `Kept`, and the thread that waits for the disk in the place of the loop.
Must not touch: what a register means; files (`statefile.py`).
Invariants: a disk that works has the registers before `save` returns. One that hangs holds up
the loop once, for `PATIENCE_S`: the beats of an agent must not wait for it, or its peers would
take the host for lost. What was saved last is what the disk gets in the end.
Tests: tests/link/test_kept.py.
"""

from __future__ import annotations

import threading
from typing import Final, Generic

from supvisors.log import Log
from supvisors.statefile import Kind, Register, StateError, StateFile

#: How long a save waits for the disk; a good one takes some ms.
PATIENCE_S: Final = 0.5


class Kept(Generic[Register]):
    """The registers of one kind.

    Without `state_dir`, or when the disk refuses or hangs, they are in force all the same, and do
    not outlive a restart; `warnings` says so.

    Args:
        state_dir: the option, None without one.
    """

    def __init__(self, state_dir: str | None, kind: Kind[Register], log: Log) -> None:
        self._file: StateFile[Register] | None = (
            StateFile(state_dir, kind) if state_dir is not None else None
        )
        self._kind: Kind[Register] = kind
        self._log = log
        self._trouble = ""
        self._changed = threading.Condition()
        self._wanted: tuple[Register, ...] | None = None
        self._is_busy = False
        self._is_hanging = False
        self._has_thread = False

    def load(self) -> tuple[Register, ...]:
        """Return what was saved, nothing when that cannot be had."""
        try:
            return self._file.load() if self._file is not None else ()
        except StateError as error:
            self._refused(error)
            return ()

    def save(self, registers: tuple[Register, ...]) -> None:
        """Save them if it is possible; if it takes long, some time later."""
        if self._file is None:
            return
        if not self._has_thread:
            self._has_thread = True
            name = f"kept-{self._kind.name}"
            threading.Thread(target=self._run, args=(self._file,), name=name, daemon=True).start()
        with self._changed:
            self._wanted = registers
            self._changed.notify_all()
            if not self._is_hanging and not self._changed.wait_for(self._is_saved, PATIENCE_S):
                self._is_hanging = True
                words = f"the disk has not taken the {self._kind.name} yet, and they are in force"
                self._log.write("error", words, [("directory", self._file.directory)])

    def warnings(self) -> list[str]:
        """Return what an operator should look at."""
        with self._changed:
            if self._is_hanging and self._file is not None:
                return [
                    f"{self._file.directory}: its disk does not answer. Look after it; until it "
                    f"does, {self._kind.name} do not outlive this agent."
                ]
            return [self._trouble] if self._trouble else []

    def _is_saved(self) -> bool:
        return self._wanted is None and not self._is_busy

    def _run(self, file: StateFile[Register]) -> None:
        while True:
            with self._changed:
                while (registers := self._wanted) is None:
                    self._changed.wait()
                self._wanted = None
                self._is_busy = True
            try:
                file.save(registers)
                self._trouble = ""
            except StateError as error:
                self._refused(error)
            finally:
                with self._changed:
                    was_hanging = self._is_hanging
                    self._is_busy = self._is_hanging = False
                    self._changed.notify_all()
            if was_hanging:
                self._log.write("info", "the disk answers again", [("directory", file.directory)])

    def _refused(self, error: StateError) -> None:
        self._trouble = str(error)
        self._log.write("error", "state", [("why", error)])
