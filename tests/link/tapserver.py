"""A tap of the tests, which speaks the frames of the plugin, and the agent's end of the link.

Holds: `Tap` and `Connection`, an asyncio server that the test plays; `Agent`, what a link handed
over; `story`, which lets a test be a coroutine; the frames `hello`, `snapshot`, `event`.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, ParamSpec

from supvisors.core.inputs import Loaded, TapRecord
from supvisors.cursor import Cursor
from supvisors.link import Link
from supvisors.log import Log
from supvisors.tapframes import TAP_VERSION, Call

BOOT = "0123456789abcdef"
#: Far above what any condition here needs, since the machine is shared.
TIMEOUT_S = 30.0


# --- the tap -------------------------------------------------------------------------------


class Connection:
    """One connection that the link opened: what it said first, and both directions."""

    def __init__(
        self, opening: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.opening = opening
        self._reader = reader
        self._writer = writer

    def say(self, *frames: dict[str, Any]) -> None:
        self.send(b"".join(json.dumps(frame).encode() + b"\n" for frame in frames))

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def line(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(await self._reader.readline())
        return line

    async def ended(self) -> bool:
        """Tell, when it has ended, whether the link said nothing more."""
        with contextlib.suppress(ConnectionResetError):
            return await self._reader.read() == b""
        return True

    def cut(self) -> None:
        self._writer.transport.abort()


class Tap:
    """Serves the tap's socket; each connection waits in a queue for the test to take it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.opened: dict[str, asyncio.Queue[Connection]] = {
            "stream": asyncio.Queue(),
            "commands": asyncio.Queue(),
        }
        self._server: asyncio.Server | None = None
        self._transports: list[asyncio.BaseTransport] = []

    async def open(self) -> None:
        self._server = await asyncio.start_unix_server(self._accept, self.path)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._transports.append(writer.transport)
        with contextlib.suppress(ValueError, ConnectionError):  # cut before it said anything
            opening = json.loads(await reader.readline())
            self.opened[opening["open"]].put_nowait(Connection(opening, reader, writer))

    async def stream(self, *frames: dict[str, Any], v: int = TAP_VERSION) -> Connection:
        """Take the next stream, greet it and send `frames`."""
        connection = await self.opened["stream"].get()
        connection.say(hello(v), *frames)
        return connection

    async def commands(self) -> Connection:
        return await self.opened["commands"].get()

    async def both(self, *frames: dict[str, Any]) -> tuple[Connection, Connection]:
        return await self.stream(*frames), await self.commands()

    def close(self) -> None:
        """Stop listening; the connections stay."""
        if self._server is not None:
            self._server.close()
            self._server = None
            Path(self.path).unlink(missing_ok=True)  # Python 3.13 removes it

    async def end(self) -> None:
        self.close()
        for transport in self._transports:
            transport.abort()  # type: ignore[attr-defined]
        await asyncio.sleep(0.001)  # the loop tells the ends of its connections


def hello(v: int = TAP_VERSION) -> dict[str, Any]:
    return {
        "type": "hello",
        "v": v,
        "boot": BOOT,
        "supervisord_pid": 1,
        "identifier": "alpha",
        "file": "a.conf",
        "options": {"event_port": "60002"},
        "problems": {},
    }


def event(seq: int, state: int = 20, was: int = 10) -> dict[str, Any]:
    return {
        "type": "event",
        "seq": seq,
        "wall_ns": seq * 10,
        "mono_ns": 1,
        "group": "g",
        "name": "n",
        "state": state,
        "expected": True,
        "pid": 7,
        "exit": None,
        "cause": "a test",
        "restarts": 0,
        "again": False,
        "was": [was, True, 7, 9, None, "a test", 0, False],
    }


def snapshot(seq: int, after: int = 0, lost: list[int] | None = None) -> dict[str, Any]:
    told = {"group": "g", "name": "n", "state": 20, "expected": True, "pid": 7, "event_ns": 9}
    facts = {"exit": None, "cause": "a test", "restarts": 0, "again": False, "timing": [1, 3, 10]}
    processes = [{**told, **facts}]
    return {"type": "snapshot", "seq": seq, "after": after, "lost": lost, "processes": processes}


# --- the link ------------------------------------------------------------------------------


class Agent:
    """The agent's side of a link: what it was handed."""

    def __init__(self, path: str) -> None:
        self.heard: list[Loaded | TapRecord] = []
        self.calls: list[Call] = []
        self.gone = False
        self.cursor = Cursor(path + ".cursor")
        self.link = Link(path, self.cursor, Log(), self.calls.append, self._gone)

    def _gone(self) -> None:
        self.gone = True

    def start(self) -> None:
        self.link.start("alpha", self.heard.append)

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await asyncio.sleep(0.001)

    async def hears(self, count: int) -> list[object]:
        """Return what was heard in short, when it is `count` inputs."""
        await self.until(lambda: len(self.heard) >= count)
        return [short(happening) for happening in self.heard]


def short(happening: Loaded | TapRecord) -> object:
    if isinstance(happening, Loaded):
        return ("list", happening.seq, happening.lost)
    return happening.seq


@contextlib.asynccontextmanager
async def linked(
    path: str, *frames: dict[str, Any]
) -> AsyncIterator[tuple[Tap, Agent, Connection, Connection]]:
    """A tap and an agent, connected and started, after the tap has sent `frames`."""
    async with tap_and_agent(path) as (tap, agent):
        stream, commands = (await asyncio.gather(tap.both(*frames), agent.link.open()))[0]
        agent.start()
        yield tap, agent, stream, commands


@contextlib.asynccontextmanager
async def tap_and_agent(path: str) -> AsyncIterator[tuple[Tap, Agent]]:
    tap, agent = Tap(path), Agent(path)
    errors: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, error: errors.append(error))
    await tap.open()
    try:
        yield tap, agent
    finally:
        agent.link.close()
        await tap.end()
    assert errors == [], "an error in a callback would end the agent"


P = ParamSpec("P")


def story(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Let a test be told in an event loop of its own, within a time."""

    @functools.wraps(test)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), TIMEOUT_S))

    return told
