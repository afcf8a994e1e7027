"""The command `supvisors`: words in, text out.

Holds: `main`. The table of commands is `verbs.py`; commands of one subject share a file.
Must not touch: the agent's insides.
Invariants: whatever goes wrong is told in one line on standard error, with the cure.
Tests: tests/cli/.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from supvisors import __version__
from supvisors.cli.errors import FAILURE, SUCCESS, CommandError
from supvisors.cli.names import rejoin_colons
from supvisors.cli.verbs import COMMANDS, command_of

__all__ = ["COMMANDS", "app", "main"]

#: Set by the shell that asks for completions.
_COMPLETE_VARIABLE = "_SUPVISORS_COMPLETE"


class _Group(TyperGroup):
    """Loads a command when it is run; until then a stub stands for it."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        name, _, rest = super().resolve_command(ctx, args)
        if name is None:  # completion of a word that is no command yet
            return name, None, rest
        command = command_of(name)
        if not isinstance(command, typer.Typer):
            function, command = command, typer.Typer(add_completion=False, rich_markup_mode=None)
            command.command()(function)
        return name, typer.main.get_command(command), rest


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"supvisors {__version__}")
        raise typer.Exit


app = typer.Typer(cls=_Group, rich_markup_mode=None, invoke_without_command=True)
for _name, _help in COMMANDS.items():
    app.command(_name, help=_help)(lambda: None)


@app.callback()
def supvisors(
    ctx: typer.Context,
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version."),
    ] = False,
) -> None:
    """See what many Supervisor instances and their programs do, as one system.

    Supvisors lives beside a supervisord that you have: a plugin in it, and an agent that
    publishes every change of its programs. Your programs are left as they are.

    The first three commands:

    \b
      supvisors demo                    see it at work; nothing of it is left
      supvisors check supervisord.conf  learn what yours needs, and what is wrong
      supvisors events                  watch your programs, once supervisord runs

    A command that concerns one supervisord takes -c CONF, and looks without it where
    supervisorctl looks. It ends with 0 on success, 1 when it failed or found a fault, and
    2 when it was called wrongly.
    """
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


def main() -> None:
    """Run the command that the arguments name, and end with its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a locale may lack a character
    if os.environ.get(_COMPLETE_VARIABLE) == "complete_bash":
        rejoin_colons(os.environ)
    try:
        status = app(prog_name="supvisors", standalone_mode=False)
    except typer.TyperException as error:
        status = _fail(_with_advice(error), error.exit_code)
    except CommandError as error:
        status = _fail(str(error))
    except typer.Abort:
        status = _fail("interrupted")
    except Exception as error:  # noqa: BLE001 - the last door: the user gets one line
        status = _fail(_own_fault(error))
    sys.exit(status or SUCCESS)


def _fail(text: str, status: int = FAILURE) -> int:
    print(f"supvisors: {' '.join(text.split())}", file=sys.stderr)
    return status


def _with_advice(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "supvisors"
    message = error.format_message().strip()
    return f"{message}{'' if message.endswith(('.', '?')) else '.'} See '{command} --help'"


def _own_fault(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"an error of ours, {type(error).__name__} at {frame.filename}:{frame.lineno}: {error}: "
        "please report this line"
    )
