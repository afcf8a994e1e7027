"""What the core shows of itself: `ClusterView`.

Holds: the value; `Why`, all that is known of one process.
Must not touch: how it is filled (`Core.view`).
Tests: tests/core/test_core.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from supvisors.core.messages import Fence, Intent, Plan
from supvisors.core.process import ProcessOnAddress
from supvisors.model import (
    AddressStatus,
    ApplicationRule,
    ApplicationStatus,
    ProcessRule,
    ProcessStatus,
    SupvisorsStatus,
    Transition,
)


@dataclass(frozen=True, slots=True)
class ClusterView:
    """All that is known at one instant. The statuses are the ones that clients were told.

    Attributes:
        master: the address that leads, None without one.
        addresses: in list order.
        applications, processes: by name.
        infos: what each address says of each process, by process, then in list order.
        conflicts: namespecs of the processes that run more often than their rule wants.
        dropped: for each address that is not heard, how many messages of it were dropped.
        warnings: what an operator should look at, in sentences.
        fences: the registers that are known, by address.
        epoch: of the vote of this agent, 0 before the first.
        local: the address whose agent this is.
        plans: the plans under way, by id.
        intents: the registers that are known, by kind and name.
        has_quorum: as many addresses are RUNNING as automatic starts ask for.
    """

    supvisors: SupvisorsStatus
    master: str | None
    addresses: tuple[AddressStatus, ...]
    applications: tuple[ApplicationStatus, ...]
    processes: tuple[ProcessStatus, ...]
    infos: tuple[ProcessOnAddress, ...]
    conflicts: tuple[str, ...]
    dropped: tuple[tuple[str, int], ...]
    warnings: tuple[str, ...] = ()
    fences: tuple[Fence, ...] = ()
    epoch: int = 0
    local: str = ""
    plans: tuple[Plan, ...] = ()
    intents: tuple[Intent, ...] = ()
    has_quorum: bool = True


@dataclass(frozen=True, slots=True)
class Why:
    """Why a process is what it is.

    Attributes:
        managed: the rules name its application.
        wanted: the register of the process, None when nobody wrote one.
        decided: why the master forced its state, '' when it did not.
        places: each address, and why the process cannot start there, '' when it can.
        restarts: how often it was started again without an operator or a plan.
        transitions: the last ones, oldest first.
    """

    status: ProcessStatus
    managed: bool
    rule: ProcessRule
    application_rule: ApplicationRule
    wanted: Intent | None
    decided: str
    places: tuple[tuple[str, str], ...]
    restarts: int
    transitions: tuple[Transition, ...]
