"""The hosts of the demo: each a real supervisord with its agent and sample programs.

Holds: `Host`, with what is done to one; `hosts`, which makes them and removes them again;
their configurations.
Must not touch: anything outside the temporary directory; the agent's insides.
Invariants: however it ends, nothing is left: no process, no directory, no port.
Tests: tests/live/test_demo.py.
"""

from __future__ import annotations

import os
import random
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from xmlrpc.client import ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from supvisors.cli import demokeeper
from supvisors.plugin.options import TEMPORARY_DIRECTORY_BYTES_MAX, temporary_directory

NAMES: Final = ("alpha", "beta", "gamma", "delta", "epsilon")
PREFIX: Final = "supvisors-demo-"
#: Below the ports that Linux gives to outgoing connections, so that none of those takes one.
PORTS: Final = range(10_000, 32_000)
#: Ports in a row for one host: three for its agent's bus, and for events the second one.
PORTS_PER_HOST: Final = 4
EVENT_PORT_OFFSET: Final = 1

CONFIGURATION: Final = """\
[unix_http_server]
file = %(here)s/supervisor.sock

[supervisord]
logfile = %(here)s/supervisord.log
pidfile = %(here)s/supervisord.pid
childlogdir = %(here)s
identifier = {name}
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
address_list = {address_list}
event_port = {event_port}
inactivity_ticks = 3
"""

#: What each sample program is, and its section.
PROGRAMS: Final = {
    "camera": """\
; runs for ever
command = {python} -c "import time; time.sleep(1e6)"
""",
    "radio": """\
; crashes now and then, and Supervisor starts it again
command = {python} -c "import random, time; time.sleep(random.uniform(3, 6)); raise SystemExit(7)"
autorestart = unexpected
""",
    "loader": """\
; does its work and exits as expected
command = {python} -c "import time; time.sleep(2)"
autorestart = unexpected
""",
    "worker": """\
; started and stopped by the demo
command = {python} -c "import time; time.sleep(1e6)"
autostart = false
startsecs = 0
""",
    "probe": """\
; runs for ever, on one host
command = {python} -c "import time; time.sleep(1e6)"
""",
}
APPLICATIONS: Final = {"station": ("camera", "radio"), "survey": ("loader", "worker", "probe")}


