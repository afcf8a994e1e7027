"""Everything there is to say about a configuration.

Holds: `examine`, which gives the findings in order of weight, and our own rules about what
`[rpcinterface:supvisors]` and the names of sections should be.
Must not touch: how a finding is printed.
Tests: tests/cli/test_check.py.
"""

from __future__ import annotations

import difflib
import errno
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from supvisors import statedir
from supvisors.cli.complaints import FACTORY_OPTION, as_mistakes
from supvisors.cli.conf import Reading
from supvisors.config import (
    EVENT_HOST,
    OPTIONS,
    ConfigError,
    Mistake,
    Settings,
    locate_in_files,
    parse_settings,
)
from supvisors.hostfacts import host_facts
from supvisors.plugin import doors
from supvisors.plugin.options import FACTORY, PROGRAM_SECTION, SECTION, user_problem
from supvisors.rules import RuleBook, against, load_rules

RPC_SECTION: Final = f"rpcinterface:{SECTION}"
FACTORY_LINE: Final = f"{FACTORY_OPTION} = {FACTORY}"
#: Sections of Supervisor itself without a colon; they resemble ours.
SUPERVISOR_SECTIONS: Final = {
    "supervisord",
    "supervisorctl",
    "unix_http_server",
    "inet_http_server",
    "include",
}
#: From this likeness on a name is taken for a misspelt one (difflib's ratio).
LIKENESS: Final = 0.75


class Severity(StrEnum):
    """How much a finding matters: a fault keeps supervisord or Supvisors from working."""

    FAULT = "fault"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Finding:
    """One thing to say about a configuration."""

    severity: Severity
    mistake: Mistake


@dataclass(frozen=True)
class Examination:
    """All that was found.

    Attributes:
        settings: what `[supvisors]` says, None when it has a mistake.
    """

    findings: tuple[Finding, ...]
    settings: Settings | None

    @property
    def is_good(self) -> bool:
        return all(finding.severity is not Severity.FAULT for finding in self.findings)


def examine(reading: Reading) -> Examination:
    """Return all that there is to say about a configuration."""
    faults = [
        mistake for complaint in reading.complaints for mistake in as_mistakes(complaint, reading)
    ]
    warnings = [*_supervisors_warnings(reading), *_unreadable_files(reading)]
    infos: list[Mistake] = []
    settings = None
    if reading.parser is not None:
        told = {(fault.section, fault.option) for fault in faults}
        faults += [new for new in _plugin_faults(reading) if (new.section, new.option) not in told]
        warnings += [*_plugin_warnings(reading), *_misspelt_sections(reading)]
        infos += _own_program(reading)
        try:
            settings, told_besides = settings_of(reading)
        except ConfigError as error:
            faults += error.mistakes
            told_besides = error.warnings
        warnings += told_besides
        if settings is not None:
            faults += _missing_log_directory(reading, settings)
            state_dir = statedir.examine(settings, locate_in_files(*reading.files))
            faults += state_dir.faults
            warnings += state_dir.warnings
            rules_faults, rules_warnings = _rules(reading, settings)
            faults += rules_faults
            warnings += rules_warnings
            warnings += _taken_port(reading, settings)
    return Examination(
        (
            *(Finding(Severity.FAULT, mistake) for mistake in faults),
            *(Finding(Severity.WARNING, mistake) for mistake in warnings),
            *(Finding(Severity.INFO, mistake) for mistake in infos),
        ),
        settings,
    )


def settings_of(reading: Reading) -> tuple[Settings, tuple[Mistake, ...]]:
    """Return the settings of a configuration, and what the operator should be warned of.

    Raises:
        ConfigError: with every mistake.
    """
    collected = reading.collected
    problems = dict(collected.problems)
    # As root, since whoever checks a file need not be who runs supervisord.
    problem = user_problem(collected.options.get("user", "").strip(), "root")
    if problem:
        problems.setdefault("user", problem)
    return parse_settings(
        collected.options,
        problems,
        where=locate_in_files(*reading.files),
        identifier=reading.identifier,
        host=host_facts(),
    )


def _at(
    reading: Reading, section: str, option: str, problem: str, cure: str, value: str = ""
) -> Mistake:
    """Return a mistake at the place where an option, or a section without one, is written."""
    file, line = locate_in_files(*reading.files, section=section)(option)
    return Mistake(file, line, option, value, problem, cure, section)


# --- what Supervisor would pass over -------------------------------------------------------


def _supervisors_warnings(reading: Reading) -> Iterator[Mistake]:
    for words in reading.warnings:
        if words.startswith(f"{SECTION}: "):
            continue  # the plugin's own, which is a fault here
        if "No file matches via include" in words:
            yield _at(
                reading,
                "include",
                "files",
                words.replace("No file matches via include", "no file matches"),
                "Correct the pattern, or leave it out",
                _value(reading, "include", "files"),
            )
        else:
            yield Mistake(reading.file, None, "", "", words, "Supervisor goes on with it", "")


