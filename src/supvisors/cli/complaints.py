"""What Supervisor says of a configuration, in the words of a mistake with its cure.

Holds: `as_mistakes`, which finds file, line, option and value behind Supervisor's words, and
`CURES`, the table of what to do about them.
Must not touch: rules of our own (`findings.py`).
Tests: tests/cli/test_complaints.py.

Supervisor's errors are sentences. Most repeat the wrong value, and some name the section, so
the option is found by looking for that value; where that fails, the sentence stands alone.
"""

from __future__ import annotations

import ast
import configparser
import os
import re
from dataclasses import dataclass
from typing import Final

from supvisors.cli.conf import Complaint, Reading
from supvisors.config import Mistake, locate_in_files
from supvisors.plugin.options import FACTORY

FACTORY_OPTION: Final = "supervisor.rpcinterface_factory"


@dataclass(frozen=True)
class Cure:
    """What to do about words of Supervisor.

    Attributes:
        words: pattern of the words.
        option: which option it is about, '' where the words or the value tell.
    """

    words: str
    text: str
    option: str = ""


#: The first one that fits holds.
CURES: Final = (
    Cure("supvisors.* cannot be resolved", f"Write {FACTORY_OPTION} = {FACTORY}", FACTORY_OPTION),
    Cure("cannot be resolved", "Correct its spelling, or install it where Supervisor is"),
    Cure("does not specify a command", "Add a line such as: command = /usr/bin/program", "command"),
    Cure(f"does not specify a {FACTORY_OPTION}", "Add that line", FACTORY_OPTION),
    Cure("process_num", "Write process_name = %(program_name)s_%(process_num)02d", "process_name"),
    Cure("invalid literal for int", "Write a whole number; a size may end in KB, MB or GB"),
    Cure("not a valid boolean", "Write true or false"),
    Cure("'autorestart'", "Write true, false or unexpected"),
    Cure("logging level", "Write critical, error, warn, info, debug, trace or blather"),
    Cure("contains names", "Write names that are known, such as %(here)s or %(ENV_HOME)s"),
    Cure("badly formatted", "Write %% for a percent sign"),
    Cure("directory", "Make that directory, or correct the path"),
    Cure("Invalid user", "Write a user that exists on this host, or make that one"),
    Cure("Invalid name", "Leave out blanks, colons and slashes"),
    Cure("signal", "Write the name of a signal, such as TERM"),
    Cure("exit codes", "Write numbers from 0 to 255, separated by commas"),
    Cure("key/value", 'Write pairs such as NAME="value", separated by commas'),
    Cure("octal|chmod", "Write an octal number, such as 0700"),
    Cure("sockchown", "Write user:group", "chown"),
    Cure("port number|port value", "Write a port, such as 127.0.0.1:9001", "port"),
    Cure("no file value", "Add a line such as: file = %(here)s/supervisor.sock", "file"),
    Cure("incomplete authentication", "Write both username and password, or neither"),
    Cure("names unknown", "Add that section, or leave its name out", "programs"),
    Cure('"events" line', "Add a line such as: events = PROCESS_STATE", "events"),
    Cure("Unknown event type", "Write a name from Supervisor's list of event types", "events"),
    Cure("not include supervisord section", "Add a line: [supervisord]"),
    Cure("no files setting", "Add a line such as: files = conf.d/*.conf", "files"),
    Cure("codec can't decode", "Save the file as UTF-8"),
    Cure("", "Correct it: supervisord does not start with it"),
)

_QUOTED = re.compile(r"""(['"])(.+?)\1""")
_DOTTED = re.compile(r"' for '(?P<section>.+)\.(?P<option>[^.']+)' (contains|is badly)")
_BRACKETED = re.compile(r"\[(?P<section>[^\[\]]+)\]")
_UNITS = ("", "kb", "mb", "gb")


