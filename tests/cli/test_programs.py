"""`enable`, `disable` and `tail`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from supvisors.cli.errors import CommandError
from supvisors.cli.programs import disable, enable, tail
from tests.cli.harness import check_one_line, run
from tests.cli.stub import Stub, refused, serving


@pytest.mark.parametrize(
    ("command", "name", "said"),
    [
        (enable, "enable", "web:db is enabled: rules may start it again\n"),
        (
            disable,
            "disable",
            "web:db is disabled: nobody starts it until 'supvisors enable web:db'\n",
        ),
    ],
)
def test_a_wish_is_one_call(
    command: Callable[..., None],
    name: str,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stub = Stub()
    with serving(stub, tmp_path) as conf:
        command("web:db", conf=conf)
        assert capsys.readouterr().out == said
        command("web:db", conf=conf, as_json=True)
        assert json.loads(capsys.readouterr().out) == {"command": name, "result": True}
        stub.answers[name] = refused("FAILED", "nothing to lift")
        with pytest.raises(CommandError, match="nothing to lift"):
            command("web:db", conf=conf)
    assert stub.asked == [(name, "web:db")] * 3


@pytest.mark.parametrize(
    ("text", "shown"), [("a\nb\n", "a\nb\n"), ("a\nb", "a\nb\n"), ("", ""), ("\x85", "\x85\n")]
)
def test_the_end_of_an_output(
    text: str, shown: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stub = Stub(tail_process=text)
    with serving(stub, tmp_path) as conf:
        tail("web:db", conf=conf)
        assert capsys.readouterr().out == shown
        tail("web:db", of_stderr=True, address="beta", length=7, conf=conf, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"command": "tail_process", "result": text}
    assert stub.asked == [
        ("tail_process", "web:db", "", "stdout", 1600),
        ("tail_process", "web:db", "beta", "stderr", 7),
    ]


def test_an_output_does_not_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Stub(tail_process="a\tb\n\x85c\n"), tmp_path) as conf:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        tail("web:db", conf=conf)
    assert capsys.readouterr().out == "a\tb\n\N{REPLACEMENT CHARACTER}c\n"


@pytest.mark.slow
def test_how_much_is_read_has_a_limit() -> None:
    check_one_line(run("tail", "web:db", "--bytes", "65537"), 2, "--bytes", "65536")