def _unreadable_files(reading: Reading) -> Iterator[Mistake]:
    for file in reading.files[1:]:
        if not (os.path.isfile(file) and os.access(file, os.R_OK)):
            problem = "cannot be read, and Supervisor then leaves it out without a word"
            yield Mistake(file, None, "", "", problem, "Allow supervisord's user to read it", "")


def _value(reading: Reading, section: str, option: str) -> str:
    if reading.parser is None or not reading.parser.has_option(section, option):
        return ""
    return str(reading.parser.get(section, option))


# --- what the plugin needs -----------------------------------------------------------------


def _plugin_faults(reading: Reading) -> Iterator[Mistake]:
    if not reading.parser.has_section(RPC_SECTION):
        yield Mistake(
            reading.file,
            None,
            "",
            "",
            "Supvisors is not loaded, since its section is missing",
            f"Add two lines: [{RPC_SECTION}] and {FACTORY_LINE}",
            RPC_SECTION,
        )
    elif (value := _value(reading, RPC_SECTION, FACTORY_OPTION)) != FACTORY:
        problem = "this is not the factory of Supvisors"
        yield _at(reading, RPC_SECTION, FACTORY_OPTION, problem, f"Write {FACTORY_LINE}", value)
    text = _value(reading, RPC_SECTION, doors.OPTION)
    if problem := doors.mistake_in(text):
        cure = doors.CURE[0].upper() + doors.CURE[1:]
        yield _at(reading, RPC_SECTION, doors.OPTION, problem, cure, text)
    if not reading.server_count:
        yield Mistake(
            reading.file,
            None,
            "",
            "",
            "there is no HTTP server section, and without one Supervisor loads no plugin",
            "Add two lines: [unix_http_server] and file = %(here)s/supervisor.sock",
            "",
        )


def _plugin_warnings(reading: Reading) -> Iterator[Mistake]:
    known = {option.name for option in OPTIONS}
    for section in reading.parser.sections():
        if section.startswith("rpcinterface:") and section != RPC_SECTION:
            problem = "Supvisors is loaded under another name than supvisors"
            if _value(reading, section, FACTORY_OPTION) == FACTORY:
                yield _at(reading, section, "", problem, f"Call the section [{RPC_SECTION}]")
    if not reading.parser.has_section(RPC_SECTION):
        return
    for option in reading.parser.options(RPC_SECTION):
        if option not in (FACTORY_OPTION, doors.OPTION):
            cure = f"Move it to [{SECTION}]" if option in known else "Remove it"
            value = _value(reading, RPC_SECTION, option)
            yield _at(reading, RPC_SECTION, option, "this option is not read here", cure, value)


def _misspelt_sections(reading: Reading) -> Iterator[Mistake]:
    for section in reading.parser.sections():
        if section == SECTION or section in SUPERVISOR_SECTIONS or ":" in section:
            continue
        likeness = difflib.SequenceMatcher(None, section.lower(), SECTION).ratio()
        if likeness >= LIKENESS:
            cure = f"Write [{SECTION}], if you meant that"
            yield _at(reading, section, "", "nobody reads this section", cure)


def _own_program(reading: Reading) -> Iterator[Mistake]:
    if reading.has_own_program:
        yield _at(
            reading,
            PROGRAM_SECTION,
            "",
            "the agent is started as this section says, not as Supvisors would start it",
            "Remove the section, unless you mean to",
        )


def _missing_log_directory(reading: Reading, settings: Settings) -> Iterator[Mistake]:
    if settings.logfile and not os.path.isdir(os.path.dirname(settings.logfile)):
        problem = f"there is no directory {os.path.dirname(settings.logfile)}"
        cure = "Make that directory, or correct the path"
        yield _at(reading, SECTION, "logfile", problem, cure, settings.logfile)


def _rules(reading: Reading, settings: Settings) -> tuple[list[Mistake], list[Mistake]]:
    """Return faults and warnings of the rules file, which both have its own lines."""
    if settings.rules_file is None:
        return [], []
    names = [entry.name for entry in settings.addresses]
    try:
        rules, warnings = load_rules(settings.rules_file, names, locate_in_files(*reading.files))
    except ConfigError as error:
        return list(error.mistakes), list(error.warnings)
    missed = against(rules, reading.processes, len(names))
    return [], [*warnings, *missed, *_autostarted(reading, rules)]


def _autostarted(reading: Reading, rules: RuleBook) -> Iterator[Mistake]:
    for section, group in reading.autostarted:
        if rules.is_managed(group):
            value = _value(reading, section, "autostart")
            problem = (
                f"the rules name {group}, and supervisord starts this program by itself, on "
                "every host and out of its turn"
            )
            option = "autostart" if value else ""
            yield _at(reading, section, option, problem, "Write autostart = false", value)


def _taken_port(reading: Reading, settings: Settings) -> Iterator[Mistake]:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((EVENT_HOST, settings.event_port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                yield _at(
                    reading,
                    SECTION,
                    "event_port",
                    f"{EVENT_HOST}:{settings.event_port} is in use at this moment",
                    "Choose another event_port, unless it is this very supervisord that uses it",
                    _value(reading, SECTION, "event_port"),
                )
