"""`supvisors demo` shows real events of real programs on some hosts, what it does to these, and
leaves nothing however it ends."""

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
from itertools import pairwise
from pathlib import Path

import pytest

from tests.live.harness import alive, wait_for

#: Environment variable by which the processes of a demo are found.
MARK = "SUPVISORS_DEMO_TEST"


class Demo:
    """A demo that runs, with a directory for temporary files of its own."""

    def __init__(self, directory: Path, *options: str, stdout: int | None = None) -> None:
        self.output = directory / "output"
        # short, since paths of unix sockets are
        self.tmpdir = Path(tempfile.mkdtemp(prefix="sv-"))
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "supvisors.cli", "demo", *options],
                stdout=output if stdout is None else stdout,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "TMPDIR": str(self.tmpdir), MARK: str(self.tmpdir)},
            )

    def text(self) -> str:
        return self.output.read_text()

    def wait_text(self, *words: str) -> None:
        wait_for(lambda: all(re.search(word, self.text()) for word in words), self.text)

    def has(self, word: str) -> bool:
        return re.search(word, self.text(), re.M) is not None

    def frozen(self) -> list[int]:
        """Return which of its processes are stopped by SIGSTOP."""
        return [pid for pid in self.descendants() if _state(pid) == "T"]

    def descendants(self) -> list[int]:
        """Return the processes that this demo is or has started, whoever owns them now."""
        mark = f"{MARK}={self.tmpdir}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
            except OSError:
                continue
        return [pid for pid in found if alive(pid)]

    def check_ends_soon(self) -> None:
        """Check that it ends well within 3 s, and leaves nothing."""
        began = time.monotonic()
        assert self.process.wait(30) == 0, self.text()
        assert time.monotonic() - began < 3
        self.check_nothing_left()

    def check_nothing_left(self) -> None:
        wait_for(lambda: not self.descendants(), lambda: str(self.descendants()))
        wait_for(lambda: not list(self.tmpdir.iterdir()), lambda: str(list(self.tmpdir.rglob("*"))))


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


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
    demo = Demo(tmp_path, "--addresses", "1", "--seconds", "12")
    demos.append(demo)
    assert demo.process.wait(60) == 0, demo.text()
    assert time.monotonic() - began >= 12

    for shown in (
        r"supvisors .*INITIALIZATION",
        r"supvisors .*OPERATION",
        r"address +alpha +RUNNING",
        r"process +station:camera +RUNNING",
        r"event +station:radio +EXITED.*unexpected",
        r"event +survey:loader +EXITED +on alpha$",
        r"event +survey:worker +RUNNING",
        r"event +survey:worker +STOPPED",
        r"application +station +RUNNING",
    ):
        assert re.search(shown, demo.text(), re.M), f"{shown}\n{demo.text()}"
    assert ">>> " not in demo.text(), "a single host is left alone"
    assert "Traceback" not in demo.text()
    demo.check_nothing_left()


@pytest.mark.timeout(200)
def test_it_kills_a_host_brings_it_back_and_freezes_another(
    tmp_path: Path, demos: list[Demo]
) -> None:
    demo = Demo(tmp_path)
    demos.append(demo)
    wait_for(lambda: demo.has("the demo has done all"), demo.text, timeout_s=150)
    in_order = (
        r"supvisors .*OPERATION",
        r">>> +the demo kills beta",
        r"address +beta +SILENT",
        r"beta is told to be SILENT, ",
        r">>> +the demo brings beta back",
        r"address +beta +RUNNING",
        r">>> +the demo freezes gamma",
        r"address +gamma +SILENT",
        r">>> +the demo thaws gamma",
        r"address +gamma +RUNNING",
    )
    position = 0
    for shown in in_order:
        found = re.compile(shown).search(demo.text(), position)
        assert found, f"{shown} in its place\n{demo.text()}"
        position = found.end()
    # a program on all hosts is shown with all, and without the lost one
    assert demo.has(r"process +station:camera +RUNNING +on alpha, beta, gamma$")
    assert demo.has(r"process +station:camera +RUNNING +on alpha, gamma$")
    assert demo.has(r"process +survey:probe +FATAL")
    assert demo.has(r"event +survey:loader +EXITED +on gamma$")

    pids = demo.descendants()
    demo.process.send_signal(signal.SIGINT)
    demo.check_ends_soon()
    assert len(pids) > 10
    assert "Traceback" not in demo.text()


