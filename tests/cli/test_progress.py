"""Waiting for what takes its time: progress is shown, and does not decide anything."""

from __future__ import annotations

import io
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from supvisors.cli.errors import CommandError
from supvisors.cli.progress import carry_out
from supvisors.cli.server import find_server
from tests.cli.harness import TIMEOUT_S, start
from tests.cli.stub import Stub, refused, serving


def plan(active: str, *waiting: str) -> dict[str, Any]:
    return {
        "plan_id": "p1",
        "verb": "start",
        "application_name": "web",
        "active": [active],
        "waiting": list(waiting),
        "why": "",
    }


class Slow(Stub):
    """Answers an order when the last of some looks at its plans was made."""

    def __init__(self, *looks: Any, outcome: Any = True) -> None:
        self.seen = threading.Event()
        self.looks = list(looks)
        self.outcome = outcome
        super().__init__(start_application=self.started, get_plans=self.plans)

    def started(self, *_params: object) -> Any:
        assert self.seen.wait(TIMEOUT_S)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def plans(self) -> Any:
        look = self.looks.pop(0) if self.looks else []
        if not self.looks:
            self.seen.set()
        if isinstance(look, Exception):
            raise look
        return look


def shown(stub: Stub, directory: Path, concerns: Any = lambda _plan: True, **console: Any) -> str:
    out = io.StringIO()
    with serving(stub, directory) as conf:
        where = find_server(conf)
        params = ["", "web", True]
        assert carry_out(where, "start_application", params, Console(file=out, **console), concerns)
    return out.getvalue()


def test_a_line_for_each_change(tmp_path: Path) -> None:
    first = [plan("web:db", "web:app", "web:front")]
    text = shown(Slow(first, first, [plan("web:app", "web:front")], []), tmp_path)
    assert text == "starting web:db (2 waiting)\nstarting web:app (1 waiting)\n"


def test_other_plans_are_not_shown(tmp_path: Path) -> None:
    assert shown(Slow([plan("web:db")]), tmp_path, lambda _plan: False) == ""


def test_one_line_that_goes_away_on_a_terminal(tmp_path: Path) -> None:
    looks = [[plan("web:db")]] * 3
    text = shown(Slow(*looks, []), tmp_path, force_terminal=True, width=80)
    assert "starting web:db" in text
    assert text.endswith(("\x1b[2K", "\x1b[?25h"))


def test_progress_that_cannot_be_had_is_left_out(tmp_path: Path) -> None:
    stub = Slow(refused("FAILED", "no agent answers"), [plan("web:db")])
    assert shown(stub, tmp_path) == "starting web:db\n"


def test_the_outcome_is_the_one_of_the_order(tmp_path: Path) -> None:
    stub = Slow([plan("web:db")], outcome=refused("ABNORMAL_TERMINATION", "web:db is FATAL"))
    with pytest.raises(CommandError, match=r"^web:db is FATAL$"):
        shown(stub, tmp_path)


@pytest.mark.slow
def test_ctrl_c_ends_the_wait_and_not_the_order(tmp_path: Path) -> None:
    stub = Slow([plan("web:db")], *[[]] * 10_000)
    with serving(stub, tmp_path) as conf:
        process = start("start", "web", "-c", conf)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "starting web:db\n"
            os.kill(process.pid, signal.SIGINT)
            _, said = process.communicate(timeout=TIMEOUT_S)
        except BaseException:
            process.kill()
            raise
        finally:
            stub.seen.set()
            process.wait()
    assert process.returncode == 1
    assert said.startswith("supvisors: you wait no longer: what was ordered goes on; ")
    assert said.count("\n") == 1
