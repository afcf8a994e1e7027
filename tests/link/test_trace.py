"""The trace: each input is one line of JSON that tells all of it, and the last record of the tap
is found in whatever state a killed agent, or a full disk, left the file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from supvisors.core.inputs import (
    AgentLeaving,
    GroupRemoved,
    Input,
    Loaded,
    ProcessChanged,
    RulesRead,
    Started,
    SupervisordLeaving,
    Ticked,
    Wake,
)
from supvisors.model import ExitFacts, ProcessInfo, ProcessState
from supvisors.rules import RuleBook
from supvisors.trace import Trace

BOOT = "0123456789abcdef"


def change(seq: int, boot: str = BOOT) -> ProcessChanged:
    return ProcessChanged("alpha", boot, seq, 11, "g", "n", ProcessState.RUNNING, True, 7)


def many(count: int, seq: int) -> Loaded:
    processes = (ProcessInfo("group", f"process_{n}", ProcessState.RUNNING) for n in range(count))
    return Loaded("alpha", BOOT, seq, tuple(processes))


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "trace")


def write(path: str, *inputs: Input) -> Trace:
    trace = Trace(path)
    for now, happening in enumerate(inputs):
        trace.write(float(now), happening)
    return trace


def lines(path: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


# --- what is written -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("happening", "fields"),
    [
        (Started(), {"fences": [], "intents": []}),
        (RulesRead(RuleBook(), "d1"), {"rules": {"file": "", "applications": {}}, "digest": "d1"}),
        (Wake(), {}),
        (AgentLeaving(), {}),
        (
            Ticked("alpha", 5, 6),
            {"address": "alpha", "remote_ms": 5, "local_ms": 6, "boot": "", "beat": None},
        ),
        (
            SupervisordLeaving("alpha", BOOT, 3, "reload"),
            {"address": "alpha", "boot": BOOT, "seq": 3, "mode": "reload"},
        ),
        (
            ProcessChanged(
                "alpha", BOOT, 4, 11, "g", "é\n", ProcessState.EXITED, False, 0, ExitFacts(signal=9)
            ),
            {
                "address": "alpha",
                "boot": BOOT,
                "seq": 4,
                "wall_ns": 11,
                "group": "g",
                "name": "é\n",
                "state": 100,
                "expected": False,
                "pid": 0,
                "exit": {"code": None, "signal": 9, "run_time_ms": None, "spawn_error": ""},
                "cause": "",
                "restarts": 0,
                "again": False,
            },
        ),
    ],
)
def test_an_input_is_one_line_with_all_its_fields(
    path: str, happening: Input, fields: dict[str, object]
) -> None:
    Trace(path).write(1.5, happening)
    assert lines(path) == [{"now": 1.5, "input": type(happening).__name__, **fields}]


def test_a_line_is_in_the_file_at_once(path: str) -> None:
    trace = Trace(path)
    for count in range(1, 4):
        trace.write(0.0, Wake())
        assert len(lines(path)) == count


def test_a_successor_goes_on_behind(path: str) -> None:
    write(path, Started(), change(1))
    write(path, Started(), change(2))
    assert [line["input"] for line in lines(path)] == ["Started", "ProcessChanged"] * 2


def test_the_file_is_its_owners_alone(path: str) -> None:
    Trace(path)
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        Trace(str(tmp_path))


# --- the last record -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ([], None),
        ([Started(), Ticked("alpha", 1, 2), Wake()], None),
        ([change(1), change(2)], (BOOT, 2)),
        ([change(1), Ticked("alpha", 1, 2), Wake()], (BOOT, 1)),
        ([change(9), change(1, "f" * 16)], ("f" * 16, 1)),
        ([change(1), GroupRemoved("alpha", BOOT, 2, "g")], (BOOT, 2)),
        ([change(1), many(3, 5)], (BOOT, 5)),
    ],
)
def test_the_last_record_is_the_last_line_with_a_number(
    path: str, inputs: list[Input], expected: tuple[str, int] | None
) -> None:
    assert write(path, *inputs).last_record() == expected
    assert Trace(path).last_record() == expected, "its successor finds the same"


def test_it_is_found_behind_many_beats(path: str) -> None:
    assert write(path, change(7), *[Ticked("alpha", 1, 2)] * 5000).last_record() == (BOOT, 7)


@pytest.mark.parametrize("behind", [[], [Wake()], [Ticked("alpha", 1, 2)] * 2000])
def test_it_is_found_in_a_line_of_any_length(path: str, behind: list[Input]) -> None:
    trace = write(path, change(1), many(10_000, 2), *behind)
    assert os.stat(path).st_size > 500_000
    assert trace.last_record() == (BOOT, 2)


@pytest.mark.parametrize("left", [1, 2, 20, -20, -1])
def test_a_line_that_was_cut_does_not_count(path: str, left: int) -> None:
    write(path, change(1))
    whole = os.stat(path).st_size
    write(path, change(2))
    os.truncate(path, whole + left if left > 0 else 2 * whole + left - 1)
    assert Trace(path).last_record() == (BOOT, 1)


def test_a_line_that_was_cut_does_not_spoil_the_next(path: str) -> None:
    write(path, change(1))
    os.truncate(path, os.stat(path).st_size - 20)
    assert write(path, change(2)).last_record() == (BOOT, 2)
    assert json.loads(Path(path).read_text().splitlines()[1])["seq"] == 2
