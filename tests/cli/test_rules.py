"""How rules read, and what is said when they are read anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from supvisors.cli.errors import CommandError
from supvisors.cli.rules import reload_rules, show
from tests.cli.stub import Stub, refused, serving

WEB: dict[str, Any] = {
    "application_name": "web",
    "managed": True,
    "start_sequence": 1,
    "stop_sequence": 7,
    "starting_strategy": "CONFIG",
    "starting_failure_strategy": "ABORT",
    "running_failure_strategy": "CONTINUE",
}
CRON = {**WEB, "application_name": "cron", "managed": False}
DB: dict[str, Any] = {
    "application_name": "web",
    "process_name": "db",
    "managed": True,
    "addresses": ["#"],
    "instances": "each",
    "required": True,
    "start_sequence": 2,
    "stop_sequence": 2,
    "wait_exit": True,
    "expected_loading": 0,
    "starting_failure_strategy": "ABORT",
    "running_failure_strategy": "CONTINUE",
}
JOB = {**DB, "application_name": "cron", "process_name": "job", "managed": False}

STRATEGIES: dict[str, Any] = {
    "auto_fence": False,
    "starting_strategy": "LESS_LOADED",
    "conciliation_strategy": "USER",
    "starting_strategies": [],
    "conciliation_strategies": [],
}
OF_OPTIONS = [
    "OPTION VALUE",
    "starting_strategy LESS_LOADED",
    "conciliation_strategy USER",
    "auto_fence false",
]

STUB = {
    "get_all_applications_info": [{"application_name": "cron"}, {"application_name": "web"}],
    "get_application_rules": lambda name: WEB if name == "web" else CRON,
    "get_strategies": STRATEGIES,
    "get_process_rules": lambda name: [JOB] if name.startswith("cron") else [DB],
}
HEAD = "APPLICATION START STOP STRATEGY WHEN A START FAILS WHEN IT FAILS"
OF_PROCESS = [
    "PROCESS START STOP RULE",
    "web:db 2 2 addresses #, instances each, required, wait_exit",
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", [HEAD, "web 1 7 CONFIG ABORT CONTINUE", "", *OF_OPTIONS]),
        ("web", [HEAD, "web 1 7 CONFIG ABORT CONTINUE", "", *OF_PROCESS]),
        ("web:db", OF_PROCESS),
        (
            "cron",
            [HEAD, "cron not managed", "", "PROCESS START STOP RULE", "cron:job 2 2 not managed"],
        ),
    ],
)
def test_rules_in_force(
    name: str, expected: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Stub(**STUB), tmp_path) as conf:
        show(name, conf=conf)
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == expected


def test_without_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Stub(get_all_applications_info=[]), tmp_path) as conf:
        show("", conf=conf)
    assert capsys.readouterr().out.startswith("no application is managed: ")


def test_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Stub(**STUB), tmp_path) as conf:
        show("web", as_json=True, conf=conf)
    assert json.loads(capsys.readouterr().out) == {
        "strategies": STRATEGIES,
        "applications": [WEB],
        "processes": [DB],
    }


def test_rules_are_read_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stub = Stub(reload_rules="alpha: applied\nbeta: unchanged")
    with serving(stub, tmp_path) as conf:
        reload_rules(conf=conf)
        assert capsys.readouterr().out == "alpha: applied\nbeta: unchanged\n"
        reload_rules(conf=conf, as_json=True)
    assert json.loads(capsys.readouterr().out)["result"] == "alpha: applied\nbeta: unchanged"


def test_rules_that_are_refused(tmp_path: Path) -> None:
    stub = Stub(reload_rules=refused("FAILED", "beta: rules.xml:4: not a whole number"))
    with serving(stub, tmp_path) as conf, pytest.raises(CommandError, match=r"rules\.xml:4"):
        reload_rules(conf=conf)
