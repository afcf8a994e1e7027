"""The synchronised Java client beside a real agent, that is killed, and itself ended."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.program import running
from tests.clients.test_cpp_live import camera_is, events_of_camera, gaps, until
from tests.clients.test_java import FOLLOW_CLUSTER, jar
from tests.live.harness import Site

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("mvn") is None, reason="no Java here: tools/setup.sh java"),
]

#: A shell that starts tests in the background leaves Ctrl-C ignored, and Java heeds that.
HEED_CTRL_C = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
#: What a virtual machine gives back for Ctrl-C.
INTERRUPTED = 128 + signal.SIGINT


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


def test_nothing_is_missed(site: Site) -> None:
    """Neither what happens while the agent is dead, nor while the client is away."""
    supervisor = site.rpc().supervisor
    cursor = str(site.directory / "cursor")
    java = ("java", "-cp", str(jar()), FOLLOW_CLUSTER, str(site.event_port), cursor)
    follow = (sys.executable, "-c", HEED_CTRL_C, *java)
    with running(*follow) as program:
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
        assert program.interrupt() == INTERRUPTED
        assert program.errors == ""
    supervisor.startProcess("camera")
    with running(*follow) as program:
        lines = until(program, lambda line: events_of_camera([line]) == [20])
        assert any(map(camera_is("RUNNING"), lines))
        assert events_of_camera(lines) == [10, 20]
        assert gaps(lines) == []
        assert program.interrupt() == INTERRUPTED
