"""How tables read on a terminal and in a file.

Holds: the console, tables, states, dates.
Must not touch: what a table is about.
Invariants: nothing is cut, and nothing is folded when the output is no terminal; a name does not
steer the terminal, since every cell that is a text goes through `printable`.
Tests: tests/cli/test_tables.py, tests/cli/test_status.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from supvisors.cli.show import BAD, BUSY, QUIET, STYLES, EventConsole, printable

#: Width of an output that is no terminal: nothing is folded there.
UNBOUNDED_WIDTH: Final = 10_000
MS_PER_S: Final = 1000
#: Columns of numbers.
_RIGHT: Final = frozenset({"LOADING", "PID", "RESTARTS", "START", "STOP"})

Body = Mapping[str, Any]


def open_console() -> Console:
    """Return where tables go: standard output."""
    console = EventConsole()
    if not console.is_terminal:
        console.width = UNBOUNDED_WIDTH
    return console


def print_table(
    console: Console,
    titles: Iterable[str],
    rows: Iterable[tuple[str | Text, ...]],
    *,
    is_first: bool = False,
) -> None:
    """Print a table after an empty line; nothing when it has no row.

    Args:
        is_first: nothing stands before it, so it has no empty line.
    """
    table = Table(box=None, pad_edge=False, header_style=QUIET, padding=(0, 2, 0, 0))
    for title in titles:
        justify: Any = "right" if title in _RIGHT else "left"
        table.add_column(title, overflow="fold", justify=justify)
    for row in rows:
        table.add_row(*(Text(printable(cell)) if isinstance(cell, str) else cell for cell in row))
    if table.row_count:
        if not is_first:
            console.print()
        console.print(table, soft_wrap=False)


def state_text(body: Body, is_bad: bool = False) -> Text:
    """Return the name of the state of a body, coloured."""
    name = body["statename"]
    return Text(name, BAD if is_bad else STYLES.get(name, BUSY))


def date_text(date_ms: int) -> str:
    """Return a date in POSIX ms in the time zone of this host, '' for none."""
    if not date_ms:
        return ""
    date = datetime.fromtimestamp(date_ms / MS_PER_S, tz=UTC).astimezone()
    return date.strftime("%Y-%m-%d %H:%M:%S.") + f"{date_ms % MS_PER_S:03}"
