"""What `autostart` has to leave alone: processes that an operator wants stopped, as the agent
wrote it; whatever else lies in the file holds nothing back, and is said."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from supvisors.plugin.guard import Guard
from supvisors.plugin.intents import FILE_NAME, Intents


def intent(name: str, wanted: str, kind: str = "process", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "name": name, "wanted": wanted, "stamp": 5, "by": "alpha", **more}


def written(directory: Path, content: Any) -> dict[str, str]:
    """Write a file of intents; return the options that lead to it."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    (directory / FILE_NAME).write_bytes(data)
    return {"state_dir": str(directory)}


@pytest.fixture
def guard(logger: Any) -> Guard:
    guard = Guard()
    guard.log_to(logger)
    return guard


def test_what_an_operator_wants_stopped_is_held_back(
    tmp_path: Path, guard: Guard, logger: Any
) -> None:
    wishes = [
        intent("g:stopped", "stopped", why="stop_process at alpha"),
        intent("g:disabled", "disabled"),
        intent("g:auto", "auto"),
        intent("g:started", "started"),
        intent("g:wish of later", "unheard of"),
        intent("alpha", "drained", "address"),
        intent("stopped", "stopped", "address"),
    ]
    intents = Intents(guard)
    intents.read(written(tmp_path, {"v": 1, "intents": wishes, "more": 1}))
    assert intents.why_held_back("g:stopped") == "wanted stopped: stop_process at alpha"
    assert intents.why_held_back("g:disabled") == "wanted disabled: alpha"
    others = ("g:auto", "g:started", "g:wish of later", "alpha", "stopped", "g:unknown")
    assert [name for name in others if intents.why_held_back(name)] == []
    assert logger.getvalue() == b""


DAMAGED: dict[str, Any] = {
    "empty": b"",
    "cut": b'{"v": 1, "intents": [{"kind": "proc',
    "no text": b"\xff\xfe",
    "deep": b"[" * 100_000,
    "a number": 1,
    "another version": {"v": 2, "intents": [intent("g:n", "stopped")]},
    "no version": {"intents": []},
    "no list": {"v": 1, "intents": {"g:n": "stopped"}},
    "no intents": {"v": 1},
    "no objects": {"v": 1, "intents": ["g:n"]},
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_holds_nothing_back_and_is_told(
    tmp_path: Path, guard: Guard, logger: Any, damage: str
) -> None:
    intents = Intents(guard)
    options = written(tmp_path, {"v": 1, "intents": [intent("g:n", "stopped")]})
    intents.read(options)
    assert intents.why_held_back("g:n")
    intents.read(written(tmp_path, DAMAGED[damage]))
    assert not intents.why_held_back("g:n")
    log = logger.getvalue().decode()
    assert f"ERRO supvisors: cannot read {tmp_path / FILE_NAME}" in log
    assert "stop it again" in log
    assert guard.failures == {}


@pytest.mark.timeout(10)
def test_a_pipe_in_its_place_is_no_wait(tmp_path: Path, guard: Guard, logger: Any) -> None:
    os.mkfifo(tmp_path / FILE_NAME)
    Intents(guard).read({"state_dir": str(tmp_path)})
    assert b"no regular file" in logger.getvalue()


@pytest.mark.parametrize("state_dir", [None, "", "relative", "/nothing/there"])
def test_without_a_file_nothing_is_held_back_and_nothing_is_said(
    guard: Guard, logger: Any, state_dir: str | None
) -> None:
    intents = Intents(guard)
    intents.read({} if state_dir is None else {"state_dir": state_dir})
    assert not intents.why_held_back("g:n")
    assert logger.getvalue() == b""
