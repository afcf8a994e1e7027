"""Events that were taken and are not in the database yet, in files that survive a `kill -9`.

Holds: `Spool`, two files that take turns: one grows while the other's events are committed.
Must not touch: the database; what an event means.
Invariants: a record that was appended is in a file, whole or, when the disk is full, not at all
for whoever reads it again. An emptied file is one that nobody needs any more.
Tests: tests/journal/test_spool.py.

A write to the page cache costs a microsecond and survives the agent, though not the machine.
Memory-mapped files would cost less, and end the agent with SIGBUS when the disk is full.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

NAMES: Final = ("spool.0", "spool.1")
_MODE: Final = 0o600


class Spool:
    """The two files in one directory.

    Args:
        directory: it is there.

    Raises:
        OSError: a file cannot be opened.
    """

    def __init__(self, directory: str) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._files = [os.open(os.path.join(directory, name), flags, _MODE) for name in NAMES]
        self._growing = 0
        self._is_torn = False

    def read(self) -> Iterator[bytes]:
        """Yield the records of both files, as an agent before left them."""
        for file in self._files:
            size = os.fstat(file).st_size
            for line in os.pread(file, size, 0).split(b"\n"):
                if line:
                    yield line

    def append(self, record: bytes) -> None:
        """Write one record, which has no line break.

        Raises:
            OSError: the disk is full, for example; then the record is not there.
        """
        line = b"\n%b\n" % record if self._is_torn else b"%b\n" % record
        self._is_torn = True  # until it is known to be whole
        if os.write(self._files[self._growing], line) != len(line):
            raise OSError("the disk took a part of a record")
        self._is_torn = False

    def turn(self) -> None:
        """Let the other file grow, which must have been emptied."""
        self._growing = 1 - self._growing
        self._is_torn = False

    def empty_other(self) -> None:
        """Forget the file that does not grow: all of it is committed.

        Raises:
            OSError: it cannot be written.
        """
        os.ftruncate(self._files[1 - self._growing], 0)

    def close(self) -> None:
        """Let go of the files; what is in them stays."""
        for file in self._files:
            os.close(file)
