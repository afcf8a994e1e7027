"""A real supervisord with the plugin, on loopback, in a directory of its own.

Holds: `Site`, which writes the configuration, starts and ends supervisord and asks it things;
`Heard`, a client of the event port that keeps everything; `wait_for`.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from xmlrpc.client import Fault, ServerProxy

import zmq
from supervisor.xmlrpc import SupervisorTransport

T = TypeVar("T")
Subscriber = tuple[zmq.Context[Any], zmq.Socket[Any]]

#: Until when a condition must hold; far above what is needed, since the machine is shared.
TIMEOUT_S = 30.0

#: Environment variable by which the processes of a site are found.
MARK = "SUPVISORS_LIVE_SITE"

BASE = """
[unix_http_server]
file = %(here)s/supervisor.sock

[supervisord]
logfile = %(here)s/supervisord.log
pidfile = %(here)s/supervisord.pid
childlogdir = %(here)s
identifier = alpha
loglevel = debug
nodaemon = true
user = {user}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[rpcinterface:supvisors]
supervisor.rpcinterface_factory = supvisors.plugin:make_supvisors_rpcinterface

[supervisorctl]
serverurl = unix://%(here)s/supervisor.sock
"""


def wait_for(
    condition: Callable[[], T],
    what: str | Callable[[], str] = "",
    timeout_s: float = TIMEOUT_S,
    every_s: float = 0.005,
) -> T:
    """Return the first true value of `condition`; an AssertionError after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen: {what() if callable(what) else what}")
        pause.wait(every_s)
    return value


def free_port() -> int:
    """Return a TCP port of loopback that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def command_line(pid: int) -> list[str]:
    """Return the words of a process's command line."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]


def wait_program(pid: int, program: str) -> None:
    """Wait until a process executes a program."""
    wait_for(lambda: command_line(pid)[:1] == [program], f"{pid} executes {program}")


def alive(pid: int) -> bool:
    """Tell whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@dataclass
class Heard:
    """Everything that a plain SUB client of the event port heard, in order."""

    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def bodies(self, header: str, **keys: object) -> list[dict[str, Any]]:
        """Return the bodies under `header` that have these values."""
        return [
            body
            for name, body in list(self.messages)
            if name == header and all(body[key] == value for key, value in keys.items())
        ]

    def wait(self, header: str, count: int = 1, **keys: object) -> dict[str, Any]:
        """Wait until `count` such bodies were heard; return the last of them."""
        wait_for(
            lambda: len(self.bodies(header, **keys)) >= count,
            lambda: f"{count} of {header} {keys}; heard {self.bodies(header)[-20:]}",
        )
        return self.bodies(header, **keys)[count - 1]

    def about(self, group: str, name: str | None = None) -> list[tuple[str, str]]:
        """Return header and state name of every message about a process and its group."""
        found = []
        for header, body in list(self.messages):
            if header == "event" and (body["group"], body["name"]) == (group, name or group):
                found.append((header, str(body["state"])))
            elif header == "process" and (
                body["application_name"],
                body["process_name"],
            ) == (group, name or group):
                found.append((header, body["statename"]))
            elif header == "application" and body["application_name"] == group:
                found.append((header, body["statename"]))
        return found

    def state(self) -> dict[str, str]:
        """Fold the process statuses: namespec -> state name, removed ones left out."""
        folded = {}
        for body in self.bodies("process"):
            namespec = f"{body['application_name']}:{body['process_name']}"
            folded[namespec] = body["statename"]
        return {name: state for name, state in folded.items() if state != "UNKNOWN"}


def _subscriber(port: int) -> Subscriber:
    context = zmq.Context()
    sock = context.socket(zmq.SUB)
    sock.setsockopt(zmq.RECONNECT_IVL, 10)
    sock.setsockopt(zmq.RCVHWM, 0)
    sock.setsockopt(zmq.LINGER, 0)
    sock.subscribe(b"")
    sock.connect(f"tcp://127.0.0.1:{port}")
    return context, sock


@contextmanager
def listen(
    port: int, run: Callable[[Callable[[], Subscriber]], Subscriber] = lambda make: make()
) -> Iterator[Heard]:
    """Subscribe to everything on the event port, which need not be bound yet.

    Args:
        run: calls what makes the socket, in another network namespace perhaps.
    """
    heard, stop = Heard(), threading.Event()
    context, sock = run(lambda: _subscriber(port))

    def receive() -> None:
        while not stop.is_set():
            if not sock.poll(50):
                continue
            header, body = sock.recv_multipart()
            heard.times.append(time.monotonic())
            heard.messages.append((header.decode(), json.loads(body)))

    thread = threading.Thread(target=receive)
    thread.start()
    try:
        yield heard
    finally:
        stop.set()
        thread.join()
        sock.close()
        context.term()


class OneCallTransport(SupervisorTransport):  # type: ignore[misc]  # it has no types
    """Supervisor's transport, but that no connection outlives its call."""

    def request(self, *arguments: Any, **options: Any) -> Any:
        try:
            return super().request(*arguments, **options)
        finally:
            self.close()


