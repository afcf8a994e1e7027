"""How an event reads on a terminal.

Holds: a line for each body, and the colours.
Must not touch: sockets.
Tests: tests/cli/test_show.py.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from supvisors.model import (
    AddressStatus,
    ApplicationStatus,
    Body,
    ProcessEvent,
    ProcessStatus,
    SupvisorsStatus,
    namespec,
)
from supvisors.wire import HEADERS, WireError, decode, header_of

GOOD: Final = "green"
BUSY: Final = "yellow"
BAD: Final = "bold red"
QUIET: Final = "dim"
#: Style of a state by its name; states that are on their way to another one are `BUSY`.
STYLES: Final = {
    **dict.fromkeys(("RUNNING", "OPERATION"), GOOD),
    **dict.fromkeys(("FATAL", "BACKOFF", "SILENT", "ISOLATED", "CONCILIATION"), BAD),
    **dict.fromkeys(("STOPPED", "EXITED", "UNKNOWN", "SHUTDOWN"), QUIET),
}
_HEADER_WIDTH: Final = max(map(len, HEADERS))
_SUBJECT_WIDTH: Final = 24
_STATE_WIDTH: Final = len("ISOLATED")


class EventConsole(Console):
    """Where lines of events go: coloured on a terminal, plain otherwise, never wrapped."""

    def __init__(self) -> None:
        super().__init__(highlight=False, soft_wrap=True)

    def on_broken_pipe(self) -> None:
        """Leave it to the command, which may end well then (rich would end with 1)."""
        raise BrokenPipeError


def show(console: Console, frames: Sequence[bytes]) -> Body | None:
    """Print the line of a message and return its body; None, and what is wrong, of a bad one."""
    try:
        body = decode(frames)
    except WireError as error:
        console.print(Text(printable(f"malformed message: {error}"), BAD))
        return None
    console.print(line(body, time.strftime("%H:%M:%S")))
    return body


def line(body: Body, clock: str) -> Text:
    """Return the line of a body that arrived at `clock`: time, header, subject, state, rest."""
    subject, rest = _subject(body), _rest(body)
    style = BAD if _is_bad(body) else STYLES.get(body.state.name, BUSY)
    return Text.assemble(
        (f"{clock}  ", QUIET),
        f"{header_of(body):{_HEADER_WIDTH}}  ",
        f"{printable(subject):{_SUBJECT_WIDTH}}  ",
        (f"{body.state.name:{_STATE_WIDTH if rest else 0}}", style),
        f"  {printable(rest)}" if rest else "",
    )


def _subject(body: Body) -> str:
    match body:
        case SupvisorsStatus():
            return ""
        case AddressStatus():
            return body.address_name
        case ApplicationStatus():
            return body.application_name
        case ProcessStatus():
            return namespec(body.application_name, body.process_name)
        case ProcessEvent():
            return namespec(body.group, body.name)


def _rest(body: Body) -> str:
    match body:
        case SupvisorsStatus():
            return ""
        case AddressStatus():
            return f"loading {body.loading} %"
        case ApplicationStatus():
            failures = (("major", body.major_failure), ("minor", body.minor_failure))
            return ", ".join(f"{name} failure" for name, happened in failures if happened)
        case ProcessStatus():
            places = f"on {', '.join(body.addresses)}" if body.addresses else ""
            return ", ".join(filter(None, (places, "" if body.expected_exit else "unexpected")))
        case ProcessEvent():
            pid = f"pid {body.pid}" if body.pid else ""
            unexpected = "" if body.expected else "unexpected"
            return ", ".join(filter(None, (f"on {body.address}", pid, unexpected)))


def _is_bad(body: Body) -> bool:
    match body:
        case ApplicationStatus():
            return body.major_failure
        case ProcessStatus():
            return not body.expected_exit
        case ProcessEvent():
            return not body.expected
    return False


def printable(text: str) -> str:
    """Return `text` without what would steer the terminal; a name may come from anywhere."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
