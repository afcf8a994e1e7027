"""The tap's unix socket, served from supervisord's own loop.

Holds: `Listener` and the two kinds of connection: `Stream` (records to the agent) and
`Commands` (lines both ways).
Must not touch: the meaning of a record or a line; threads.
Invariants: never blocks; memory of a connection is bounded whatever the agent does; only
the agent that supervisord started is served.
Tests: tests/plugin/test_server.py, tests/live/test_tap.py.

There are two connections because registering a descriptor for writing takes its reading out
of Supervisor's poller: on one connection, commands would starve behind a blocked stream.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import struct
from collections.abc import Callable
from typing import Any, Protocol

from supvisors.plugin.guard import Guard
from supvisors.plugin.records import TAP_VERSION, Ring, frame

#: Bytes of records taken from the ring at a time; the ring holds the rest.
CHUNK_BYTES = 256 * 1024
#: A longer line from the agent ends its connection: nothing it says is that long but the
#: answer to a call about all processes of a large site.
LINE_BYTES_MAX = 64 * 1024 * 1024
#: What waits for an agent that does not read its commands.
OUT_BYTES_MAX = 8 * 1024 * 1024
#: The agent opens two; more are a mistake.
CONNECTIONS_MAX = 4

RETRY_ERRNOS = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR})


class Source(Protocol):
    """Where a stream takes its records from."""

    ring: Ring

    def processes(self) -> list[dict[str, Any]]: ...


class Connection:
    """One accepted connection in supervisord's socket map."""

    def __init__(self, owner: Listener, sock: socket.socket) -> None:
        self._owner = owner
        self._sock = sock
        self._fd = sock.fileno()
        self._in = bytearray()
        self._out = bytearray()
        self.closed = False

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._owner.forget(self, self._fd)
            self._sock.close()

    def line_received(self, line: dict[str, Any]) -> None:
        raise NotImplementedError

    def fill(self) -> None:
        """Move what waits into `_out`."""

    # what supervisord's loop calls

    def readable(self) -> bool:
        return not self.closed

    def writable(self) -> bool:
        return bool(self._out) and not self.closed

    def handle_read_event(self) -> None:
        self._or_end(self._read)

    def handle_write_event(self) -> None:
        self._or_end(self._write)

    def handle_error(self) -> None:
        connection = self._owner.current(self)
        self._owner.guard.report(type(connection).__name__)
        connection.close()

    def _or_end(self, step: Callable[[], None]) -> None:
        """Call `step`; an error in it ends the connection.

        The agent then waits for nothing that never comes, and what cannot be written does not
        keep the loop turning.
        """
        try:
            step()
        except Exception:
            self.handle_error()

    def _read(self) -> None:
        if self.closed:
            return
        try:
            data = self._sock.recv(CHUNK_BYTES)
        except OSError as error:
            if error.errno not in RETRY_ERRNOS:
                self.close()
            return
        if not data or len(self._in) + len(data) > LINE_BYTES_MAX:
            self.close()
            return
        searched = len(self._in)
        self._in += data
        if self._in.find(b"\n", searched) == -1:
            return
        *lines, rest = bytes(self._in).split(b"\n")
        self._in = bytearray(rest)
        for line in lines:
            connection = self._owner.current(self)  # the first line gives it a role
            if not connection.closed:
                connection.line_received(_content(line))

    def _write(self) -> None:
        if self.closed:
            return
        self.fill()
        try:
            sent = self._sock.send(memoryview(self._out)[:CHUNK_BYTES])
        except OSError as error:
            if error.errno not in RETRY_ERRNOS:
                self.close()
            return
        del self._out[:sent]
        self.fill()


def _content(line: bytes) -> dict[str, Any]:
    content = json.loads(line)
    if not isinstance(content, dict):
        raise ValueError(f"the agent says {line[:80]!r}, which is no JSON object")
    return content


class Stream(Connection):
    """Sends a snapshot, then every record.

    The snapshot says where the reader stood (`after`) and which records after that the ring
    no longer holds (`lost`); the records that it still holds follow, then the live ones. A
    reader that falls behind the ring gets the same again: first contact, resumption and gap
    are one path.
    """

    def __init__(self, owner: Listener, sock: socket.socket, source: Source, after: int) -> None:
        super().__init__(owner, sock)
        self._source = source
        self._next = after + 1
        self._snapshot_due = True

    def line_received(self, line: dict[str, Any]) -> None:
        """Ignore it: the reader of a stream has nothing to say once it is open."""

    def writable(self) -> bool:
        behind = self._snapshot_due or self._next <= self._source.ring.last
        return (bool(self._out) or behind) and not self.closed

    def send_first(self, line: bytes) -> None:
        self._out += line

    def fill(self) -> None:
        if self._out:
            return
        ring = self._source.ring
        if self._snapshot_due or self._next < ring.first:
            self._snapshot_due = False
            self._out += self._snapshot(ring)
        for record in ring.from_number(self._next, CHUNK_BYTES):
            self._out += record
            self._next += 1

    def _snapshot(self, ring: Ring) -> bytes:
        after, self._next = self._next - 1, max(self._next, ring.first)
        return frame(
            {
                "type": "snapshot",
                "seq": ring.last,
                "after": after,
                "lost": [after + 1, self._next - 1] if self._next > after + 1 else None,
                "processes": self._source.processes(),
            }
        )


class Commands(Connection):
    """Lines from the agent (beats, verbs, answers) and to it (calls, results)."""

    def __init__(
        self,
        owner: Listener,
        sock: socket.socket,
        received: Callable[[Commands, dict[str, Any]], None],
    ) -> None:
        super().__init__(owner, sock)
        self._received = received

    def line_received(self, line: dict[str, Any]) -> None:
        self._received(self, line)

    def send(self, line: dict[str, Any]) -> bool:
        """Send a line, or return False when the agent does not read."""
        if self.closed or len(self._out) > OUT_BYTES_MAX:
            return False
        self._out += frame(line)
        self._or_end(self._write)
        return not self.closed


