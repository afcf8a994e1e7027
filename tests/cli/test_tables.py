"""How tables read: nothing is lost, and a name does not steer the terminal."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console
from rich.text import Text

from supvisors.cli.show import BAD, BUSY, GOOD
from supvisors.cli.tables import UNBOUNDED_WIDTH, date_text, open_console, print_table, state_text


def printed(*rows: tuple[str | Text, ...], is_first: bool = True) -> list[str]:
    out = io.StringIO()
    print_table(Console(file=out, width=40), ("NAME", "PID"), rows, is_first=is_first)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_numbers_stand_right() -> None:
    assert printed(("alpha", "7"), ("b", "123")) == ["NAME   PID", "alpha    7", "b      123"]


def test_what_stands_before_is_parted_by_an_empty_line() -> None:
    assert printed(("a", "7"), is_first=False)[0] == ""


def test_without_a_row_there_is_nothing() -> None:
    assert printed(is_first=False) == []


def test_a_text_of_others_is_printed_as_it_is_but_for_what_steers() -> None:
    lines = printed(("[bold]\x1b[2J", "7"), (Text("[dim]"), ""))
    assert lines[1].startswith("[bold]\N{REPLACEMENT CHARACTER}[2J")
    assert lines[2] == "[dim]"


@pytest.mark.parametrize(
    ("name", "is_bad", "style"),
    [("RUNNING", False, GOOD), ("RUNNING", True, BAD), ("STARTING", False, BUSY)],
)
def test_a_state_is_coloured(name: str, is_bad: bool, style: str) -> None:
    assert state_text({"statename": name}, is_bad) == Text(name, style)


def test_a_date_is_one_of_this_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC-2")
    time.tzset()
    try:
        assert date_text(1_769_860_800_007) == "2026-01-31 14:00:00.007"
        assert date_text(0) == ""
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_file_has_lines_of_any_length() -> None:
    assert open_console().width == UNBOUNDED_WIDTH
