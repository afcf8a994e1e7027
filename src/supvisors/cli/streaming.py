"""Commands that follow a synchronised stream of events.

Holds: `streaming`, which runs one until it is asked to end; `Filters`, `as_since`, the options
that they share.
Must not touch: what is done with the events.
Invariants: Ctrl-C, SIGTERM, the end of a time and a reader that leaves are good ends.
Tests: tests/cli/test_events.py, tests/cli/test_record.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import stat
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Final

import typer

from supvisors.cli.errors import until_reader_leaves
from supvisors.cli.interrupt import Interrupt, interruptible

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_AGO: Final = re.compile(r"(\d{1,9})([smhd])")

SinceOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Begin with the process events since then: 90s, 30m, 2h, 7d, or a date as "
        "2026-01-31T12:00.",
    ),
]
ApplicationOption = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Only what is about this application.")
]
ProcessOption = Annotated[
    list[str] | None,
    typer.Option(metavar="GROUP:NAME", help="Only what is about this process; NAME may be *."),
]
AddressOption = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Only what is about this address.")
]


def as_since(text: str) -> datetime | timedelta:
    """The time that an option means.

    Raises:
        typer.BadParameter: it is no time.
    """
    if match := _AGO.fullmatch(text):
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no time; write 90s, 30m, 2h, 7d, or a date as 2026-01-31T12:00"
        ) from None


def streaming(work: Callable[[], Awaitable[None]], seconds: float | None) -> None:
    """Run until it ends by itself or is asked to.

    Args:
        seconds: for how long at the most, None for ever.
    """
    with interruptible(signal.SIGINT, signal.SIGTERM) as interrupt, until_reader_leaves():
        asyncio.run(_until(work, interrupt, seconds))


async def _until(
    work: Callable[[], Awaitable[None]], interrupt: Interrupt, seconds: float | None
) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work())
    ends = [interrupt.fileno()]
    stdout = sys.stdout.fileno()
    kind = os.fstat(stdout).st_mode
    if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind):
        ends.append(stdout)  # its reader may leave while all is quiet
    for descriptor in ends:
        loop.add_reader(descriptor, task.cancel)
    try:
        with contextlib.suppress(asyncio.CancelledError, TimeoutError):
            async with asyncio.timeout(seconds):
                await task
    finally:
        for descriptor in ends:
            loop.remove_reader(descriptor)
