"""`supvisors drain`, `undrain` and `site`: one host, or all of them.

Holds: the commands `drain` and `undrain`, and `restart` and `shutdown` of `site`.
Must not touch: what moves where.
Invariants: nobody ends a whole site by mistake: he is asked, or has said --yes.
Tests: tests/cli/test_hosts.py.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from supvisors.cli import server
from supvisors.cli.conf import ConfOption
from supvisors.cli.errors import CommandError
from supvisors.cli.names import AddressArgument, JsonOption, NoWaitOption
from supvisors.cli.outcome import confirm, order

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

site = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)


def drain(
    address: AddressArgument,
    no_wait: NoWaitOption = False,
    as_json: JsonOption = False,
    conf: ConfOption = None,
) -> None:
    """Move the programs of a host elsewhere, and start none there.

    One managed program after the other is started elsewhere and stopped there. It stays so
    over restarts, until it is undrained.
    """
    order(
        conf,
        "drain",
        [address],
        done=f"{address} is drained, until 'supvisors undrain {address}'",
        ordered=f"the drain of {address} is ordered",
        concerns=lambda _plan: True,
        wait=not no_wait,
        as_json=as_json,
    )


def undrain(address: AddressArgument, as_json: JsonOption = False, conf: ConfOption = None) -> None:
    """Let programs be started on a host again that was drained."""
    done = server.call(conf, "undrain", address)
    confirm("undrain", done, f"{address} is drained no more", as_json)


@site.callback()
def _site(ctx: typer.Context) -> None:
    """Restart or shut down the supervisord of every host."""
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


@site.command("restart")
def restart(yes: YesOption = False, as_json: JsonOption = False, conf: ConfOption = None) -> None:
    """Stop everything in the order of the rules, then restart every supervisord."""
    _end("restart", "restarted", yes, as_json, conf)


@site.command("shutdown")
def shutdown(yes: YesOption = False, as_json: JsonOption = False, conf: ConfOption = None) -> None:
    """Stop everything in the order of the rules, then shut every supervisord down."""
    _end("shutdown", "shut down", yes, as_json, conf)


def _end(method: str, participle: str, yes: bool, as_json: bool, conf: str | None) -> None:
    where = server.find_server(conf)
    if not yes:
        names = [body["address_name"] for body in server.ask(where, "get_all_addresses_info")]
        _ask_user(
            f"Every program is stopped, then supervisord of {', '.join(names)} is {participle}."
        )
    result = server.ask(where, method)
    confirm(method, result, f"all hosts are being {participle}: see 'supvisors status'", as_json)


def _ask_user(what: str) -> None:
    """Ask whether that is wanted.

    Raises:
        CommandError: it is not.
        typer.BadParameter: there is nobody to ask.
    """
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody can be asked here whether that is meant: say --yes")
    if not typer.confirm(f"{what} Go on?"):
        raise CommandError("nothing was done")
