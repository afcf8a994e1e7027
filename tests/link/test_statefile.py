"""The fences on a real disk: whole or not at all, also when it is full or the writer is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supvisors.core.messages import Fence
from supvisors.statefile import FENCES as KIND
from supvisors.statefile import StateError, StateFile

FENCES = (Fence("beta", 1, True, "alpha"), Fence("gamma", 2, False, "beta"))
OTHERS = (Fence("beta", 2, False, "alpha"),)

#: Writes as far as the last step and is killed there.
KILLED = """
import os, signal, sys
from supvisors.core.messages import Fence
from supvisors.statefile import FENCES as KIND
from supvisors.statefile import StateFile
def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(os, sys.argv[2], killed)
StateFile(sys.argv[1], KIND).save((Fence("beta", 2, False, "alpha"),))
"""


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for next to nothing."""
    directory = tmp_path / "disk"
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(directory)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only who may mount can make a disk that is full")
    try:
        yield directory
    finally:
        subprocess.run(["umount", str(directory)], check=True)


def fill(directory: Path) -> None:
    with open(directory / "filling", "wb", buffering=0) as stream:
        try:
            while True:
                stream.write(b"x" * 4096)
        except OSError:
            pass


def test_without_a_file_there_are_no_fences(tmp_path: Path) -> None:
    assert StateFile(str(tmp_path / "nowhere"), KIND).load() == ()


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    directory = tmp_path / "a" / "state"
    StateFile(str(directory), KIND).save(FENCES)
    assert StateFile(str(directory), KIND).load() == FENCES
    StateFile(str(directory), KIND).save(())
    assert StateFile(str(directory), KIND).load() == ()
    assert os.listdir(directory) == ["fences.json"]
    assert (directory / "fences.json").stat().st_mode & 0o777 == 0o600


def test_the_file_is_plain_json(tmp_path: Path) -> None:
    StateFile(str(tmp_path), KIND).save(FENCES[:1])
    assert (tmp_path / "fences.json").read_text() == (
        '{"v":1,"fences":[{"address":"beta","generation":1,"fenced":true,"by":"alpha",'
        '"auto":false}]}\n'
    )


def test_what_a_later_release_adds_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "fences.json").write_text(
        '{"v": 2, "colour": 1, "fences": '
        '[{"address": "b", "generation": 3, "fenced": true, "x": 0}]}'
    )
    assert StateFile(str(tmp_path), KIND).load() == (Fence("b", 3, True),)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b'{"v": 1}',
        b'{"v": 1, "fences": [{"address": "b"}]}',
        b'{"v": 1, "fences": [{"address": "b", "generation": "x", "fenced": true}]}',
        b"\0" * 4096,
    ],
)
def test_a_damaged_file_is_set_aside_and_told(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "fences.json"
    file.write_bytes(content)
    state = StateFile(str(tmp_path), KIND)
    with pytest.raises(StateError) as caught:
        state.load()
    assert str(caught.value).startswith(f"{file}: is damaged (")
    assert "renamed to fences.json.damaged" in str(caught.value)
    assert "'supvisors fence ADDRESS'" in str(caught.value)
    assert (tmp_path / "fences.json.damaged").read_bytes() == content
    assert state.load() == ()
    state.save(FENCES)
    assert state.load() == FENCES


@given(st.binary(max_size=200))
def test_any_bytes_give_fences_or_the_one_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    directory = tmp_path_factory.mktemp("state")
    (directory / "fences.json").write_bytes(content)
    try:
        StateFile(str(directory), KIND).load()
    except StateError as error:
        words = str(error)
    else:
        words = ""
    assert "\n" not in words


def test_a_directory_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "fences.json").mkdir()
    with pytest.raises(StateError, match=r"cannot be read .Is a directory."):
        StateFile(str(tmp_path), KIND).load()
    with pytest.raises(StateError, match=r"cannot be written .Is a directory."):
        StateFile(str(tmp_path), KIND).save(FENCES)


def test_a_file_in_the_place_of_the_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StateError, match="cannot be written"):
        StateFile(str(tmp_path / "state"), KIND).save(FENCES)


def test_a_full_disk_is_told_and_the_last_save_holds(full_disk: Path) -> None:
    state = StateFile(str(full_disk), KIND)
    state.save(FENCES)
    fill(full_disk)
    with pytest.raises(StateError, match=r"cannot be written .No space left on device.. Make room"):
        state.save(OTHERS)
    assert state.load() == FENCES
    assert sorted(os.listdir(full_disk)) == ["fences.json", "filling"]
    (full_disk / "filling").unlink()
    state.save(OTHERS)
    assert state.load() == OTHERS


def test_a_disk_that_may_only_be_read_is_told(full_disk: Path) -> None:
    state = StateFile(str(full_disk), KIND)
    state.save(FENCES)
    subprocess.run(["mount", "-o", "remount,ro", str(full_disk)], check=True)
    with pytest.raises(StateError, match=r"cannot be written .Read-only file system."):
        state.save(OTHERS)
    assert state.load() == FENCES


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_kill_between_the_writes_leaves_the_last_save(step: str, tmp_path: Path) -> None:
    state = StateFile(str(tmp_path), KIND)
    state.save(FENCES)
    done = subprocess.run([sys.executable, "-c", KILLED, tmp_path, step], check=False)
    assert done.returncode == -9
    assert sorted(os.listdir(tmp_path)) == [".fences.json.new", "fences.json"]
    assert state.load() == FENCES
    state.save(OTHERS)
    assert state.load() == OTHERS
    assert os.listdir(tmp_path) == ["fences.json"]
