"""`supvisors record` and `supvisors replay`: what was recorded is what clients hear."""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import zmq

from supvisors.client import Event, Gap, Status, Vanished, connect
from supvisors.client.subscriber import SupvisorsEventInterface
from supvisors.model import ApplicationState, ApplicationStatus, ProcessState, ProcessStatus
from supvisors.recording import Moment, Recorder, read
from tests.cli.harness import BASE, TIMEOUT_S, check_one_line, run, start, write
from tests.client.conftest import make_site
from tests.client.harness import BODIES
from tests.client.site import Site

pytestmark = pytest.mark.slow  # each test runs the commands
__all__ = ["make_site"]

RUNNING, STOPPED = ProcessState.RUNNING, ProcessState.STOPPED
MakeSite = Callable[..., Site]


@contextmanager
def running(*args: str | Path) -> Iterator[Any]:
    process = start(*args)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()  # which leaves nothing
        process.communicate(timeout=TIMEOUT_S)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def wait_for_text(path: Path, text: str) -> None:
    while not path.exists() or text not in path.read_text():
        pass


def test_state_and_changes_are_recorded_until_ctrl_c(make_site: MakeSite, tmp_path: Path) -> None:
    site, file = make_site(), tmp_path / "day.jsonl"
    site.publish(BODIES["supvisors"])
    site.change(RUNNING)
    with running("record", file, "--port", str(site.port)) as process:
        wait_for_text(file, "nginx")
        site.change(STOPPED)
        wait_for_text(file, '"application","body":{"application_name":"web","statecode":0')
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0
    assert "3 events" in stderr
    with file.open(encoding="utf-8") as stream:
        moments = list(read(stream))
    assert [(m.at_ms > 0, m.told.header) for m in moments] == [
        (False, "supvisors"),
        (False, "application"),
        (False, "process"),
        (True, "event"),
        (True, "process"),
        (True, "application"),
    ]


def test_the_port_of_a_configuration(make_site: MakeSite, tmp_path: Path) -> None:
    site, file = make_site(), tmp_path / "day.jsonl"
    conf = write(tmp_path, f"{BASE}[supvisors]\nevent_port = {site.port}\n")
    with running("record", file, "-c", conf, "--count", "1") as process:
        while process.poll() is None:
            site.change(RUNNING)
    assert process.returncode == 0
    check_one_line(run("record", file, "-c", conf), 1, str(file), "File exists")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A process that comes, changes 200 times and goes."""
    event = BODIES["event"]
    file = tmp_path / "recording.jsonl"
    with file.open("w", encoding="utf-8") as stream:
        recorder = Recorder(stream)
        recorder.write(Moment(0, Status(BODIES["supvisors"], None, 1)))
        recorder.write(Moment(0, Status(BODIES["address"], None, 1)))
        for number in range(1, 201):
            at_ms = 5 * number
            state = (RUNNING, STOPPED)[number % 2]
            status = ProcessStatus("web", "nginx", state, True, number)
            recorder.write(Moment(at_ms, Event(event, ("alpha", "b1", number), None, 1)))  # type: ignore[arg-type]
            recorder.write(Moment(at_ms, Status(status, None, 1)))
        last = ProcessStatus("web", "nginx", ProcessState.UNKNOWN)
        recorder.write(Moment(2000, Status(last, None, 1)))
        recorder.write(Moment(2000, Vanished("web", "nginx")))
        recorder.write(Moment(2000, Vanished("db", "")))
        recorder.write(Moment(2000, Gap("event", 1, 2)))
        running_web = ApplicationStatus("web", ApplicationState.RUNNING)
        recorder.write(Moment(2000, Status(running_web, None, 1)))
    return file


FAULTS = ["--drop", "0.1", "--duplicate", "0.1", "--reorder", "0.1", "--seed", "7"]


@pytest.mark.parametrize("faults", [[], FAULTS], ids=["clean", "faulty"])
def test_a_synchronised_client_misses_nothing(recording: Path, faults: list[str]) -> None:
    """On a bad network as on a good one: all 200 events in order, and the right state."""
    port = free_port()

    async def story() -> list[int]:
        held = []
        async with connect(port=port) as stream:
            async for happening in stream:
                if isinstance(happening, Event):
                    held.append(happening.id[2])
                cluster = stream.cluster
                if len(held) == 200 and "web" in cluster.applications:
                    assert "web:nginx" not in cluster.processes or faults
                    while "web:nginx" in cluster.processes:
                        await anext(stream)
                    return held
        raise AssertionError("the stream ended")

    with running("replay", recording, "--port", str(port), "--speed", "4", "--stay", "60", *faults):
        held = asyncio.run(asyncio.wait_for(story(), TIMEOUT_S))
    assert held == list(range(1, 201))


def test_a_client_of_dialect_1_hears_what_it_heard(recording: Path) -> None:
    port = free_port()
    heard: queue.SimpleQueue[int] = queue.SimpleQueue()

    class Listener(SupvisorsEventInterface):
        def on_process_status(self, data: dict[str, Any]) -> None:
            heard.put(data["last_event_time"])

    context: zmq.Context[Any] = zmq.Context()
    listener = Listener(context, port, logging.Logger("test"))
    listener.subscribe_process_status()
    listener.start()
    try:
        done = run("replay", recording, "--port", str(port), "--speed", "100", "--stay", "0.5")
        assert done.returncode == 0, done.stderr
        told = [heard.get(timeout=TIMEOUT_S) for _ in range(201)]
        assert told == [*range(1, 201), 0]
    finally:
        listener.stop()
        context.term()


def test_what_cannot_be_replayed(tmp_path: Path, recording: Path) -> None:
    nonsense = write(tmp_path, "nonsense\n", "x")
    port = str(free_port())
    check_one_line(run("replay", nonsense, "--port", port), 1, str(nonsense), "line 1")
    check_one_line(run("replay", tmp_path / "none", "--port", port), 1, "none", "supvisors record")
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        done = run("replay", recording, "--port", str(taken))
    assert done.returncode == 1
    assert f"port {taken} is taken" in done.stderr


def test_lines_of_a_recording_are_json(recording: Path) -> None:
    lines = [json.loads(line) for line in recording.read_text().splitlines()]
    assert lines[0] == {"supvisors_recording": 1}
