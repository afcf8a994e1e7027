"""What the agent keeps is on disk at once; a disk that hangs neither holds it up nor is hidden."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from supvisors import kept as module
from supvisors.core.messages import Fence
from supvisors.kept import Kept
from supvisors.log import Log
from supvisors.statefile import FENCES, StateFile
from tests.live.harness import wait_for

FIRST = (Fence("beta", 1, True, "alpha"),)
SECOND = (Fence("beta", 2, False, "alpha"),)
THIRD = (Fence("beta", 3, True, "alpha"),)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Whether the disk answers: while it is not set, what is to be written through waits."""
    answers = threading.Event()
    answers.set()
    fsync = os.fsync

    def patient(fd: int) -> None:
        answers.wait()
        fsync(fd)

    monkeypatch.setattr(os, "fsync", patient)
    yield answers
    answers.set()


def on_disk(directory: Path) -> tuple[Fence, ...]:
    return StateFile(str(directory), FENCES).load()


def test_what_was_saved_is_on_disk_and_another_agent_has_it(tmp_path: Path) -> None:
    kept = Kept(str(tmp_path), FENCES, Log())
    for fences in (FIRST, SECOND):
        kept.save(fences)
        assert on_disk(tmp_path) == fences
    assert kept.warnings() == []
    assert Kept(str(tmp_path), FENCES, Log()).load() == SECOND


def test_a_disk_that_hangs_is_said_and_gets_the_last_in_the_end(
    tmp_path: Path,
    disk: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.01)
    kept = Kept(str(tmp_path), FENCES, Log())
    kept.save(FIRST)
    disk.clear()
    kept.save(SECOND)
    monkeypatch.setattr(module, "PATIENCE_S", 3600.0)
    kept.save(THIRD)  # does not wait again
    assert kept.warnings() == [
        f"{tmp_path}: its disk does not answer. Look after it; until it does, fences do not "
        "outlive this agent."
    ]
    assert on_disk(tmp_path) == FIRST
    disk.set()
    wait_for(lambda: on_disk(tmp_path) == THIRD, "the disk has the last ones")
    wait_for(lambda: kept.warnings() == [], "nothing more is to be said")
    said = capsys.readouterr().out
    assert "the disk has not taken the fences yet, and they are in force" in said
    assert "the disk answers again" in said


def test_what_the_disk_refuses_is_said(tmp_path: Path) -> None:
    kept = Kept(str(tmp_path / "file" / "state"), FENCES, Log())
    (tmp_path / "file").write_text("")
    kept.save(FIRST)
    (warning,) = kept.warnings()
    assert "cannot be written (Not a directory). Make room on its disk" in warning
    (tmp_path / "file").unlink()
    kept.save(SECOND)
    assert kept.warnings() == []
    assert on_disk(tmp_path / "file" / "state") == SECOND


def test_without_a_directory_nothing_is_kept() -> None:
    kept = Kept(None, FENCES, Log())
    kept.save(FIRST)
    assert (kept.load(), kept.warnings()) == ((), [])
