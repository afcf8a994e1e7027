"""The registers that outlive a restart of the agent: fences, and operators' wishes.

Holds: `StateFile`, which saves and loads one kind of register in `state_dir`; the kinds `FENCES`
and `INTENTS`.
Must not touch: what a register means; what becomes of the agent when the disk refuses (`kept.py`).
Invariants: a save is whole or did not happen. Nothing that lies in the file, and nothing that
the disk refuses, gives another exception than `StateError`.
Tests: tests/link/test_statefile.py.

The plugin reads `intents.json` too, to hold back what supervisord would start by itself.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec

from supvisors.core.messages import Fence, Intent
from supvisors.durable import make_directory, sync_directory, write_file

Register = TypeVar("Register", Fence, Intent)

#: Of the files; there are only additions.
VERSION: Final = 1


class StateError(Exception):
    """The disk did not do what was asked; the text is one line for the operator."""

    def __init__(self, file: str, problem: str, cure: str) -> None:
        super().__init__(" ".join(f"{file}: {problem}. {cure}.".split()))
        self.file = file


@dataclass(frozen=True, slots=True)
class Kind(Generic[Register]):
    """One kind of register.

    Attributes:
        name: of the file and of the list in it.
        record: what the list is of.
        unknown: what is not known without the file.
        cure: what an operator does then.
    """

    name: str
    record: type[Register]
    unknown: str
    cure: str

    @property
    def file_name(self) -> str:
        return f"{self.name}.json"

    @property
    def damaged_name(self) -> str:
        """What a file that cannot be understood is renamed to; it replaces an older one."""
        return f"{self.name}.json.damaged"


FENCES: Final = Kind(
    "fences",
    Fence,
    "no address is known to be fenced",
    "Fence again, on each side, what should be: 'supvisors fence ADDRESS'",
)
INTENTS: Final = Kind(
    "intents",
    Intent,
    "nothing is known to be stopped, disabled or drained by an operator",
    "Stop, disable or drain again what should be",
)


class StateFile(Generic[Register]):
    """The registers of one kind on disk.

    Args:
        state_dir: the option; it is made at the first save.

    Attributes:
        directory: `state_dir`.
    """

    def __init__(self, state_dir: str, kind: Kind[Register]) -> None:
        self.directory = state_dir
        self._kind: Kind[Register] = kind
        self._path = os.path.join(state_dir, kind.file_name)

    def load(self) -> tuple[Register, ...]:
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
            return self._decoded(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError) as error:
            self._set_aside()
            raise StateError(
                self._path,
                f"is damaged ({error}), so it was renamed to {self._kind.damaged_name}, and "
                f"{self._kind.unknown}",
                self._kind.cure,
            ) from error

    def save(self, registers: tuple[Register, ...]) -> None:
        """Write the registers through to the disk.

        Raises:
            StateError: the disk is full, or refuses for another reason; the last save holds.
        """
        content = {"v": VERSION, self._kind.name: registers}
        try:
            make_directory(self.directory)
            write_file(self._path, msgspec.json.encode(content) + b"\n")
        except OSError as error:
            raise self._refused("cannot be written", error, "write") from error

    def _decoded(self, data: bytes) -> tuple[Register, ...]:
        content = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        msgspec.json.decode(content["v"], type=int)
        many: Any = tuple[self._kind.record, ...]  # type: ignore[name-defined]
        registers: tuple[Register, ...] = msgspec.json.decode(content[self._kind.name], type=many)
        return registers

    def _set_aside(self) -> None:
        try:
            os.replace(self._path, os.path.join(self.directory, self._kind.damaged_name))
            sync_directory(self.directory)
        except OSError as error:
            raise self._refused("is damaged and cannot be renamed", error, "write") from error

    def _refused(self, problem: str, error: OSError, wish: str) -> StateError:
        return StateError(
            self._path,
            f"{problem} ({error.strerror})",
            f"Make room on its disk, or let the agent's user {wish} there; until then "
            f"{self._kind.name} do not outlive this agent",
        )
