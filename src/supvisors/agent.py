"""The agent: one process per address, a program of the supervisord that it serves.

Holds: the composition of link, bus, core and publisher, and the ring: an input comes in, the core
decides, its outputs are performed, one timer is set to the core's deadline.
Must not touch: rules. This is the only file that knows everyone.
Tests: tests/live/.

`startup.py` turns the options into what is composed here.

Exit statuses: 0 told to end; 1 supervisord is gone or does not answer; 3 the options were
refused; 70 an error of ours (Supervisor starts the agent again, a snapshot restores it).
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import secrets
import signal
import sys
import time

import msgspec
import zmq

from supvisors import __version__, commands
from supvisors.config import digests
from supvisors.core import ClusterView, Core, Limits, Policy
from supvisors.core.inputs import (
    AgentLeaving,
    BusFact,
    Input,
    Loaded,
    ProcessChanged,
    Started,
    TapRecord,
    Ticked,
    Wake,
)
from supvisors.core.messages import Digests
from supvisors.core.outputs import Do, Keep, Note, Output, Publish, Respond, Save
from supvisors.cursor import Cursor
from supvisors.hands import Hands
from supvisors.kept import Kept
from supvisors.link import Link, TapError
from supvisors.log import Log
from supvisors.model import ProcessState
from supvisors.neighbours import Neighbours
from supvisors.publisher import HOST
from supvisors.rules import RuleBook
from supvisors.startup import (
    Refusal,
    open_events,
    open_log,
    open_neighbours,
    read_rules,
    read_settings,
    security_of,
)
from supvisors.statefile import FENCES, INTENTS
from supvisors.tapframes import Call, Hello
from supvisors.trace import TRACE_VARIABLE, Trace

TAP_VARIABLE = "SUPVISORS_TAP"
#: File beside the socket of the tap.
CURSOR_NAME = "cursor"
#: From binding the event port to the first publication, so that subscribers that wait for
#: the port hear INITIALIZATION.
FIRST_PUBLICATION_DELAY_S = 0.3
#: Supervisord hears from the agent this often, whatever `tick_period` is.
BEAT_PERIOD_S = 1.0
#: How long an agent that is told to end waits for the last records.
LAST_RECORDS_TIMEOUT_S = 1.0

EXIT_GONE = 1
EXIT_REFUSED = 3
EXIT_ERROR = 70


def main() -> int:
    """Run the agent until it is told to end; return its exit status."""
    log = Log()
    tap = os.environ.get(TAP_VARIABLE)
    if not tap:
        log.write("critical", "the agent is started by supervisord, not by hand: see the README")
        return EXIT_GONE
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)  # 'supervisorctl signal … all' means the others
    return asyncio.run(_run(tap, log))


async def _run(tap: str, log: Log) -> int:
    end: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    _end_on_errors(end, log)
    trace = Trace(os.environ[TRACE_VARIABLE]) if os.environ.get(TRACE_VARIABLE) else None
    try:
        cursor = Cursor(os.path.join(os.path.dirname(tap), CURSOR_NAME))
        if trace is not None and (last := trace.last_record()) is not None:
            cursor.write(*last)
        agent = Agent(tap, cursor, trace, log, end)
        await agent.serve()
    except (OSError, TapError) as error:
        log.write("critical", "no tap", [("why", error)])
        return EXIT_GONE
    except Refusal as refusal:
        log.write("critical", "refused", [("why", refusal)])
        return EXIT_REFUSED
    status = await end
    agent.close()
    if status == EXIT_GONE:
        _remove_run_directory(os.path.dirname(tap))
    return status


def _remove_run_directory(directory: str) -> None:
    """Do what a supervisord that was killed could not do: nobody comes back to its socket."""
    with contextlib.suppress(OSError):
        for name in ("tap.sock", CURSOR_NAME):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(directory, name))
        os.rmdir(directory)


def _end_on_errors(end: asyncio.Future[int], log: Log) -> None:
    """Let any exception in a callback end the agent: what it knows may be wrong then."""

    def failed(_loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        if not isinstance(error, BaseException):
            log.write("error", "loop", [("message", context.get("message"))])
            return
        try:
            raise error
        except BaseException:
            log.exception("an error of ours ends this agent")
        if not end.done():
            end.set_result(EXIT_ERROR)

    asyncio.get_running_loop().set_exception_handler(failed)


class Agent:
    """One agent: its adapters, its core, and the ring between them."""

    def __init__(
        self, tap: str, cursor: Cursor, trace: Trace | None, log: Log, end: asyncio.Future[int]
    ) -> None:
        self._trace = trace
        self._log = log
        self._end = end
        self._loop = asyncio.get_running_loop()
        self._link = Link(tap, cursor, log, self._called, self._gone)
        self._context = zmq.Context()
        self._timer: asyncio.TimerHandle | None = None
        self._due_s: float | None = None
        self._is_started = False
        self._leaving = False
        self._hands = Hands(self._link, self._turn, self._reread_rules)
        self._waiting: dict[int, commands.Wait] = {}

    async def serve(self) -> None:
        """Connect, check the options, open the ports, and let the ring turn.

        Raises:
            TapError: supervisord does not answer.
            Refusal: the options cannot be served; supervisord was told.
        """
        hello = await self._link.open()
        try:
            await self._compose(hello)
        except Refusal as refusal:
            self._link.refuse(str(refusal))
            await asyncio.sleep(0)  # the line leaves before the process does
            self._link.close()
            raise
        self._link.serves()
        self._loop.add_signal_handler(signal.SIGTERM, self._told_to_end)
        self._loop.add_signal_handler(signal.SIGINT, self._told_to_end)
        settings = self._settings_in_use
        self._log.write(
            "info",
            "agent ready",
            [
                ("version", __version__),
                ("address", settings.local.name),
                ("event_port", f"{HOST}:{settings.event_port}"),
                ("supervisord_pid", hello.supervisord_pid),
                ("boot", hello.boot),
            ],
        )
        self._beat()
        await asyncio.sleep(FIRST_PUBLICATION_DELAY_S)
        self._is_started = True
        self._turn(Started(self._fences.load(), self._intents.load()))
        self._tick()
        self._link.start(settings.local.name, self._from_tap)

    async def _compose(self, hello: Hello) -> None:
        settings = self._settings_in_use = read_settings(hello, self._log)
        open_log(settings, hello, self._log)
        self._hello = hello
        rules = self._reread_rules()
        keys = security_of(settings, hello, self._log)
        boot = secrets.token_hex(8)
        self._core = Core(
            [entry.name for entry in settings.addresses],
            settings.local.name,
            boot=boot,
            limits=Limits(
                settings.tick_period_s,
                settings.inactivity_ticks,
                settings.synchro_timeout_s,
                settings.auto_fence,
            ),
            quorum=settings.quorum,
            digests=Digests(*digests(settings), rules.digest),
            rules=rules,
            policy=Policy(settings.starting_strategy, settings.conciliation_strategy),
        )
        self._fences = Kept(settings.state_dir, FENCES, self._log)
        self._intents = Kept(settings.state_dir, INTENTS, self._log)
        self._events = await open_events(settings, hello, self._context, keys, self._log)
        self._neighbours = await open_neighbours(
            settings,
            hello,
            lambda: Neighbours(
                self._context,
                settings,
                keys,
                boot,
                self._core.peer_list,
                self._from_bus,
                self._log,
            ),
        )

    def _reread_rules(self) -> RuleBook:
        self._rules = read_rules(self._settings_in_use, self._hello, self._log)
        return self._rules

    def close(self) -> None:
        """Let the last messages leave and close everything."""
        self._link.close()
        self._neighbours.close()
        self._events.close()
        self._context.term()

    # --- the ring --------------------------------------------------------------------------

    def _turn(self, happening: Input) -> None:
        if self._end.done():  # what still comes in while we close is our successor's
            return
        now = _now_s()
        outputs = self._core.handle(now, happening)
        for output in outputs:
            self._perform(output)
        if self._trace is not None:
            self._trace.write(now, happening)
        self._set_timer(now)

    def _perform(self, output: Output) -> None:
        match output:
            case Publish():
                self._events.publish(output)
            case Note(reason, facts, level):
                self._log.write(level, reason, facts)
            case Save(fences):
                self._fences.save(fences)
            case Keep(intents):
                self._intents.save(intents)
            case Do():
                self._hands.perform(output)
            case Respond(request, fault, text, result):
                asked = self._waiting.pop(request)
                answer = asked.answer(result)
                self._link.answer(
                    request, **({"fault": fault, "text": text} if fault else {"result": answer})
                )
            case _:
                self._neighbours.perform(output)

    def _set_timer(self, now: float) -> None:
        due_s = self._core.deadline()
        if due_s == self._due_s and self._timer is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._due_s = None, due_s
        if due_s is not None:
            self._timer = self._loop.call_later(max(0.0, due_s - now), self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._turn(Wake())

    # --- what comes in ---------------------------------------------------------------------

    def _tick(self) -> None:
        settings = self._settings_in_use
        wall_ms = time.time_ns() // 1_000_000
        self._neighbours.look()
        self._turn(Ticked(settings.local.name, wall_ms, wall_ms))
        self._loop.call_later(settings.tick_period_s, self._tick)

    def _beat(self) -> None:
        self._link.beat()
        self._loop.call_later(BEAT_PERIOD_S, self._beat)

    def _from_tap(self, happening: Loaded | TapRecord) -> None:
        self._turn(happening)
        if self._leaving and _is_own_stop(happening):
            self._leave()

    def _from_bus(self, fact: BusFact) -> None:
        if self._is_started:  # what comes before is told again at the next beat
            self._turn(fact)

    def _view(self) -> ClusterView:
        view = self._core.view()
        warnings = (*view.warnings, *self._fences.warnings(), *self._intents.warnings())
        warnings += (*self._neighbours.warnings(), *self._events.warnings())
        return dataclasses.replace(view, warnings=warnings)

    def _sight(self) -> commands.Sight:
        settings = self._settings_in_use
        return commands.Sight(
            self._view(),
            self._core.why,
            self._rules,
            commands.Strategies(
                settings.auto_fence, settings.starting_strategy, settings.conciliation_strategy
            ),
        )

    def _called(self, call: Call) -> None:
        try:
            params = [msgspec.json.decode(param) for param in call.params]
            result = commands.perform(self._sight(), call.method, params)
            if isinstance(result, commands.Act):
                self._turn(result.happening)
                result = result.result(self._view())
            elif isinstance(result, commands.Wait):
                self._waiting[call.id] = result
                self._turn(result.order(call.id))
                return
        except commands.Refused as refused:
            self._link.answer(call.id, fault=refused.fault, text=refused.text)
        else:
            self._link.answer(call.id, result=result)

    # --- the end ---------------------------------------------------------------------------

    def _told_to_end(self) -> None:
        """Supervisord stops us last: what it has told before is heard before we go."""
        if not self._leaving:
            self._leaving = True
            self._loop.call_later(LAST_RECORDS_TIMEOUT_S, self._leave)

    def _leave(self) -> None:
        if not self._end.done():
            self._turn(AgentLeaving())
            self._end.set_result(0)

    def _gone(self) -> None:
        self._log.write("critical", "supervisord is gone, so this agent ends")
        if not self._end.done():
            self._end.set_result(EXIT_GONE)


def _now_s() -> float:
    """Time that goes on while the machine is suspended (semantics, section 3), in s."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _is_own_stop(happening: object) -> bool:
    return (
        isinstance(happening, ProcessChanged)
        and happening.pid == os.getpid()
        and happening.state is ProcessState.STOPPING
    )


if __name__ == "__main__":
    sys.exit(main())
