"""The agent's end of the tap.

Holds: `Link`: the two connections to supervisord, kept alive; frames in, core inputs out.
Must not touch: the meaning of a state; whether a verb should be done.
Invariants: the core hears a list first, then every record once and in order, whatever
happens to the connection; the cursor moves when a record was handled, not before.
Tests: tests/link/test_link.py, tests/live/test_tap.py.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from supvisors.core.inputs import Loaded, TapRecord
from supvisors.log import Log
from supvisors.tapframes import (
    TAP_VERSION,
    Call,
    Done,
    Hello,
    Record,
    Snapshot,
    decode_command,
    decode_stream,
    loaded,
    record_input,
)

#: How long supervisord may take to answer the first line: it answers in its next turn.
OPEN_TIMEOUT_S = 10.0
RECONNECT_DELAY_S = 0.05
RECONNECT_DELAY_MAX_S = 1.0


class TapError(Exception):
    """The tap cannot be used: supervisord is gone, or speaks another version."""


class Cursor(Protocol):
    """Where the reader of the tap stands."""

    def read(self) -> tuple[str, int] | None: ...
    def write(self, boot: str, seq: int) -> None: ...


class Lines(asyncio.Protocol):
    """Cuts a connection into lines."""

    def __init__(
        self, received: Callable[[bytes], None], lost: Callable[[asyncio.BaseTransport], None]
    ) -> None:
        self._received = received
        self._lost = lost
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if b"\n" not in data:
            self._rest += data
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._received(line)

    def connection_lost(self, _error: Exception | None) -> None:
        self._lost(self._transport)


class Link:
    """The connections of one agent to its supervisord.

    Args:
        path: the socket of the tap.
        cursor: where the last agent stood, and where this one stands.
        called: takes the calls of `supvisors.*`; answers go to `answer`.
        gone: called once when supervisord is gone for good.
    """

    def __init__(
        self,
        path: str,
        cursor: Cursor,
        log: Log,
        called: Callable[[Call], None],
        gone: Callable[[], None],
    ) -> None:
        self._path = path
        self._cursor = cursor
        self._log = log
        self._called = called
        self._gone = gone
        self._take: Callable[[Loaded | TapRecord], None] | None = None
        self._address = ""
        self._early: list[Snapshot | Record] = []
        self._early_calls: list[Call] = []
        self._snapshot: Snapshot | None = None
        self._missed: list[Record] = []
        self._hello: asyncio.Future[Hello] | None = None
        self._boot = ""
        self._transports: list[asyncio.Transport] = []
        self._commands: asyncio.Transport | None = None
        self._is_open = False
        self._verbs: dict[int, asyncio.Future[Done]] = {}
        self._last_verb_id = 0
        self._reconnecting: asyncio.Task[None] | None = None
        self._supervisord_pid = os.getppid()

    async def open(self) -> Hello:
        """Connect; return what supervisord says of itself and of `[supvisors]`.

        Raises:
            TapError: supervisord does not serve this process, or speaks another version.
        """
        loop = asyncio.get_running_loop()
        self._hello = loop.create_future()
        try:
            cursor = self._cursor.read()
            stream = await self._connect(self._stream_line)
            _send(stream, {"open": "stream", "v": TAP_VERSION, "after": cursor})
            self._commands = await self._connect(self._command_line)
            _send(self._commands, {"open": "commands", "v": TAP_VERSION})
            hello = await asyncio.wait_for(self._hello, OPEN_TIMEOUT_S)
            if any(transport.is_closing() for transport in self._transports):
                raise _closed_by_supervisord()
        except (OSError, TimeoutError) as error:
            self._drop()
            if not self._hello.cancel():
                self._hello.exception()  # it is the error that we tell, or came beside it
            raise TapError(f"no answer from supervisord at {self._path} ({error!r})") from error
        if hello.v != TAP_VERSION:
            self._drop()
            raise TapError(
                f"supervisord's plugin speaks version {hello.v} and this agent {TAP_VERSION}: "
                "restart supervisord after an upgrade"
            )
        self._boot, self._is_open = hello.boot, True
        return hello

    def start(self, address: str, take: Callable[[Loaded | TapRecord], None]) -> None:
        """Hand the list and the records of `address` to `take`, those that came early first.

        Calls that came early follow.
        """
        self._address, self._take = address, take
        early, self._early = self._early, []
        for stream_frame in early:
            self._frame(stream_frame)
        calls, self._early_calls = self._early_calls, []
        for call in calls:
            self._called(call)

    def close(self) -> None:
        """End both connections."""
        if self._reconnecting is not None:
            self._reconnecting.cancel()
        self._drop()

    # --- towards supervisord ---------------------------------------------------------------

    def beat(self) -> None:
        """Say that this agent lives."""
        self._say({"type": "beat"})

    def serves(self) -> None:
        """Say that the options are accepted and the event port is open."""
        self._say({"type": "serves"})

    def refuse(self, text: str) -> None:
        """Say why this agent does not serve; supervisord shows it and does not retry."""
        self._say({"type": "refused", "text": text})

    def answer(self, call_id: int, **result: object) -> None:
        """Answer a call with `result=value`, or with `fault=name, text=why`."""
        self._say({"type": "answer", "id": call_id, **result})

    async def do(self, verb: str, **arguments: object) -> Done:
        """Have supervisord perform a verb (`supvisors.plugin.verbs`), with its arguments.

        They are `namespec` and `cause` of a start or a stop, and `extra_args` of a start;
        `namespec` and `argument` of a `tail`, whose text is the `result`; none of the others. With
        `until_ns`, a time on CLOCK_BOOTTIME, it is refused when supervisord reads it later.

        Raises:
            TapError: the connection was lost before the result came; whether it was done is
                then unknown, and it is not tried again.
        """
        self._last_verb_id += 1
        number = self._last_verb_id
        future: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._verbs[number] = future
        if not self._say({"do": verb, "id": number, **arguments}):
            del self._verbs[number]
            raise TapError("not connected to supervisord")
        return await future

    def _say(self, content: dict[str, object]) -> bool:
        if self._commands is None or self._commands.is_closing():
            return False
        _send(self._commands, content)
        return True

    # --- from supervisord ------------------------------------------------------------------

    def _stream_line(self, line: bytes) -> None:
        stream_frame = decode_stream(line)
        if not isinstance(stream_frame, Hello):
            self._frame(stream_frame)
        elif self._hello is not None and not self._hello.done():
            self._hello.set_result(stream_frame)

    def _command_line(self, line: bytes) -> None:
        command = decode_command(line)
        if isinstance(command, Call):
            if self._take is None:
                self._early_calls.append(command)
            else:
                self._called(command)
        elif (future := self._verbs.pop(command.id, None)) is not None and not future.done():
            future.set_result(command)

    def _frame(self, stream_frame: Snapshot | Record) -> None:
        if self._take is None:
            self._early.append(stream_frame)
            return
        if isinstance(stream_frame, Snapshot):
            self._snapshot, self._missed = stream_frame, []
        elif self._snapshot is not None:
            self._missed.append(stream_frame)
        else:
            self._hand_over(record_input(self._address, self._boot, stream_frame))
            return
        if self._snapshot.base_seq + len(self._missed) == self._snapshot.seq:
            self._catch_up(self._snapshot, self._missed)

    def _catch_up(self, snapshot: Snapshot, missed: list[Record]) -> None:
        self._snapshot, self._missed = None, []
        self._log.write(
            "warn" if snapshot.lost else "info",
            "process list received",
            [
                ("processes", len(snapshot.processes)),
                ("after", snapshot.after),
                ("seq", snapshot.seq),
                ("missed", len(missed)),
                ("lost", snapshot.lost),
            ],
        )
        self._hand_over(loaded(self._address, self._boot, snapshot, missed))
        for record in missed:
            self._hand_over(record_input(self._address, self._boot, record))

    def _hand_over(self, happening: Loaded | TapRecord) -> None:
        assert self._take is not None
        self._take(happening)
        self._cursor.write(happening.boot, happening.seq)

    # --- connections -----------------------------------------------------------------------

    async def _connect(self, received: Callable[[bytes], None]) -> asyncio.Transport:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_unix_connection(
            lambda: Lines(received, self._lost), self._path
        )
        self._transports.append(transport)
        return transport

    def _drop(self) -> None:
        transports, self._transports, self._commands = self._transports, [], None
        self._is_open = False
        for transport in transports:
            transport.abort()
        for future in self._verbs.values():
            if not future.done():
                future.set_exception(TapError("the connection to supervisord was lost"))
        self._verbs.clear()

    def _lost(self, transport: asyncio.BaseTransport) -> None:
        if transport not in self._transports:  # dropped by us
            return
        if self._is_open:
            self._drop()
            self._snapshot, self._missed, self._early = None, [], []
            self._reconnecting = asyncio.get_running_loop().create_task(self._reconnect())
        elif self._hello is not None and not self._hello.done():
            self._hello.set_exception(_closed_by_supervisord())
            self._hello.exception()  # `open` may fail before it comes to look at it

    async def _reconnect(self) -> None:
        delay_s = RECONNECT_DELAY_S
        while os.getppid() == self._supervisord_pid:
            await asyncio.sleep(delay_s)
            try:
                await self.open()
            except TapError as error:
                delay_s = min(delay_s * 2, RECONNECT_DELAY_MAX_S)
                self._log.write("warn", "tap lost", [("why", error), ("retry_s", delay_s)])
                continue
            self._log.write("info", "tap connected again", [("cursor", self._cursor.read())])
            return
        self._gone()


def _closed_by_supervisord() -> ConnectionResetError:
    return ConnectionResetError("supervisord closed the connection")


def _send(transport: Any, content: dict[str, object]) -> None:
    transport.write(msgspec.json.encode(content) + b"\n")
