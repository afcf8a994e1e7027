"""`supvisors demo`: a real supervisord with sample programs, and its events live.

Holds: the demo's configuration, its life, and the show on the terminal.
Must not touch: anything outside its temporary directory; the agent's insides.
Invariants: however it ends, nothing is left: no process, no directory, no port.
Tests: tests/live/test_demo.py.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn
from xmlrpc.client import ServerProxy

import typer
import zmq
from rich.console import Console
from supervisor.xmlrpc import SupervisorTransport

from supvisors.cli.errors import CommandError
from supvisors.cli.show import show
from supvisors.plugin.options import temporary_directory

#: How long supervisord may take to come up, and to stop its programs.
START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 20.0
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: The demo starts and stops its worker in turn, this often.
WORKER_PERIOD_S = 3.0

CONFIGURATION = """\
[unix_http_server]
file = %(here)s/supervisor.sock

[supervisord]
logfile = %(here)s/supervisord.log
pidfile = %(here)s/supervisord.pid
childlogdir = %(here)s
identifier = demo
nodaemon = true
silent = true
{user}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[rpcinterface:supvisors]
supervisor.rpcinterface_factory = supvisors.plugin:make_supvisors_rpcinterface

[supervisorctl]
serverurl = unix://%(here)s/supervisor.sock

[supvisors]
address_list = demo
event_port = {event_port}

[group:station]
programs = camera, radio

[group:survey]
programs = loader, worker

; runs for ever
[program:camera]
command = {python} -c "import time; time.sleep(1e6)"

; crashes now and then, and Supervisor starts it again
[program:radio]
command = {python} -c "import random, time; time.sleep(random.uniform(3, 6)); raise SystemExit(7)"
autorestart = unexpected

; does its work and exits as expected
[program:loader]
command = {python} -c "import time; time.sleep(2)"
autorestart = unexpected

; started and stopped by the demo
[program:worker]
command = {python} -c "import time; time.sleep(1e6)"
autostart = false
startsecs = 0
"""


@dataclass(frozen=True)
class Demo:
    """A running demo: its supervisord, its directory and its event port."""

    process: subprocess.Popen[bytes]
    directory: Path
    event_port: int

    @property
    def supervisor(self) -> Any:
        """The RPC interface of its supervisord."""
        transport = SupervisorTransport(None, None, f"unix://{self.directory}/supervisor.sock")
        return ServerProxy("http://127.0.0.1", transport=transport).supervisor


def demo(
    seconds: Annotated[
        float | None, typer.Option(min=1, help="End after S seconds.", metavar="S")
    ] = None,
) -> None:
    """Show Supvisors at work: a real supervisord with sample programs, and all its events.

    Everything happens in a temporary directory and on loopback. Ctrl-C ends it.
    """
    for number in ENDING_SIGNALS:
        signal.signal(number, _interrupt)
    console = Console(highlight=False, soft_wrap=True)
    deadline = time.monotonic() + seconds if seconds else None
    with contextlib.suppress(KeyboardInterrupt), _running() as running:
        _introduce(console, running)
        _show_events(console, running, deadline)
    console.print("The demo has ended; nothing of it is left.")


@contextlib.contextmanager
def _running() -> Iterator[Demo]:
    """Run a supervisord in a temporary directory; end it and remove all of it."""
    with tempfile.TemporaryDirectory(prefix="supvisors-demo-", dir=temporary_directory()) as name:
        directory, event_port = Path(name), _free_port()
        (directory / "supervisord.conf").write_text(
            CONFIGURATION.format(
                event_port=event_port,
                python=shlex.quote(sys.executable).replace("%", "%%"),
                user="user = root" if os.getuid() == 0 else "",
            )
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-c", "supervisord.conf"],
            cwd=directory,
            # not in our process group: a Ctrl-C is ours, and we end it in our own order
            start_new_session=True,
            preexec_fn=_end_with_parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield Demo(process, directory, event_port)
        finally:
            for number in ENDING_SIGNALS:  # a second Ctrl-C must not leave anything behind
                signal.signal(number, signal.SIG_IGN)
            _end(process)


def _introduce(console: Console, running: Demo) -> None:
    console.print(
        "[bold]Supvisors demo[/bold]: one supervisord with two applications.\n"
        "  station   camera runs, radio crashes now and then\n"
        "  survey    loader exits as expected, worker is started and stopped\n"
        f"Its events, live; in a second terminal: supvisors events --port {running.event_port}\n"
        "Ctrl-C ends the demo.\n"
    )


def _show_events(console: Console, running: Demo, deadline: float | None) -> None:
    context = zmq.Context()
    events = context.socket(zmq.SUB)
    events.setsockopt(zmq.RECONNECT_IVL, 20)
    events.setsockopt(zmq.LINGER, 0)
    events.subscribe(b"")
    events.connect(f"tcp://127.0.0.1:{running.event_port}")
    next_turn = time.monotonic() + WORKER_PERIOD_S
    heard_by = time.monotonic() + START_TIMEOUT_S
    try:
        while deadline is None or time.monotonic() < deadline:
            if events.poll(100):
                heard_by = float("inf")
                show(console, events.recv_multipart())
            if time.monotonic() > next_turn:
                next_turn = time.monotonic() + WORKER_PERIOD_S
                _turn_worker(running)
            if running.process.poll() is not None or time.monotonic() > heard_by:
                raise CommandError(_what_went_wrong(running))
    finally:
        events.close()
        context.term()


def _turn_worker(running: Demo) -> None:
    supervisor = running.supervisor
    with contextlib.suppress(OSError):
        stopped = supervisor.getProcessInfo("survey:worker")["pid"] == 0
        call: Callable[..., Any] = supervisor.startProcess if stopped else supervisor.stopProcess
        call("survey:worker", False)


def _what_went_wrong(running: Demo) -> str:
    log = running.directory / "supervisord.log"
    last = log.read_text().strip().splitlines()[-1:] if log.exists() else []
    return f"the demo's supervisord does not serve: {' '.join(last) or 'it logged nothing'}"


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _end_with_parent() -> None:
    """Have the kernel send SIGTERM to the demo's supervisord when the demo is killed."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
