"""The link to one peer of the mesh.

Holds: `PeerLink`: a SUB for its ticks and records, a DEALER for our requests, and the look-up
of where it is.
Must not touch: what is said. Whether the peer lives is the core's to judge: silence only makes
a link look the name up again, and connect anew.
Invariants: the two sockets hear this peer alone, so that the socket says who sent it.
Tests: tests/contract/test_mesh.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

import zmq

from supvisors.bus.codec import ANSWER_BYTES_MAX, STREAM_BYTES_MAX
from supvisors.bus.endpoint import Endpoint, Names, literal, url
from supvisors.bus.sockets import Reader, Security, made
from supvisors.log import Log

#: Ticks and records that wait on each side of a link.
STREAM_QUEUE: Final = 1000
#: Answers that wait: each may be long, and the core asks one after the other.
ANSWER_QUEUE: Final = 4
#: Requests and calls that wait on each side of a link: short ones, and many may come at once.
ASK_QUEUE: Final = 200
#: Time to the next look-up of a name that is not known, doubled each time.
LOOKUP_RETRY_S: Final = 1.0
LOOKUP_RETRY_MAX_S: Final = 30.0
#: A peer that is not heard for so long may have moved; and libzmq gives a connection up for ever
#: when something comes over it that it does not take, such as a message that is too long.
SILENCE_S: Final = 15.0

Take = Callable[[str, bytes], None]


class PeerLink:
    """Hears one peer, and asks it.

    Args:
        own: our name, which the peer learns where no key says it.
        heard: gets the peer's name and each of its ticks and records.
        answered: gets the peer's name and each of its answers.
        silence_s: how long it may be silent before it is looked up and connected anew.
    """

    def __init__(
        self,
        context: zmq.Context[Any],
        own: str,
        peer: Endpoint,
        names: Names,
        heard: Take,
        answered: Take,
        log: Log,
        security: Security | None,
        silence_s: float = SILENCE_S,
    ) -> None:
        self._context = context
        self._own = own
        self._peer = peer
        self._names = names
        self._heard = heard
        self._answered = answered
        self._log = log
        self._security = security
        self._silence_s = silence_s
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._stream: Reader | None = None
        self._asks: Reader | None = None
        self._ip = ""
        self._failure = ""
        self._retry_s = LOOKUP_RETRY_S
        self._is_silent = True
        self._is_closed = False
        self._look_up()

    def ask(self, data: bytes) -> None:
        """Send a request, if there is somebody to send it to."""
        if self._asks is None:
            return
        try:
            self._asks.socket.send(data, zmq.NOBLOCK)
        except zmq.Again:  # not connected: no answer, and the core asks again
            pass
        self._asks.wake()

    def wake(self) -> None:
        """Look for messages soon."""
        for reader in (self._stream, self._asks):
            if reader is not None:
                reader.wake()

    def close(self) -> None:
        """Hear nothing more."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._disconnect()

    # --- where it is -----------------------------------------------------------------------

    def _look_up(self) -> None:
        self._names.find(self._peer.host, self._found)

    def _found(self, result: Sequence[str] | OSError) -> None:
        if self._is_closed:
            return
        if isinstance(result, OSError):
            self._not_found(result.strerror or str(result))
        elif not result:
            self._not_found("it has no IP address")
        else:
            self._failure, self._retry_s = "", LOOKUP_RETRY_S
            self._choose(list(result))
            self._is_silent = True
            self._timer = self._loop.call_later(self._silence_s, self._check_silence)

    def _not_found(self, why: str) -> None:
        if why != self._failure:
            self._failure = why
            facts = [("address", self._peer.name), ("host", self._peer.host), ("why", why)]
            self._log.write("warn", "peer's host name not found", facts)
        self._timer = self._loop.call_later(self._retry_s, self._look_up)
        self._retry_s = min(self._retry_s * 2, LOOKUP_RETRY_MAX_S)

    def _choose(self, ips: list[str]) -> None:
        """Connect to the IP address after the one that stays silent, as far as there are."""
        place = ips.index(self._ip) + 1 if self._ip in ips else 0
        ip = ips[place % len(ips)]
        if ip != self._ip and literal(self._peer.host) is None:
            facts = [("address", self._peer.name), ("host", self._peer.host), ("ip", ip)]
            self._log.write("info", "peer's host name found", facts)
        self._ip = ip
        self._connect()

    def _check_silence(self) -> None:
        if self._is_silent:
            self._look_up()
            return
        self._is_silent = True
        self._timer = self._loop.call_later(self._silence_s, self._check_silence)

    # --- its sockets -----------------------------------------------------------------------

    def _connect(self) -> None:
        self._disconnect()
        stream = made(self._context, zmq.SUB, STREAM_QUEUE, STREAM_BYTES_MAX)
        stream.subscribe(b"")
        asks = made(self._context, zmq.DEALER, ANSWER_QUEUE, ANSWER_BYTES_MAX)
        asks.setsockopt(zmq.SNDHWM, ASK_QUEUE)
        asks.setsockopt(zmq.IMMEDIATE, 1)  # no request waits for an agent that is not there
        if self._security is None:
            asks.setsockopt(zmq.ROUTING_ID, self._own.encode())
        else:
            self._security.client(stream, self._peer.name)
            self._security.client(asks, self._peer.name)
        stream.connect(url(self._ip, self._peer.port))
        asks.connect(url(self._ip, self._peer.ask_port))
        self._stream = Reader(stream, self._take_stream)
        self._asks = Reader(asks, self._take_answer)

    def _disconnect(self) -> None:
        for reader in (self._stream, self._asks):
            if reader is not None:
                reader.close()
        self._stream = self._asks = None

    def _take_stream(self, frames: list[zmq.Frame]) -> None:
        self._is_silent = False
        self._heard(self._peer.name, _only(frames))

    def _take_answer(self, frames: list[zmq.Frame]) -> None:
        self._answered(self._peer.name, _only(frames))


def _only(frames: list[zmq.Frame]) -> bytes:
    """Return the one frame of an envelope; more of them are none, as no bytes are."""
    return frames[0].bytes if len(frames) == 1 else b""