class Site:
    """One host: a supervisord with the plugin and its agent.

    Everything that is started here inherits a variable, by which `clean` finds what was left
    behind, and a `TMPDIR` of its own.

    Attributes:
        environment: what supervisord inherits besides these two.
        prefix: words before the command that starts supervisord.
    """

    def __init__(self, directory: Path, event_port: int | None = None) -> None:
        self.directory = directory
        self.event_port = event_port or free_port()
        self.conf = directory / "supervisord.conf"
        self.environment = dict(os.environ)
        self.prefix: tuple[str, ...] = ()
        self._process: subprocess.Popen[bytes] | None = None

    @functools.cached_property
    def tmpdir(self) -> Path:
        """Directory for its temporary files; its path is as short as that of a socket must be."""
        return Path(tempfile.mkdtemp(prefix="sv-"))

    # --- configuration ---------------------------------------------------------------------

    def write(self, programs: str = "", supvisors: str | None = None, base: str = BASE) -> None:
        """Write the configuration: the fixed part, `[supvisors]` and the programs."""
        if supvisors is None:
            supvisors = f"address_list = alpha\nevent_port = {self.event_port}\n"
        text = base.format(user="root" if os.getuid() == 0 else os.environ.get("USER", ""))
        if os.getuid() != 0:
            text = text.replace("user = \n", "")
        self.conf.write_text(
            f"{text}\n[supvisors]\n{textwrap.dedent(supvisors)}\n{textwrap.dedent(programs)}\n"
        )

    # --- life ------------------------------------------------------------------------------

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, ready: bool = True) -> None:
        """Start supervisord; with `ready`, wait until its agent serves."""
        self.launch()
        wait_for(self.answers, lambda: "supervisord answers\n" + self.log())
        if ready:
            self.wait_ready()

    def launch(self) -> None:
        """Start supervisord and wait for nothing."""
        self._process = subprocess.Popen(
            [
                *self.prefix,
                *(sys.executable, "-m", "supervisor.supervisord", "-c", str(self.conf)),
            ],
            cwd=self.directory,
            env={**self.environment, "TMPDIR": str(self.tmpdir), MARK: str(self.directory)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait_ready(self) -> None:
        """Wait until the agent answers through the plugin."""
        wait_for(self._agent_answers, lambda: "the agent answers\n" + self.log())

    def answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"supervisord ended: {self._process.returncode}\n{self.log()}")
        try:
            return bool(self.rpc().supervisor.getState())
        except (OSError, Fault):  # the fault says that it reloads
            return False

    def _agent_answers(self) -> bool:
        try:
            return bool(self.rpc().supvisors.get_supvisors_state()["statename"] == "OPERATION")
        except (OSError, Fault):
            return False

    def stop(self, timeout_s: float = TIMEOUT_S) -> int:
        """End supervisord with SIGTERM; return its exit status."""
        assert self._process is not None
        self.wait_executed()
        self._process.terminate()
        return self._process.wait(timeout_s)

    def wait_ended(self) -> int:
        """Wait until supervisord has ended by itself; return its exit status."""
        assert self._process is not None
        return self._process.wait(TIMEOUT_S)

    def kill(self) -> None:
        """End supervisord with SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(TIMEOUT_S)

    def clean(self) -> list[str]:
        """End supervisord; return what is left of this site after that, and remove it."""
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGCONT)
            try:
                self.stop(20)
            except (subprocess.TimeoutExpired, AssertionError):
                self.kill()
        left = [f"process {pid}: {words}" for pid, words in self.processes().items()]
        try:
            self.end_processes()
            return left + [f"file {path}" for path in self.tmpdir.rglob("*")]
        finally:
            shutil.rmtree(self.tmpdir)

    def children(self, supervisord_pid: int | None = None) -> list[int]:
        """Return the process ids of supervisord's children."""
        parent = supervisord_pid or self.pid
        try:
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text()
        except OSError:
            return []
        return [int(pid) for pid in children.split()]

    def processes(self) -> dict[int, list[str]]:
        """Return pid -> command line of all living processes of this site, orphans included."""
        mark = f"{MARK}={self.directory}".encode()
        found = {}
        for proc in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (proc / "environ").read_bytes().split(b"\0"):
                    found[int(proc.name)] = command_line(int(proc.name))
            except OSError:
                continue  # it ended, or is another user's
        return found

    def wait_executed(self, supervisord_pid: int | None = None) -> None:
        """Wait until every child executes its own program.

        Until then it has supervisord's signal handlers: a SIGTERM would be lost, and
        supervisord would wait for its `stopwaitsecs`. In between it has no command line.
        """
        own_pid = supervisord_pid or self.pid
        own = command_line(own_pid)

        def executes(pid: int) -> bool:
            with suppress(OSError):
                return command_line(pid) not in ([], own) or not alive(pid)
            return True  # it ended

        wait_for(lambda: all(map(executes, self.children(own_pid))), "the programs are executed")

    def end_processes(self) -> None:
        """Kill the processes of this site, as one that lost its supervisord must be."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not self.processes(), "the processes of the site end")

    # --- questions -------------------------------------------------------------------------

    def rpc(self) -> Any:
        """Return a proxy of supervisord's XML-RPC interface."""
        url = f"unix://{self.directory}/supervisor.sock"
        return ServerProxy("http://127.0.0.1", transport=OneCallTransport(None, None, url))

    def ctl(self, *words: str) -> str:
        """Run supervisorctl; return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisorctl", "-c", str(self.conf), *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout + done.stderr

    def info(self, namespec: str) -> dict[str, Any]:
        """Return what supervisord says of a process."""
        found: dict[str, Any] = self.rpc().supervisor.getProcessInfo(namespec)
        return found

    def wait_state(self, namespec: str, statename: str) -> dict[str, Any]:
        """Wait until supervisord says that a process is in a state."""
        return wait_for(
            lambda: (info := self.info(namespec))["statename"] == statename and info,
            lambda: f"{namespec} {statename}: {self.info(namespec)}\n{self.log()}",
        )

    def wait_output(self, namespec: str, text: str) -> None:
        """Wait until a process has written a text."""
        read = self.rpc().supervisor.readProcessStdoutLog
        wait_for(lambda: text in read(namespec, 0, 0), f"{namespec} writes {text}")

    def states(self) -> dict[str, str]:
        """Return namespec -> state name of every process, as supervisord says it."""
        return {
            f"{info['group']}:{info['name']}": info["statename"]
            for info in self.rpc().supervisor.getAllProcessInfo()
        }

    def agent_pid(self) -> int:
        """Process id of the agent, 0 when it does not run."""
        pid: int = self.info("supvisors")["pid"]
        return pid

    def log(self) -> str:
        """Return supervisord's log."""
        path = self.directory / "supervisord.log"
        return path.read_text() if path.exists() else ""

    def agent_log(self) -> str:
        """Return what the agent printed."""
        return "".join(p.read_text() for p in sorted(self.directory.glob("supvisors-stdout*")))

    def fds(self) -> list[str]:
        """Return what supervisord's descriptors are."""
        found = []
        for fd in Path(f"/proc/{self.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed since it was listed
                found.append(os.readlink(fd))
        return sorted(found)

    def module_path(self, name: str) -> Path:
        """Return a path where supervisord and its children find a module before all others."""
        directory = self.directory / "path"
        directory.mkdir(exist_ok=True)
        inherited = os.environ.get("PYTHONPATH", "")
        self.environment["PYTHONPATH"] = f"{directory}{os.pathsep}{inherited}"
        return directory / name


@contextmanager
def serving(directory: Path, programs: str) -> Iterator[Site]:
    """Start a host of its own, with a state directory; at the end nothing of it is left.

    Args:
        programs: sections of its configuration.
    """
    site = Site(directory)
    site.write(
        programs,
        f"address_list = alpha\nevent_port = {site.event_port}\nstate_dir = %(here)s/state\n",
    )
    try:
        site.start()
        yield site
    finally:
        site.clean()
