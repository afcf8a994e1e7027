"""The plans and decisions of the master, as every agent shows them.

Holds: `Plans`.
Must not touch: how a plan goes on (`sequences.py`), why something was decided.
Invariants: only the word of the master that is obeyed is shown; with another master the plans of
the one before are gone, since it makes its own; a decision ends when anything newer is heard.
Tests: tests/core/test_plans.py, tests/sim/.

Source: semantics, sections 5 and 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from supvisors.core.addresses import Address
from supvisors.core.messages import Decided, Plan
from supvisors.core.outputs import Record
from supvisors.core.process import Process
from supvisors.core.processes import Processes
from supvisors.core.telling import Telling
from supvisors.model import ProcessState

#: How long the end of a plan may be ahead of what it did.
LATE_S: Final = 1.0
#: Plans that are over and whose outcome is remembered, for those who wait for it.
ENDED_MAX: Final = 200


class Plans:
    """What is known of plans and decisions.

    Args:
        addresses: by list index.

    Attributes:
        now: time of the turn, in s.
        ended: the plans that are over, by id, the oldest first.
    """

    def __init__(
        self,
        addresses: Mapping[int, Address],
        local: Address,
        processes: Processes,
        telling: Telling,
    ) -> None:
        self._local = local
        self._peers = {a.name: a for a in addresses.values() if a is not local}
        self._processes = processes
        self._telling = telling
        self._master: tuple[str, str] | None = None
        self._shown: dict[str, Plan] = {}
        self._decided: dict[str, Decided] = {}
        self._former: set[str] = set()
        self._late: dict[str, tuple[Plan, float]] = {}
        self.now = 0.0
        self.ended: dict[str, Plan] = {}

    @property
    def shown(self) -> tuple[Plan, ...]:
        """The plans under way, by id."""
        return tuple(plan for _, plan in sorted(self._shown.items()))

    def covers(self, namespec: str) -> bool:
        """Tell whether a plan under way concerns a process."""
        return any(namespec in plan.active or namespec in plan.waiting for plan in self.shown)

    def decision(self, namespec: str) -> Decided | None:
        """Return what counts as the state of a process that runs nowhere, None without one."""
        return self._decided.get(namespec)

    # --- as the master ---------------------------------------------------------------------

    def tell(self, plan: Plan) -> None:
        """Tell everybody how far a plan has come."""
        said = self._local.said_plans
        if plan.over:
            heard = ((a.name, a.boot, a.seq) for a in self._peers.values() if a.boot is not None)
            plan = replace(plan, heard=tuple(heard))
        if said.get(plan.plan_id) == plan:
            return
        _keep(said, plan)
        self._telling.emit(Record(plan))
        self._show(plan)

    def decide(self, process: Process, why: str) -> None:
        """Let a process that runs nowhere count as FATAL."""
        at_ns, index = process.newest
        after = self._processes.name_of(index) if index >= 0 else ""
        self._say(Decided(process.namespec, ProcessState.FATAL, why, max(0, at_ns), after))
        self._telling.note(
            "process declared FATAL", ("process", process.namespec), ("why", why), level="warn"
        )

    def take_back(self, process: Process) -> None:
        """Something newer was heard of a process: no decision about it counts any more."""
        if process.namespec in self._local.said_decided:
            self._say(Decided(process.namespec, None))

    def _say(self, decided: Decided) -> None:
        _keep_decided(self._local, decided)
        self._telling.emit(Record(decided))
        self._decide(decided)

    # --- as anybody ------------------------------------------------------------------------

    def hear(self, peer: Address, record: Plan | Decided) -> None:
        """Take a record of a peer; it counts while that peer is obeyed."""
        is_obeyed = self._master == (peer.name, peer.agent_boot)
        if isinstance(record, Plan):
            _keep(peer.said_plans, record)
            if is_obeyed and self._is_ahead(record):
                self._late[record.plan_id] = (record, self.now + LATE_S)
            elif is_obeyed:
                self._show(record)
        else:
            _keep_decided(peer, record)
            if is_obeyed:
                self._decide(record)

    def settle(self) -> None:
        """Show the end of those plans whose last changes have come, or do not come."""
        for plan, due_s in list(self._late.values()):
            if self.now >= due_s or not self._is_ahead(plan):
                self._show(plan)

    def _is_ahead(self, plan: Plan) -> bool:
        """Tell whether a plan is over, and what it did has not been heard from its hosts.

        Each host has a stream of its own, and the master had heard them so far.
        """
        if not plan.over or plan.plan_id not in self._shown:
            return False
        for name, boot, seq in plan.heard:
            peer = self._peers.get(name)
            if peer is not None and peer.boot == boot and peer.seq < seq:
                return True
        return False

    def listed(self, peer: Address, plans: tuple[Plan, ...], decided: tuple[Decided, ...]) -> None:
        """Take all that a peer says of its plans, in the place of what it said before."""
        peer.said_plans = {plan.plan_id: plan for plan in plans}
        peer.said_decided = {each.namespec: each for each in decided}
        if self._master == (peer.name, peer.agent_boot):
            self._show_all(peer)

    @property
    def due_s(self) -> float | None:
        """When `settle` is wanted, None for never."""
        return min((due_s for _, due_s in self._late.values()), default=None)

    def heed(self, master: Address | None, boot: str) -> None:
        """Show what the master says, whoever it is now.

        Args:
            boot: identity of the agent of `master`.
        """
        obeyed = (master.name, boot) if master is not None else None
        if obeyed == self._master:
            return
        self._master = obeyed
        if master is self._local and master is not None:
            # plans are made afresh, but what was decided about a process still holds
            master.said_plans = {}
            master.said_decided = dict(self._decided)
            for decided in self._decided.values():
                self._telling.emit(Record(decided))
            # who follows us again still knows what we decided when we led before
            for namespec in sorted(self._former - self._decided.keys()):
                self._telling.emit(Record(Decided(namespec, None)))
            self._former.clear()
        if master is not None:
            self._show_all(master)

    def forget_local(self) -> None:
        """This agent leads no more: who follows it later shows none of its plans."""
        for plan in self._local.said_plans.values():
            text = f"{self._local.name}, who carried it out, leads no more"
            over = replace(plan, waiting=(), active=(), over=True, fault="FAILED", text=text)
            self._telling.emit(Record(over))
        self._former |= self._local.said_decided.keys()
        self._local.said_plans, self._local.said_decided = {}, {}
        if self._master is not None and self._master[0] == self._local.name:
            self._master = None  # it may lead anew, in another term, and then begins afresh

    def _show_all(self, master: Address) -> None:
        for plan in self.shown:
            if plan.plan_id not in master.said_plans:
                del self._shown[plan.plan_id]
                self._telling.plan(plan.application, None)
        for plan in master.said_plans.values():
            self._show(plan)
        for namespec in sorted(self._decided.keys() - master.said_decided.keys()):
            self._decide(Decided(namespec, None))
        for decided in master.said_decided.values():
            self._decide(decided)

    def _show(self, plan: Plan) -> None:
        self._late.pop(plan.plan_id, None)
        if plan.over:
            self.ended[plan.plan_id] = plan
            if len(self.ended) > ENDED_MAX:
                del self.ended[next(iter(self.ended))]
            if self._shown.pop(plan.plan_id, None) is not None:
                self._telling.plan(plan.application, None)
        else:
            self._shown[plan.plan_id] = plan
            self._telling.plan(plan.application, plan)

    def _decide(self, decided: Decided) -> None:
        if decided.state is None:
            self._decided.pop(decided.namespec, None)
        else:
            self._decided[decided.namespec] = decided
        process = self._processes.decide(decided)
        if process is not None:
            self._telling.process(process)


def _keep(said: dict[str, Plan], plan: Plan) -> None:
    if plan.over:
        said.pop(plan.plan_id, None)
    else:
        said[plan.plan_id] = plan


def _keep_decided(address: Address, decided: Decided) -> None:
    if decided.state is None:
        address.said_decided.pop(decided.namespec, None)
    else:
        address.said_decided[decided.namespec] = decided
