"""Asking the agent of one host, through its supervisord.

Holds: `call`, one XML-RPC call of the namespace `supvisors`; `find_server`, where supervisord is
reached.
Must not touch: what a method means; the words of a fault, which are the agent's.
Invariants: supervisord is found as supervisorctl finds it, and where `[supervisorctl]` is
missing, by its own HTTP servers; whatever goes wrong is a `CommandError` with the cure, also
when supervisord hangs. Calls of several threads do not disturb each other.
Tests: tests/cli/test_server.py, tests/live/test_status.py.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from xml.parsers.expat import ExpatError
from xmlrpc.client import Fault, ProtocolError, ServerProxy

from supervisor.datatypes import inet_address
from supervisor.options import normalize_path
from supervisor.xmlrpc import Faults, SupervisorTransport, UnixStreamHTTPConnection

from supvisors.cli import conf as conf_files
from supvisors.cli.complaints import as_mistakes
from supvisors.cli.conf import Reading
from supvisors.cli.errors import CommandError

#: Above what the plugin gives its agent to answer, so that its words are heard and not ours.
ANSWER_TIMEOUT_S: Final = 15.0
#: The same for what waits for processes.
WAIT_TIMEOUT_S: Final = 620.0
#: What supervisorctl assumes.
DEFAULT_URL: Final = "http://localhost:9001"
UNAUTHORIZED: Final = 401
_FAULT_NAME: Final = re.compile(r"[A-Z_]+: ")


@dataclass(frozen=True)
class Server:
    """Where a supervisord is reached.

    Attributes:
        url: `unix:///path` or `http://host:port`.
        file: the configuration that says so.
    """

    url: str
    username: str | None
    password: str | None
    file: str


class _UnixConnection(UnixStreamHTTPConnection):  # type: ignore[misc]
    """Supervisor's connection, with a time limit."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.socketfile)


class _Transport(SupervisorTransport):  # type: ignore[misc]
    """Supervisor's transport, with a time limit for every step of a call."""

    def __init__(self, server: Server, timeout_s: float) -> None:
        super().__init__(server.username, server.password, server.url)
        original: Callable[[], HTTPConnection] = vars(self)["_get_connection"]

        def get_connection() -> HTTPConnection:
            connection = original()
            if isinstance(connection, UnixStreamHTTPConnection):
                connection, file = _UnixConnection("localhost"), connection.socketfile
                connection.socketfile = file
            connection.timeout = timeout_s
            return connection

        self._get_connection: Callable[[], HTTPConnection] = get_connection


def call(conf: str | None, method: str, *params: object) -> Any:
    """Call `supvisors.METHOD` at the supervisord of a configuration; return its result.

    Args:
        conf: the configuration, None for the one that supervisorctl would take.

    Raises:
        CommandError: there is no answer, or it is a fault.
    """
    return ask(find_server(conf), method, *params)


def find_server(conf: str | None) -> Server:
    """Return where the supervisord of a configuration is reached.

    Args:
        conf: the configuration, None for the one that supervisorctl would take.

    Raises:
        CommandError: there is no configuration, or it does not say.
    """
    reading = conf_files.read(conf_files.find(conf))
    if reading.parser is None:
        raise CommandError(str(as_mistakes(reading.complaints[0], reading)[0]))
    return server_of(reading)


def ask(server: Server, method: str, *params: object, timeout_s: float = ANSWER_TIMEOUT_S) -> Any:
    """Call `supvisors.METHOD` at a server; return its result.

    Raises:
        CommandError: there is no answer within `timeout_s`, or it is a fault.
    """
    try:
        transport = _Transport(server, timeout_s)
        proxy = ServerProxy("http://127.0.0.1", transport=transport)
        try:
            return _whole(getattr(proxy.supvisors, method)(*params))
        finally:
            transport.close()
    except Fault as fault:
        raise _as_error(fault, method, server) from fault
    except ProtocolError as error:
        raise _refused(error, server) from error
    except TimeoutError as error:
        problem = f"supervisord at {server.url} has not answered within {timeout_s:g} s"
        cure = "look whether it is stopped ('ps' shows T), or hangs"
        raise CommandError(problem, cure) from error
    except OSError as error:
        raise unreachable(error, server) from error
    except (ValueError, HTTPException, ExpatError) as error:
        problem = f"what answers at {server.url} is no supervisord ({error})"
        raise CommandError(problem, f"correct serverurl in {server.file}") from error


