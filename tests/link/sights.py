"""What commands are given in tests: hand-made views, rules and strategies.

Holds: a small system, `VIEW`, and `see`, which makes a sight of a view.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from supvisors.commands import Sight, Strategies
from supvisors.core import ClusterView
from supvisors.core.rulebook import NO_RULES, RuleBook
from supvisors.core.view import Why
from supvisors.model import (
    AddressState,
    AddressStatus,
    ApplicationState,
    ApplicationStatus,
    ConciliationStrategy,
    ProcessState,
    ProcessStatus,
    StartingStrategy,
    SupvisorsState,
    SupvisorsStatus,
)

ALPHA = AddressStatus("alpha", AddressState.RUNNING, 1_769_860_800_123, 1_769_860_800_124, 10)
BETA = AddressStatus("beta", AddressState.SILENT)
GAMMA = AddressStatus("gamma", AddressState.ISOLATED)
DELTA = AddressStatus("delta", AddressState.ISOLATED)
WEB = ApplicationStatus("web", ApplicationState.RUNNING, False, True)
CRON = ApplicationStatus("cron", ApplicationState.STOPPED)
WEB_1 = ProcessStatus("web", "web_1", ProcessState.RUNNING, True, 7, ("alpha",))
WEB_2 = ProcessStatus("web", "web_2", ProcessState.FATAL, True, 8)
CRON_CRON = ProcessStatus("cron", "cron", ProcessState.EXITED, False, 9)

VIEW = ClusterView(
    supvisors=SupvisorsStatus(SupvisorsState.OPERATION),
    master="alpha",
    addresses=(ALPHA, BETA),
    applications=(CRON, WEB),
    processes=(CRON_CRON, WEB_1, WEB_2),
    infos=(),
    conflicts=(),
    dropped=(),
    warnings=("delta is not heard: look at its network",),
    local="alpha",
)
EMPTY = ClusterView(SupvisorsStatus(SupvisorsState.INITIALIZATION), None, (), (), (), (), (), ())
STRATEGIES: Final = Strategies(False, StartingStrategy.CONFIG, ConciliationStrategy.USER)


def see(
    view: ClusterView,
    rules: RuleBook = NO_RULES,
    why: Why | None = None,
    strategies: Strategies = STRATEGIES,
    **changes: Any,
) -> Sight:
    """Return a sight of a view, with fields of the view changed."""
    return Sight(dataclasses.replace(view, **changes), lambda _name: why, rules, strategies)
