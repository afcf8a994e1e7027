"""What the core has done on this host: by its supervisord, or by this agent itself.

Holds: `Hands`.
Must not touch: whether it should be done.
Invariants: every `Do` gets exactly one `Done`, whatever becomes of the connection; what a frozen
supervisord finds when it goes on is refused when it is older than the core waits for it.
Tests: tests/live/test_orders.py, tests/live/test_control_operators.py.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from supvisors.core.calls import TIMEOUT_S
from supvisors.core.inputs import Done, Input, RulesRead
from supvisors.core.outputs import Do
from supvisors.link import Link, TapError
from supvisors.rules import RuleBook
from supvisors.startup import Refusal

NS_PER_S: Final = 1_000_000_000


class Hands:
    """The hands of one agent.

    Args:
        link: to its supervisord.
        turn: takes what the core is to be told.
        read_rules: reads the rules file anew; raises `Refusal` with every mistake in it.
    """

    def __init__(
        self, link: Link, turn: Callable[[Input], None], read_rules: Callable[[], RuleBook]
    ) -> None:
        self._link = link
        self._turn = turn
        self._read_rules = read_rules
        self._tasks: set[asyncio.Task[None]] = set()

    def perform(self, wish: Do) -> None:
        """Begin to do it."""
        task = asyncio.get_running_loop().create_task(self._perform(wish))
        self._tasks.add(task)
        task.add_done_callback(self._end)

    async def _perform(self, wish: Do) -> None:
        if wish.verb == "rules":
            self._turn(self._reread(wish))
            return
        arguments: dict[str, object] = {"until_ns": _now_ns() + TIMEOUT_S * NS_PER_S}
        if wish.namespec:
            arguments["namespec"] = wish.namespec
        if wish.verb in ("start", "stop"):
            arguments["cause"] = wish.cause
        if wish.verb == "start":
            arguments["extra_args"] = wish.argument
        elif wish.verb == "tail":
            arguments["argument"] = wish.argument
        try:
            done = await self._link.do(wish.verb, **arguments)
        except TapError as error:
            text = f"whether it was done is unknown: {error}"
            self._turn(Done(wish.call_id, "FAILED", text))
        else:
            self._turn(Done(wish.call_id, done.fault, done.text, done.result))

    def _reread(self, wish: Do) -> Done:
        try:
            rules = self._read_rules()
        except Refusal as refusal:
            text = f"refused, and the rules before stay in force: {refusal}"
            return Done(wish.call_id, "FAILED", text)
        self._turn(RulesRead(rules, rules.digest))
        return Done(wish.call_id, result="applied")

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.result()  # an error of ours ends this agent


def _now_ns() -> int:
    """Time that goes on while the machine is suspended, as the plugin takes it, in ns."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
