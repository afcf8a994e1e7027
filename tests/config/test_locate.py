"""Where an option is written: checked against the parser that Supervisor builds on."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supvisors.config import locate, locate_in_files

TEXT = """\
; event_port = 1
[supervisord]
event_port = 2

[supvisors] ; ours
  event_port: 4
    event_host = continues the line above
# event_port = 5
address_list =
    alpha
    internal_port = 6
Event_Port = 7  ; the last one holds

[program:x]
event_port = 8
"""


@pytest.mark.parametrize(
    ("section", "option", "line"),
    [
        ("supvisors", "event_port", 12),
        ("supvisors", "address_list", 9),
        ("supvisors", "event_host", None),
        ("supvisors", "internal_port", None),
        ("supvisors", "", 5),
        ("supervisord", "event_port", 3),
        ("program:x", "event_port", 15),
        ("program:y", "event_port", None),
        ("program:y", "", None),
    ],
)
def test_the_line_is_found(section: str, option: str, line: int | None) -> None:
    assert locate(TEXT, section, option) == line


LINES = st.sampled_from(
    [
        "[supvisors]",
        "[other]",
        "[supvisors] # with = a comment",
        "a = {}",
        "A: {}",
        "b={}",
        "  a = {}",
        "\ta = {}",
        "; a = {}",
        "# a = {}",
        "",
        "   ",
        "b = {} ; a = 1",
    ]
)


@given(st.lists(LINES, max_size=12))
def test_it_agrees_with_the_parser(lines: list[str]) -> None:
    """Each value is the number of its line, so the parser tells where it read it."""
    text = "\n".join(line.format(number) for number, line in enumerate(lines, start=1))
    parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(";", "#"))
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    for section in ("supvisors", "other"):
        for option in ("a", "b"):
            found = None
            if parser.has_option(section, option):
                found = int(parser.get(section, option).split("\n")[0])
            assert locate(text, section, option) == found


@given(st.text(), st.text(), st.text())
def test_any_text_can_be_searched(text: str, section: str, option: str) -> None:
    line = locate(text, section, option)
    assert line is None or 1 <= line <= text.count("\n") + 1


def test_the_last_file_that_has_the_option_is_named(tmp_path: Path) -> None:
    main, extra, other = (str(tmp_path / name) for name in ("main", "extra", "other"))
    Path(main).write_text("[supvisors]\nevent_port = 1\nuser = x\n")
    Path(extra).write_text("\n[supvisors]\nevent_port = 2\n")
    Path(other).write_text("[program:x]\nevent_port = 3\n")
    where = locate_in_files(main, extra, other)
    assert where("event_port") == (extra, 3)
    assert where("user") == (main, 3)


def test_what_is_not_written_belongs_to_the_main_file(tmp_path: Path) -> None:
    main = str(tmp_path / "main")
    Path(main).write_text("[supvisors]\n")
    assert locate_in_files(main)("event_port") == (main, None)


def test_a_file_that_cannot_be_read_has_no_lines(tmp_path: Path) -> None:
    assert locate_in_files(str(tmp_path))("event_port") == (str(tmp_path), None)
    assert locate_in_files("")("event_port") == ("", None)
    assert locate_in_files()("event_port") == ("", None)
