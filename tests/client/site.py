"""The event interface of an agent, in a thread: real publisher, real journal, real sockets.

Holds: `Site`, which can be stopped and started again on its port, with its journal.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import zmq

from supvisors.core.outputs import Facts, Publish
from supvisors.events import Events
from supvisors.journal import Journal, Limits
from supvisors.log import Log
from supvisors.model import (
    ApplicationState,
    ApplicationStatus,
    Body,
    ProcessEvent,
    ProcessState,
    ProcessStatus,
)
from supvisors.publisher import HOST, Port
from tests.client.harness import TIMEOUT_S

LIMITS: Final = Limits(bytes_max=64_000_000, age_max_days=7)


class Site:
    """What clients see of an agent.

    Args:
        state_dir: where the journal is; None for none.
    """

    def __init__(self, port: int, state_dir: Path | None) -> None:
        self.port = port
        self._state_dir = state_dir
        self._number = 0
        #: source ids of all events, in order
        self.published: list[tuple[str, str, int]] = []
        #: what `flood` told last of each process
        self.statuses: dict[str, ProcessStatus] = {}
        self.start()

    def start(self) -> None:
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._is_ready.wait(TIMEOUT_S)

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(TIMEOUT_S)
            assert not self._thread.is_alive()

    def publish(
        self, body: Body, source: tuple[str, str, int] | None = None, *, gone: bool = False
    ) -> None:
        self._call(lambda: self._events.publish(Publish(body, source, Facts(), gone)))

    def change(self, state: ProcessState, process: str = "nginx", group: str = "web") -> None:
        """A process changes: event, process, application."""
        self._number += 1
        source = ("alpha", "b1", self._number)
        self.published.append(source)
        where = ("alpha",) if state is ProcessState.RUNNING else ()
        pid = 42 if state is ProcessState.RUNNING else 0
        self.publish(ProcessEvent(group, process, state, True, self._number, pid, "alpha"), source)
        self.publish(ProcessStatus(group, process, state, True, self._number, where))
        running = ApplicationState.RUNNING if where else ApplicationState.STOPPED
        self.publish(ApplicationStatus(group, running))

    def flood(self, count: int, processes: int) -> None:
        """So many changes of so many processes, as fast as may be."""
        for _ in range(count // 500):
            self._call(lambda: self._burst(500, processes))

    def _burst(self, count: int, processes: int) -> None:
        for _ in range(count):
            self._number += 1
            number, name = self._number, f"p{self._number % processes}"
            state = ProcessState.RUNNING if number % 3 else ProcessState.STOPPED
            source = ("alpha", "b1", number)
            self.published.append(source)
            event = ProcessEvent("web", name, state, True, number, 0, "alpha")
            self._events.publish(Publish(event, source, Facts()))
            status = ProcessStatus("web", name, state, True, number)
            self.statuses[status.process_name] = status
            self._events.publish(Publish(status, None, Facts()))

    def repeat(self, count: int) -> None:
        """The last events once more, as an agent tells them that was restarted."""
        for source in self.published[-count:]:
            body = ProcessEvent("web", "nginx", ProcessState.STOPPED, True, 1, 0, "alpha")
            self.publish(body, source)

    def _call(self, step: Callable[[], Any]) -> None:
        asyncio.run_coroutine_threadsafe(_as_coroutine(step), self._loop).result(TIMEOUT_S)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        context: zmq.Context[Any] = zmq.Context()
        log = Log()
        journal = None
        if self._state_dir is not None:
            deliver = self._loop.call_soon_threadsafe
            journal = Journal(str(self._state_dir), LIMITS, log, deliver)
        self._events = Events([Port(context, HOST, self.port)], journal, None, log)
        self._is_ready.set()
        await self._end.wait()
        self._events.close()
        context.term()


async def _as_coroutine(step: Callable[[], Any]) -> None:
    step()
