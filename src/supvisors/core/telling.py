"""What clients are told, and in which order.

Holds: `Telling`, the outputs of one turn; the order of publication (semantics, section 2).
Must not touch: why something changed; the rules of the rooms whose statuses it publishes.
Invariants: every change of a published object is published, and nothing is repeated but
`address`, whose dates are refreshed; `process` before its `application`, and that before the
`address` whose loading changed with it; after a bulk no application flaps.
Tests: tests/core/test_core.py, tests/core/test_properties.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from supvisors.core.addresses import Address
from supvisors.core.applications import Applications
from supvisors.core.messages import Plan
from supvisors.core.outputs import Fact, Facts, Note, Output, Publish
from supvisors.core.process import Process
from supvisors.core.processes import Processes
from supvisors.core.rulebook import RuleBook
from supvisors.model import ApplicationStatus, Body


class Telling:
    """The outputs of one turn, and what clients were told in all turns before.

    Args:
        processes: where the statuses of processes and the loadings of addresses come from.
    """

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._applications = Applications()
        self._outputs: list[Output] = []

    def take(self) -> list[Output]:
        """Return the outputs of the turn that ends, and begin another."""
        outputs, self._outputs = self._outputs, []
        return outputs

    def applications(self) -> list[ApplicationStatus]:
        """Return what clients were told of each application, by name."""
        return self._applications.statuses()

    def emit(self, output: Output) -> None:
        """Ask for something that is neither for clients nor for the log."""
        self._outputs.append(output)

    def publish(
        self,
        body: Body,
        source: tuple[str, str, int] | None = None,
        facts: Facts | None = None,
        gone: bool = False,
    ) -> None:
        """Tell clients; see `Publish`."""
        self._outputs.append(Publish(body, source, facts, gone))

    def note(
        self,
        reason: str,
        *facts: tuple[str, Fact],
        level: Literal["debug", "info", "warn"] = "info",
    ) -> None:
        """Tell the log why."""
        self._outputs.append(Note(reason, facts, level))

    def process(self, process: Process) -> None:
        """Publish the status of a process and of its application, if they changed."""
        if self._process(process):
            self._application(process.group)

    def processes(self, touched: Sequence[Process]) -> None:
        """Publish the statuses that changed: all processes, then each application once."""
        for group in dict.fromkeys([p.group for p in touched if self._process(p)]):
            self._application(group)

    def plan(self, application: str, plan: Plan | None) -> None:
        """Publish the status of an application if a plan, or its end, changes it.

        Args:
            application: '' for a plan of single processes, which changes none.
            plan: how far it has come, None when there is none any more.
        """
        if not application:
            return
        told = [
            (process.rule, process.status)
            for process in self._processes.members(application)
            if process.status is not None
        ]
        self._applications.plan(application, plan, told)
        if self._applications.exists(application):
            self._application(application)

    def reread(self, rules: RuleBook) -> None:
        """Let other rules be in force, and publish what changes with them."""
        told = [process for process in self._processes if process.status is not None]
        for process in told:
            self._applications.count(process.rule, process.status, None)
        self._processes.reread(rules)
        for process in told:
            self._applications.count(process.rule, None, process.status)
        for group in dict.fromkeys(process.group for process in told):
            self._application(group)

    def loading(self, address: Address) -> None:
        """Publish the status of an address if its loading changed."""
        told = address.status
        if told is not None and told.loading != self._processes.loading(address.index):
            self.address(address)

    def address(self, address: Address) -> None:
        """Publish the status of an address, changed or not."""
        address.status = address.body(self._processes.loading(address.index))
        self.publish(address.status)

    def _process(self, process: Process) -> bool:
        """Publish the status of a process if it changed; return whether its application may."""
        before = process.status
        after = self._processes.settle(process)
        if after != before:
            self.publish(after, facts=_facts_of(process), gone=not process.infos)
        elif process.infos:
            return False
        self._applications.count(process.rule, before, after if process.infos else None)
        return True

    def _application(self, name: str) -> None:
        changed = self._applications.settle(name)
        if changed is not None:
            self.publish(changed, gone=not self._applications.exists(name))


def _facts_of(process: Process) -> Facts:
    """Return the facts of the newest info of a process."""
    info = process.infos.get(process.newest[1])
    return Facts(info.exit, info.restarts, info.cause) if info is not None else Facts()
