"""`supvisors events` against a real publisher."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from supvisors.cli.events import HINT_DELAY_S
from supvisors.wire import HEADERS, body_as_dict
from tests.cli.harness import BASE, TIMEOUT_S, check_one_line, run, start, write
from tests.client.harness import BODIES, Publisher

pytestmark = pytest.mark.slow  # each test runs the command


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    publisher = Publisher()
    yield publisher
    publisher.close()


@contextmanager
def listening(
    publisher: Publisher, *args: str, subscriptions: int = len(HEADERS), stdout: int | None = None
) -> Iterator[subprocess.Popen[Any]]:
    """Run `supvisors events` with its subscriptions made; end it if it did not end."""
    port = ["--port", str(publisher.port)] if "-c" not in args else []
    process = start("events", *args, *port, stdout=subprocess.PIPE if stdout is None else stdout)
    try:
        for _ in range(subscriptions):
            publisher.next_subscription()
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=TIMEOUT_S)


def ended(process: subprocess.Popen[Any]) -> tuple[list[str], str]:
    """Return lines and errors of a command that ends well by itself."""
    stdout, stderr = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, stderr
    return stdout.splitlines(), stderr


def publish_all(publisher: Publisher) -> None:
    for body in BODIES.values():
        publisher.publish(body)


def test_json_is_one_object_a_line(publisher: Publisher) -> None:
    with listening(publisher, "--json", "--count", "5") as process:
        publish_all(publisher)
        lines, stderr = ended(process)
    assert [json.loads(line) for line in lines] == [
        {"header": header, "body": body_as_dict(body)} for header, body in BODIES.items()
    ]
    assert [list(json.loads(line)["body"]) for line in lines] == [
        list(body_as_dict(body)) for body in BODIES.values()
    ]
    assert stderr == ""


def test_each_line_is_there_at_once(publisher: Publisher) -> None:
    with listening(publisher, "--json") as process:
        assert process.stdout is not None
        for header, body in BODIES.items():
            publisher.publish(body)
            assert json.loads(process.stdout.readline())["header"] == header


def test_json_is_utf_8_in_every_locale(publisher: Publisher, monkeypatch: Any) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    with listening(publisher, "process", "--json", "--count", "1", subscriptions=1) as process:
        publisher.publish(BODIES["process"])
        stdout, _ = process.communicate(timeout=TIMEOUT_S)
    assert "bêta" in stdout


def test_lines_are_written_in_every_locale(publisher: Publisher, monkeypatch: Any) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    with listening(publisher, "process", "--count", "1", subscriptions=1) as process:
        publisher.publish(BODIES["process"])
        lines, _ = ended(process)
    assert lines[0].endswith(r"RUNNING   on alpha, b\xeata")


def test_without_json_it_is_one_readable_line(publisher: Publisher) -> None:
    with listening(publisher, "--count", "5") as process:
        publish_all(publisher)
        lines, _ = ended(process)
    assert [line.split()[1] for line in lines] == list(HEADERS)
    assert lines[-1][len("12:00:00") :] == (
        "  event        web:nginx                 RUNNING   on alpha, pid 42"
    )
    assert not any("\x1b" in line for line in lines)


def test_a_terminal_has_colours(publisher: Publisher, monkeypatch: Any) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    ours, theirs = pty.openpty()
    try:
        with listening(
            publisher, "event", "--count", "1", subscriptions=1, stdout=theirs
        ) as process:
            publisher.publish(BODIES["event"])
            ended_at = time.monotonic() + TIMEOUT_S
            shown = b""
            while b"pid 42" not in shown and time.monotonic() < ended_at:
                shown += os.read(ours, 4096)
            assert process.wait(TIMEOUT_S) == 0
    finally:
        os.close(ours)
        os.close(theirs)
    assert b"\x1b[32mRUNNING" in shown


@pytest.mark.parametrize("header", HEADERS)
def test_it_subscribes_to_what_is_asked_for_and_shows_nothing_else(
    publisher: Publisher, header: str
) -> None:
    process = start("events", header, "--json", "--count", "1", "--port", str(publisher.port))
    try:
        assert publisher.next_subscription() == b"\x01" + header.encode()
        publisher.send(header.encode() + b"es", b"{}")
        publish_all(publisher)
        lines, stderr = ended(process)
    finally:
        process.kill()
        process.communicate(timeout=TIMEOUT_S)
    assert [json.loads(line)["header"] for line in lines] == [header]
    assert stderr == ""


def test_several_headers_may_be_asked_for(publisher: Publisher) -> None:
    wanted = ["process", "event"]
    with listening(publisher, *wanted, "--json", "--count", "2", subscriptions=2) as process:
        publish_all(publisher)
        lines, _ = ended(process)
    assert [json.loads(line)["header"] for line in lines] == wanted


def test_malformed_messages_are_counted_and_told(publisher: Publisher) -> None:
    with listening(publisher, "--json", "--count", "1") as process:
        publisher.send(b"event", b"{")
        publisher.send(b"event", b"{}", b"third")
        publisher.publish(BODIES["event"])
        lines, stderr = ended(process)
    assert len(lines) == 1
    first, second = stderr.splitlines()
    assert first.startswith("supvisors: left out malformed message number 1: bad_json")
    assert second.startswith("supvisors: left out malformed message number 2: frame_count")


def test_it_ends_after_the_seconds(publisher: Publisher) -> None:
    began = time.monotonic()
    with listening(publisher, "--seconds", "0.5") as process:
        lines, _ = ended(process)
    assert lines == []
    assert time.monotonic() - began >= 0.5


@pytest.mark.parametrize("seconds", ["inf", "1e300"])
def test_any_number_of_seconds_is_fine(publisher: Publisher, seconds: str) -> None:
    with listening(publisher, "--seconds", seconds, "--count", "1") as process:
        publisher.publish(BODIES["event"])
        assert len(ended(process)[0]) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_is_a_good_end(publisher: Publisher, number: signal.Signals) -> None:
    with listening(publisher) as process:
        process.send_signal(number)
        assert ended(process) == ([], "")


@pytest.fixture
def ignored_ctrl_c() -> Iterator[None]:
    """What is started inherits it, as from a shell that starts things in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ignored_ctrl_c")
