"""A stand-in for the agent that records what the tap tells and does as a test bids.

`harness.Probe` puts it in the agent's place: supervisord starts it as the plugin's own
`[program:supvisors]`. It speaks through the real `Link`, with the agent's own cursor and
trace, so that the trace holds what the core would hear. A line of JSON on its standard input
is a verb, `{"do": verb, …}`, whose result is recorded, or an order, `{"order": name}`.
The orders `cut` and `die` are carried out when `after` further records were recorded; that
they are known is recorded too.
An option `refuse` in `[supvisors]` is a mistake that it refuses, with the option's text.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import Any

import msgspec

from supvisors.cursor import Cursor
from supvisors.link import Link
from supvisors.log import Log
from supvisors.tapframes import Call
from supvisors.trace import TRACE_VARIABLE, Trace

BEAT_PERIOD_S = 1.0
LAST_RECORDS_TIMEOUT_S = 1.0
STOPPING = 40


class Ordered(msgspec.Struct):
    """An order is known; before that, records may come that it does not count."""

    order: str


class Probe:
    """The connections and the recording of one life."""

    def __init__(self, tap: str) -> None:
        self._loop = asyncio.get_running_loop()
        self.end = self._loop.create_future()
        self._trace = Trace(os.environ[TRACE_VARIABLE])
        cursor = Cursor(os.path.join(os.path.dirname(tap), "cursor"))
        last = self._trace.last_record()
        if last is not None:
            cursor.write(*last)
        self._link = Link(tap, cursor, Log(), self._called, self._gone)
        self._tasks: set[asyncio.Task[None]] = set()
        self._order = ""
        self._order_due_in = 0

    async def serve(self) -> int:
        """Record until told to end, or refuse; return the exit status."""
        hello = await self._link.open()
        self._record(hello)
        if (mistake := hello.options.get("refuse")) is not None:
            self._link.refuse(mistake)
            await asyncio.sleep(0)
            return 3
        self._link.serves()
        self._loop.add_signal_handler(signal.SIGTERM, self._told_to_end)
        self._loop.add_reader(0, self._from_stdin)
        self._link.start("alpha", self._from_tap)
        self._beat()
        await self.end
        self._link.close()
        return 0

    def _record(self, happening: Any) -> None:
        self._trace.write(self._loop.time(), happening)

    def _beat(self) -> None:
        self._link.beat()
        self._loop.call_later(BEAT_PERIOD_S, self._beat)

    def _from_tap(self, happening: Any) -> None:
        self._record(happening)
        self._carry_out()
        own = getattr(happening, "pid", 0) == os.getpid() and happening.state == STOPPING
        if own and not self.end.done():
            self.end.set_result(None)

    def _carry_out(self) -> None:
        self._order_due_in -= 1
        if self._order_due_in != 0:
            return
        if self._order == "cut":
            self._link._transports[0].abort()
        elif self._order == "die":  # the record is in the trace, but not yet in the cursor
            os.kill(os.getpid(), signal.SIGKILL)

    def _told_to_end(self) -> None:
        # what was told before our own STOPPING is heard before we go
        self._loop.call_later(LAST_RECORDS_TIMEOUT_S, self.end.cancel)

    def _gone(self) -> None:
        self.end.set_result(None)

    def _called(self, call: Call) -> None:
        match call.method:
            case "get_master_address":
                return  # never answered
            case "get_supvisors_state":
                self._link.answer(call.id, result={"statename": "OPERATION"})
            case "get_application_info":
                self._link.answer(call.id, fault="NO_SUCH_FAULT", text="of no known code")
            case _:
                self._link.answer(
                    call.id, result=[call.method, *map(msgspec.json.decode, call.params)]
                )

    def _from_stdin(self) -> None:
        for line in os.read(0, 65536).splitlines():
            words = json.loads(line)
            stream: Any = self._link._transports[0]
            match words:
                case {"order": "stop reading"}:
                    stream.pause_reading()
                case {"order": "read again"}:
                    stream.resume_reading()
                case {"order": str(order), "after": int(records)}:
                    self._order, self._order_due_in = order, records
                    self._record(Ordered(order))
                case _:
                    task = self._loop.create_task(self._perform(words))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)

    async def _perform(self, words: dict[str, Any]) -> None:
        self._record(await self._link.do(words.pop("do"), **words))


async def run() -> int:
    return await Probe(os.environ["SUPVISORS_TAP"]).serve()


if __name__ == "__main__":
    sys.exit(asyncio.run(run()))
