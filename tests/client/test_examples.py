"""The examples run, and receive."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from supvisors import wire
from supvisors.model import ProcessState
from tests.client.harness import BODIES, Publisher
from tests.client.program import Program, running
from tests.client.site import Site

EXAMPLES = Path(__file__).parents[2] / "examples"

#: Runs a script as `python SCRIPT PORT` does, with Ctrl-C as a terminal gives it.
RUN = "import runpy, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
RUN += "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"


def python(script: str, port: int) -> list[str]:
    return [sys.executable, "-X", "utf8", "-c", RUN, str(EXAMPLES / script), str(port)]


def hears_everything_on_plain_lines(publisher: Publisher, program: Program) -> None:
    assert publisher.next_subscription() == b"\x01"
    for body in BODIES.values():
        publisher.publish(body)
        header, raw = wire.encode(body)
        printed_header, text = program.next_line().split(" ", 1)
        assert (printed_header, json.loads(text)) == (header.decode(), json.loads(raw))


@pytest.mark.parametrize("script", ["event_interface.py", "plain_sub.py"])
def test_python(publisher: Publisher, script: str) -> None:
    with running(*python(script, publisher.port)) as program:
        hears_everything_on_plain_lines(publisher, program)


def test_print_events(publisher: Publisher) -> None:
    with running(*python("print_events.py", publisher.port)) as program:
        assert publisher.next_subscription() == b"\x01"
        for header, body in BODIES.items():
            publisher.publish(body)
            expected = {"header": header, "body": wire.body_as_dict(body)}
            assert json.loads(program.next_line()) == expected
        assert program.interrupt() == 0
        assert program.errors == ""


def told_of_nginx(program: Program) -> tuple[str, str]:
    """Kind and state of the next line that is about the process."""
    while True:
        line = json.loads(program.next_line())
        if line.get("header") == "process":
            return "is", line["body"]["statename"]
        if line.get("status") == "process":
            return "status", line["body"]["statename"]
        if "event" in line:
            assert line["id"][0] == "alpha"
            return "event", ProcessState(line["event"]["state"]).name


def test_follow_cluster_goes_on_where_it_was(
    make_site: Callable[..., Site], tmp_path: Path
) -> None:
    site, cursor = make_site(), tmp_path / "cursor"
    command = [*python("follow_cluster.py", site.port), str(cursor)]
    site.change(ProcessState.RUNNING)
    with running(*command) as program:
        assert told_of_nginx(program) == ("is", "RUNNING")
        site.change(ProcessState.STOPPED)
        assert {told_of_nginx(program) for _ in range(2)} == {
            ("event", "STOPPED"),
            ("status", "STOPPED"),
        }
        assert program.interrupt() == 0
        assert program.errors == ""
    site.change(ProcessState.RUNNING)
    site.change(ProcessState.STOPPED)
    with running(*command) as program:
        assert told_of_nginx(program) == ("is", "STOPPED")
        assert told_of_nginx(program) == ("event", "RUNNING")
        assert told_of_nginx(program) == ("event", "STOPPED")


@pytest.mark.slow
def test_cpp_as_its_own_first_lines_say(publisher: Publisher, tmp_path: Path) -> None:
    source = EXAMPLES / "cpp" / "plain_sub.cpp"
    build = re.search(r"^// Build: (.+)$", source.read_text(), re.M)
    assert build
    command = build[1].replace("plain_sub.cpp", str(source))
    subprocess.run(shlex.split(command), cwd=tmp_path, check=True)
    with running(str(tmp_path / "plain_sub"), str(publisher.port)) as program:
        hears_everything_on_plain_lines(publisher, program)
    with running(str(tmp_path / "plain_sub")) as program:
        assert program.wait() == 2
        assert program.errors == "usage: plain_sub PORT\n"