class Opening(Connection):
    """A connection that has not yet said which of the two it is."""

    def line_received(self, line: dict[str, Any]) -> None:
        """Take `{"open": "stream" | "commands", "v": 2, "after": [boot, seq] | None}`."""
        self._owner.opened(self, self._sock, line)


class Listener:
    """The listening socket. Appended to supervisord's HTTP servers, so that it closes it.

    Args:
        guard: stands between supervisord's loop and everything here.
        path: path of the socket, in a directory that is the agent's alone.
        is_agent: tells whether a process id is the agent that supervisord started.
        hello: returns the first frame of a stream.
        source: where records come from.
        boot: identity of this life of supervisord.
        received: takes the lines of a command connection.
        on_close: called once when supervisord closes its servers, to end or to reload.
    """

    def __init__(
        self,
        guard: Guard,
        path: str,
        is_agent: Callable[[int], bool],
        hello: Callable[[], dict[str, Any]],
        source: Source,
        boot: str,
        received: Callable[[Commands, dict[str, Any]], None],
        on_close: Callable[[], None],
    ) -> None:
        self.guard = guard
        self.refused_connections = 0
        self.commands: Commands | None = None
        self._path = path
        self._is_agent = is_agent
        self._hello = hello
        self._source = source
        self._boot = boot
        self._received = received
        self._on_close = on_close
        self._socket_map: dict[int, Any] = {}
        self._sock: socket.socket | None = None
        self._connections: list[Connection] = []
        self._closed = False

    def open(self, socket_map: dict[int, Any], uid: int) -> None:
        """Listen, readable and writable by user `uid` alone.

        Raises:
            OSError: the directory or the socket cannot be made.
        """
        directory = os.path.dirname(self._path)
        os.makedirs(directory, mode=0o700, exist_ok=True)
        if os.path.exists(self._path):  # of before a reload
            os.unlink(self._path)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            sock.bind(self._path)
            os.chmod(self._path, 0o600)
            if uid != os.getuid():
                os.chown(self._path, uid, -1)
                os.chown(directory, uid, -1)
            sock.listen(CONNECTIONS_MAX)
        except OSError:
            sock.close()
            raise
        self._sock = sock
        self._socket_map = socket_map
        socket_map[sock.fileno()] = self

    def close(self) -> None:
        """Close everything. Supervisord calls this when it ends and when it reloads."""
        if self._closed:
            return
        self._closed = True
        for connection in list(self._connections):
            connection.close()
        if self._sock is not None:  # else it could not be opened
            self._socket_map.pop(self._sock.fileno(), None)
            self._sock.close()
            self._sock = None
            self.guard.wrap(os.unlink, None)(self._path)
        self.guard.wrap(self._on_close, None)()

    # what supervisord's loop calls

    def readable(self) -> bool:
        return self._sock is not None

    def writable(self) -> bool:
        return False

    def handle_read_event(self) -> None:
        self.guard.wrap(self._accept, None)()

    def handle_write_event(self) -> None:
        pass

    def handle_error(self) -> None:
        self.guard.report("Listener")

    def _accept(self) -> None:
        if self._sock is None:
            return
        try:
            sock, _ = self._sock.accept()
        except OSError:
            return  # gone again, or no descriptor left: supervisord's own log says that
        sock.setblocking(False)
        credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        pid, _uid, _gid = struct.unpack("3i", credentials)
        if not self._is_agent(pid):
            self._refuse(sock, pid, "it is not the agent")
        elif len(self._connections) >= CONNECTIONS_MAX:
            self._refuse(sock, pid, f"it has {CONNECTIONS_MAX} already")
        else:
            self._add(Opening(self, sock), sock.fileno())

    def _refuse(self, sock: socket.socket, pid: int, why: str) -> None:
        self.refused_connections += 1
        if self.guard.logger is not None:
            self.guard.logger.warn(f"supvisors: refused a connection of process {pid}: {why}")
        sock.close()

    # what the connections call

    def current(self, connection: Connection) -> Connection:
        """Return what has become of a connection: its role, once it has one."""
        current: Connection = self._socket_map.get(connection._fd, connection)
        return current

    def opened(self, opening: Connection, sock: socket.socket, line: dict[str, Any]) -> None:
        """Give a new connection the role that its first line asks for."""
        if line.get("v") != TAP_VERSION:
            opening.close()
            return
        if line.get("open") == "stream":
            stream = Stream(self, sock, self._source, self._resume_after(line.get("after")))
            stream.send_first(frame(self._hello()))
            self._replace(opening, stream)
        else:
            if self.commands is not None:
                self.commands.close()
            self.commands = Commands(self, sock, self._received)
            self._replace(opening, self.commands)

    def forget(self, connection: Connection, fd: int) -> None:
        self._socket_map.pop(fd, None)
        if connection in self._connections:
            self._connections.remove(connection)
        if self.commands is connection:
            self.commands = None

    def _resume_after(self, cursor: Any) -> int:
        """Return the number after which the reader wants to go on.

        A reader of another life of supervisord, or of none, wants all that happened in this.
        """
        boot, seq = cursor or ("", 0)
        known = boot == self._boot and 0 <= seq <= self._source.ring.last
        return int(seq) if known else 0

    def _replace(self, old: Connection, new: Connection) -> None:
        new._in = old._in  # what came with the first line
        old.closed = True
        self._connections.remove(old)
        self._add(new, new._fd)

    def _add(self, connection: Connection, fd: int) -> None:
        self._connections.append(connection)
        self._socket_map[fd] = connection
