"""The command as a whole: help, version, errors, exit statuses, completion."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from supvisors import __version__
from supvisors.cli import COMMANDS
from supvisors.cli.verbs import command_of
from supvisors.config import OPTIONS
from tests.cli.harness import TIMEOUT_S, check_one_line, run

pytestmark = pytest.mark.slow  # each test runs the command

#: What holds commands of its own.
HOLDERS = {name for name in COMMANDS if isinstance(command_of(name), typer.Typer)}


def words(text: str) -> str:
    return " ".join(text.split())


def test_help_tells_a_new_user_what_he_needs() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert done.stderr == ""
    for word in (
        "as one system",
        "The first three commands:",
        "supvisors demo ",
        "supvisors check supervisord.conf ",
        "supvisors events ",
        "-c CONF",
        "0 on success, 1 when it failed or found a fault, and 2 when it was called wrongly",
    ):
        assert word in words(done.stdout)
    for name, line in COMMANDS.items():
        assert f"  {name:{max(map(len, COMMANDS))}}  {line}\n" in done.stdout


def test_without_a_command_it_shows_the_help() -> None:
    assert run().stdout == run("--help").stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    done = run(name, "--help")
    assert done.returncode == 0
    assert f"supvisors {name}" in done.stdout
    assert "Show this message" in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_in_the_list_begins_the_help_of_the_command(name: str) -> None:
    command = command_of(name)
    if isinstance(command, typer.Typer):  # it holds commands of its own
        assert command.registered_callback is not None
        command = command.registered_callback.callback or print
    assert (command.__doc__ or "").partition("\n")[0] == COMMANDS[name]


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"demo", "replay", *HOLDERS}))
def test_a_command_about_one_supervisord_takes_its_file(name: str) -> None:
    """The commands of `keys` do too: test_keys.py."""
    assert "-c, --conf CONF" in run(name, "--help").stdout


@pytest.mark.parametrize("words", ["rules show", "rules reload", "site restart", "site shutdown"])
def test_so_does_one_within_another(words: str) -> None:
    assert "-c, --conf CONF" in run(*words.split(), "--help").stdout


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"demo", "record", "replay", *HOLDERS}))
def test_every_command_speaks_to_programs(name: str) -> None:
    assert "--json" in run(name, "--help").stdout


def test_the_help_of_check_explains_every_option() -> None:
    shown = run("check", "--help").stdout.splitlines()
    for option in OPTIONS:
        assert any(line.split() == [option.name, *option.help.split()] for line in shown)


def test_the_version_is_shown() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"supvisors {__version__}\n")


def test_the_console_command_is_the_same() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("supvisors"), "--version"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.stdout == run("--version").stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["chek"], ["'chek'", "Did you mean 'check'?", "See 'supvisors --help'"]),
        (["--versoin"], ["--versoin", "See 'supvisors --help'"]),
        (["check", "--jsn"], ["--jsn", "See 'supvisors check --help'"]),
        (["check", "a", "b"], ["(b)", "See 'supvisors check --help'"]),
        (["check", "a", "-c", "b"], ["name the file once", "See 'supvisors check --help'"]),
        (["events", "foo"], ["'foo' is not a header", "supvisors, address, application"]),
        (["events", "--port", "0"], ["--port", "greater than or equal to 1"]),
        (["events", "--port", "x"], ["--port", "integer"]),
        (["events", "--count", "0"], ["--count"]),
        (["events", "--seconds", "-1"], ["--seconds"]),
        (["events", "--since", "yesterday"], ["'yesterday'", "2h"]),
        (["events", "process", "--since", "2h"], ["'event'", "among the headers"]),
        (["record"], ["FILE", "See 'supvisors record --help'"]),
        (["replay", "x", "--drop", "2"], ["--drop", "less than or equal to 1"]),
        (["demo", "--addresses", "6"], ["--addresses", "less than or equal to 5"]),
        (["fence"], ["ADDRESS", "See 'supvisors fence --help'"]),
        (["unfence"], ["ADDRESS", "See 'supvisors unfence --help'"]),
        (["why"], ["NAMESPEC", "See 'supvisors why --help'"]),
        (["rules", "x"], ["'x'", "See 'supvisors rules --help'"]),
        (["status", "beta"], ["(beta)", "See 'supvisors status --help'"]),
    ],
)
def test_wrong_usage_is_one_line_with_the_cure(args: list[str], said: list[str]) -> None:
    check_one_line(run(*args), 2, *said)


@pytest.mark.parametrize("command", ["check", "events", "status"])
def test_a_file_that_is_not_there_is_one_line_with_the_cure(command: str, tmp_path: Path) -> None:
    missing = str(tmp_path / "nowhere.conf")
    check_one_line(run(command, "-c", missing), 1, missing, "-c CONF")
    check_one_line(run(command, "-c", tmp_path), 1, str(tmp_path), "-c CONF")


def test_an_error_of_ours_is_one_line_too(tmp_path: Path) -> None:
    """A broken library stands for what we cannot foresee."""
    (tmp_path / "zmq.py").write_text("raise RuntimeError('broken\\nlibrary')\n")
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    done = run("events", PYTHONPATH=path)
    check_one_line(done, 1, "an error of ours", "RuntimeError", "zmq.py:1", "broken library")


def test_help_does_not_load_what_the_commands_need() -> None:
    script = (
        "import sys\n"
        "from supvisors.cli import main\n"
        "sys.argv[1:] = ['--help']\n"
        "try: main()\n"
        "finally: print({'zmq', 'supervisor', 'msgspec', 'rich'} & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.stdout.endswith("set()\n")


@pytest.mark.parametrize(
    ("line", "completions"),
    [
        ("supvisors che", ["check"]),
        ("supvisors ", list(COMMANDS)),
        ("supvisors check --j", ["--json"]),
        ("supvisors events pro", ["process"]),
        ("supvisors events process a", ["address", "application"]),
        ("supvisors nonsense --j", []),
    ],
)
def test_the_shell_completes(line: str, completions: list[str]) -> None:
    done = run(
        _SUPVISORS_COMPLETE="complete_bash",
        COMP_WORDS=line.replace(" ", "\n"),
        COMP_CWORD=str(line.count(" ")),
    )
    assert done.stdout.split() == completions
    assert done.stderr == ""
