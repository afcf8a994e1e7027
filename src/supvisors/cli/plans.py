"""`supvisors plans`: what is being started and stopped, and how far it is.

Holds: the command, and how a plan reads.
Must not touch: the way to the agent (`server.py`).
Tests: tests/cli/test_plans.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.console import Console

from supvisors.cli import server
from supvisors.cli.conf import ConfOption
from supvisors.cli.errors import until_reader_leaves
from supvisors.cli.names import JsonOption
from supvisors.cli.show import printable
from supvisors.cli.tables import Body, open_console, print_table


def plans(as_json: JsonOption = False, conf: ConfOption = None) -> None:
    """Show what is being started and stopped, and how far it is.

    A plan is what the master carries out step by step: the start or stop of an application, of
    single processes, the repair after a crash or the loss of a host.
    """
    found = server.call(conf, "get_plans")
    with until_reader_leaves():
        if as_json:
            print(json.dumps(found, indent=2))
        elif found:
            print_plans(open_console(), found, is_first=True)
        else:
            print("no plan is under way")


def print_plans(console: Console, found: Sequence[Body], *, is_first: bool = False) -> None:
    """Print plans as `supvisors.get_plans` gives them; nothing when there is none."""
    print_table(
        console,
        ("PLAN", "APPLICATION", "UNDER WAY", "WAITING", "WHY"),
        (
            (
                plan["verb"],
                plan["application_name"],
                ", ".join(plan["active"]),
                ", ".join(plan["waiting"]),
                plan["why"],
            )
            for plan in found
        ),
        is_first=is_first,
    )


def plan_line(plan: Body) -> str:
    """Return a plan as a short line: what is under way, and how much waits."""
    doing = "starting" if plan["verb"] == "start" else "stopping"
    names = ", ".join(plan["active"]) or plan["application_name"] or "…"
    waiting = f" ({len(plan['waiting'])} waiting)" if plan["waiting"] else ""
    return printable(f"{doing} {names}{waiting}")
