"""Runs a program that listens to events, and ends it."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from tests.client.harness import TIMEOUT_S

#: A shell that starts tests in the background leaves Ctrl-C ignored, and children inherit it.
HEED_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"


class Program:
    """A running program; its lines on stdout, as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.errors = ""
        assert process.stdout
        assert process.stderr
        self._readers = [
            threading.Thread(target=self._read_lines, args=(process.stdout,)),
            threading.Thread(target=self._read_errors, args=(process.stderr,)),
        ]
        for reader in self._readers:
            reader.start()

    def next_line(self) -> str:
        return self._lines.get(timeout=TIMEOUT_S)

    def interrupt(self) -> int:
        """Ctrl-C; returns the exit status, with all of stderr in `errors`."""
        self._process.send_signal(signal.SIGINT)
        return self.wait()

    def wait(self) -> int:
        status = self._process.wait(TIMEOUT_S)
        for reader in self._readers:
            reader.join(TIMEOUT_S)
        return status

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self.wait()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream
            stream.close()

    def _read_lines(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.put(line)

    def _read_errors(self, stream: IO[str]) -> None:
        self.errors = stream.read()


@contextmanager
def running(*command: str) -> Iterator[Program]:
    """Start a program with pipes for its output, and kill it afterwards if it is still there."""
    # Buffered like anywhere else: whoever wants each line at once has to flush it.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    program = Program(process)
    try:
        yield program
    finally:
        program.end()
