"""The end of a file is read without waiting, whatever stands in its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from supvisors.plugin.files import read_end


@pytest.mark.parametrize(
    ("content", "bytes_max", "expected"),
    [
        (b"", 10, b""),
        (b"0123456789", 0, b""),
        (b"0123456789", 4, b"6789"),
        (b"0123456789", 10, b"0123456789"),
        (b"0123456789", 100, b"0123456789"),
    ],
)
def test_the_end_of_a_file(tmp_path: Path, content: bytes, bytes_max: int, expected: bytes) -> None:
    path = tmp_path / "log"
    path.write_bytes(content)
    assert read_end(str(path), bytes_max) == expected


@pytest.mark.timeout(10)
def test_what_is_no_file_is_an_error_and_no_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match=r"regular file|Is a directory"):
            read_end(str(path), 10)
    with pytest.raises(FileNotFoundError):
        read_end(str(tmp_path / "nothing"), 10)
