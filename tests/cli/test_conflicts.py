"""`conflicts` and `conciliate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from supvisors.cli.conflicts import conciliate, conflicts
from supvisors.cli.errors import CommandError
from tests.cli.stub import Stub, refused, serving

CONFLICT: dict[str, Any] = {
    "application_name": "web",
    "process_name": "db",
    "statecode": 20,
    "statename": "RUNNING",
    "expected_exit": True,
    "last_event_time": 7,
    "addresses": ["alpha", "beta"],
}


def test_conflicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Stub(get_conflicts=[CONFLICT]), tmp_path) as conf:
        conflicts(conf=conf)
        assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
            ["PROCESS", "STATE", "ON"],
            ["web:db", "RUNNING", "alpha,", "beta"],
        ]
        conflicts(conf=conf, as_json=True)
    assert json.loads(capsys.readouterr().out) == [CONFLICT]


def test_no_conflict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Stub(get_conflicts=[]), tmp_path) as conf:
        conflicts(conf=conf)
    assert capsys.readouterr().out == "no program is in conflict\n"


def test_they_are_resolved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stub = Stub()
    with serving(stub, tmp_path) as conf:
        conciliate("SENICIDE", conf=conf)
        assert capsys.readouterr().out.startswith("conflicts are being resolved: ")
        conciliate(conf=conf, as_json=True)
        assert json.loads(capsys.readouterr().out) == {"command": "conciliate", "result": True}
        stub.answers["conciliate"] = refused("FAILED", "there is nothing to do")
        with pytest.raises(CommandError, match="there is nothing to do"):
            conciliate(conf=conf)
    assert stub.asked == [("conciliate", "SENICIDE"), ("conciliate", ""), ("conciliate", "")]