def as_mistakes(complaint: Complaint, reading: Reading) -> list[Mistake]:
    """Return a complaint of Supervisor as lines for the operator, mostly one."""
    parsing = _parsing_error(complaint.error)
    if parsing is not None:
        return _unreadable_lines(parsing)
    words = " ".join(map(str, complaint.error.args)).partition(" Available names: ")[0]
    cure = next(cure for cure in CURES if re.search(cure.words, words))
    section, option = _blamed(words, cure, _sections(words, complaint, reading), reading)
    where = locate_in_files(*reading.files, section=section)
    file, line = where(option)
    if line is None:
        file, line = where("")  # the option is missing there
    value = dict(_items(section, reading)).get(option, "")
    return [Mistake(file, line, option, value, words.rstrip(" ."), cure.text, section)]


def _parsing_error(error: BaseException | None) -> configparser.ParsingError | None:
    """Return the parser's error behind the one that Supervisor made of its text."""
    while error is not None and not isinstance(error, configparser.ParsingError):
        error = error.__context__
    return error


def _unreadable_lines(error: configparser.ParsingError) -> list[Mistake]:
    if isinstance(error, configparser.MissingSectionHeaderError):
        problem = f"the line {error.line.strip()!r} stands before the first section"
        cure = "Put a line [supervisord] above it"
        return [Mistake(error.source, error.lineno, "", "", problem, cure, "")]
    return [
        Mistake(
            error.source,
            number,
            "",
            "",
            f"the line {_as_written(line)!r} is neither a section nor an option",
            "Write option = value",
            "",
        )
        for number, line in error.errors
    ]


def _as_written(line: str) -> str:
    """Return a line of `ParsingError.errors`, which holds its repr before Python 3.13."""
    try:
        return str(ast.literal_eval(line)).strip()
    except (SyntaxError, ValueError):
        return line.strip()


def _sections(words: str, complaint: Complaint, reading: Reading) -> list[str]:
    """Return the sections that a complaint may be about: those it names, if it does."""
    if reading.parser is None:
        return []
    dotted = [match["section"] for match in _DOTTED.finditer(words)]
    named = dotted or [match["section"] for match in _BRACKETED.finditer(words)]
    known = [name for name in reading.parser.sections() if name.startswith(complaint.sections)]
    return [name for name in known if name in named] or known


def _blamed(words: str, cure: Cure, sections: list[str], reading: Reading) -> tuple[str, str]:
    """Return section and option that the words are about, '' for what they do not tell."""
    dotted = _DOTTED.search(words)
    option = dotted["option"] if dotted else cure.option
    if len(sections) == 1 and option:
        return sections[0], option
    for is_meant in (_is_value, _is_name):
        for section in sections:
            for name, value in _items(section, reading):
                if is_meant(words, name, value):
                    return section, name
    quoted = [section for section in sections if _is_quoted(words, section.partition(":")[2])]
    left = quoted or sections
    return (left[0] if len(left) == 1 else ""), option


def _is_value(words: str, _name: str, value: str) -> bool:
    """Tell whether the words repeat a value, in quotes where they quote anything."""
    if _QUOTED.search(words):
        return any(_is_quoted(words, value.lower().removesuffix(unit)) for unit in _UNITS)
    return bool(value) and bool(re.search(rf"(^|[\s(]){re.escape(value)}($|[\s)])", words))


def _is_quoted(words: str, text: str) -> bool:
    return any(match[2].strip().lower() == text.lower() for match in _QUOTED.finditer(words))


def _is_name(words: str, name: str, _value: str) -> bool:
    return bool(re.search(rf"\b{re.escape(name)}\b", words))


def _items(section: str, reading: Reading) -> list[tuple[str, str]]:
    """Return the options of a section with their values, expanded where that can be done."""
    if reading.parser is None or not reading.parser.has_section(section):
        return []
    here = {"here": os.path.abspath(os.path.dirname(reading.file))}
    items = []
    for option, raw in reading.parser.items(section):
        try:
            items.append((option, str(reading.parser.saneget(section, option, expansions=here))))
        except ValueError:
            items.append((option, raw))
    return items