def server_of(reading: Reading) -> Server:
    """Return where the supervisord of a configuration is reached.

    Raises:
        CommandError: the configuration does not say, or names no address of a server.
    """
    sections = reading.parser.sections()
    ways = ("supervisorctl", "unix_http_server", "inet_http_server")
    found = [section for way in ways for section in sections if section.partition(":")[0] == way]
    if not found:
        raise CommandError(
            f"{reading.file} has neither [supervisorctl] nor an HTTP server",
            "add [unix_http_server] with a line such as: file = %(here)s/supervisor.sock",
        )
    section = found[0]
    here = {"here": os.path.dirname(os.path.abspath(reading.file))}

    def get(option: str) -> str | None:
        text: str | None = reading.parser.saneget(section, option, None, expansions=here)
        return text

    try:
        return Server(_url(section, get), get("username"), get("password"), reading.file)
    except ValueError as error:
        # Supervisor's words on a failed expansion end with the whole environment
        words, _, _ = str(error).partition(" Available names: ")
        raise CommandError(f"{reading.file}: [{section}]: {words}", "correct it") from error


def _url(section: str, get: Callable[[str], str | None]) -> str:
    if section == "supervisorctl":
        url = get("serverurl") or DEFAULT_URL
        if not url.startswith(("unix://", "http://")):
            raise ValueError(f"serverurl = {url!r} is neither unix:///path nor http://host:port")
        is_unix = url.startswith("unix://")
        return f"unix://{normalize_path(url.removeprefix('unix://'))}" if is_unix else url
    if section.startswith("unix"):
        file = get("file")
        if file is None:
            raise ValueError("it has no file")
        return f"unix://{normalize_path(file.strip())}"
    port = get("port")
    if port is None:
        raise ValueError("it has no port")
    host, number = inet_address(port)
    return f"http://{host or '127.0.0.1'}:{number}"


def _whole(value: Any) -> Any:
    """Return `value` with its whole doubles as integers, which XML-RPC has for 32 bits only."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _as_error(fault: Fault, method: str, server: Server) -> CommandError:
    text = _FAULT_NAME.sub("", str(fault.faultString), count=1)
    if fault.faultCode == Faults.UNKNOWN_METHOD:
        return CommandError(
            f"supervisord at {server.url} does not know supvisors.{method}: its plugin is "
            "not loaded, or is an older one",
            f"see 'supvisors check -c {server.file}', then restart supervisord",
        )
    if fault.faultCode == Faults.SHUTDOWN_STATE and text == "SHUTDOWN_STATE":  # no words of ours
        return CommandError(f"supervisord at {server.url} is ending or reloading", "try again")
    return CommandError(text)


def _refused(error: ProtocolError, server: Server) -> CommandError:
    if error.errcode == UNAUTHORIZED:
        return CommandError(
            f"supervisord at {server.url} refuses the username and password of {server.file}",
            "write those of its HTTP server into [supervisorctl]",
        )
    return CommandError(
        f"supervisord at {server.url} answers with HTTP status {error.errcode} {error.errmsg}",
        f"correct serverurl in {server.file}, or look at supervisord's log",
    )


def unreachable(error: OSError, server: Server) -> CommandError:
    """Return what is said when a server cannot be connected to."""
    why = error.strerror or str(error)
    if isinstance(error, PermissionError):
        cure = "run as the user of supervisord, or set chmod and chown of [unix_http_server]"
        return CommandError(f"{server.url} may not be opened ({why})", cure)
    problem = f"no supervisord answers at {server.url} ({why})"
    return CommandError(problem, f"start it with 'supervisord -c {server.file}'")
