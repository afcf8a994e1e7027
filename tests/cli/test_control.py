"""`start`, `stop` and `restart`: what is asked of the agent, and what is said of the outcome."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from supvisors.cli.control import restart, start, stop
from supvisors.cli.errors import CommandError
from tests.cli.harness import check_one_line, run
from tests.cli.stub import Stub, refused, serving


@pytest.mark.parametrize(
    ("command", "options", "asked", "said"),
    [
        (start, {"name": "web"}, ("start_application", "", "web", True), "web is started"),
        (
            start,
            {"name": "web:db", "strategy": "1", "extra_args": "-v"},
            ("start_process", "1", "web:db", "-v", True),
            "web:db is started",
        ),
        (
            start,
            {"name": "web:*", "no_wait": True},
            ("start_process", "", "web:*", "", False),
            "the start of web:* is ordered; 'supvisors plans' shows how far it is",
        ),
        (
            start,
            {"name": "web:db", "here": True, "extra_args": "-v"},
            ("start_args", "web:db", "-v", True),
            "web:db is started here",
        ),
        (stop, {"name": "web"}, ("stop_application", "web", True), "web is stopped"),
        (
            stop,
            {"name": "web:db", "no_wait": True},
            ("stop_process", "web:db", False),
            "the stop of web:db is ordered; 'supvisors plans' shows how far it is",
        ),
        (restart, {"name": "web"}, ("restart_application", "", "web", True), "web is restarted"),
        (
            restart,
            {"name": "web:db", "strategy": "CONFIG"},
            ("restart_process", "CONFIG", "web:db", "", True),
            "web:db is restarted",
        ),
        (
            restart,
            {"name": "web", "rolling": 2},
            ("rolling_restart", "web:*", 2, True),
            "web is restarted",
        ),
        (
            restart,
            {"name": "web:db", "rolling": 1, "no_wait": True},
            ("rolling_restart", "web:db", 1, False),
            "the rolling restart of web:db is ordered; 'supvisors plans' shows how far it is",
        ),
    ],
)
def test_an_order_is_one_call(
    command: Callable[..., None],
    options: dict[str, Any],
    asked: tuple[object, ...],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stub = Stub()
    with serving(stub, tmp_path) as conf:
        command(**options, conf=conf)
        assert stub.asked == [asked]
        assert capsys.readouterr().out == f"{said}\n"
        command(**options, conf=conf, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"command": asked[0], "result": True}


@pytest.mark.parametrize(
    ("command", "options", "words"),
    [
        (start, {"name": "web", "extra_args": "-v"}, "'web:\\*' means all of web"),
        (start, {"name": "web", "here": True}, "--here goes with processes"),
        (start, {"name": "web:db", "here": True, "strategy": "0"}, "--here goes with processes"),
        (restart, {"name": "web:db", "rolling": 1, "extra_args": "-v"}, "--rolling goes without"),
        (restart, {"name": "web:db", "rolling": 1, "strategy": "0"}, "--rolling goes without"),
    ],
)
def test_what_does_not_go_together(
    command: Callable[..., None], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(typer.BadParameter, match=words):
        command(**options)


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("no_wait", [False, True])
def test_a_refusal_is_told_in_the_words_of_the_agent(
    no_wait: bool, as_json: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stub = Stub(start_process=refused("FAILED", "no quorum: 1 of 3"))
    with serving(stub, tmp_path) as conf, pytest.raises(CommandError) as error:
        start("web:db", no_wait=no_wait, as_json=as_json, conf=conf)
    assert str(error.value) == "no quorum: 1 of 3"
    assert capsys.readouterr().out == ""


def test_that_everything_ends_is_told_in_the_words_of_the_agent(tmp_path: Path) -> None:
    stub = Stub(start_process=refused("SHUTDOWN_STATE", "Supvisors is SHUTTING_DOWN"))
    with serving(stub, tmp_path) as conf, pytest.raises(CommandError) as error:
        start("web:db", conf=conf)
    assert str(error.value) == "Supvisors is SHUTTING_DOWN"


@pytest.mark.slow
def test_the_exit_status_tells_the_outcome(tmp_path: Path) -> None:
    stub = Stub(stop_process=refused("NOT_RUNNING", "web:db runs nowhere"))
    with serving(stub, tmp_path) as conf:
        done = run("start", "web:db", "-c", conf)
        assert (done.returncode, done.stdout, done.stderr) == (0, "web:db is started\n", "")
        check_one_line(run("stop", "web:db", "-c", conf), 1, "web:db runs nowhere")
        check_one_line(run("start", "web", "--args", "-v", "-c", conf), 2, "--args goes with")
        check_one_line(run("restart", "web", "--rolling", "0", "-c", conf), 2, "--rolling")
        check_one_line(run("start", "-c", conf), 2, "NAME", "See 'supvisors start --help'")
