"""The fence registers, kept over restarts of the agent.

Holds: `StateFile`, which saves and loads `fences.json` in `state_dir`; `KeptFences`, the use
that the agent makes of it.
Must not touch: what a fence means.
Invariants: a save is whole or did not happen. Nothing that lies in the file, and nothing that
the disk refuses, gives another exception than `StateError`: the agent logs it and goes on
with the fences that it has in memory.
Tests: tests/link/test_statefile.py.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import msgspec

from supvisors.core.messages import Fence
from supvisors.durable import make_directory, sync_directory, write_file
from supvisors.log import Log

FENCES_NAME = "fences.json"
#: What a file that cannot be understood is renamed to; it replaces an older one.
DAMAGED_NAME = "fences.json.damaged"
#: Of the file; there are only additions.
VERSION = 1


class StateError(Exception):
    """The disk did not do what was asked; the text is one line for the operator."""

    def __init__(self, file: str, problem: str, cure: str) -> None:
        super().__init__(" ".join(f"{file}: {problem}. {cure}.".split()))
        self.file = file


@dataclass(frozen=True, slots=True)
class _Content:
    """What the file holds."""

    v: int
    fences: tuple[Fence, ...]


class StateFile:
    """What of an agent outlives its restarts.

    Args:
        state_dir: the option; it is made at the first save.
    """

    def __init__(self, state_dir: str) -> None:
        self._directory = state_dir
        self._path = os.path.join(state_dir, FENCES_NAME)

    def load(self) -> tuple[Fence, ...]:
        """Return what was saved last, nothing when nothing was.

        Raises:
            StateError: it cannot be read, or was damaged and is now set aside.
        """
        try:
            with open(self._path, "rb") as stream:
                data = stream.read()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._refused("cannot be read", error, "read and write") from error
        try:
            return msgspec.json.decode(data, type=_Content).fences
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            self._set_aside()
            raise StateError(
                self._path,
                f"is damaged ({error}), so it was renamed to {DAMAGED_NAME}, and no address is "
                "known to be fenced",
                "Fence again, on each side, what should be: 'supvisors fence ADDRESS'",
            ) from error

    def save(self, fences: tuple[Fence, ...]) -> None:
        """Write the registers through to the disk.

        Raises:
            StateError: the disk is full, or refuses for another reason; the last save holds.
        """
        try:
            make_directory(self._directory)
            write_file(self._path, msgspec.json.encode(_Content(VERSION, fences)) + b"\n")
        except OSError as error:
            raise self._refused("cannot be written", error, "write") from error

    def _set_aside(self) -> None:
        try:
            os.replace(self._path, os.path.join(self._directory, DAMAGED_NAME))
            sync_directory(self._directory)
        except OSError as error:
            raise self._refused("is damaged and cannot be renamed", error, "write") from error

    def _refused(self, problem: str, error: OSError, wish: str) -> StateError:
        return StateError(
            self._path,
            f"{problem} ({error.strerror})",
            f"Make room on its disk, or let the agent's user {wish} there; until then fences "
            "do not outlive this agent",
        )


class KeptFences:
    """The fence registers of a running agent, kept as well as the disk allows.

    Without `state_dir`, or when the disk refuses, they are in force all the same, and do not
    outlive a restart; `warnings` says so.

    Args:
        state_dir: the option, None without one.
    """

    def __init__(self, state_dir: str | None, log: Log) -> None:
        self._file = StateFile(state_dir) if state_dir is not None else None
        self._log = log
        self._trouble = ""

    def load(self) -> tuple[Fence, ...]:
        """Return what was saved, nothing when that cannot be had."""
        try:
            return self._file.load() if self._file is not None else ()
        except StateError as error:
            self._complain(error)
            return ()

    def save(self, fences: tuple[Fence, ...]) -> None:
        """Save them if it is possible."""
        try:
            if self._file is not None:
                self._file.save(fences)
            self._trouble = ""
        except StateError as error:
            self._complain(error)

    def warnings(self) -> list[str]:
        """Return what an operator should look at."""
        return [self._trouble] if self._trouble else []

    def _complain(self, error: StateError) -> None:
        self._trouble = str(error)
        self._log.write("error", "state", [("why", error)])
