"""A synchronised client that saves each event together with its cursor, in one write.

Holds: the program. Killed at any moment and started again with the same file, it goes on after
    the last line of it.
Must not touch: what it is told; it only saves.
Tests: tests/soak/, tests/live/test_synchronised.py.

Usage: reader.py KIND PORT FILE BUFFERS
    KIND     `stream` is the client of asyncio, `thread` the one with methods
    BUFFERS  messages that its socket holds, 0 for as many as the client likes
Lines on stdin: `sleep`, `wake`, `state` (which is answered on stdout). It ends with stdin.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
import threading
from collections.abc import Generator, Mapping
from typing import Any

import zmq

from supvisors.client import eventsocket
from supvisors.client.stream import EventStream, connect
from supvisors.client.subscriber import SupvisorsEventInterface
from supvisors.model import ProcessStatus
from supvisors.wire.cluster import Cluster
from supvisors.wire.happenings import Event, Gap
from supvisors.wire.high import Cursor


class File:
    """The lines that were saved; one that a kill tore is taken away."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        data = os.pread(self._fd, os.fstat(self._fd).st_size, 0)
        whole = data[: data.rfind(b"\n") + 1]
        os.ftruncate(self._fd, len(whole))
        cursors = [json.loads(line).get("cursor") for line in whole.splitlines()[-1:]]
        self.cursor: str | None = cursors[0] if cursors else None

    def save(self, cursor: str | None, **what: Any) -> None:
        os.write(self._fd, json.dumps({**what, "cursor": cursor}).encode() + b"\n")


def state_of(processes: Mapping[str, ProcessStatus]) -> str:
    """What is answered to `state`: a line."""
    return json.dumps({name: status.state.name for name, status in processes.items()})


def say(line: str) -> None:
    print(line, flush=True)


# --- the client of asyncio --------------------------------------------------------------------


async def follow(port: int, file: File) -> None:
    async with connect(port=port, cursor=file.cursor) as stream:
        file.save(stream.cursor, joined=True)
        story = asyncio.create_task(save_all(stream, file))
        with contextlib.closing(commands()) as words:

            def obey() -> None:
                match next(words, "end"):
                    case "sleep":  # with the whole loop, as a user who computes does
                        while next(words, "wake") != "wake":
                            pass
                    case "state":
                        say(state_of(stream.cluster.processes))
                    case _:
                        story.cancel()

            loop = asyncio.get_running_loop()
            loop.add_reader(sys.stdin.fileno(), obey)
            with contextlib.suppress(asyncio.CancelledError):
                await story
            loop.remove_reader(sys.stdin.fileno())


async def save_all(stream: EventStream, file: File) -> None:
    async for told in stream:
        match told:
            case Event(_, source):
                file.save(stream.cursor, id=source)
            case Gap(header, first, last):
                file.save(stream.cursor, gap=[header, first, last])


def commands() -> Generator[str, None, None]:
    """Each line of stdin; one read takes no more than one line, so that the next is readable."""
    line = b""
    while character := os.read(sys.stdin.fileno(), 1):
        if character == b"\n":
            yield line.decode()
            line = b""
        else:
            line += character


# --- the client with methods ------------------------------------------------------------------


class Saver(SupvisorsEventInterface):
    """Its methods are not given the id of an event: the cursor tells which one was added."""

    def __init__(self, context: zmq.Context[Any], port: int, file: File) -> None:
        self.awake = threading.Event()
        self.awake.set()
        self._file = file
        self._had = lives_of(file.cursor)
        logger = logging.Logger("reader")
        super().__init__(context, port, logger, synchronised=True, cursor=file.cursor)

    def on_snapshot(self, cluster: Cluster) -> None:
        self._file.save(self.cursor, joined=True)

    def on_supvisors_status(self, data: dict[str, Any]) -> None:
        self.awake.wait()

    def on_address_status(self, data: dict[str, Any]) -> None:
        self.awake.wait()

    def on_application_status(self, data: dict[str, Any]) -> None:
        self.awake.wait()

    def on_process_status(self, data: dict[str, Any]) -> None:
        self.awake.wait()

    def on_removed(self, application: str, process: str) -> None:
        self.awake.wait()

    def on_process_event(self, data: dict[str, Any]) -> None:
        self.awake.wait()
        cursor = self.cursor
        had, self._had = self._had, lives_of(cursor)
        ((address, boot),) = (life for life in self._had if had.get(life) != self._had[life])
        source = address, boot, self._had[address, boot]
        self._file.save(cursor, id=source)

    def on_gap(self, header: str, first: int, last: int) -> None:
        self.awake.wait()
        self._file.save(self.cursor, gap=[header, first, last])


def lives_of(cursor: str | None) -> dict[tuple[str, str], int]:
    """The highest number of each life of each address that a cursor knows."""
    high = Cursor.decode(cursor).high if cursor is not None else {}
    return {(name, boot): seq for name, lives in high.items() for boot, seq in lives}


def listen(port: int, file: File) -> None:
    context: zmq.Context[Any] = zmq.Context()
    saver = Saver(context, port, file)
    saver.start()
    for word in commands():
        match word:
            case "sleep":
                saver.awake.clear()
            case "wake":
                saver.awake.set()
            case "state":
                say(state_of(dict(saver.cluster.processes)))
    saver.awake.set()
    saver.stop()
    context.term()


def main(kind: str, port: str, path: str, buffers: str) -> None:
    if int(buffers):
        # TCP's own stay as they are: a window below a segment lets through one each 0.2 s
        eventsocket.SOCKET_OPTIONS[zmq.RCVHWM] = int(buffers)
    file = File(path)
    if kind == "stream":
        asyncio.run(follow(int(port), file))
    else:
        listen(int(port), file)


if __name__ == "__main__":
    main(*sys.argv[1:])
