"""The story of an agent that is killed, and of a client that is away, for a client of any language.

Holds: `nothing_is_missed`, which reads the lines of a `follow_cluster`.
Must not touch: how such a program is built or called.
Tests: tests/clients/test_cpp_live.py, tests/clients/test_java_live.py.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Sequence
from typing import Any

from tests.client.program import Program, running
from tests.live.harness import Site

Line = dict[str, Any]


def nothing_is_missed(site: Site, follow: Sequence[str], interrupted: int) -> None:
    """Assert that a client hears what happens while the agent is dead, and while it is away.

    Args:
        follow: the command of the client, with its port and its file for the cursor.
        interrupted: its exit status after Ctrl-C.
    """
    supervisor = site.rpc().supervisor
    with running(*follow) as program:
        lines = _until(program, _camera_is("STOPPED"))
        assert lines[0] == {"joined": True}
        supervisor.startProcess("camera")
        lines += _until(program, _camera_is("RUNNING"))
        os.kill(site.agent_pid(), signal.SIGKILL)
        supervisor.stopProcess("camera")
        lines += _until(program, _camera_is("STOPPED"))
        assert _events_of_camera(lines) == [10, 20, 40, 0]
        assert _gaps(lines) == []
        site.wait_ready()
        assert program.interrupt() == interrupted
        assert program.errors == ""
    supervisor.startProcess("camera")
    with running(*follow) as program:
        lines = _until(program, lambda line: _events_of_camera([line]) == [20])
        assert any(map(_camera_is("RUNNING"), lines))
        assert _events_of_camera(lines) == [10, 20]
        assert _gaps(lines) == []
        assert program.interrupt() == interrupted


def _until(program: Program, is_last: Callable[[Line], bool]) -> list[Line]:
    """Read lines up to the first for which this holds."""
    lines: list[Line] = []
    while not lines or not is_last(lines[-1]):
        lines.append(json.loads(program.next_line()))
    return lines


def _camera_is(statename: str) -> Callable[[Line], bool]:
    def is_it(line: Line) -> bool:
        body = line.get("body", {})
        return (body.get("process_name"), body.get("statename")) == ("camera", statename)

    return is_it


def _events_of_camera(lines: list[Line]) -> list[int]:
    return [
        line["event"]["state"] for line in lines if line.get("event", {}).get("name") == "camera"
    ]


def _gaps(lines: list[Line]) -> list[Line]:
    return [line for line in lines if "gap" in line]
