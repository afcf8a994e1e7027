"""`supvisors status`: what the agent of this host knows of all hosts, at one instant.

Holds: the command, and how a status reads.
Must not touch: the way to the agent (`server.py`).
Invariants: warnings come last, where they are seen; nothing is cut when the output is no
terminal.
Tests: tests/cli/test_status.py, tests/live/test_status.py.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from supvisors.cli import server
from supvisors.cli.conf import ConfOption
from supvisors.cli.errors import until_reader_leaves
from supvisors.cli.plans import print_plans
from supvisors.cli.show import BAD, BUSY, QUIET, printable
from supvisors.cli.tables import MS_PER_S, Body, open_console, print_table, state_text
from supvisors.model import namespec

#: What an operator wants of a process, as it is told.
_HELD: Final = {"stopped": "stopped by an operator", "disabled": "disabled"}
#: From these ages in s on an age is told in another unit: seconds in it, and its name.
UNITS: Final = ((7200, 3600, "h"), (120, 60, "min"), (10, 1, "s"))


def status(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, with the bodies of the events.")
    ] = False,
    conf: ConfOption = None,
) -> None:
    """Show what all hosts and their programs do, and what is wrong.

    The agent of one host is asked, through its supervisord, what it knows of all: the state
    of Supvisors and its master, addresses, applications and processes, and the plans under
    way. What an operator should look at, and why, stands last, as warnings.

    It ends with 0, also when there are warnings, and with 1 when the status cannot be had.
    """
    found = server.call(conf, "get_status")
    with until_reader_leaves():
        if as_json:
            print(json.dumps(found, indent=2))
        else:
            show_status(open_console(), found, time.time_ns() // 1_000_000)


def show_status(console: Console, found: Body, now_ms: int) -> None:
    """Print a status as `supvisors.get_status` gives it.

    Args:
        now_ms: date of now on the clock of the agent that was asked, in POSIX ms.
    """
    master = found["master"]
    leader = (f"master {printable(master)}", "bold") if master else ("no master", BAD)
    console.print(Text.assemble("Supvisors  ", state_text(found["supvisors"]), "  ", leader))
    wishes = {(each["kind"], each["name"]): each["wanted"] for each in found["intents"]}
    print_table(
        console,
        ("ADDRESS", "STATE", "LOADING", "LAST TICK", ""),
        (
            (
                printable(body["address_name"]),
                state_text(body),
                f"{body['loading']} %",
                _age(body["local_time"], now_ms),
                _marks(body["address_name"], master, wishes),
            )
            for body in found["addresses"]
        ),
    )
    print_table(
        console,
        ("APPLICATION", "STATE", "FAILURES"),
        (
            (printable(body["application_name"]), state_text(body), _failures(body))
            for body in found["applications"]
        ),
    )
    print_table(
        console,
        ("PROCESS", "STATE", "ON", ""),
        (
            (
                printable(name := namespec(body["application_name"], body["process_name"])),
                state_text(body, is_bad=not body["expected_exit"]),
                _where(body),
                Text(_HELD.get(wishes.get(("process", name), ""), ""), QUIET),
            )
            for body in found["processes"]
        ),
    )
    print_plans(console, found["plans"])
    if found["warnings"]:
        console.print()
    for warning in found["warnings"]:
        console.print(Text.assemble(("warning: ", f"bold {BUSY}"), (printable(warning), BUSY)))


def _marks(address: str, master: str, wishes: Mapping[tuple[str, str], str]) -> Text:
    """Return what is special about an address."""
    is_drained = wishes.get(("address", address)) == "drained"
    marks = [("master", "bold")] if address == master else []
    marks += [("drained", BUSY)] if is_drained else []
    return Text(", ").join(Text(*mark) for mark in marks)


def _age(date_ms: int, now_ms: int) -> Text:
    """Return how long ago a date is; 0 stands for never."""
    if not date_ms:
        return Text("never", QUIET)
    age_s = max(0, now_ms - date_ms) / MS_PER_S
    for least_s, unit_s, unit in UNITS:
        if age_s >= least_s:
            return Text(f"{age_s / unit_s:.0f} {unit} ago")
    return Text(f"{age_s:.1f} s ago")


def _failures(body: Body) -> Text:
    if body["major_failure"]:
        return Text("major, minor" if body["minor_failure"] else "major", BAD)
    return Text("minor" if body["minor_failure"] else "", BUSY)


def _where(body: Body) -> Text:
    places = ", ".join(map(printable, body["addresses"]))
    return Text(places) if body["expected_exit"] else Text("unexpected exit", BAD)
