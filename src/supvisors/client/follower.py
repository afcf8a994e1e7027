"""A synchroniser with its counters, as the clients use it.

Holds: `Follower`: frames in, happenings out; who applies the subscriptions is given to it.
Must not touch: sockets, threads, loops.
Invariants: no message ends it. Its cursor is behind what was handed out, and not further.
Tests: tests/client/test_synchronised.py, tests/client/test_stream.py.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import zmq

from supvisors.wire import HEADERS, WireError
from supvisors.wire.cluster import Cluster
from supvisors.wire.happenings import (
    Event,
    Happening,
    Output,
    Subscribe,
    Unsubscribe,
)
from supvisors.wire.high import Bookmark, Cursor
from supvisors.wire.sync import Synchroniser


@dataclass(frozen=True, slots=True)
class _Mark:
    """Everything up to this place in the journal was handed out."""

    position: tuple[str, int] | None
    told: int


class Follower:
    """What one socket hears, made a story without holes.

    Args:
        set_option: applies `zmq.SUBSCRIBE` or `zmq.UNSUBSCRIBE` with a topic to the socket.
        refuse: is told of what was no message.
        headers: which ones are wanted.
        cursor: a text that `cursor` once was.
        since_ms: wall time from which on events are wanted, in POSIX ms.

    Raises:
        ValueError: the cursor is none, or the arguments contradict each other.
    """

    def __init__(
        self,
        set_option: Callable[[int, bytes], None],
        refuse: Callable[[WireError], None],
        headers: Sequence[str] = HEADERS,
        cursor: str | None = None,
        since_ms: int | None = None,
    ) -> None:
        begin = None if cursor is None else Cursor.decode(cursor)
        self._machine = Synchroniser(secrets.token_hex(8), headers, begin, since_ms)
        self._bookmark = Bookmark(begin)
        self._marked = _Mark(self._machine.position, self._machine.told)
        self._waiting: deque[Happening | _Mark] = deque()
        self._set_option = set_option
        self._refuse = refuse

    @property
    def cluster(self) -> Cluster:
        """The mirror; it is ahead of happenings that were not handed out yet."""
        return self._machine.cluster

    @property
    def cursor(self) -> str | None:
        """Where to go on after what was handed out; None without a journal."""
        cursor = self._bookmark.cursor
        return None if cursor is None else cursor.encode()

    @property
    def is_replaying(self) -> bool:
        """Whether more of the past is to come."""
        return self._machine.is_replaying

    @property
    def due_s(self) -> float | None:
        """In how many seconds to call `look`, None when there is no need."""
        deadline = self._machine.deadline
        return None if deadline is None else max(0.0, deadline - time.monotonic())

    @property
    def waiting(self) -> int:
        """How much was not handed out yet."""
        return len(self._waiting)

    def start(self) -> None:
        """Begin, once."""
        self._perform(self._machine.start(time.monotonic()))

    def look(self) -> None:
        """Do what is due. Harmless at any time."""
        self._perform(self._machine.wake(time.monotonic()))

    def take(self, frames: Sequence[bytes]) -> None:
        """Take a message."""
        try:
            outputs = self._machine.receive(time.monotonic(), frames)
        except WireError as error:
            self._refuse(error)
            return
        self._perform(outputs)

    def hand_out(self) -> Happening | None:
        """Return what the user is to hear next; None when there is nothing."""
        self._settle()
        if not self._waiting:
            return None
        item = self._waiting.popleft()
        assert not isinstance(item, _Mark)
        if isinstance(item, Event):
            self._bookmark.take(item.id, item.record)
        # A cursor saved behind the last of many is behind all of them: who saves it as soon as he
        # has joined, or with a gap, neither misses what follows nor hears the gap again.
        self._settle()
        return item

    def _settle(self) -> None:
        """Pass the marks that nothing stands before."""
        while self._waiting and isinstance(mark := self._waiting[0], _Mark):
            self._bookmark.settle(mark.position, mark.told)
            self._waiting.popleft()

    def _perform(self, outputs: Sequence[Output]) -> None:
        if self._marked.position is None and (beginning := self._machine.beginning) is not None:
            self._mark(_Mark(beginning, beginning[1]))
        for output in outputs:
            match output:
                case Subscribe(topic):
                    self._set_option(zmq.SUBSCRIBE, topic)
                case Unsubscribe(topic):
                    self._set_option(zmq.UNSUBSCRIBE, topic)
                case _:
                    self._waiting.append(output)
        # An event that is told says itself how far it goes.
        last = outputs[-1] if outputs else None
        if not (isinstance(last, Event) and self._machine.position == self._marked.position):
            self._mark(_Mark(self._machine.position, self._machine.told))

    def _mark(self, mark: _Mark) -> None:
        if mark != self._marked:
            self._marked = mark
            self._waiting.append(mark)
