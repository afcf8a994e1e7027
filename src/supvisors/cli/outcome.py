"""Ordering something, and what is said of its outcome.

Holds: `order`, for what may take its time; `confirm`, what is printed when it is done.
Must not touch: what is ordered.
Invariants: a command that did what it was asked for prints one line, or one JSON object; one
that did not ends by `CommandError`.
Tests: tests/cli/test_control.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from supvisors.cli import server
from supvisors.cli.errors import until_reader_leaves
from supvisors.cli.progress import Concerns, carry_out
from supvisors.cli.tables import open_console


def order(
    conf: str | None,
    method: str,
    params: Sequence[object],
    *,
    done: str,
    ordered: str,
    concerns: Concerns,
    wait: bool,
    as_json: bool,
) -> None:
    """Call a method whose last parameter is `wait`, show its progress, and tell the outcome.

    Args:
        params: without `wait`.
        done, ordered: what is said with and without `wait`.
        concerns: tells whether a plan is part of it.

    Raises:
        CommandError: it failed.
    """
    where = server.find_server(conf)
    with until_reader_leaves():
        if wait:
            console = None if as_json else open_console()
            result = carry_out(where, method, [*params, True], console, concerns)
        else:
            result = server.ask(where, method, *params, False)
    text = done if wait else f"{ordered}; 'supvisors plans' shows how far it is"
    confirm(method, result, text, as_json)


def confirm(method: str, result: object, text: str, as_json: bool) -> None:
    """Say that a command was done."""
    with until_reader_leaves():
        print(json.dumps({"command": method, "result": result}) if as_json else text)
