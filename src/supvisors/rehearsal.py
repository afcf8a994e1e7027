"""A recording, played to any client: the event interface of an agent, without one.

Holds: `play`; `FaultyPort`, whose messages are lost, doubled and swapped on purpose; `Faults`.
Must not touch: the meaning of what it plays; how it is published (`events.py`).
Invariants: clients of both dialects see what they would see of an agent. Nothing of it is left,
unless it is killed.
Tests: tests/cli/test_record.py.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import zmq

from supvisors.core.outputs import Facts as CoreFacts
from supvisors.core.outputs import Publish
from supvisors.events import Events
from supvisors.journal import Journal, Limits
from supvisors.log import Log
from supvisors.model import (
    ApplicationState,
    ApplicationStatus,
    Body,
    ExitFacts,
    ProcessState,
    ProcessStatus,
)
from supvisors.publisher import HOST, Port
from supvisors.recording import Moment
from supvisors.wire import HEADERS
from supvisors.wire.dialect2 import Facts
from supvisors.wire.happenings import Event, Status, Vanished
from supvisors.wire.requests import TOPICS

#: How long a first client is waited for before it begins.
PATIENCE_S: Final = 3.0
_LOOK_S: Final = 0.02
#: From the subscription of a first client to the beginning: its others are under way.
SETTLE_S: Final = 0.3
#: The journal of a rehearsal, in a directory that goes with it.
LIMITS: Final = Limits(bytes_max=256_000_000, age_max_days=36_500)


@dataclass(frozen=True, slots=True)
class Faults:
    """What becomes of messages, as probabilities; `seed` makes it the same each time."""

    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    seed: int | None = None
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_random", random.Random(self.seed))

    def strikes(self, probability: float) -> bool:
        return self._random.random() < probability


class FaultyPort(Port):
    """A port that loses, doubles and swaps what it sends, snapshots and pages included."""

    def __init__(self, context: zmq.Context[Any], port: int, faults: Faults) -> None:
        super().__init__(context, HOST, port)
        self._faults = faults
        self._held: list[bytes] | None = None

    def send(self, frames: Sequence[bytes], *, copy: bool = True) -> None:
        if self._faults.strikes(self._faults.drop):
            return
        if self._held is None and self._faults.strikes(self._faults.reorder):
            self._held = list(frames)  # until after the next one
            return
        super().send(frames)
        if self._faults.strikes(self._faults.duplicate):
            super().send(frames)
        if self._held is not None:
            held, self._held = self._held, None
            super().send(held)


async def play(
    moments: Iterable[Moment], port: int, speed: float, faults: Faults, stay_s: float
) -> int:
    """Play a recording on `127.0.0.1:port`, once a client is there; return how much it was.

    Args:
        speed: how many seconds of the recording pass in one.
        stay_s: how long clients are served after the end.

    Raises:
        PortTaken: another process listens there.
        zmq.ZMQError: the port cannot be bound for another reason.
    """
    context: zmq.Context[Any] = zmq.Context()
    with tempfile.TemporaryDirectory(prefix="supvisors-replay-") as directory:
        try:
            socket = FaultyPort(context, port, faults)
            deliver = asyncio.get_running_loop().call_soon_threadsafe
            log = Log()
            events = Events([socket], Journal(directory, LIMITS, log, deliver), None, log)
            try:
                return await _play(moments, socket, events, speed, stay_s)
            finally:
                events.close()
        finally:
            context.term()


async def _play(
    moments: Iterable[Moment], port: Port, events: Events, speed: float, stay_s: float
) -> int:
    loop = asyncio.get_running_loop()
    count = 0
    began_s: float | None = None
    for at_ms, output in _outputs(moments):
        if at_ms > 0:
            if began_s is None:
                await _wait_for_client(port)
                began_s = loop.time()
            # also when it is late: clients' requests have their turn
            await asyncio.sleep(max(0.0, began_s + at_ms / 1000 / speed - loop.time()))
        events.publish(output)
        count += 1
    await asyncio.sleep(stay_s)
    return count


async def _wait_for_client(port: Port) -> None:
    topics = [*(header.encode() for header in HEADERS), *TOPICS.values()]
    for _ in range(round(PATIENCE_S / _LOOK_S)):
        if any(port.wants(topic) for topic in topics):
            break
        await asyncio.sleep(_LOOK_S)
    await asyncio.sleep(SETTLE_S)


def _outputs(moments: Iterable[Moment]) -> Iterator[tuple[int, Publish]]:
    """What to publish when. A removal is joined to the last status before it."""
    before: Moment | None = None
    for moment in moments:
        gone = moment.told
        if not isinstance(gone, Vanished):
            if before is not None:
                yield from _output(before)
            before = moment
            continue
        last = None if before is None else _last_status(before, gone)
        if last is None and before is not None:
            yield from _output(before)
        before = None
        yield moment.at_ms, Publish(last or _made_up(gone), gone=True)
    if before is not None:
        yield from _output(before)


def _output(moment: Moment) -> Iterator[tuple[int, Publish]]:
    match moment.told:
        case Status(body, facts):
            yield moment.at_ms, Publish(body, facts=_core_facts(facts))
        case Event(body, source, facts):
            yield moment.at_ms, Publish(body, source, _core_facts(facts))


def _last_status(moment: Moment, gone: Vanished) -> Body | None:
    """The status that a moment tells, if it is of what is gone."""
    match moment.told:
        case Status(body=ProcessStatus(application, process) as body):
            return body if (application, process) == (gone.application, gone.process) else None
        case Status(body=ApplicationStatus(application) as body):
            return body if (application, "") == (gone.application, gone.process) else None
    return None


def _made_up(gone: Vanished) -> Body:
    if gone.process:
        return ProcessStatus(gone.application, gone.process, ProcessState.UNKNOWN)
    return ApplicationStatus(gone.application, ApplicationState.STOPPED)


def _core_facts(facts: Facts | None) -> CoreFacts | None:
    if facts is None:
        return None
    exit_facts = ExitFacts(facts.exit_code, facts.signal, facts.run_time_ms, facts.spawn_error)
    is_known = exit_facts != ExitFacts()
    return CoreFacts(exit_facts if is_known else None, facts.restarts, facts.reason)
