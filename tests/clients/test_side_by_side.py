"""The same messages, to the clients of all languages at once: they print the same lines.

`demo.jsonl` is what `supvisors events --json` printed of half a minute of `supvisors demo`:
three hosts, one of them killed and one frozen.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.clients.lines import Program, differences, expected, listening, play, recorded, vectors
from tests.clients.test_cpp import PLAIN, build
from tests.clients.test_java import PRINT_EVENTS, jar
from tests.live.harness import Site, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        shutil.which("mvn") is None or shutil.which("cmake") is None,
        reason="not all languages are here: tools/setup.sh cpp; tools/setup.sh java",
    ),
]

RECORDING: Final = Path(__file__).with_name("demo.jsonl")


@pytest.fixture(scope="module")
def programs() -> list[Program]:
    cpp = build(PLAIN, "-DCMAKE_BUILD_TYPE=RelWithDebInfo") / "examples" / "print_events"
    command = (sys.executable, "-m", "supvisors.cli", "events", "--json", "--port")
    return [
        Program("python", command),
        Program("java", ("java", "-cp", str(jar()), PRINT_EVENTS)),
        Program("cpp", (str(cpp),)),
    ]


def test_vectors(programs: Sequence[Program], tmp_path: Path) -> None:
    messages = vectors()
    assert differences(play(messages, programs, tmp_path), expected(messages)) == ""


def test_a_recording(programs: Sequence[Program], tmp_path: Path) -> None:
    messages = recorded(RECORDING)
    wanted = RECORDING.read_text("utf-8").splitlines()
    assert expected(messages) == wanted
    assert differences(play(messages, programs, tmp_path), wanted) == ""


def starts(lines: Sequence[str], pid: int) -> list[int]:
    """Where the process with this identity became RUNNING."""
    bodies = [json.loads(line)["body"] for line in lines]
    return [i for i, body in enumerate(bodies) if (body.get("pid"), body.get("state")) == (pid, 20)]


def changes(lines: Sequence[str], begin: int, end: int) -> list[str]:
    """Lines from one start to another.

    Those of `address` are left out: they are refreshed at any time.
    """
    (first,), (last,) = starts(lines, begin), starts(lines, end)
    return [line for line in lines[first : last + 1] if not line.startswith('{"header": "address"')]


def test_a_living_host(programs: Sequence[Program], camera_site: Site, tmp_path: Path) -> None:
    """From a start that all have heard to the last of some more."""
    supervisor = camera_site.rpc().supervisor

    def restarted() -> int:
        if camera_site.info("camera")["statename"] == "RUNNING":
            supervisor.stopProcess("camera")
        supervisor.startProcess("camera")
        pid: int = camera_site.info("camera")["pid"]
        return pid

    with listening(programs, camera_site.event_port, tmp_path) as printed:
        pids: list[int] = []

        def heard_by_all() -> int:
            pids.append(restarted())
            heard = (pid for pid in pids if all(starts(lines, pid) for lines in printed().values()))
            return next(heard, 0)

        begin = wait_for(heard_by_all, "all hear the agent", timeout_s=50, every_s=0.2)
        end = [restarted() for _ in range(5)][-1]
        wait_for(lambda: all(starts(lines, end) for lines in printed().values()), "the last start")
        found = {name: changes(lines, begin, end) for name, lines in printed().items()}
    assert len(found["python"]) > 5 * 3
    assert found["java"] == found["python"]
    assert found["cpp"] == found["python"]
