"""How plans read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from supvisors.cli.plans import plan_line, plans
from tests.cli.stub import Stub, serving

PLAN: dict[str, Any] = {
    "plan_id": "p1",
    "verb": "stop",
    "application_name": "web",
    "active": ["web:db", "web:app"],
    "waiting": ["web:front"],
    "why": "an operator",
}


def test_plans_under_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Stub(get_plans=[PLAN]), tmp_path) as conf:
        plans(conf=conf)
        assert [line.split("  ")[0].strip() for line in capsys.readouterr().out.splitlines()] == [
            "PLAN",
            "stop",
        ]
        plans(conf=conf, as_json=True)
        assert json.loads(capsys.readouterr().out) == [PLAN]


def test_no_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Stub(), tmp_path) as conf:
        plans(conf=conf)
        assert capsys.readouterr().out == "no plan is under way\n"
        plans(conf=conf, as_json=True)
        assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "stopping web:db, web:app (1 waiting)"),
        ({"verb": "start", "waiting": []}, "starting web:db, web:app"),
        ({"active": [], "waiting": []}, "stopping web"),
        ({"active": ["\x1b"], "waiting": []}, "stopping \N{REPLACEMENT CHARACTER}"),
    ],
)
def test_a_plan_is_a_line(changes: dict[str, Any], line: str) -> None:
    assert plan_line({**PLAN, **changes}) == line
