"""`supvisors events`: what the event port publishes, as it is published.

Holds: the command, and a plain subscriber of dialect 1.
Must not touch: how an event reads (`show.py`).
Invariants: only the headers asked for are shown, although ZeroMQ filters by prefix. Each line
is flushed before the next message is received.
Tests: tests/cli/test_events.py.
"""

from __future__ import annotations

import itertools
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

from supvisors.cli.conf import ConfOption
from supvisors.cli.errors import CommandError, until_reader_leaves
from supvisors.cli.eventport import (
    HostOption,
    KeyOption,
    PortOption,
    SecondsOption,
    ServerKeyOption,
    curve_of,
    port_of,
    tell,
)
from supvisors.cli.interrupt import Interrupt, interruptible
from supvisors.cli.past import Emit as EmitPast
from supvisors.cli.past import Wanted, show_past
from supvisors.cli.show import EventConsole, line
from supvisors.cli.streaming import (
    AddressOption,
    ApplicationOption,
    ProcessOption,
    SinceOption,
    as_since,
)
from supvisors.client import Curve
from supvisors.client.choice import Choice, as_set
from supvisors.config import EVENT_HOST
from supvisors.model import Body
from supvisors.utils import PROCESS_EVENT_HEADER
from supvisors.wire import HEADERS, WireError, body_as_dict, decode, header_of
from supvisors.wire.happenings import Event, Status

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
    host: HostOption = EVENT_HOST,
    port: PortOption = None,
    server_key: ServerKeyOption = None,
    key: KeyOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help='Print {"header": ..., "body": {...}}, one a line.')
    ] = False,
    count: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="End after N events.")
    ] = None,
    seconds: SecondsOption = None,
    since: SinceOption = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="After what is asked for with --since, go on.")
    ] = False,
    application: ApplicationOption = None,
    process: ProcessOption = None,
    address: AddressOption = None,
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
      supvisors events --since 2h             process events of the last two hours, then end
      supvisors events --since 2h --follow    the same, then everything as it happens

    It ends with 0 after N events, S seconds, Ctrl-C or SIGTERM, or when nobody reads its output.
    """
    chosen = _chosen(headers or [])
    deadline = None if seconds is None else time.monotonic() + seconds
    event_port = port or port_of(conf)
    curve = curve_of(server_key, key)
    if since is not None:
        past = Wanted(
            host=host,
            port=event_port,
            curve=curve,
            headers=_with_events(chosen, follow=follow),
            since=as_since(since),
            application=application,
            process=process,
            address=address,
            follow=follow,
            count=count,
            seconds=seconds,
        )
        show_past(past, _print_json_of if as_json else _line_printer_of_past())
        return
    choice = Choice(
        applications=as_set(application), processes=as_set(process), addresses=as_set(address)
    )
    emit = _print_json if as_json else _line_printer()
    with (
        interruptible(signal.SIGINT, signal.SIGTERM) as interrupt,
        until_reader_leaves(),
        _subscribed(host, event_port, curve, chosen, choice) as feed,
    ):
        _listen(feed, emit, interrupt, count, deadline)


@dataclass(frozen=True)
class _Feed:
    """A subscription.

    Attributes:
        headers: first frames of the messages to show.
        choice: what else decides which ones.
        monitor: hears of the connection to the publisher.
        has_keys: it is a connection to another host's `event_host`.
    """

    address: str
    headers: frozenset[bytes]
    choice: Choice
    socket: zmq.Socket[bytes]
    monitor: zmq.Socket[bytes]
    has_keys: bool


def _chosen(headers: Sequence[str]) -> frozenset[bytes]:
    unknown = [header for header in headers if header not in HEADERS]
    if unknown:
        raise typer.BadParameter(
            f"{unknown[0]!r} is not a header; write some of {', '.join(HEADERS)}, or none for all"
        )
    return frozenset(header.encode() for header in headers or HEADERS)


@contextmanager
def _subscribed(
    host: str, port: int, curve: Curve | None, headers: frozenset[bytes], choice: Choice
) -> Iterator[_Feed]:
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
        if curve is not None:
            curve.apply(socket)
        socket.connect(f"tcp://{address}")
        yield _Feed(address, headers, choice, socket, monitor, curve is not None)
    except ValueError as error:
        raise CommandError(str(error), "correct --key or --server-key") from error
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
    shown, malformed = 0, itertools.count(1)
    while count is None or shown < count:
        now = time.monotonic()
        if deadline is not None and now >= deadline:
            return
        if now >= hint_time:
            tell(_hint(feed))
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
        body = _body_of(feed, frames, malformed)
        if body is not None:
            emit(body)
            shown += 1


def _body_of(feed: _Feed, frames: list[bytes], malformed: Iterator[int]) -> Body | None:
    try:
        body = decode(frames)
    except WireError as error:
        tell(f"left out malformed message number {next(malformed)}: {error}")
        return None
    return body if feed.choice.takes(Status(body, None, 0)) else None


def _hint(feed: _Feed) -> str:
    if feed.monitor.poll(0):
        return f"connected to {feed.address}, and there was no such event so far"
    if feed.has_keys:
        return (
            f"nobody lets us in at {feed.address}: does its agent run with event_host, is "
            "--server-key what 'supvisors keys show' prints there, and does 'supvisors keys "
            "client list' there know this client?"
        )
    return (
        f"nothing heard on {feed.address}: is the agent running? "
        "'supervisorctl status supvisors' tells; 'supvisors check' says what may be wrong"
    )


def _print_json(body: Body) -> None:
    message = {"header": header_of(body), "body": body_as_dict(body)}
    text = json.dumps(message, ensure_ascii=False)
    # whatever the locale is, JSON is UTF-8; a lone surrogate becomes an escape of JSON
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def _line_printer() -> Emit:
    console = EventConsole()
    return lambda body: console.print(line(body, time.strftime("%H:%M:%S")))


def _print_json_of(happening: Status | Event) -> None:
    _print_json(happening.body)


def _line_printer_of_past() -> EmitPast:
    """Return what prints a line with the date of its publication."""
    console = EventConsole()

    def emit(happening: Status | Event) -> None:
        clock = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(happening.t / 1000))
        console.print(line(happening.body, clock))

    return emit


def _with_events(chosen: frozenset[bytes], *, follow: bool) -> tuple[str, ...]:
    headers = tuple(header for header in HEADERS if header.encode() in chosen)
    if PROCESS_EVENT_HEADER not in headers:
        raise typer.BadParameter(
            f"--since shows '{PROCESS_EVENT_HEADER}', and it is not among the headers: add it"
        )
    return headers if follow else (PROCESS_EVENT_HEADER,)
