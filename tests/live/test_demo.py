"""`supvisors demo` shows real events of real programs, and leaves nothing however it ends."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.harness import alive, wait_for


def _heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Demo:
    """A demo that runs, with a directory for temporary files of its own."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.output = directory / "output"
        # short, since paths of unix sockets are
        self.tmpdir = Path(tempfile.mkdtemp(prefix="sv-"))
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "supvisors.cli", "demo", *options],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "TMPDIR": str(self.tmpdir)},
                # a shell in the background leaves Ctrl-C ignored, and children inherit it
                preexec_fn=lambda: (
                    signal.signal(signal.SIGINT, signal.default_int_handler) and None
                ),
            )

    def text(self) -> str:
        return self.output.read_text()

    def wait_text(self, *words: str) -> None:
        wait_for(lambda: all(re.search(word, self.text()) for word in words), self.text)

    def descendants(self) -> list[int]:
        """Return the processes that were given this demo's directory for temporary files."""
        mark = f"TMPDIR={self.tmpdir}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
            except OSError:
                continue
        return [pid for pid in found if alive(pid)]

    def check_nothing_left(self) -> None:
        wait_for(lambda: not self.descendants(), lambda: str(self.descendants()))
        assert list(self.tmpdir.iterdir()) == []


@pytest.fixture
def demos() -> Iterator[list[Demo]]:
    """Ends the demos of a test by their ids, whatever happened."""
    started: list[Demo] = []
    yield started
    for demo in started:
        for pid in demo.descendants():
            os.kill(pid, signal.SIGKILL)
        demo.process.wait()
        shutil.rmtree(demo.tmpdir)


@pytest.mark.timeout(120)
def test_it_shows_all_kinds_of_programs_and_ends_by_itself(
    tmp_path: Path, demos: list[Demo]
) -> None:
    began = time.monotonic()
    demo = Demo(tmp_path, "--seconds", "12")
    demos.append(demo)
    assert demo.process.wait(60) == 0, demo.text()
    assert time.monotonic() - began >= 12

    for shown in (
        r"supvisors .*INITIALIZATION",
        r"supvisors .*OPERATION",
        r"address +demo +RUNNING",
        r"process +station:camera +RUNNING",
        r"event +station:radio +EXITED.*unexpected",
        r"event +survey:loader +EXITED +on demo$",
        r"event +survey:worker +RUNNING",
        r"event +survey:worker +STOPPED",
        r"application +station +RUNNING",
    ):
        assert re.search(shown, demo.text(), re.M), f"{shown}\n{demo.text()}"
    assert "Traceback" not in demo.text()
    demo.check_nothing_left()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_on_a_signal(tmp_path: Path, demos: list[Demo], number: signal.Signals) -> None:
    demo = Demo(tmp_path)
    demos.append(demo)
    demo.wait_text("OPERATION")
    assert len(demo.descendants()) > 3
    demo.process.send_signal(number)
    assert demo.process.wait(30) == 0, demo.text()

    assert "nothing of it is left" in demo.text()
    assert "Traceback" not in demo.text()
    demo.check_nothing_left()


def test_its_supervisord_ends_with_a_demo_that_is_killed(tmp_path: Path, demos: list[Demo]) -> None:
    demo = Demo(tmp_path)
    demos.append(demo)
    demo.wait_text("OPERATION")
    demo.process.kill()
    wait_for(lambda: not demo.descendants(), lambda: str(demo.descendants()))
