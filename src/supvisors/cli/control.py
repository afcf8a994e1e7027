"""`supvisors start`, `stop` and `restart`.

Holds: the three commands.
Must not touch: whether something may be started, and where: the agents decide that.
Invariants: a name with a colon is one of processes, any other one of an application.
Tests: tests/cli/test_control.py.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from supvisors.cli.conf import ConfOption
from supvisors.cli.names import (
    JsonOption,
    NameArgument,
    NoWaitOption,
    is_process,
    plan_concerns,
)
from supvisors.cli.outcome import order

StrategyOption = Annotated[
    str,
    typer.Option(
        metavar="STRATEGY",
        show_default=False,
        help="Where to start: CONFIG, LESS_LOADED, MOST_LOADED, or its number. "
        "Without it the rules say.",
        autocompletion=lambda: ["CONFIG", "LESS_LOADED", "MOST_LOADED"],
    ),
]
HereOption = Annotated[
    bool,
    typer.Option("--here", help="Start processes on this very host, whatever the rules say."),
]
ArgsOption = Annotated[
    str,
    typer.Option(
        "--args",
        metavar="ARGUMENTS",
        show_default=False,
        help="Arguments added to the command line of a process.",
    ),
]


def start(
    name: NameArgument,
    strategy: StrategyOption = "",
    extra_args: ArgsOption = "",
    here: HereOption = False,
    no_wait: NoWaitOption = False,
    as_json: JsonOption = False,
    conf: ConfOption = None,
) -> None:
    """Start an application or processes.

    Each starts on the host that its rules and the strategy choose. An application that the
    rules manage is started in the order of its ranks. A name with a
    colon means a process, or with 'group:*' all of a group, in no order.

    It ends when all of it runs, or with 1 and the reason when something did not start.
    """
    if here:
        if strategy or not is_process(name):
            raise typer.BadParameter("--here goes with processes, and without --strategy")
        order(
            conf,
            "start_args",
            [name, extra_args],
            done=f"{name} is started here",
            ordered=f"the start of {name} here is ordered",
            concerns=partial(plan_concerns, name),
            wait=not no_wait,
            as_json=as_json,
        )
        return
    method = "start_process" if is_process(name) else "start_application"
    _carry_out(method, name, strategy, extra_args, no_wait, as_json, conf)


def stop(
    name: NameArgument,
    no_wait: NoWaitOption = False,
    as_json: JsonOption = False,
    conf: ConfOption = None,
) -> None:
    """Stop an application or processes.

    They stop on every host where they run, and an application that the rules manage in the
    order of its ranks. What an operator has stopped is not started again by rules, whatever
    happens, until an operator starts it.
    """
    order(
        conf,
        "stop_process" if is_process(name) else "stop_application",
        [name],
        done=f"{name} is stopped",
        ordered=f"the stop of {name} is ordered",
        concerns=partial(plan_concerns, name),
        wait=not no_wait,
        as_json=as_json,
    )


def restart(
    name: NameArgument,
    strategy: StrategyOption = "",
    extra_args: ArgsOption = "",
    rolling: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            min=1,
            show_default=False,
            help="Restart what runs, K processes at a time, and stop at the first that fails.",
        ),
    ] = None,
    no_wait: NoWaitOption = False,
    as_json: JsonOption = False,
    conf: ConfOption = None,
) -> None:
    """Stop an application or processes, then start them again.

    With --rolling no more than K processes of them are down at a time.
    """
    if rolling is None:
        method = "restart_process" if is_process(name) else "restart_application"
        _carry_out(method, name, strategy, extra_args, no_wait, as_json, conf)
        return
    if strategy or extra_args:
        raise typer.BadParameter("--rolling goes without --strategy and --args")
    order(
        conf,
        "rolling_restart",
        [name if is_process(name) else f"{name}:*", rolling],
        done=f"{name} is restarted",
        ordered=f"the rolling restart of {name} is ordered",
        concerns=partial(plan_concerns, name),
        wait=not no_wait,
        as_json=as_json,
    )


def _carry_out(
    method: str,
    name: str,
    strategy: str,
    extra_args: str,
    no_wait: bool,
    as_json: bool,
    conf: str | None,
) -> None:
    """Start or restart something, as `method` says."""
    if extra_args and not is_process(name):
        raise typer.BadParameter(f"--args goes with a process: '{name}:*' means all of {name}")
    verb, _, _ = method.partition("_")
    order(
        conf,
        method,
        [strategy, name, extra_args] if is_process(name) else [strategy, name],
        done=f"{name} is {verb}ed",
        ordered=f"the {verb} of {name} is ordered",
        concerns=partial(plan_concerns, name),
        wait=not no_wait,
        as_json=as_json,
    )
