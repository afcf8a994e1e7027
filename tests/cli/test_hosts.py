"""`drain`, `undrain`, and the end of everything, which is asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from supvisors.cli.errors import CommandError
from supvisors.cli.hosts import drain, restart, shutdown, undrain
from tests.cli.harness import check_one_line, run
from tests.cli.stub import Stub, refused, serving

ADDRESSES = [{"address_name": "alpha"}, {"address_name": "beta"}]


@pytest.mark.parametrize(
    ("wait", "said"),
    [
        (True, "beta is drained, until 'supvisors undrain beta'\n"),
        (False, "the drain of beta is ordered; 'supvisors plans' shows how far it is\n"),
    ],
)
def test_a_host_is_drained(
    wait: bool, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stub = Stub()
    with serving(stub, tmp_path) as conf:
        drain("beta", no_wait=not wait, conf=conf)
        assert capsys.readouterr().out == said
        drain("beta", no_wait=not wait, conf=conf, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"command": "drain", "result": True}
    assert stub.asked == [("drain", "beta", wait)] * 2


def test_a_host_is_undrained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stub = Stub()
    with serving(stub, tmp_path) as conf:
        undrain("beta", conf=conf)
        stub.answers["undrain"] = refused("FAILED", "beta is not drained")
        with pytest.raises(CommandError, match="beta is not drained"):
            undrain("beta", conf=conf)
    assert capsys.readouterr().out == "beta is drained no more\n"
    assert stub.asked == [("undrain", "beta")] * 2


@pytest.mark.parametrize(
    ("command", "name", "said"),
    [
        (restart, "restart", "all hosts are being restarted: see 'supvisors status'\n"),
        (shutdown, "shutdown", "all hosts are being shut down: see 'supvisors status'\n"),
    ],
)
def test_everything_ends_when_the_user_says_yes(
    command: Callable[..., None],
    name: str,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stub = Stub()
    with serving(stub, tmp_path) as conf:
        command(yes=True, conf=conf)
    assert capsys.readouterr().out == said
    assert stub.asked == [(name,)]


@pytest.mark.parametrize("answer", [True, False])
def test_the_user_is_asked(answer: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    questions: list[str] = []

    def confirm(question: str) -> bool:
        questions.append(question)
        return answer

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "confirm", confirm)
    stub = Stub(get_all_addresses_info=ADDRESSES)
    with serving(stub, tmp_path) as conf:
        if answer:
            restart(conf=conf)
        else:
            with pytest.raises(CommandError, match="nothing was done"):
                restart(conf=conf)
    assert questions == [
        "Every program is stopped, then supervisord of alpha, beta is restarted. Go on?"
    ]
    assert (("restart",) in stub.asked) is answer


@pytest.mark.slow
def test_where_nobody_can_be_asked_yes_must_be_said(tmp_path: Path) -> None:
    stub = Stub(get_all_addresses_info=ADDRESSES)
    with serving(stub, tmp_path) as conf:
        check_one_line(run("site", "shutdown", "-c", conf), 2, "say --yes")
        assert ("shutdown",) not in stub.asked
        assert run("site", "shutdown", "--yes", "-c", conf).returncode == 0
    assert ("shutdown",) in stub.asked
