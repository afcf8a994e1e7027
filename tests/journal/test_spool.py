"""What was taken and not committed survives in one of two files, torn records or not."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from supvisors.journal.spool import NAMES, Spool


def left(directory: Path) -> list[bytes]:
    spool = Spool(str(directory))
    try:
        return sorted(spool.read())
    finally:
        spool.close()


def test_the_files_take_turns(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path))
    spool.append(b"1")
    spool.append(b"2")
    spool.turn()
    spool.append(b"3")
    assert left(tmp_path) == [b"1", b"2", b"3"]
    spool.empty_other()
    assert left(tmp_path) == [b"3"]
    spool.turn()
    spool.append(b"4")
    spool.empty_other()
    assert left(tmp_path) == [b"4"]
    spool.close()


def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    Spool(str(tmp_path)).close()
    assert [os.stat(tmp_path / name).st_mode & 0o777 for name in NAMES] == [0o600, 0o600]


#: A limit of the size of files stands for a disk that is full: a write takes a part.
FULL = """
import resource, signal, sys
from supvisors.journal.spool import Spool
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
spool = Spool(sys.argv[1])
spool.append(b"first")
resource.setrlimit(resource.RLIMIT_FSIZE, (8, hard))
for _ in range(2):
    try:
        spool.append(b"second")
    except OSError:
        pass
    else:
        sys.exit("no error")
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
spool.append(b"third")
"""


@pytest.mark.skipif(
    resource.getrlimit(resource.RLIMIT_FSIZE)[1] != resource.RLIM_INFINITY,
    reason="files are limited here anyway",
)
def test_a_record_that_a_full_disk_tore_takes_no_other_with_it(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], check=True)
    assert {b"first", b"third"} <= set(left(tmp_path))
    assert b"second" not in left(tmp_path)
