"""`supvisors rules`: the rules in force, and reading them anew.

Holds: the commands `show` and `reload`, and how a rule reads.
Must not touch: the rules file: agents read it, each its own.
Tests: tests/cli/test_rules.py.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from supvisors.cli import server
from supvisors.cli.conf import ConfOption
from supvisors.cli.errors import until_reader_leaves
from supvisors.cli.names import JsonOption, complete_name, is_process
from supvisors.cli.outcome import confirm
from supvisors.cli.server import Server
from supvisors.cli.show import QUIET
from supvisors.cli.tables import Body, open_console, print_table

rules = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)

#: What a rule has by default is not told.
_DEFAULTS: Final = {
    "addresses": ["*"],
    "instances": "one",
    "required": False,
    "wait_exit": False,
    "expected_loading": 0,
    "starting_failure_strategy": "ABORT",
    "running_failure_strategy": "CONTINUE",
}


@rules.callback()
def _rules(ctx: typer.Context) -> None:
    """Show the rules in force, or read the rules file anew."""
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


@rules.command("reload")
def reload_rules(as_json: JsonOption = False, conf: ConfOption = None) -> None:
    """Read the rules file anew, on every host.

    Each agent reads its own. A file with a mistake is refused whole: what was in force stays
    in force. 'supvisors check' tells of mistakes beforehand.
    """
    result = server.call(conf, "reload_rules")
    confirm("reload_rules", result, str(result), as_json)


@rules.command("show")
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            show_default=False,
            help="An application or processes. Without it all applications with rules.",
            autocompletion=complete_name,
        ),
    ] = "",
    as_json: JsonOption = False,
    conf: ConfOption = None,
) -> None:
    """Show the rules in force, as the agent of this host has them."""
    found = _asked(server.find_server(conf), name)
    with until_reader_leaves():
        if as_json:
            print(json.dumps(found, indent=2))
        elif not found["applications"] and not found["processes"]:
            print("no application is managed: there is no rules file, or it names none")
        else:
            console = open_console()
            show_rules(console, found)
            if not name:
                show_strategies(console, found["strategies"])


def _asked(where: Server, name: str) -> dict[str, Any]:
    """Return the rules of what a name means, and the strategies of the options."""
    applications: list[Any] = []
    processes: list[Any] = []
    if is_process(name):
        processes = server.ask(where, "get_process_rules", name)
    elif name:
        applications = [server.ask(where, "get_application_rules", name)]
        processes = server.ask(where, "get_process_rules", f"{name}:*")
    else:
        bodies = server.ask(where, "get_all_applications_info")
        names = [body["application_name"] for body in bodies]
        every = [server.ask(where, "get_application_rules", each) for each in names]
        applications = [each for each in every if each["managed"]]
    strategies = server.ask(where, "get_strategies")
    return {"strategies": strategies, "applications": applications, "processes": processes}


def show_rules(console: Console, found: Body) -> None:
    """Print rules as `supvisors.get_application_rules` and `get_process_rules` give them."""
    print_table(
        console,
        ("APPLICATION", "START", "STOP", "STRATEGY", "WHEN A START FAILS", "WHEN IT FAILS"),
        (
            (each["application_name"], *_ranks(each), each["starting_strategy"], *_failures(each))
            if each["managed"]
            else (each["application_name"], Text("not managed", QUIET))
            for each in found["applications"]
        ),
        is_first=True,
    )
    print_table(
        console,
        ("PROCESS", "START", "STOP", "RULE"),
        (
            (f"{each['application_name']}:{each['process_name']}", *_ranks(each), _words(each))
            for each in found["processes"]
        ),
        is_first=not found["applications"],
    )


def show_strategies(console: Console, found: Body) -> None:
    """Print what `supvisors.get_strategies` says is in force."""
    print_table(
        console,
        ("OPTION", "VALUE"),
        (
            ("starting_strategy", found["starting_strategy"]),
            ("conciliation_strategy", found["conciliation_strategy"]),
            ("auto_fence", str(found["auto_fence"]).lower()),
        ),
    )


def _ranks(each: Body) -> tuple[str, str]:
    return str(each["start_sequence"]), str(each["stop_sequence"])


def _failures(each: Body) -> tuple[str, str]:
    return each["starting_failure_strategy"], each["running_failure_strategy"]


def _words(each: Body) -> Text | str:
    return _exceptions(each) if each["managed"] else Text("not managed", QUIET)


def rule_words(rule: Body) -> str:
    """Return a rule of a process as a line: its ranks, and what it has beside the defaults."""
    ranks = f"start_sequence {rule['start_sequence']}, stop_sequence {rule['stop_sequence']}"
    return ", ".join(filter(None, (ranks, _exceptions(rule))))


def _exceptions(rule: Body) -> str:
    """Return what a rule of a process has other than by default."""
    words = []
    for element, default in _DEFAULTS.items():
        value = rule[element]
        if value == default:
            continue
        if isinstance(value, bool):
            words.append(element)
        else:
            text = " ".join(value) if isinstance(value, list) else str(value)
            words.append(f"{element} {text}")
    return ", ".join(words)
