"""The asyncio client: everything that happens, as a stream without holes.

Holds: `connect`, `EventStream`.
Must not touch: how holes are mended (`follower.py`).
Invariants: one plain SUB socket, read when the loop finds its descriptor readable and then until
    it is empty, since that descriptor tells of a change only. Who does not iterate stops the
    reading once `WAITING_MAX` happenings wait.
Tests: tests/client/test_stream.py.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Final

import zmq

from supvisors.client.choice import Choice, as_set
from supvisors.client.eventsocket import LOCALHOST, Curve, connected, endpoint_of
from supvisors.client.follower import Follower
from supvisors.wire import HEADERS, WireError
from supvisors.wire.cluster import Cluster
from supvisors.wire.happenings import Event, Gap, Happening, Joined, Status, Vanished

#: Happenings that wait for who iterates; then the socket waits too, and the state with it.
WAITING_MAX: Final = 100_000
#: Messages that are taken at once before the loop may do something else.
BATCH: Final = 100

#: What a stream tells.
StreamEvent = Status | Event | Vanished | Gap
Since = datetime | timedelta | float


class EventStream:
    """What `connect` gives.

    `async with` enters when the state is known, and leaves with the socket closed. `async for`
    then gives every change in order:

    - `Status`: something has a new status (`body`, and of a process `facts`);
    - `Event`: a process changed state on one address (`body`, `facts`, and `id`, which is its own);
    - `Vanished`: an application or a process exists no longer;
    - `Gap`: messages were published, did not come and cannot be had again.

    Each has a `header`. One task iterates at a time.
    """

    def __init__(
        self,
        endpoint: str,
        choice: Choice,
        headers: Sequence[str],
        cursor: str | None,
        since_ms: int | None,
        curve: Curve | None,
    ) -> None:
        self._endpoint = endpoint
        self._choice = choice
        self._curve = curve
        self._refused = 0
        self._follower = Follower(self._set, self._refuse, headers, cursor, since_ms)
        self._socket: zmq.Socket[bytes] | None = None
        self._context: zmq.Context[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._again: asyncio.Handle | None = None
        self._news = asyncio.Event()

    @property
    def cluster(self) -> Cluster:
        """The present state. It is ahead of what was not iterated over yet."""
        return self._follower.cluster

    @property
    def cursor(self) -> str | None:
        """What to save: a text to go on with after the last one that was given.

        None where the publisher keeps no journal.
        """
        return self._follower.cursor

    @property
    def refused(self) -> int:
        """How many messages were no messages of the protocol."""
        return self._refused

    async def __aenter__(self) -> EventStream:
        self._loop = asyncio.get_running_loop()
        self._context = zmq.Context()
        try:
            self._socket = connected(self._context, self._endpoint, self._curve)
            self._loop.add_reader(_descriptor(self._socket), self._read)
            self._follower.start()
            self._read()
            while not isinstance(await self._next(), Joined):
                pass
        except BaseException:
            self._close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self

    async def __anext__(self) -> StreamEvent:
        if self._socket is None:
            raise StopAsyncIteration
        while True:
            happening = await self._next()
            if not isinstance(happening, Joined) and self._choice.takes(happening):
                return happening

    async def history(self) -> AsyncIterator[Event | Gap]:
        """What was asked for with `since` or `cursor`, and no more: it ends where now begins."""
        while self._socket is not None:
            happening = self._follower.hand_out()
            if isinstance(happening, Event | Gap) and self._choice.takes(happening):
                yield happening
            elif happening is None and not self._follower.is_replaying:
                return
            elif happening is None:
                await self._wait()

    async def _next(self) -> Happening:
        while True:
            happening = self._follower.hand_out()
            if happening is not None:
                return happening
            await self._wait()

    async def _wait(self) -> None:
        """Return when something may be there to be handed out."""
        self._news.clear()
        self._read()
        if not self._follower.waiting:
            await self._news.wait()

    def _read(self) -> None:
        """Take what is there; come again when that is not all."""
        if self._socket is None or self._loop is None:
            return
        for _ in range(BATCH):
            if self._follower.waiting >= WAITING_MAX:
                break
            try:
                frames = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break
            self._follower.take(frames)
            self._news.set()
        else:
            if self._again is None:
                self._again = self._loop.call_soon(self._read_again)
        self._follower.look()
        self._arm()
        if self._follower.waiting:
            self._news.set()

    def _read_again(self) -> None:
        self._again = None
        self._read()

    def _arm(self) -> None:
        """Have the loop call again when the follower is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_s = self._follower.due_s
        if due_s is not None and self._loop is not None:
            self._timer = self._loop.call_later(due_s, self._read)

    def _set(self, option: int, topic: bytes) -> None:
        assert self._socket is not None
        self._socket.setsockopt(option, topic)

    def _refuse(self, error: WireError) -> None:
        self._refused += 1

    def _close(self) -> None:
        for handle in (self._timer, self._again):
            if handle is not None:
                handle.cancel()
        if self._socket is not None and self._loop is not None:
            self._loop.remove_reader(_descriptor(self._socket))
            self._socket.close()
            self._socket = None
        if self._context is not None:
            self._context.term()
            self._context = None


def connect(
    host: str = LOCALHOST,
    port: int = 65002,
    *,
    headers: Collection[str] = HEADERS,
    application: str | Collection[str] | None = None,
    process: str | Collection[str] | None = None,
    address: str | Collection[str] | None = None,
    since: Since | None = None,
    cursor: str | None = None,
    curve: Curve | None = None,
) -> EventStream:
    """A stream of everything that happens: `async with connect(port=…) as stream`.

    Args:
        host: where Supvisors publishes.
        port: the option `event_port` there.
        headers: which ones of the five to hear of. `cluster` has their statuses only.
        application: only what is about these applications.
        process: only what is about these processes, `group:name` or `group:*`.
        address: only what is about these addresses.
        since: begin with the process events since then: a date, how long ago, or POSIX seconds.
        cursor: begin with the process events since `cursor` was this text.
        curve: the keys, where `host` is another one.

    Raises:
        ValueError: an argument is none of these, or they contradict each other.
    """
    unknown = sorted(set(headers) - set(HEADERS))
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not a header; write some of {', '.join(HEADERS)}")
    chosen = [header for header in HEADERS if header in headers]
    choice = Choice(frozenset(chosen), as_set(application), as_set(process), as_set(address))
    since_ms = None if since is None else as_posix_ms(since)
    return EventStream(endpoint_of(host, port), choice, chosen, cursor, since_ms, curve)


def as_posix_ms(since: Since) -> int:
    """The wall time that is meant by a date, a duration before now, or POSIX seconds; in ms."""
    match since:
        case datetime():
            seconds = since.timestamp()
        case timedelta():
            seconds = time.time() - since.total_seconds()
        case _:
            seconds = since
    return max(0, int(seconds * 1000))


def _descriptor(socket: zmq.Socket[bytes]) -> int:
    return int(socket.getsockopt(zmq.FD))
