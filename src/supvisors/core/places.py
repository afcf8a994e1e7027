"""The addresses as a start looks at them: what is there, and what is on its way.

Holds: `Places`, which asks `placement.py` with the present facts.
Must not touch: the choice itself; orders.
Invariants: what was ordered and is not shown yet counts as if it ran.
Tests: tests/core/test_sequences.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from supvisors.core.addresses import Address
from supvisors.core.intents import Intents
from supvisors.core.placement import Candidate, Placement, choose
from supvisors.core.process import Process
from supvisors.core.processes import Processes
from supvisors.core.sequence import Sequence
from supvisors.model import StartingStrategy


class Places:
    """Where processes may start now.

    Args:
        addresses: by list index.
        strategy: the option `starting_strategy`.
    """

    def __init__(
        self,
        addresses: Mapping[int, Address],
        processes: Processes,
        intents: Intents,
        strategy: StartingStrategy,
    ) -> None:
        self._addresses = addresses
        self._processes = processes
        self._intents = intents
        self._strategy = strategy

    def of(
        self, sequence: Sequence | None, process: Process, under_way: Iterable[Sequence] = ()
    ) -> Placement:
        """Return where a process would start now, and why not elsewhere.

        Args:
            sequence: the plan that starts it, None when nobody does.
            under_way: all plans, whose orders count.
        """
        by_rule = self._processes.rule_of(process.group).starting_strategy
        asked = sequence.strategy if sequence is not None else None
        home = sequence.homes.get(process.namespec) if sequence is not None else None
        pending = _pending(under_way)
        candidates = [
            Candidate(
                address.name,
                address.state,
                self._intents.is_drained(address.name),
                index in process.infos,
                index in process.present,
                self._processes.load_of(index) + pending.get(index, 0),
            )
            for index, address in self._addresses.items()
        ]
        strategy = asked or by_rule or self._strategy
        return choose(process.rule, process.name, candidates, strategy, home)


def _pending(sequences: Iterable[Sequence]) -> dict[int, int]:
    """Return for each address the loading of the starts that it does not show yet."""
    pending: dict[int, int] = {}
    for sequence in sequences:
        for job in sequence.jobs:
            on_its_way = job.verb == "start" and job.ordered
            if on_its_way and job.index not in job.process.present:
                loading = job.process.rule.expected_loading
                pending[job.index] = pending.get(job.index, 0) + loading
    return pending
