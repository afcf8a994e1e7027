"""`supvisors enable`, `disable` and `tail`: one program, on whichever host.

Holds: the three commands.
Must not touch: what follows from a wish.
Tests: tests/cli/test_programs.py.
"""

from __future__ import annotations

import sys
from typing import Annotated, Final

import typer

from supvisors.cli import server
from supvisors.cli.conf import ConfOption
from supvisors.cli.errors import until_reader_leaves
from supvisors.cli.names import (
    JsonOption,
    ProcessArgument,
    ProcessesArgument,
    complete_address,
)
from supvisors.cli.outcome import confirm
from supvisors.cli.show import printable

#: Most that an agent reads of a log.
TAIL_BYTES_MAX: Final = 64 * 1024
TAIL_BYTES: Final = 1600


def enable(
    namespec: ProcessesArgument, as_json: JsonOption = False, conf: ConfOption = None
) -> None:
    """Let a program be started again.

    It was disabled, or stopped by an operator; from now on rules may start it again.
    """
    done = server.call(conf, "enable", namespec)
    confirm("enable", done, f"{namespec} is enabled: rules may start it again", as_json)


def disable(
    namespec: ProcessesArgument, as_json: JsonOption = False, conf: ConfOption = None
) -> None:
    """Let nobody start a program until it is enabled.

    That holds over restarts of everything. What runs goes on: 'supvisors stop' ends it.
    """
    done = server.call(conf, "disable", namespec)
    text = f"{namespec} is disabled: nobody starts it until 'supvisors enable {namespec}'"
    confirm("disable", done, text, as_json)


def tail(
    namespec: ProcessArgument,
    of_stderr: Annotated[
        bool, typer.Option("--stderr", help="What it wrote to standard error.")
    ] = False,
    address: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            show_default=False,
            help="Where. Without it where it runs, or ran last.",
            autocompletion=complete_address,
        ),
    ] = "",
    length: Annotated[
        int,
        typer.Option(
            "--bytes", metavar="N", min=1, max=TAIL_BYTES_MAX, help="How much of its end."
        ),
    ] = TAIL_BYTES,
    as_json: JsonOption = False,
    conf: ConfOption = None,
) -> None:
    """Show the end of what a program wrote.

    It is read on whichever host the program runs, or ran last.
    """
    channel = "stderr" if of_stderr else "stdout"
    text = str(server.call(conf, "tail_process", namespec, address, channel, length))
    if as_json:
        confirm("tail_process", text, "", as_json)
        return
    with until_reader_leaves():
        # a file gets it as it is; a terminal is not steered by what a program writes
        sys.stdout.write(_shown(text) if sys.stdout.isatty() else text)
        sys.stdout.write("" if text.endswith("\n") or not text else "\n")


def _shown(text: str) -> str:
    return "".join(char if char in "\n\t" else printable(char) for char in text)
