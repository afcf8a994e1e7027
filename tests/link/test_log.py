"""The log: each happening is one line whatever its values hold, with its time, level, reason and
facts; lines below the level are left out, whenever the level was set; the file stays within its
bounds."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from supvisors.log import LEVELS, Log, line

#: any text, the lone surrogates included that a file of an odd encoding yields
ANY_TEXT = st.text(st.characters(exclude_categories=()))
STAMP = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z ")


# --- a line --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([], "tap lost"),
        ([("why", "gone"), ("retry_s", 0.5)], "tap lost why=gone retry_s=0.5"),
        ([("pid", 7), ("none", None), ("yes", True)], "tap lost pid=7 none=None yes=True"),
        ([("path", "/run/a.sock"), ("spec", "g:n")], "tap lost path=/run/a.sock spec=g:n"),
        ([("text", "two words")], 'tap lost text="two words"'),
        ([("text", 'a "quote"')], r'tap lost text="a \"quote\""'),
        ([("text", "a=b")], 'tap lost text="a=b"'),
        ([("text", "")], 'tap lost text=""'),
        ([("text", "two\nlines")], r'tap lost text="two\nlines"'),
        ([("text", "café")], "tap lost text=café"),
        ([("text", "un café")], 'tap lost text="un café"'),
        ([("text", "\x1b[31mred\x9b0m\x7f")], r'tap lost text="\u001b[31mred\u009b0m\u007f"'),
        ([("text", "next\x85line\u2028")], r'tap lost text="next\u0085line\u2028"'),
        ([("text", "\udc80")], r'tap lost text="\udc80"'),
        ([("pair", (1, "a"))], "tap lost pair=\"(1, 'a')\""),
    ],
)
def test_a_line_reads_reason_and_facts(facts: list[tuple[str, object]], expected: str) -> None:
    assert line("tap lost", facts) == expected


@given(st.lists(st.tuples(st.sampled_from(["name", "why"]), ANY_TEXT), max_size=4))
@example([("name", "caf\udce9 \x85"), ("why", "")])
def test_whatever_the_values_a_line_is_one_line_and_tells_them(
    facts: list[tuple[str, object]],
) -> None:
    written = line("reason", facts)
    assert written.isprintable()
    assert written.encode("utf-8").decode() == written
    rest = written.removeprefix("reason")
    for name, value in facts:
        assert rest.startswith(f" {name}=")
        rest = rest.removeprefix(f" {name}=")
        if rest.startswith('"'):
            found, end = json.JSONDecoder().raw_decode(rest)
        else:
            end = rest.index(" ") if " " in rest else len(rest)
            found = rest[:end]
        assert found == value
        rest = rest[end:]
    assert rest == ""


# --- where lines go ------------------------------------------------------------------------


def test_a_line_carries_the_time_in_utc_and_the_level(capsys: pytest.CaptureFixture[str]) -> None:
    before = datetime.now(UTC)
    Log().write("warn", "tap lost", [("retry_s", 1)])
    after = datetime.now(UTC)
    out = capsys.readouterr().out
    assert STAMP.sub("", out) == "warn tap lost retry_s=1\n"
    [stamp] = STAMP.findall(out)
    written = datetime.fromisoformat(f"{stamp}+00:00")
    assert before - timedelta(milliseconds=1) <= written <= after


def reasons(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [shlex.split(text)[2] for text in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("level", list(LEVELS))
def test_lines_below_the_level_are_left_out(level: str, capsys: pytest.CaptureFixture[str]) -> None:
    log = Log()
    log.set_level(level)
    for name in LEVELS:
        log.write(name, name)
    assert reasons(capsys) == [name for name in LEVELS if LEVELS[name] >= LEVELS[level]]
    assert log.debugs() is (level == "debug")


def test_a_level_holds_from_when_it_is_set(capsys: pytest.CaptureFixture[str]) -> None:
    log = Log()
    log.write("info", "first")
    assert log.debugs(), "nothing is left out before the level is known"
    log.set_level("error")
    log.write("info", "second")
    assert not log.debugs()
    log.set_level("debug")
    log.write("info", "third")
    assert log.debugs()
    assert reasons(capsys) == ["first", "third"]


def test_an_unknown_level_is_our_own_mistake() -> None:
    with pytest.raises(KeyError):
        Log().set_level("warning")


def test_an_exception_is_one_line_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise RuntimeError("two\nlines")
    except RuntimeError:
        Log().exception("an error of ours", [("seq", 4)])
    [written] = capsys.readouterr().out.splitlines()
    assert " critical an error of ours seq=4 error=" in written
    assert "Traceback" in written
    assert "test_log.py" in written


# --- the file ------------------------------------------------------------------------------


@contextmanager
def log_to(path: Path, max_bytes: int = 1000, backups: int = 1) -> Iterator[Log]:
    log = Log()
    log.write("info", "before")
    log.to_file(str(path), max_bytes, backups)
    try:
        yield log
    finally:
        log.close()


def test_lines_go_to_the_file_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "agent.log"
    with log_to(path) as log:
        log.write("info", "after", [("name", "café \udc80")])
    printed = capsys.readouterr().out.splitlines()
    assert path.read_text("utf-8").splitlines() == printed[1:]
    assert printed[1].endswith(r'info after name="caf\u00e9 \udc80"')


def test_a_file_that_exists_is_continued(tmp_path: Path) -> None:
    path = tmp_path / "agent.log"
    path.write_text("older\n")
    with log_to(path) as log:
        log.write("info", "newer")
    assert [text.split()[-1] for text in path.read_text().splitlines()] == ["older", "newer"]


@pytest.mark.parametrize("backups", [0, 1, 3])
def test_the_files_stay_within_their_bounds(tmp_path: Path, backups: int) -> None:
    path = tmp_path / "agent.log"
    with log_to(path, 1000, backups) as log:
        for number in range(200):
            log.write("info", "line", [("number", number)])
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert len(sizes) == backups + 1
    assert max(sizes.values()) <= 1000
    assert path.read_text().splitlines()[-1].endswith("number=199")


def test_a_file_without_bounds_grows(tmp_path: Path) -> None:
    path = tmp_path / "agent.log"
    with log_to(path, 0, 3) as log:
        for _ in range(200):
            log.write("info", "line")
    assert list(tmp_path.iterdir()) == [path]
    assert len(path.read_text().splitlines()) == 200


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), log_to(tmp_path / "missing" / "agent.log"):
        pass
