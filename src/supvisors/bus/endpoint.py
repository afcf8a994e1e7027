"""Where agents listen, and how they are found.

Holds: `Endpoint`, the rule of what it binds, `Names`, which looks up host names.
Must not touch: ZeroMQ; what is said.
Invariants: a look-up never holds up the loop, nor the end of the process.
Tests: tests/contract/test_endpoint.py.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

#: Requests come in two ports above the beats: `event_port` has its default between them.
ASK_PORT_OFFSET: Final = 2
#: Look-ups at the same time; a name server that does not answer holds each for many seconds.
LOOKUPS_MAX: Final = 8

Lookup = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the agent of one address listens.

    Attributes:
        name: the address.
        host: host name or IP address, without brackets.
        port: of its ticks and records, its `internal_port`.
    """

    name: str
    host: str
    port: int

    @property
    def ask_port(self) -> int:
        """Where it takes requests."""
        return self.port + ASK_PORT_OFFSET

    @property
    def is_loopback(self) -> bool:
        """Tell whether it is on the loopback network, as it is written."""
        ip = literal(self.host)
        return ip is not None and ipaddress.ip_address(ip).is_loopback

    @property
    def bind_host(self) -> str:
        """Return what it binds: the IP address that it is given as, else every interface."""
        return literal(self.host) or "*"


def literal(host: str) -> str | None:
    """Return the IP address that `host` is without a look-up, None when it needs one."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def url(host: str, port: int) -> str:
    """Return how ZeroMQ writes it."""
    return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"


def system_lookup(host: str) -> Sequence[str]:
    """Return the IP addresses of a host, the preferred one first.

    Raises:
        OSError: it has none, or nobody who knows them answers.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Names:
    """Looks up host names in threads, a few at a time.

    They are threads of our own: an executor of asyncio or of the standard library waits for
    its threads when the process ends, as long as the name server pleases.
    """

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        self._lookup = lookup
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[str, Callable[[Sequence[str] | OSError], None]]] = deque()
        self._running = 0

    def find(self, host: str, found: Callable[[Sequence[str] | OSError], None]) -> None:
        """Call `found` on the loop with the IP addresses of `host`, or with what went wrong."""
        ip = literal(host)
        if ip is not None:
            self._loop.call_soon(found, [ip])
        else:
            self._waiting.append((host, found))
            self._next()

    def _next(self) -> None:
        if self._waiting and self._running < LOOKUPS_MAX:
            self._running += 1
            threading.Thread(target=self._run, args=self._waiting.popleft(), daemon=True).start()

    def _run(self, host: str, found: Callable[[Sequence[str] | OSError], None]) -> None:
        try:
            result: Sequence[str] | OSError = self._lookup(host)
        except OSError as error:
            result = error
        except UnicodeError as error:  # a label that is empty or too long
            result = OSError(str(error))
        try:
            self._loop.call_soon_threadsafe(self._done, found, result)
        except RuntimeError:  # the loop ended meanwhile: nobody waits any more
            pass

    def _done(
        self,
        found: Callable[[Sequence[str] | OSError], None],
        result: Sequence[str] | OSError,
    ) -> None:
        self._running -= 1
        found(result)
        self._next()
