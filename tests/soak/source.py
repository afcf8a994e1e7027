"""Publisher, journal and loop of an agent, told of changes by a synthetic tap.

Holds: the program; `state_of`, which says what every change makes of its process. The tap is
    synthetic: change N is the same in every life of the program, and as fast as may be.
Must not touch: what becomes of what it publishes. As in an agent, its cursor in the tap is a
    memory-mapped file that moves after a change was published.
Tests: tests/soak/.

Usage: source.py PORT DIRECTORY JOURNAL_BYTES BUFFERS PROCESSES
    JOURNAL_BYTES  size of the journal, 0 for none
    BUFFERS        messages that wait for one client, 0 for as many as an agent lets wait
Lines on stdin: `change COUNT [PER_S]`, answered with the number of the last change.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import zmq

from supvisors.core.outputs import Facts, Publish
from supvisors.cursor import Cursor
from supvisors.events import Events
from supvisors.journal import Journal, Limits
from supvisors.log import Log
from supvisors.model import ExitFacts, ProcessEvent, ProcessState, ProcessStatus
from supvisors.publisher import HOST, Port, port

#: Identity of the supervisord that there is not.
BOOT: Final = "00000000000000b1"
ADDRESS: Final = "alpha"
CURSOR: Final = "tap.cursor"
LIVES: Final = "lives"
#: Changes in one turn of the loop.
BATCH: Final = 100
_STATES: Final = (ProcessState.RUNNING, ProcessState.FATAL, ProcessState.STOPPED)


def state_of(number: int, process: int, processes: int) -> ProcessState:
    """What a process is after change `number`, which is one of process `number % processes`."""
    last = number - (number - process) % processes
    return _STATES[last * 7 // 3 % len(_STATES)] if last > 0 else ProcessState.STOPPED


def states_at(number: int, processes: int) -> Mapping[str, str]:
    """What all processes are after change `number`."""
    return {f"g:p{n}": state_of(number, n, processes).name for n in range(processes)}


class Source:
    """The synthetic tap, and what an agent makes of it."""

    def __init__(self, events: Events, directory: Path, processes: int) -> None:
        self._events = events
        self._processes = processes
        self._cursor = Cursor(str(directory / CURSOR))
        _, self.number = self._cursor.read() or (BOOT, 0)
        with (directory / LIVES).open("a") as lives:
            lives.write(f"{self.number}\n")
        for process in range(processes):
            self._tell(process, None)

    def change(self) -> None:
        self.number += 1
        self._tell(self.number % self._processes, (ADDRESS, BOOT, self.number))
        self._cursor.write(BOOT, self.number)

    def _tell(self, process: int, source: tuple[str, str, int] | None) -> None:
        name = f"p{process}"
        state = state_of(self.number, process, self._processes)
        facts = Facts(ExitFacts(code=1))
        if source is not None:
            event = ProcessEvent("g", name, state, True, self.number, 0, ADDRESS)
            self._events.publish(Publish(event, source, facts))
        status = ProcessStatus("g", name, state, True, self.number)
        self._events.publish(Publish(status, None, facts))


async def flow(source: Source, count: int, per_s: float) -> None:
    """Change so many times, no more than so often."""
    began = time.monotonic()
    for done in range(1, count + 1):
        source.change()
        if per_s:
            await asyncio.sleep(max(0.0, began + done / per_s - time.monotonic()))
        elif done % BATCH == 0:
            await asyncio.sleep(0)


async def serve(port_number: int, directory: Path, bytes_max: int, processes: int) -> None:
    context: zmq.Context[Any] = zmq.Context()
    log = Log()
    journal = None
    if bytes_max:
        deliver = asyncio.get_running_loop().call_soon_threadsafe
        journal = Journal(str(directory), Limits(bytes_max, 7), log, deliver)
    events = Events([Port(context, HOST, port_number)], journal, None, log)
    source = Source(events, directory, processes)
    say(source.number)
    while words := (await asyncio.to_thread(sys.stdin.readline)).split():
        await flow(source, int(words[1]), float(words[2]) if words[2:] else 0.0)
        say(source.number)
    events.close()
    context.term()


def say(line: object) -> None:
    print(line, file=sys.__stdout__, flush=True)


def main(port_number: str, directory: str, bytes_max: str, buffers: str, processes: str) -> None:
    sys.stdout = sys.stderr  # the log's: its lines are no answers, and are seen when a test fails
    if int(buffers):
        vars(port)["MESSAGES_MAX"] = int(buffers)
    asyncio.run(serve(int(port_number), Path(directory), int(bytes_max), int(processes)))


if __name__ == "__main__":
    os.environ.pop("SUPVISORS_TRACE", None)
    main(*sys.argv[1:])
