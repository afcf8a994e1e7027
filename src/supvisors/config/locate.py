"""Where in a configuration file an option is written.

Holds: `locate`, and `locate_in_files`, which reads the files when a place is asked for.
Must not touch: the meaning of a value.
Invariants: agrees with Supervisor's reader (`configparser`) on every file which that accepts:
when an option is written more than once, the last one holds.
Tests: tests/config/test_locate.py.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

#: Option of a section -> its file and its line, None when it is not written there.
Where = Callable[[str], tuple[str, int | None]]

_SECTION = re.compile(r"\[(?P<section>.+)\]")
_OPTION = re.compile(r"(?P<option>.*?)\s*[=:]")
_COMMENT = re.compile(r"(^|\s)[;#]")


def locate(text: str, section: str, option: str = "") -> int | None:
    """Return the number of the line, from 1, on which an option is last written.

    Without `option` the line of the section's header, None when there is none.
    """
    found = None
    current = ""
    option_indent: int | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        comment = _COMMENT.search(line)
        content = (line[: comment.start()] if comment else line).strip()
        if not content:
            continue
        indent = len(line) - len(line.lstrip())
        if option_indent is not None and indent > option_indent:
            continue  # continues the value above
        if header := _SECTION.match(content):
            current, option_indent = header["section"], None
            if current == section and not option:
                found = number
        elif match := _OPTION.match(content):
            option_indent = indent
            if current == section and match["option"].lower() == option:
                found = number
    return found


def locate_in_files(*files: str, section: str = "supvisors") -> Where:
    """Return what tells where the options of a section are written.

    Args:
        files: the main file first, then those it includes, in the order of reading.
    """

    @functools.cache
    def texts() -> dict[str, str]:
        return {file: text for file in files if (text := _read(file)) is not None}

    def where(option: str) -> tuple[str, int | None]:
        for file, text in reversed(texts().items()):
            if line := locate(text, section, option):
                return file, line
        return (files[0] if files else ""), None

    return where


def _read(file: str) -> str | None:
    """Return the text of a file; None when it cannot be read, which its reader has told."""
    try:
        with open(file, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return None
