"""The command as a whole: help, version, errors, exit statuses, completion."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from supvisors import __version__
from supvisors.cli import COMMANDS
from supvisors.cli.check import check
from supvisors.cli.demo import demo
from supvisors.cli.events import events
from supvisors.cli.fence import fence, unfence
from supvisors.cli.status import status
from supvisors.config import OPTIONS
from tests.cli.harness import TIMEOUT_S, check_one_line, run

pytestmark = pytest.mark.slow  # each test runs the command


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
        assert f"{name:7}  {line}" in done.stdout


def test_without_a_command_it_shows_the_help() -> None:
    assert run().stdout == run("--help").stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    done = run(name, "--help")
    assert done.returncode == 0
    assert f"supvisors {name}" in done.stdout
    assert "Show this message" in done.stdout


@pytest.mark.parametrize("function", [demo, check, events, status, fence, unfence])
def test_the_line_in_the_list_begins_the_help_of_the_command(function: object) -> None:
    name = getattr(function, "__name__", "")
    assert (function.__doc__ or "").startswith(f"{COMMANDS[name]}\n")


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"demo", "keys"}))
def test_a_command_about_one_supervisord_takes_its_file(name: str) -> None:
    """The commands of `keys` do too: test_keys.py."""
    assert "-c, --conf CONF" in run(name, "--help").stdout


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
        (["demo", "--addresses", "6"], ["--addresses", "less than or equal to 5"]),
        (["fence"], ["ADDRESS", "See 'supvisors fence --help'"]),
        (["unfence"], ["ADDRESS", "See 'supvisors unfence --help'"]),
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
        ("supvisors ch", ["check"]),
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
        COMP_WORDS=line,
        COMP_CWORD=str(line.count(" ")),
    )
    assert done.stdout.split() == completions
    assert done.stderr == ""
