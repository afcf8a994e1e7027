"""Connections that ask supervisord something without a pause, in a process of their own.

Holds: `polling`, which has them ask while something else is looked at.
"""

from __future__ import annotations

import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xmlrpc.client import dumps

from tests.live.harness import Site

METHOD: Final = "supvisors.get_all_process_info"
_BLOCK: Final = 1 << 16
_END_OF_HEAD: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"


def request(method: str) -> bytes:
    """Return the HTTP request of a call without parameters, on a connection that stays."""
    body = dumps((), method).encode()
    head = (
        "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection:
    """One connection, with one question under way.

    Attributes:
        answers: how many were read.
    """

    def __init__(self, path: str, asked: bytes) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.answers = 0
        self._asked, self._read = asked, b""
        self.sock.sendall(asked)

    def take(self) -> None:
        """Read what there is; when that ends the answer, ask again."""
        block = self.sock.recv(_BLOCK)
        assert block, f"supervisord closed the connection: {self._read!r}"
        self._read += block
        head, end, body = self._read.partition(_END_OF_HEAD)
        if not end:
            return
        assert b" 200 " in head, head
        assert b"<fault>" not in body, body
        (length,) = (
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(_LENGTH)
        )
        if len(body) == length:
            self.answers += 1
            self._read = b""
            self.sock.sendall(self._asked)


def ask(path: str, method: str, count: int) -> None:
    """Ask until SIGTERM; then print how many answers there were."""
    asked = request(method)
    connections = [Connection(path, asked) for _ in range(count)]
    selector = selectors.DefaultSelector()
    for connection in connections:
        selector.register(connection.sock, selectors.EVENT_READ, connection)
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: ended.append(number))
    print("asking", flush=True)
    while not ended:
        for key, _ in selector.select(0.1):
            key.data.take()
    print(sum(connection.answers for connection in connections), flush=True)


@dataclass
class Answers:
    """How many answers there were, once it is over."""

    count: int = 0


@contextmanager
def polling(site: Site, count: int, method: str = METHOD) -> Iterator[Answers]:
    """Have so many connections to a supervisord ask all the time."""
    path = f"{site.directory}/supervisor.sock"
    asker = subprocess.Popen(
        [sys.executable, "-m", "tests.live.pollers", path, method, str(count)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert asker.stdout is not None
    answers = Answers()
    try:
        assert asker.stdout.readline() == "asking\n"
        yield answers
        assert asker.poll() is None, "the connections were closed"
        asker.terminate()
        answers.count = int(asker.stdout.readline())
    finally:
        asker.kill()
        asker.wait()
        asker.stdout.close()


if __name__ == "__main__":
    ask(sys.argv[1], sys.argv[2], int(sys.argv[3]))