def test_ctrl_c_is_heeded_in_the_background_of_a_shell(publisher: Publisher) -> None:
    with listening(publisher) as process:
        process.send_signal(signal.SIGINT)
        assert ended(process) == ([], "")


@pytest.mark.parametrize("form", [["--json"], []])
def test_ctrl_c_ends_it_while_nobody_takes_its_output(
    publisher: Publisher, form: list[str]
) -> None:
    with listening(publisher, *form) as process:
        assert process.stdout is not None
        for _ in range(3000):  # more than a pipe holds, so that it waits in a write
            publisher.publish(BODIES["event"])
        wait_until_full(process.stdout.fileno())
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT_S) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.parametrize("form", [["--json"], []])
def test_a_reader_that_leaves_ends_it_quietly(publisher: Publisher, form: list[str]) -> None:
    """Nothing is written after the reader left, so that the pipe itself must tell."""
    with listening(publisher, *form) as process:
        assert process.stdout is not None
        publisher.publish(BODIES["event"])
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(TIMEOUT_S) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.parametrize("form", [["--json"], []])
def test_a_reader_that_leaves_while_it_writes_ends_it_quietly(
    publisher: Publisher, form: list[str]
) -> None:
    with listening(publisher, *form) as process:
        assert process.stdout is not None
        for _ in range(3000):  # more than a pipe holds, so that it waits in a write
            publisher.publish(BODIES["event"])
        wait_until_full(process.stdout.fileno())
        process.stdout.close()
        assert process.wait(TIMEOUT_S) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def wait_until_full(pipe: int) -> None:
    """Wait until a pipe holds all that it can, but for a line that no longer fits."""
    capacity_bytes = fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
    ends_at = time.monotonic() + TIMEOUT_S
    pause = threading.Event()
    waiting = bytearray(4)
    while int.from_bytes(waiting, sys.byteorder) < capacity_bytes - 4096:
        assert time.monotonic() < ends_at
        pause.wait(0.01)
        fcntl.ioctl(pipe, termios.FIONREAD, waiting)


