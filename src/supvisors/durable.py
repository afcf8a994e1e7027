"""Writing a file so that a kill or a full disk leaves the old one or the new one, whole.

Holds: `write_file`, `make_directory`.
Must not touch: what is written.
Invariants: whoever reads `path` sees what was there before or all of the new data, even after
the machine lost its power. A file that was begun and not finished has a name of its own,
`.NAME.new`, and the next writing of the same file removes it.
Tests: tests/link/test_statefile.py, tests/link/test_keys.py.
"""

from __future__ import annotations

import contextlib
import os

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700

#: User and group that a file is given, as numbers; None for whoever writes it.
Owner = tuple[int, int] | None


def make_directory(path: str, owner: Owner = None) -> None:
    """Make a directory that only its owner may enter, and those above it; one may be there.

    Raises:
        OSError: it cannot be made.
    """
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path)
    if parent and parent != path:
        make_directory(parent, owner)
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, PRIVATE_DIRECTORY)
        if owner is not None:
            os.chown(path, *owner)


def write_file(path: str, data: bytes, owner: Owner = None, *, replace: bool = True) -> None:
    """Write `data` to `path`, readable by its owner alone.

    Args:
        replace: whether a file that is there may be replaced.

    Raises:
        FileExistsError: it is there, and `replace` is false.
        OSError: it cannot be written; what was there before is still there.
    """
    directory, name = os.path.split(path)
    begun = os.path.join(directory, f".{name}.new")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(begun)
    try:
        _write_through(begun, data, owner)
        if replace:
            os.replace(begun, path)
        else:
            os.link(begun, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(begun)
    sync_directory(directory)


def _write_through(path: str, data: bytes, owner: Owner) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
    with open(fd, "wb") as stream:
        stream.write(data)
        stream.flush()
        if owner is not None:
            os.fchown(fd, *owner)
        os.fsync(fd)


def sync_directory(path: str) -> None:
    """Let the names in a directory outlive a loss of power."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
