"""What the core shows of itself: `ClusterView`.

Holds: the value.
Must not touch: how it is filled (`Core.view`).
Tests: tests/core/test_core.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from supvisors.core.messages import Fence
from supvisors.core.processes import ProcessOnAddress
from supvisors.model import AddressStatus, ApplicationStatus, ProcessStatus, SupvisorsStatus


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
