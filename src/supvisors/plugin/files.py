"""Reading a file without ever waiting for it.

Holds: `read_end`.
Must not touch: what is in a file.
Invariants: a pipe or a terminal in the place of a file is an error, not a wait; what is read
is bounded.
Tests: tests/plugin/test_files.py.
"""

from __future__ import annotations

import errno
import os
import stat


def read_end(path: str, bytes_max: int) -> bytes:
    """Return the last bytes of a regular file.

    Raises:
        OSError: it cannot be read, or is something else than a file.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with open(fd, "rb", buffering=0) as stream:
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", path)
        stream.seek(max(0, info.st_size - bytes_max))
        return stream.read(bytes_max)
