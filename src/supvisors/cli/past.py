"""`supvisors events --since`: what happened, and with `--follow` what happens.

Holds: `show_past`.
Must not touch: how an event reads.
Invariants: oldest first; what is lost is said.
Tests: tests/cli/test_past.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from supvisors.cli.errors import CommandError
from supvisors.cli.eventport import tell
from supvisors.cli.streaming import streaming
from supvisors.client import Curve, Event, EventStream, Gap, Status, Vanished, connect

#: Shows a status or an event.
Emit = Callable[[Status | Event], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show, as `connect` takes it.

    Attributes:
        curve: the keys, None in the clear.
        follow: go on with what happens.
        count, seconds: when to end, None for never.
    """

    host: str
    port: int
    curve: Curve | None
    headers: tuple[str, ...]
    since: datetime | timedelta
    application: list[str] | None
    process: list[str] | None
    address: list[str] | None
    follow: bool
    count: int | None
    seconds: float | None


def show_past(wanted: Wanted, emit: Emit) -> None:
    """Show the process events since a time, oldest first."""

    async def show() -> None:
        async with _connected(wanted) as stream:
            shown = 0
            async for happening in _happenings(stream, follow=wanted.follow):
                shown += _show(happening, emit)
                if shown == wanted.count:
                    return

    try:
        streaming(show, wanted.seconds)
    except ValueError as error:
        raise CommandError(f"cannot listen to {wanted.host}: {error}", "correct it") from error


def _connected(wanted: Wanted) -> EventStream:
    return connect(
        wanted.host,
        wanted.port,
        headers=wanted.headers,
        application=wanted.application,
        process=wanted.process,
        address=wanted.address,
        since=wanted.since,
        curve=wanted.curve,
    )


async def _happenings(
    stream: EventStream, *, follow: bool
) -> AsyncIterator[Status | Event | Vanished | Gap]:
    async for happening in stream if follow else stream.history():
        yield happening


def _show(happening: Status | Event | Vanished | Gap, emit: Emit) -> int:
    match happening:
        case Gap(header, first, 0):
            tell(
                f"messages of '{header}' from number {first} on are lost, it is not known how many"
            )
        case Gap(header, first, last):
            tell(f"messages {first} to {last} of '{header}' are lost")
        case Status() | Event():
            emit(happening)
            return 1
    return 0