def test_the_port_comes_from_the_configuration(publisher: Publisher, tmp_path: Path) -> None:
    conf = write(tmp_path, f"{BASE}[include]\nfiles = *.inc\n")
    write(tmp_path, f"[supvisors]\nevent_port = {publisher.port}\naddress_list = x\n", "a.inc")
    with listening(publisher, "-c", str(conf), "--count", "1") as process:
        publisher.publish(BODIES["event"])
        assert len(ended(process)[0]) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[supvisors]\nevent_port = x\n", ["event_port = 'x': not a whole number", "Write a port"]),
        ("[supvisors]\nevent_port = %(x)s\n", ["event_port = '%(x)s'", "Write a port"]),
        ("nonsense\n", ["supervisord.conf:1: the line 'nonsense'"]),
    ],
)
def test_a_port_that_cannot_be_made_out_is_one_line(
    text: str, words: list[str], tmp_path: Path
) -> None:
    check_one_line(run("events", "-c", write(tmp_path, text)), 1, *words)


def test_a_named_port_goes_before_the_configuration(publisher: Publisher, tmp_path: Path) -> None:
    conf = write(tmp_path, f"{BASE}[supvisors]\nevent_port = none\n")
    process = start("events", "-c", conf, "--port", str(publisher.port), "--count", "1")
    try:
        for _ in HEADERS:
            publisher.next_subscription()
        publisher.publish(BODIES["event"])
        assert len(ended(process)[0]) == 1
    finally:
        process.kill()
        process.communicate(timeout=TIMEOUT_S)


def test_a_file_that_was_found_but_cannot_be_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, "nonsense\n")
    done = run("events", "--seconds", "0", cwd=tmp_path)
    assert done.returncode == 0
    assert "supervisord.conf:1: the line 'nonsense'" in done.stderr
    assert "Listening on the default port, 65002." in done.stderr


def test_it_hints_when_nobody_publishes() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        done = run("events", "--port", str(port), "--seconds", str(HINT_DELAY_S + 0.2))
    assert done.returncode == 0
    assert done.stdout == ""
    assert done.stderr.startswith(f"supvisors: nothing heard on 127.0.0.1:{port}: is the agent")
    assert done.stderr.count("\n") == 1


def test_it_hints_otherwise_when_there_is_only_silence(publisher: Publisher) -> None:
    with listening(publisher, "--seconds", str(HINT_DELAY_S + 0.2)) as process:
        lines, stderr = ended(process)
    assert lines == []
    assert stderr == (
        f"supvisors: connected to 127.0.0.1:{publisher.port}, and there was no such event so far\n"
    )


def test_it_finds_a_publisher_that_comes_back() -> None:
    first = Publisher()
    with listening(first, "--json", "--count", "2") as process:
        first.publish(BODIES["event"])
        assert process.stdout is not None
        assert process.stdout.readline()
        first.close()
        second = Publisher(first.port)
        try:
            for _ in HEADERS:
                second.next_subscription()
            second.publish(BODIES["event"])
            assert len(ended(process)[0]) == 1
        finally:
            second.close()


@pytest.mark.parametrize("host", ["::1", "localhost"])
def test_another_host_may_be_named(host: str, publisher: Publisher) -> None:
    done = run("events", "--host", host, "--port", str(publisher.port), "--seconds", "0")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_host_that_is_none_is_one_line() -> None:
    check_one_line(run("events", "--host", "a b", "--port", "1"), 1, "a b:1", "correct --host")