class Host:
    """One host of the demo.

    Attributes:
        directory: holds all that is its own, and is what its processes are found by.
        is_up: its supervisord is meant to run.
    """

    def __init__(self, name: str, directory: Path, first_port: int) -> None:
        self.name = name
        self.directory = directory
        self.first_port = first_port
        self.event_port = first_port + EVENT_PORT_OFFSET
        self.is_up = False
        self._frozen: list[int] = []
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def configuration(self) -> Path:
        return self.directory / "supervisord.conf"

    @property
    def supervisor(self) -> Any:
        """The RPC interface of its supervisord."""
        transport = SupervisorTransport(None, None, f"unix://{self.directory}/supervisor.sock")
        return ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def write(self, address_list: str, programs: dict[str, tuple[str, ...]]) -> None:
        """Write its configuration, with the programs of each application."""
        self.directory.mkdir()
        text = CONFIGURATION.format(
            name=self.name,
            address_list=address_list,
            event_port=self.event_port,
            user="user = root" if os.getuid() == 0 else "",
        )
        python = shlex.quote(sys.executable).replace("%", "%%")
        for application, names in programs.items():
            text += f"\n[group:{application}]\nprograms = {', '.join(names)}\n"
            for name in names:
                text += f"\n[program:{name}]\n{PROGRAMS[name].format(python=python)}"
                text += "stopwaitsecs = 1\n"
        self.configuration.write_text(text)

    def start(self) -> None:
        """Start its supervisord, which starts the agent and the programs."""
        mark = {demokeeper.MARK: str(self.directory), "TMPDIR": str(self.directory)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-c", "supervisord.conf"],
            cwd=self.directory,
            env={**os.environ, **mark},
            # not in our process group: a Ctrl-C is ours, and we end it in our own order
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.is_up = True

    def kill(self) -> None:
        """Let it vanish: SIGKILL to its supervisord and all that this has started."""
        assert self._process is not None
        self.is_up = False
        self._process.send_signal(signal.SIGSTOP)  # so that it starts nothing any more
        demokeeper.kill(self.directory)
        self._process.wait()

    def freeze(self) -> None:
        """Stop its supervisord and its agent in the middle of what they do."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)  # first, since it would replace the agent
        agents = [pid for pid in demokeeper.marked(self.directory) if _is_agent(pid)]
        self._frozen = [self._process.pid, *agents]
        demokeeper.send(signal.SIGSTOP, agents)

    def thaw(self) -> None:
        """Let them go on."""
        demokeeper.send(signal.SIGCONT, self._frozen)

    def has_ended(self) -> bool:
        """Tell whether its supervisord has ended although it is meant to run."""
        return self.is_up and self._process is not None and self._process.poll() is not None

    def last_words(self) -> str:
        """Return what its supervisord logged last of us, or at all."""
        log = self.directory / "supervisord.log"
        lines = log.read_text().strip().splitlines() if log.exists() else []
        ours = [line for line in lines if " supvisors: " in line]
        return next(iter(reversed(ours or lines)), "it logged nothing")

    def reap(self) -> None:
        """Take note of the end of its supervisord, which was ended."""
        if self._process is not None:
            self._process.wait()


def _is_agent(pid: int) -> bool:
    with suppress(OSError):
        return b"supvisors.agent" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return False


@contextmanager
def hosts(count: int) -> Iterator[list[Host]]:
    """Run hosts on loopback in a temporary directory; end and remove all of it."""
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_parent()))
    keeper = subprocess.Popen(
        [sys.executable, "-m", demokeeper.__name__, str(directory)],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    made: list[Host] = []
    try:
        made += _make(directory, count)
        for host in made:
            host.start()
        yield made
    finally:
        demokeeper.end(directory)
        for host in made:
            host.reap()
        shutil.rmtree(directory)
        keeper.communicate()


def _parent() -> str:
    """Return where the demo's directory is made: short enough for the sockets in its hosts'."""
    directory = temporary_directory()
    room = TEMPORARY_DIRECTORY_BYTES_MAX - len(f"/{PREFIX}12345678/{max(NAMES, key=len)}")
    return directory if len(os.fsencode(directory)) <= room else "/tmp"


def _make(directory: Path, count: int) -> list[Host]:
    made = [
        Host(name, directory / name, port)
        for name, port in zip(NAMES, _free_ports(count), strict=False)
    ]
    address_list = ", ".join(f"<{host.name}>127.0.0.1:{host.first_port}" for host in made)
    for index, host in enumerate(made):
        names = _programs_of(index, count)
        groups = {a: tuple(n for n in known if n in names) for a, known in APPLICATIONS.items()}
        host.write(address_list, {a: known for a, known in groups.items() if known})
    return made


def _programs_of(index: int, count: int) -> set[str]:
    """Return what is configured on a host: the camera on all, the others on one each."""
    homes = {"radio": 0, "worker": 0, "loader": count - 1}
    if count > 1:
        homes["probe"] = 1
    return {"camera", *(name for name, home in homes.items() if home == index)}


def _free_ports(count: int) -> list[int]:
    """Return the first of `PORTS_PER_HOST` ports in a row that are free, for each host."""
    firsts: list[int] = []
    with ExitStack() as held:
        while len(firsts) < count:
            first = random.randrange(PORTS.start, PORTS.stop - PORTS_PER_HOST)
            with suppress(OSError), ExitStack() as tried:
                for port in range(first, first + PORTS_PER_HOST):
                    tried.enter_context(socket.socket()).bind(("127.0.0.1", port))
                held.push(tried.pop_all())
                firsts.append(first)
    return firsts