def test_the_hosts_are_given_ports_of_their_own(tmp_path: Path, demos: list[Demo]) -> None:
    demo = Demo(tmp_path, "--addresses", "5")
    demos.append(demo)
    demo.wait_text("Ctrl-C ends")
    confs = sorted(demo.tmpdir.glob("*/*/supervisord.conf"))
    assert len(confs) == 5
    texts = [conf.read_text() for conf in confs]
    lists = {re.search(r"^address_list = (.*)$", text, re.M)[1] for text in texts}  # type: ignore[index]
    assert len(lists) == 1, "one list for all hosts"
    internal = [int(port) for port in re.findall(r":(\d+)", lists.pop())]
    assert len(internal) == 5
    assert all(abs(a - b) >= 4 for a, b in pairwise(sorted(internal)))
    events = [int(re.search(r"event_port = (\d+)", text)[1]) for text in texts]  # type: ignore[index]
    assert len(set(events) - {port + offset for port in internal for offset in (0, 2, 3)}) == 5
    demo.process.send_signal(signal.SIGINT)
    demo.check_ends_soon()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_on_a_signal(tmp_path: Path, demos: list[Demo], number: signal.Signals) -> None:
    demo = Demo(tmp_path, "--addresses", "1")
    demos.append(demo)
    demo.wait_text("OPERATION")
    assert len(demo.descendants()) > 3
    demo.process.send_signal(number)
    demo.check_ends_soon()
    assert "nothing of it is left" in demo.text()
    assert "Traceback" not in demo.text()


@pytest.mark.timeout(150)
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_when_it_ends_while_a_host_is_frozen(
    tmp_path: Path, demos: list[Demo], ending: signal.Signals
) -> None:
    demo = Demo(tmp_path, "--addresses", "2")
    demos.append(demo)
    wait_for(lambda: demo.has("the demo freezes beta"), demo.text, timeout_s=100)
    wait_for(lambda: demo.frozen(), demo.text)
    demo.process.send_signal(ending)
    if ending is signal.SIGINT:
        demo.check_ends_soon()
    demo.check_nothing_left()


def test_nothing_is_left_of_a_demo_that_is_killed(tmp_path: Path, demos: list[Demo]) -> None:
    demo = Demo(tmp_path, "--addresses", "1")
    demos.append(demo)
    demo.wait_text("OPERATION")
    demo.process.kill()
    demo.check_nothing_left()


def test_nothing_is_left_when_nobody_reads_on(tmp_path: Path, demos: list[Demo]) -> None:
    """As after `supvisors demo | head`."""
    read_end, write_end = os.pipe()
    demo = Demo(tmp_path, "--addresses", "1", stdout=write_end)
    demos.append(demo)
    os.close(write_end)
    assert os.read(read_end, 100).startswith(b"Supvisors demo")
    os.close(read_end)
    assert demo.process.wait(60) == 0, demo.text()
    assert demo.text() == ""
    demo.check_nothing_left()


@pytest.mark.timeout(120)
def test_nothing_is_left_when_its_time_is_over_in_the_middle(
    tmp_path: Path, demos: list[Demo]
) -> None:
    """Whatever is under way then: it starts, kills, or waits."""
    for seconds in ("1", "2.5", "5"):
        demo = Demo(tmp_path, "--addresses", "3", "--seconds", seconds)
        demos.append(demo)
        assert demo.process.wait(60) == 0, demo.text()
        assert "Traceback" not in demo.text()
        demo.check_nothing_left()
