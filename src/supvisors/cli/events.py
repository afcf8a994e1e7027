"""`supvisors events`: what the event port publishes, as it is published.

Holds: the command, and a plain subscriber of dialect 1.
Must not touch: how an event reads (`show.py`).
Invariants: only the headers asked for are shown, although ZeroMQ filters by prefix. Each line
is flushed before the next message is received.
Tests: tests/cli/test_events.py.
"""

from __future__ import annotations

import json
import math
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Final

import typer
import zmq

from supvisors.cli import conf as conf_files
from supvisors.cli.complaints import as_mistakes
from supvisors.cli.conf import ConfOption
from supvisors.cli.errors import CommandError, until_reader_leaves
from supvisors.cli.interrupt import Interrupt, interruptible
from supvisors.cli.show import EventConsole, line
from supvisors.config import EVENT_HOST, OPTIONS
from supvisors.model import Body
from supvisors.wire import HEADERS, WireError, body_as_dict, decode, header_of

#: After this long without any message the user is told what may be the matter.
HINT_DELAY_S: Final = 3.0
#: Messages that wait while standard output is slow; what comes after is lost.
QUEUE_LENGTH: Final = 100_000
#: The loop turns at least this often.
POLL_TIMEOUT_S: Final = 60.0
#: A restarted agent is found again within this time.
RECONNECT_MS: Final = 100

Emit = Callable[[Body], None]


def events(
    headers: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="HEADER",
            show_default=False,
            autocompletion=lambda: list(HEADERS),
            help=f"Which ones: {', '.join(HEADERS)}; all of them by default.",
        ),
    ] = None,
    host: Annotated[str, typer.Option(metavar="H", help="Where they are published.")] = EVENT_HOST,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="P", min=1, max=65535, help="The event port; else the event_port of CONF."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help='Print {"header": ..., "body": {...}}, one a line.')
    ] = False,
    count: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="End after N events.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(metavar="S", min=0, help="End after S seconds.")
    ] = None,
    conf: ConfOption = None,
) -> None:
    """Show events as they are published.

    An event is shown when it happens; what happened before is not repeated. A process that
    changes gives three of them: event (on one address), process (over all addresses) and
    application.

    \b
      supvisors events                        everything, until Ctrl-C
      supvisors events process application    these two only
      supvisors events event --json | jq .    for programs

    It ends with 0 after N events, S seconds, Ctrl-C or SIGTERM, or when nobody reads its output.
    """
    chosen = _chosen(headers or [])
    deadline = None if seconds is None else time.monotonic() + seconds
    emit = _print_json if as_json else _line_printer()
    event_port = port or _port_of(conf)
    with (
        interruptible(signal.SIGINT, signal.SIGTERM) as interrupt,
        until_reader_leaves(),
        _subscribed(host, event_port, chosen) as feed,
    ):
        _listen(feed, emit, interrupt, count, deadline)


@dataclass(frozen=True)
class _Feed:
    """A subscription.

    Attributes:
        headers: first frames of the messages to show.
        monitor: hears of the connection to the publisher.
    """

    address: str
    headers: frozenset[bytes]
    socket: zmq.Socket[bytes]
    monitor: zmq.Socket[bytes]


def _chosen(headers: Sequence[str]) -> frozenset[bytes]:
    unknown = [header for header in headers if header not in HEADERS]
    if unknown:
        raise typer.BadParameter(
            f"{unknown[0]!r} is not a header; write some of {', '.join(HEADERS)}, or none for all"
        )
    return frozenset(header.encode() for header in headers or HEADERS)


def _port_of(conf: str | None) -> int:
    """Return the `event_port` of a configuration, its default where nothing is written."""
    option = next(option for option in OPTIONS if option.name == "event_port")
    default: int = option.default
    file = conf_files.find(conf) if conf is not None else conf_files.find_default()
    if file is None:
        return default
    reading = conf_files.read(file)
    if reading.parser is None:
        complaint = as_mistakes(reading.complaints[0], reading)[0]
        if conf is not None:
            raise CommandError(str(complaint))
        _tell(f"{complaint} Listening on the default port, {default}.")
        return default
    text = reading.collected.options.get(option.name, str(default))
    try:
        port: int = option.kind.read(text.strip())
    except ValueError as error:
        raise CommandError(f"{file}: {option.name} = {text!r}: {error}", option.cure) from error
    return port


@contextmanager
def _subscribed(host: str, port: int, headers: frozenset[bytes]) -> Iterator[_Feed]:
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    context = zmq.Context()
    socket = context.socket(zmq.SUB)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.RCVHWM, QUEUE_LENGTH)
    socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
    socket.setsockopt(zmq.IPV6, 1)
    for header in headers:
        socket.subscribe(header)
    monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
    try:
        socket.connect(f"tcp://{address}")
        yield _Feed(address, headers, socket, monitor)
    except zmq.ZMQError as error:
        raise CommandError(f"cannot listen to {address}: {error}", "correct --host") from error
    finally:
        socket.disable_monitor()
        monitor.close()
        socket.close()
        context.term()


def _listen(
    feed: _Feed, emit: Emit, interrupt: Interrupt, count: int | None, deadline: float | None
) -> None:
    """Show messages until one of the ends that `events` documents."""
    stdout = sys.stdout.fileno()
    poller = zmq.Poller()
    poller.register(feed.socket, zmq.POLLIN)
    poller.register(interrupt, zmq.POLLIN)
    poller.register(stdout, zmq.POLLERR)  # the reader of a pipe may leave while all is quiet
    hint_time = time.monotonic() + HINT_DELAY_S
    shown = malformed = 0
    while count is None or shown < count:
        now = time.monotonic()
        if deadline is not None and now >= deadline:
            return
        if now >= hint_time:
            _tell(_hint(feed))
            hint_time = math.inf
        wait_s = min(POLL_TIMEOUT_S, min(hint_time, deadline or math.inf) - now)
        ready = dict(poller.poll(math.ceil(wait_s * 1000)))
        if stdout in ready or interrupt.fileno() in ready:
            return
        if feed.socket not in ready:
            continue
        hint_time = math.inf
        frames = feed.socket.recv_multipart()
        if frames[0] not in feed.headers:
            continue
        try:
            emit(decode(frames))
            shown += 1
        except WireError as error:
            malformed += 1
            _tell(f"left out malformed message number {malformed}: {error}")


def _hint(feed: _Feed) -> str:
    if feed.monitor.poll(0):
        return f"connected to {feed.address}, and there was no such event so far"
    return (
        f"nothing heard on {feed.address}: is the agent running? "
        "'supervisorctl status supvisors' tells; 'supvisors check' says what may be wrong"
    )


def _tell(text: str) -> None:
    print(f"supvisors: {text}", file=sys.stderr, flush=True)


def _print_json(body: Body) -> None:
    message = {"header": header_of(body), "body": body_as_dict(body)}
    text = json.dumps(message, ensure_ascii=False)
    # whatever the locale is, JSON is UTF-8; a lone surrogate becomes an escape of JSON
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def _line_printer() -> Emit:
    console = EventConsole()
    return lambda body: console.print(line(body, time.strftime("%H:%M:%S")))
