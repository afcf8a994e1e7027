"""Waiting for a command that takes its time, and showing how far it is.

Holds: `carry_out`.
Must not touch: what is waited for.
Invariants: the answer is what counts; progress that cannot be had is left out. On a terminal it
is one line that goes away; elsewhere, a line for each change. Ctrl-C ends the wait, not the
order, and says so.
Tests: tests/cli/test_progress.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from supvisors.cli.errors import CommandError
from supvisors.cli.plans import plan_line
from supvisors.cli.server import WAIT_TIMEOUT_S, Server, ask
from supvisors.cli.tables import Body

#: How often progress is asked for.
LOOK_PERIOD_S: Final = 0.3
#: How long that may take: it shall not outlast the command.
LOOK_TIMEOUT_S: Final = 2.0

Concerns = Callable[[Body], bool]


def carry_out(
    server: Server,
    method: str,
    params: Sequence[object],
    console: Console | None,
    concerns: Concerns,
) -> Any:
    """Call a method that answers when all is done, and return its result.

    Args:
        console: where progress is shown, None for nowhere.
        concerns: tells whether a plan is part of what is waited for.

    Raises:
        CommandError: it failed, or the user does not want to wait any longer.
    """
    answer: Future[Any] = Future()
    # a daemon, so that Ctrl-C need not wait for the answer
    threading.Thread(
        target=_answer, args=(answer, server, method, params), name=method, daemon=True
    ).start()
    try:
        with _shown(console) as show:
            while not wait([answer], LOOK_PERIOD_S).done:
                if console is not None:
                    show(_look(server, concerns))
    except KeyboardInterrupt:
        cure = "what was ordered goes on; 'supvisors plans' and 'status' show how far it is"
        raise CommandError("you wait no longer", cure) from None
    return answer.result()


def _answer(answer: Future[Any], server: Server, method: str, params: Sequence[object]) -> None:
    try:
        answer.set_result(ask(server, method, *params, timeout_s=WAIT_TIMEOUT_S))
    except Exception as error:  # noqa: BLE001 - it is raised where the answer is asked for
        answer.set_exception(error)


def _look(server: Server, concerns: Concerns) -> list[str]:
    try:
        plans = ask(server, "get_plans", timeout_s=LOOK_TIMEOUT_S)
    except CommandError:
        return []  # if it matters, the answer itself says it
    return [plan_line(plan) for plan in plans if concerns(plan)]


@contextmanager
def _shown(console: Console | None) -> Iterator[Callable[[list[str]], None]]:
    """Yield what shows the lines of a progress."""
    if console is None or not console.is_terminal:
        yield _Printer(console)
        return
    with console.status("") as status:
        yield lambda lines: status.update(Text("; ".join(lines)))


class _Printer:
    """Prints lines that it has not printed just before."""

    def __init__(self, console: Console | None) -> None:
        self._console = console
        self._before: list[str] = []

    def __call__(self, lines: list[str]) -> None:
        for line in lines:
            if line not in self._before and self._console is not None:
                self._console.print(Text(line))
        self._before = lines
