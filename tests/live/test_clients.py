"""Clients in three forms hear a real agent: plain pyzmq, plain libzmq from C++, the thread."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.client.harness import Publisher
from tests.client.program import Program, running
from tests.live.harness import Site

EXAMPLES = Path(__file__).parents[2] / "examples"
CAMERA = "[program:camera]\ncommand = sleep 1000\nstartsecs = 0\n"


def cpp_client(directory: Path) -> str:
    """Build the C++ example as its first lines say; return the program."""
    source = EXAMPLES / "cpp" / "plain_sub.cpp"
    build = re.search(r"^// Build: (.+)$", source.read_text(), re.M)
    assert build
    command = build[1].replace("plain_sub.cpp", str(source))
    subprocess.run(shlex.split(command), cwd=directory, check=True)
    return str(directory / "plain_sub")


@contextmanager
def listening(site: Site, command: list[str]) -> Iterator[Program]:
    """Run a client that is seen to listen, so that it misses nothing of what starts then."""
    publisher = Publisher(site.event_port)
    try:
        with running(*command, str(site.event_port)) as program:
            publisher.next_subscription()
            publisher.close()
            yield program
    finally:
        publisher.close()


@pytest.mark.parametrize("form", ["plain_sub.py", "event_interface.py", "print_events.py", "cpp"])
def test_it_hears_the_life_of_a_program(site: Site, tmp_path: Path, form: str) -> None:
    if form == "cpp":
        command = [cpp_client(tmp_path)]
    else:
        command = [sys.executable, "-u", str(EXAMPLES / form)]
    site.write(CAMERA)
    with listening(site, command) as program:
        site.start()
        wanted = [
            r"INITIALIZATION",
            r'"?address_name.*RUNNING',
            r"camera.*STARTING",
            r"camera.*RUNNING",
        ]
        heard = []
        while wanted:
            heard.append(program.next_line())
            if re.search(wanted[0], heard[-1]):
                wanted.pop(0)


def test_the_subscriber_reconnects_to_a_new_agent(site: Site) -> None:
    site.write(CAMERA)
    command = [sys.executable, "-u", str(EXAMPLES / "print_events.py")]
    with listening(site, command) as program:
        site.start()
        for _ in range(2):
            while "OPERATION" not in program.next_line():
                pass
            site.rpc().supervisor.signalProcess("supvisors", "KILL")
        while "OPERATION" not in program.next_line():
            pass
