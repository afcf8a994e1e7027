"""`supvisors record`: what clients are told, into a file.

Holds: the command.
Must not touch: the form of the file (`supvisors.recording`).
Invariants: what was told before it ends, however it ends, is in the file.
Tests: tests/cli/test_record.py.
"""

from __future__ import annotations

import time
from typing import Annotated

import typer

from supvisors.cli.conf import ConfOption
from supvisors.cli.errors import CommandError
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
from supvisors.cli.streaming import streaming
from supvisors.client import Status, connect
from supvisors.config import EVENT_HOST
from supvisors.recording import Moment, Recorder


def record(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where to write; must not exist.")],
    host: HostOption = EVENT_HOST,
    port: PortOption = None,
    server_key: ServerKeyOption = None,
    key: KeyOption = None,
    count: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="End after N events of any kind.")
    ] = None,
    seconds: SecondsOption = None,
    conf: ConfOption = None,
) -> None:
    """Record what clients are told.

    'supvisors replay' publishes it again. The file begins with the state of everything, and has
    every change at its time, one JSON object a line.

    It ends with 0 after N events, S seconds, Ctrl-C or SIGTERM.
    """
    event_port = port or port_of(conf)
    curve = curve_of(server_key, key)
    try:
        stream = open(file, "x", encoding="utf-8", buffering=1)  # noqa: SIM115 - closed below
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}", "name a file that can be made") from None
    written = 0

    async def write() -> None:
        nonlocal written
        recorder = Recorder(stream)
        async with connect(host, event_port, curve=curve) as events:
            now_ms = time.time_ns() // 1_000_000
            for body, facts in events.cluster.statuses():
                recorder.write(Moment(0, Status(body, facts, now_ms)))
            began_s = time.monotonic()
            async for event in events:
                recorder.write(Moment(max(1, int((time.monotonic() - began_s) * 1000)), event))
                written += 1
                if written == count:
                    return

    with stream:
        try:
            streaming(write, seconds)
        except ValueError as error:
            raise CommandError(
                f"cannot listen to {host}: {error}", "correct --host or the keys"
            ) from error
    tell(f"{written} events are in {file}")
