"""How reasons and facts read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from supvisors.cli.why import facts, why
from tests.cli.stub import Stub, serving

NOW_MS = 1_769_860_800_000
WHY: dict[str, Any] = {
    "namespec": "web:db",
    "statecode": 200,
    "statename": "FATAL",
    "expected_exit": True,
    "addresses": [],
    "managed": True,
    "rule": {
        "addresses": ["alpha", "beta"],
        "instances": "one",
        "required": True,
        "start_sequence": 1,
        "stop_sequence": 3,
        "wait_exit": False,
        "expected_loading": 40,
        "starting_failure_strategy": "ABORT",
        "running_failure_strategy": "RESTART_PROCESS",
    },
    "wanted": "auto",
    "wanted_by": "",
    "wanted_why": "",
    "decided": "no address fits",
    "places": [
        {"address": "alpha", "refused": "is drained"},
        {"address": "beta", "refused": ""},
    ],
    "restarts": 2,
    "transitions": [
        {
            "date_ms": float(NOW_MS),
            "address": "alpha",
            "from": "",
            "to": "STOPPED",
            "why": "",
        },
        {
            "date_ms": float(NOW_MS + 7),
            "address": "alpha",
            "from": "STOPPED",
            "to": "STARTING",
            "why": "rule of web, rank 1",
        },
    ],
}
FACTS: list[dict[str, Any]] = [
    {
        "application_name": "web",
        "process_name": "db",
        "address": "alpha",
        "statecode": 100,
        "statename": "EXITED",
        "expected": False,
        "pid": 0,
        "event_time_ms": float(NOW_MS),
        "exit_code": 3,
        "signal": "",
        "run_time_ms": 1200,
        "spawn_error": "",
        "restarts": 4,
        "cause": "rule of web",
    },
    {
        "application_name": "web",
        "process_name": "db",
        "address": "beta",
        "statecode": 20,
        "statename": "RUNNING",
        "expected": True,
        "pid": 77,
        "event_time_ms": 0,
        "exit_code": "",
        "signal": "",
        "run_time_ms": "",
        "spawn_error": "",
        "restarts": 0,
        "cause": "",
    },
]


@pytest.fixture(autouse=True)
def _in_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_why_a_process_is_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Stub(why=WHY), tmp_path) as conf:
        why("web:db", conf=conf)
    assert lines(capsys.readouterr().out) == [
        "web:db FATAL",
        "wanted rules decide",
        "decided no address fits",
        "restarts 2",
        "rule start_sequence 1, stop_sequence 3, addresses alpha beta, required, "
        "expected_loading 40, running_failure_strategy RESTART_PROCESS",
        "",
        "ADDRESS CAN IT START THERE?",
        "alpha no: it is drained",
        "beta yes",
        "",
        "WHEN ADDRESS FROM TO WHY",
        "2026-01-31 12:00:00.000 alpha STOPPED",
        "2026-01-31 12:00:00.007 alpha STOPPED STARTING rule of web, rank 1",
    ]


def test_what_an_operator_wants_and_what_no_rule_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {
        **WHY,
        "addresses": ["alpha", "beta"],
        "managed": False,
        "wanted": "stopped",
        "wanted_by": "beta",
        "wanted_why": "request 3",
        "decided": "",
        "transitions": [],
    }
    with serving(Stub(why=told), tmp_path) as conf:
        why("web:db", conf=conf)
    assert lines(capsys.readouterr().out)[:4] == [
        "web:db FATAL on alpha, beta",
        "wanted stopped: only an operator starts it (by beta: request 3)",
        "restarts 2",
        "rule none: no rule names its group",
    ]


def test_where_no_rule_and_no_operator_decides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Stub(why={**WHY, "managed": False}), tmp_path) as conf:
        why("web:db", conf=conf)
    assert "wanted" not in capsys.readouterr().out


def test_facts_of_each_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Stub(get_process_facts=FACTS), tmp_path) as conf:
        facts("web:db", conf=conf)
    assert lines(capsys.readouterr().out) == [
        "PROCESS ADDRESS STATE PID LAST EXIT AFTER RESTARTS SINCE WHY",
        "web:db alpha EXITED code 3 1.200 s 4 2026-01-31 12:00:00.000 rule of web",
        "web:db beta RUNNING 77 0",
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"exit_code": "", "signal": 9}, "signal 9 1.200 s"),
        ({"exit_code": 0}, "code 0 1.200 s"),
        ({"exit_code": "", "spawn_error": "can't find command"}, "can't find command"),
    ],
)
def test_how_a_run_ended(
    changes: dict[str, Any], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Stub(get_process_facts=[{**FACTS[0], **changes}]), tmp_path) as conf:
        facts("web:db", conf=conf)
    assert words in lines(capsys.readouterr().out)[1]


def test_nobody_knows_facts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Stub(get_process_facts=[]), tmp_path) as conf:
        facts("web:db", conf=conf)
    assert capsys.readouterr().out == "no address tells of web:db\n"


def test_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Stub(why=WHY, get_process_facts=FACTS), tmp_path) as conf:
        why("web:db", conf=conf, as_json=True)
        assert json.loads(capsys.readouterr().out) == WHY
        facts("web:db", conf=conf, as_json=True)
        assert json.loads(capsys.readouterr().out) == FACTS
