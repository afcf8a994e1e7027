"""The synchronised C++ client beside a real agent, that is killed, and itself ended."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.client.program import Program, running
from tests.clients.test_cpp import PLAIN, build
from tests.live.harness import Site

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("cmake") is None, reason="no C++ here: tools/setup.sh cpp"),
]

Line = dict[str, Any]


@pytest.fixture(scope="module")
def follow() -> str:
    folder = build(PLAIN, "-DCMAKE_BUILD_TYPE=RelWithDebInfo")
    return str(folder / "examples" / "follow_cluster")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.write(
        "[program:camera]\ncommand = sleep 1000\nstartsecs = 0\nautostart = false\n",
        f"address_list = alpha\nevent_port = {site.event_port}\nstate_dir = %(here)s/state\n",
    )
    try:
        site.start()
        yield site
    finally:
        site.clean()


def until(program: Program, is_last: Callable[[Line], bool]) -> list[Line]:
    """Read lines up to the first for which this holds."""
    lines: list[Line] = []
    while not lines or not is_last(lines[-1]):
        lines.append(json.loads(program.next_line()))
    return lines


def camera_is(statename: str) -> Callable[[Line], bool]:
    def is_it(line: Line) -> bool:
        body = line.get("body", {})
        return (body.get("process_name"), body.get("statename")) == ("camera", statename)

    return is_it


def events_of_camera(lines: list[Line]) -> list[int]:
    return [
        line["event"]["state"] for line in lines if line.get("event", {}).get("name") == "camera"
    ]


def gaps(lines: list[Line]) -> list[Line]:
    return [line for line in lines if "gap" in line]


def test_nothing_is_missed(site: Site, follow: str) -> None:
    """Neither what happens while the agent is dead, nor while the client is away."""
    supervisor = site.rpc().supervisor
    cursor = str(site.directory / "cursor")
    with running(follow, str(site.event_port), cursor) as program:
        lines = until(program, camera_is("STOPPED"))
        assert lines[0] == {"joined": True}
        supervisor.startProcess("camera")
        lines += until(program, camera_is("RUNNING"))
        os.kill(site.agent_pid(), signal.SIGKILL)
        supervisor.stopProcess("camera")
        lines += until(program, camera_is("STOPPED"))
        assert events_of_camera(lines) == [10, 20, 40, 0]
        assert gaps(lines) == []
        site.wait_ready()
        assert program.interrupt() == 0
        assert program.errors == ""
    supervisor.startProcess("camera")
    with running(follow, str(site.event_port), cursor) as program:
        lines = until(program, lambda line: events_of_camera([line]) == [20])
        assert any(map(camera_is("RUNNING"), lines))
        assert events_of_camera(lines) == [10, 20]
        assert gaps(lines) == []
        assert program.interrupt() == 0
