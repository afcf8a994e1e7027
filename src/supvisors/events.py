"""What clients of the event interface get: the publisher, the journal and the loop together.

Holds: `Events`, which performs `Publish`, and keeps publisher and journal going.
Must not touch: what deserves publishing; frames and files.
Invariants: what is published is offered to the journal in the same step, and before it: so a
client knows by which number it can have it again.
Tests: tests/publisher/test_events.py, tests/live/test_event_clients.py.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence
from typing import Final

from supvisors.core.outputs import Facts as CoreFacts
from supvisors.core.outputs import Publish
from supvisors.journal import Journal
from supvisors.log import Log
from supvisors.publisher import Door, Port, Publisher
from supvisors.wire.dialect2 import Facts, encode_record

#: From beat to beat, for clients.
BEAT_PERIOD_S: Final = 1.0
#: How long the log is silent about clients that are cut, after it has told of some.
TELL_PERIOD_S: Final = 60.0


class Events:
    """The event interface of one agent.

    Made inside the running loop.

    Args:
        ports: in the clear first; closed by this object, as are the journal and the door.
        door: of the port for other hosts, None without one.
    """

    def __init__(
        self, ports: Sequence[Port], journal: Journal | None, door: Door | None, log: Log
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._journal = journal
        self._door = door
        self._log = log
        self._publisher = Publisher(ports, journal)
        self._is_due = False
        self._serving: asyncio.TimerHandle | None = None
        self._told_s = self._loop.time() - TELL_PERIOD_S
        self._filenos = [fileno for port in ports for fileno in port.filenos()]
        for fileno in self._filenos:
            self._loop.add_reader(fileno, self._drain)
        self._beating = self._loop.call_soon(self._beat)

    def publish(self, output: Publish) -> None:
        """Tell the clients and the journal."""
        facts = _facts_of(output.facts)
        keep = None
        if output.source is not None and self._journal is not None:
            keep = functools.partial(_keep, self._journal, output.source, facts)
        self._publisher.publish(output.body, output.source, facts, output.gone, keep)
        self._drain_soon()

    def warnings(self) -> list[str]:
        """Return what an operator should look at."""
        return self._journal.warnings() if self._journal is not None else []

    def close(self) -> None:
        """Let the last messages leave and the last events be kept, and close everything."""
        self._beating.cancel()
        if self._serving is not None:
            self._serving.cancel()
        for fileno in self._filenos:
            self._loop.remove_reader(fileno)
        self._publisher.close()
        if self._door is not None:
            self._door.close()
        if self._journal is not None:
            self._journal.close()

    # --- the loop --------------------------------------------------------------------------

    def _drain_soon(self) -> None:
        """Look for messages of clients in this turn: sending may have taken note of them."""
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._drain_due)

    def _drain_due(self) -> None:
        self._is_due = False
        self._drain()

    def _drain(self) -> None:
        if self._publisher.is_closed:
            return
        self._publisher.drain()
        if self._publisher.has_messages():
            self._drain_soon()
        self._serve_later(self._publisher.due_s)

    def _serve_later(self, due_s: float | None) -> None:
        if due_s is not None and self._serving is None:
            self._serving = self._loop.call_at(due_s, self._serve)

    def _serve(self) -> None:
        self._serving = None
        self._serve_later(self._publisher.serve(self._loop.time()))
        self._drain_soon()

    def _beat(self) -> None:
        if self._door is not None:
            self._publisher.cut_keys(self._door.look())
        self._publisher.beat()
        self._tell_of_cuts()
        self._drain_soon()
        self._beating = self._loop.call_later(BEAT_PERIOD_S, self._beat)

    def _tell_of_cuts(self) -> None:
        counts = self._publisher.take_cuts(self._loop.time() - self._told_s >= TELL_PERIOD_S)
        if counts:
            self._told_s = self._loop.time()
            for why, count in sorted(counts.items()):
                self._log.write("warn", "clients were cut", [("why", why), ("count", count)])


def _keep(
    journal: Journal, source: tuple[str, str, int], facts: Facts | None, t_ms: int, data: bytes
) -> int | None:
    return journal.take(source, t_ms, lambda seq, t: encode_record(seq, t, source, facts, data))


def _facts_of(facts: CoreFacts | None) -> Facts | None:
    if facts is None:
        return None
    if facts.exit is None:
        return Facts(restarts=facts.restarts, reason=facts.reason)
    return Facts(
        facts.exit.code,
        facts.exit.signal,
        facts.exit.run_time_ms,
        facts.exit.spawn_error,
        facts.restarts,
        facts.reason,
    )
