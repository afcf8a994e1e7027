"""`supvisors demo`: real hosts with sample programs, what is done to them, and the events.

Holds: the command and the show on the terminal.
Must not touch: how hosts are made and ended (`demosite.py`); what is done to them
(`demoplan.py`).
Invariants: a signal or the end of its time ends it at once, whatever is under way.
Tests: tests/live/test_demo.py, tests/cli/test_demo.py.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Final
from xmlrpc.client import Fault

import typer
import zmq
from rich.console import Console
from rich.text import Text

from supvisors.cli.demoplan import Plan, steps_for
from supvisors.cli.demosite import NAMES, Host, hosts
from supvisors.cli.errors import CommandError, until_reader_leaves
from supvisors.cli.interrupt import Interrupt, interruptible
from supvisors.cli.show import EventConsole, show

ENDING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: How long the first host may take until its agent is heard.
START_TIMEOUT_S: Final = 30.0
#: The demo starts and stops its worker in turn, this often.
WORKER_PERIOD_S: Final = 3.0
POLL_MS: Final = 100


def demo(
    addresses: Annotated[
        int, typer.Option(min=1, max=len(NAMES), help="Number of hosts.", metavar="N")
    ] = 3,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="End after S seconds.", metavar="S")
    ] = None,
) -> None:
    """Show Supvisors at work, on hosts of its own.

    Each host is a real supervisord with its agent and sample programs. The first one's events
    are shown, all of them, while the demo kills a host, brings it back and freezes another.

    Everything happens in a temporary directory and on loopback. Ctrl-C ends it.
    """
    console = EventConsole()
    deadline = time.monotonic() + seconds if seconds else float("inf")
    with interruptible(*ENDING_SIGNALS) as interrupt, until_reader_leaves():
        with hosts(addresses) as running:
            _introduce(console, running)
            _run(console, running, interrupt, deadline)
        console.print("The demo has ended; nothing of it is left.")


def _introduce(console: Console, running: Sequence[Host]) -> None:
    first = running[0]
    names = ", ".join(host.name for host in running)
    others = " on each" if len(running) > 1 else ""
    probe = f", probe runs on {running[1].name}" if len(running) > 1 else ""
    console.print(
        "[bold]Supvisors demo[/bold]: a supervisord with its agent for each of "
        f"{names}, and two applications.\n"
        f"  station   camera runs{others}, radio crashes now and then\n"
        f"  survey    loader exits as expected, worker is started and stopped{probe}\n"
        f"The events of {first.name}, live. In a second terminal:\n"
        f"  {_command()} events --port {first.event_port}\n"
        f"  {_command()} status -c {first.configuration}\n"
        "Ctrl-C ends the demo.\n"
    )


def _command() -> str:
    """Return how to call us from a shell: by the path that we were called by, if we must."""
    is_script = os.path.basename(sys.argv[0]) == "supvisors"
    return sys.argv[0] if is_script and shutil.which("supvisors") is None else "supvisors"


def _run(console: Console, running: Sequence[Host], interrupt: Interrupt, deadline: float) -> None:
    def tell(sentence: str) -> None:
        clock = time.strftime("%H:%M:%S")
        console.print(Text(f"{clock}  >>>>>>>>>>>  {sentence}", "bold cyan"))

    now = time.monotonic()
    plan = Plan(steps_for(running), [host.name for host in running], tell, now)
    next_turn, heard_by = now + WORKER_PERIOD_S, now + START_TIMEOUT_S
    with _subscribed(running[0].event_port) as events:
        while now < deadline and not interrupt.asked:
            if events.poll(POLL_MS):
                heard_by = float("inf")
                body = show(console, events.recv_multipart())
                if body is not None:
                    plan.hear(body)
            now = time.monotonic()
            plan.advance(now)
            if now > next_turn:
                next_turn = now + WORKER_PERIOD_S
                _turn_worker(running[0])
            _check(running, is_heard=now < heard_by)


@contextlib.contextmanager
def _subscribed(port: int) -> Iterator[zmq.Socket[bytes]]:
    context = zmq.Context()
    events = context.socket(zmq.SUB)
    events.setsockopt(zmq.RECONNECT_IVL, 20)
    events.setsockopt(zmq.LINGER, 0)
    events.subscribe(b"")
    events.connect(f"tcp://127.0.0.1:{port}")
    try:
        yield events
    finally:
        events.close()
        context.term()


def _turn_worker(host: Host) -> None:
    supervisor = host.supervisor
    with contextlib.suppress(OSError, Fault):  # it is still starting
        stopped = supervisor.getProcessInfo("survey:worker")["pid"] == 0
        call: Callable[..., Any] = supervisor.startProcess if stopped else supervisor.stopProcess
        call("survey:worker", False)


def _check(running: Sequence[Host], is_heard: bool) -> None:
    """Raise a CommandError when a supervisord has ended by itself, or the first is not heard."""
    ended = next((host for host in running if host.has_ended()), None)
    if ended is None and is_heard:
        return
    failed = ended or running[0]
    raise CommandError(
        f"the demo's supervisord of {failed.name} does not serve: {failed.last_words()}"
    )
