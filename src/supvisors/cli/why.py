"""`supvisors why` and `supvisors facts`: why a process is as it is, and what is known of it.

Holds: the two commands, and how their answers read.
Must not touch: how a reason is found.
Tests: tests/cli/test_why.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from supvisors.cli import server
from supvisors.cli.conf import ConfOption
from supvisors.cli.errors import until_reader_leaves
from supvisors.cli.names import JsonOption, ProcessArgument, ProcessesArgument
from supvisors.cli.rules import rule_words
from supvisors.cli.show import BAD, GOOD, QUIET, STYLES, printable
from supvisors.cli.tables import (
    MS_PER_S,
    Body,
    date_text,
    open_console,
    print_table,
    state_text,
)
from supvisors.model import namespec

_LABEL_WIDTH: Final = len("restarts")
#: What is wanted of a process, in words.
_WANTED: Final = {
    "auto": "rules decide",
    "started": "it was started, and its rules need not start it again",
    "stopped": "stopped: only an operator starts it",
    "disabled": "disabled: nobody starts it",
}


def why(process: ProcessArgument, as_json: JsonOption = False, conf: ConfOption = None) -> None:
    """Show why a program is as it is.

    The rule that applies, what operators want of it, the addresses where it cannot start and
    the reason, and its last changes with their causes.
    """
    found = server.call(conf, "why", process)
    with until_reader_leaves():
        if as_json:
            print(json.dumps(found, indent=2))
        else:
            show_why(open_console(), found)


def facts(process: ProcessesArgument, as_json: JsonOption = False, conf: ConfOption = None) -> None:
    """Show exit code, signal, run time and restarts of a program.

    A line for each address that has the program: the exit is the one of its last run there.
    """
    found = server.call(conf, "get_process_facts", process)
    with until_reader_leaves():
        if as_json:
            print(json.dumps(found, indent=2))
        elif found:
            show_facts(open_console(), found)
        else:
            print(printable(f"no address tells of {process}"))


def show_why(console: Console, found: Body) -> None:
    """Print an answer of `supvisors.why`."""
    state = state_text(found, is_bad=not found["expected_exit"])
    places = ", ".join(found["addresses"])
    console.print(
        Text.assemble(
            (printable(found["namespec"]), "bold"),
            "  ",
            state,
            f"  on {printable(places)}" if places else "",
        )
    )
    for label, words in _lines(found):
        console.print(Text.assemble((f"{label:{_LABEL_WIDTH}}  ", QUIET), printable(words)))
    print_table(
        console,
        ("ADDRESS", "CAN IT START THERE?"),
        (
            (
                place["address"],
                Text(f"no: it {printable(place['refused'])}", BAD)
                if place["refused"]
                else Text("yes", GOOD),
            )
            for place in found["places"]
        ),
    )
    print_table(
        console,
        ("WHEN", "ADDRESS", "FROM", "TO", "WHY"),
        (
            (
                date_text(change["date_ms"]),
                change["address"],
                Text(change["from"], QUIET),
                Text(change["to"], STYLES.get(change["to"], "")),
                change["why"],
            )
            for change in found["transitions"]
        ),
    )


def _lines(found: Body) -> Iterator[tuple[str, str]]:
    by = f" (by {found['wanted_by']}: {found['wanted_why']})" if found["wanted_by"] else ""
    if found["managed"] or found["wanted"] != "auto":
        yield "wanted", f"{_WANTED.get(found['wanted'], found['wanted'])}{by}"
    if found["decided"]:
        yield "decided", found["decided"]
    yield "restarts", str(found["restarts"])
    managed = rule_words(found["rule"]) if found["managed"] else "none: no rule names its group"
    yield "rule", managed


def show_facts(console: Console, found: Sequence[Body]) -> None:
    """Print an answer of `supvisors.get_process_facts`."""
    titles = (
        "PROCESS",
        "ADDRESS",
        "STATE",
        "PID",
        "LAST EXIT",
        "AFTER",
        "RESTARTS",
        "SINCE",
        "WHY",
    )
    print_table(
        console,
        titles,
        (
            (
                namespec(each["application_name"], each["process_name"]),
                each["address"],
                state_text(each, is_bad=not each["expected"]),
                str(each["pid"] or ""),
                _exit(each),
                _run_time(each["run_time_ms"]),
                str(each["restarts"]),
                date_text(each["event_time_ms"]),
                each["cause"],
            )
            for each in found
        ),
        is_first=True,
    )


def _exit(each: Body) -> str:
    """Return how the last run ended; XML-RPC has '' for what there is not."""
    if each["signal"] not in ("", None):
        return f"signal {each['signal']}"
    if each["exit_code"] not in ("", None):
        return f"code {each['exit_code']}"
    return str(each["spawn_error"])


def _run_time(run_time_ms: Any) -> str:
    return f"{run_time_ms / MS_PER_S:.3f} s" if isinstance(run_time_ms, int) else ""
