"""`supvisors conflicts` and `conciliate`: processes that run more often than they should.

Holds: the two commands.
Must not touch: which copy is kept.
Tests: tests/cli/test_conflicts.py.
"""

from __future__ import annotations

import json
from typing import Annotated, Final

import typer

from supvisors.cli import server
from supvisors.cli.conf import ConfOption
from supvisors.cli.errors import until_reader_leaves
from supvisors.cli.names import JsonOption
from supvisors.cli.outcome import confirm
from supvisors.cli.tables import open_console, print_table, state_text
from supvisors.model import ConciliationStrategy, namespec

STRATEGIES: Final = [strategy.name for strategy in ConciliationStrategy]


def conflicts(as_json: JsonOption = False, conf: ConfOption = None) -> None:
    """Show the programs that run more often than their rules want.

    Only programs that the rules manage with 'instances' one can be in conflict.
    """
    found = server.call(conf, "get_conflicts")
    with until_reader_leaves():
        if as_json:
            print(json.dumps(found, indent=2))
        elif not found:
            print("no program is in conflict")
        else:
            rows = (
                (
                    namespec(body["application_name"], body["process_name"]),
                    state_text(body),
                    ", ".join(body["addresses"]),
                )
                for body in found
            )
            print_table(open_console(), ("PROCESS", "STATE", "ON"), rows, is_first=True)


def conciliate(
    strategy: Annotated[
        str,
        typer.Argument(
            metavar="STRATEGY",
            show_default=False,
            help=f"{', '.join(STRATEGIES[:-1])}, or its number. Without it that of [supvisors].",
            autocompletion=lambda: STRATEGIES[:-1],
        ),
    ] = "",
    as_json: JsonOption = False,
    conf: ConfOption = None,
) -> None:
    """Resolve all conflicts.

    \b
      SENICIDE         the youngest copy goes on, the others are stopped
      INFANTICIDE      the oldest copy goes on
      STOP             all copies are stopped
      RESTART          all copies are stopped, and one is started
      RUNNING_FAILURE  all copies are stopped, and what the rules say of a crash is done

    It ends when the master has taken the order: 'supvisors conflicts' shows what is left.
    """
    done = server.call(conf, "conciliate", strategy)
    text = "conflicts are being resolved: 'supvisors conflicts' shows what is left"
    confirm("conciliate", done, text, as_json)
