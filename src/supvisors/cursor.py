"""Where the agent stands in the tap, so that its successor goes on there.

Holds: `Cursor`, a boot identity and a record number in a memory-mapped file.
Must not touch: anything else.
Invariants: a write is one store to memory; it is whole at every instant, survives a `kill -9`
of the agent and costs no system call. It need not survive the machine: the numbers die with
supervisord.
Tests: tests/link/test_cursor.py, tests/live/test_agent_killed.py.
"""

from __future__ import annotations

import mmap
import os

#: The file: a boot identity of 16 hexadecimal digits, then the number in native byte order.
BOOT_BYTES = 16
FILE_BYTES = BOOT_BYTES + 8


class Cursor:
    """The last record that an agent has handled completely.

    Args:
        path: file beside the socket of the tap; made when it is not there.

    Raises:
        OSError: the file cannot be made.
    """

    def __init__(self, path: str) -> None:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(fd, FILE_BYTES)
            self._memory = mmap.mmap(fd, FILE_BYTES)
        finally:
            os.close(fd)
        # `struct` would clear the bytes first and fill them one by one: a kill in between
        # would leave a number that nobody wrote. An aligned integer is stored at once.
        self._number = memoryview(self._memory)[BOOT_BYTES:].cast("Q")
        self._boot = ""

    def read(self) -> tuple[str, int] | None:
        """Return boot identity and record number, None when there is none yet."""
        boot = self._memory[:BOOT_BYTES]
        return (boot.decode("ascii"), self._number[0]) if boot.isalnum() else None

    def write(self, boot: str, seq: int) -> None:
        """Move to record `seq` of `boot`, 16 hexadecimal digits."""
        if boot != self._boot:
            self._number[0] = 0  # never another boot's number beside this boot
            self._memory[:BOOT_BYTES] = boot.encode("ascii")
            self._boot = boot
        self._number[0] = seq

    def close(self) -> None:
        """Let go of the file; what was written stays."""
        self._number.release()
        self._memory.close()
