"""`supvisors check`: what is wrong with a supervisord.conf.

Holds: the command and how findings are printed.
Must not touch: what is right or wrong (`findings.py`).
Tests: tests/cli/test_check.py.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from supvisors.cli import conf as conf_files
from supvisors.cli.conf import ConfOption, Reading
from supvisors.cli.errors import FAILURE, SUCCESS
from supvisors.cli.findings import Examination, Severity, examine
from supvisors.config import EVENT_HOST, OPTIONS

STYLES = {Severity.FAULT: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def check(
    file: Annotated[
        str | None,
        typer.Argument(metavar="CONF", show_default=False, help="The supervisord.conf to check."),
    ] = None,
    conf: ConfOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of lines.")
    ] = False,
) -> int:
    """Find what is wrong with a supervisord.conf.

    It starts nothing. It reads CONF and the files that it includes as supervisord would, and
    prints one line for each fault, warning or remark: file and line, section, option, value,
    what is wrong, and what to do. Without CONF it looks where supervisorctl looks.

    It ends with 0 when there is no fault, else with 1. A running system is not touched.
    """
    if file is not None and conf is not None:
        raise typer.BadParameter("name the file once, either as CONF or with -c CONF")
    reading = conf_files.read(conf_files.find(file if file is not None else conf))
    examination = examine(reading)
    if as_json:
        print(json.dumps(_as_dict(reading, examination), indent=2))
    else:
        _print_lines(reading, examination)
    return SUCCESS if examination.is_good else FAILURE


def _option_lines() -> str:
    """Return the table of options as a paragraph that help does not wrap."""
    width = max(len(option.name) for option in OPTIONS)
    lines = [f"  {option.name:{width}}  {option.help}" for option in OPTIONS]
    return "\n".join(["\b", "The options of [supvisors], all of which may be left out:", *lines])


check.__doc__ = f"{inspect.cleandoc(check.__doc__ or '')}\n\n{_option_lines()}"


def _as_dict(reading: Reading, examination: Examination) -> dict[str, object]:
    """Return the whole result as JSON has it; `summary` is null unless all is well."""
    settings = examination.settings
    return {
        "file": reading.file,
        "included": list(reading.files[1:]),
        "ok": examination.is_good,
        "findings": [
            {"severity": str(finding.severity), **dataclasses.asdict(finding.mistake)}
            for finding in examination.findings
        ],
        "summary": {
            "address": settings.local.name,
            "event_host": EVENT_HOST,
            "event_port": settings.event_port,
            "programs": {group: list(names) for group, names in reading.processes.items()},
        }
        if settings is not None and examination.is_good
        else None,
    }


def _print_lines(reading: Reading, examination: Examination) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for finding in examination.findings:
        console.print(
            Text.assemble((f"{finding.severity}: ", STYLES[finding.severity]), str(finding.mistake))
        )
    settings = examination.settings
    if settings is None or not examination.is_good:
        console.print(Text(f"{reading.file}: {_count(examination)}", "bold"))
        return
    groups = ", ".join(reading.processes) or "none"
    count = sum(map(len, reading.processes.values()))
    console.print(
        Text.assemble(
            ("OK", "bold green"),
            f": {reading.file}: address {settings.local.name}, events on "
            f"{EVENT_HOST}:{settings.event_port}, {_plural(count, 'program')} "
            f"(applications: {groups})",
        )
    )


def _count(examination: Examination) -> str:
    severities = [finding.severity for finding in examination.findings]
    counts = [(severities.count(severity), severity) for severity in Severity]
    return ", ".join(_plural(count, str(severity)) for count, severity in counts if count)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
