"""The cursor: its successor reads what an agent wrote last, whatever ended that agent and at
whatever instant; a file that is empty, cut or somebody else's is no cursor, and no error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from supvisors.cursor import Cursor

BOOT = "0123456789abcdef"

#: Writes one number after another, without end, and says when it has begun.
WRITE = """
import itertools, sys
from supvisors.cursor import Cursor
cursor = Cursor(sys.argv[1])
for seq in itertools.count(1):
    cursor.write(sys.argv[2], seq)
    if seq == 1000:
        print(flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "cursor")


def test_before_anything_was_written_there_is_none(path: str) -> None:
    assert Cursor(path).read() is None
    assert Cursor(path).read() is None, "nor for the next one"


@pytest.mark.parametrize("seq", [0, 1, 2**32, 2**64 - 1])
def test_what_was_written_is_read(path: str, seq: int) -> None:
    cursor = Cursor(path)
    cursor.write(BOOT, seq)
    assert cursor.read() == (BOOT, seq)
    cursor.close()
    assert Cursor(path).read() == (BOOT, seq)


def test_another_boot_replaces_the_one_before(path: str) -> None:
    cursor = Cursor(path)
    cursor.write(BOOT, 700)
    cursor.write("f" * 16, 1)
    assert cursor.read() == ("f" * 16, 1)


@pytest.mark.parametrize(
    "content", [b"", b"short", b"\0" * 24, b"\xff" * 24, b"\xc3\xa9" * 40, b"\x80" + b"a" * 23]
)
def test_a_file_that_is_no_cursor_is_none_and_can_become_one(path: str, content: bytes) -> None:
    Path(path).write_bytes(content)
    cursor = Cursor(path)
    assert cursor.read() is None
    cursor.write(BOOT, 5)
    assert Cursor(path).read() == (BOOT, 5)


def test_the_file_is_its_owners_alone(path: str) -> None:
    Cursor(path)
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Cursor(str(tmp_path / "missing" / "cursor"))


@contextmanager
def writer(path: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is writing numbers."""
    command = [sys.executable, "-c", WRITE, path, BOOT]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"\n"
            yield process
        finally:
            process.kill()


def test_it_survives_a_kill_of_its_writer(path: str) -> None:
    with writer(path) as process:
        process.kill()
        assert process.wait() == -signal.SIGKILL
    found = Cursor(path).read()
    assert found is not None
    boot, seq = found
    assert boot == BOOT
    assert seq >= 1000


def test_it_is_whole_at_every_instant(path: str) -> None:
    """What is in the file while the writer stands still is what a kill would leave."""
    cursor, seen = Cursor(path), [0]
    with writer(path) as process:
        for _ in range(300):
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED)
            found = cursor.read()
            assert found is not None
            boot, seq = found
            assert boot == BOOT
            assert seq >= seen[-1]
            seen.append(seq)
            process.send_signal(signal.SIGCONT)
            while cursor.read() == found:  # until it writes again
                os.sched_yield()
    assert seen[-1] > seen[1]
