"""Commands that tell what is.

Holds: the bodies of the event interface by name; conflicts, plans, strategies; `status`, all of
it at one instant.
Must not touch: rules (`rulewords.py`), reasons (`reasons.py`).
Invariants: what has a body in the event interface is told with exactly its keys.
Tests: tests/link/test_commands.py, tests/live/test_rpc.py.
"""

from __future__ import annotations

from typing import Final

from supvisors.commands import lookup
from supvisors.commands.asking import Sight
from supvisors.core.messages import Intent, Plan, Wanted
from supvisors.model import ConciliationStrategy, StartingStrategy
from supvisors.wire import body_as_dict

#: Version of the namespace: the first number changes when a method changes or goes.
API_VERSION: Final = "1.2"
NS_PER_MS: Final = 1_000_000
#: Registers that say nothing to an operator: rules decide, or what they decided was done.
_SILENT: Final[frozenset[Wanted]] = frozenset({"auto", "started"})


def api_version(_sight: Sight) -> str:
    """Return the version of the namespace."""
    return API_VERSION


def supvisors_state(sight: Sight) -> object:
    """Return the body of `supvisors`."""
    return body_as_dict(sight.view.supvisors)


def master_address(sight: Sight) -> str:
    """Return the name of the master, '' without one."""
    return sight.view.master or ""


def strategies(sight: Sight) -> object:
    """Return the strategies in force, by the names of their options, and all that there are."""
    return {
        "auto_fence": sight.strategies.auto_fence,
        "starting_strategy": sight.strategies.starting.name,
        "conciliation_strategy": sight.strategies.conciliation.name,
        "starting_strategies": [each.name for each in StartingStrategy],
        "conciliation_strategies": [each.name for each in ConciliationStrategy],
    }


def address_info(sight: Sight, name: str) -> object:
    """Return the body of `address` of one address."""
    for status in sight.view.addresses:
        if status.address_name == name:
            return body_as_dict(status)
    raise lookup.unknown("address", name, (each.address_name for each in sight.view.addresses))


def all_addresses_info(sight: Sight) -> object:
    """Return the bodies of `address`, in list order."""
    return [body_as_dict(status) for status in sight.view.addresses]


def application_info(sight: Sight, name: str) -> object:
    """Return the body of `application` of one application."""
    return body_as_dict(lookup.application(sight.view, name))


def all_applications_info(sight: Sight) -> object:
    """Return the bodies of `application`, by name."""
    return [body_as_dict(status) for status in sight.view.applications]


def process_info(sight: Sight, named: str) -> object:
    """Return the bodies of `process` of those that are meant."""
    return [body_as_dict(status) for status in lookup.processes(sight.view, named)]


def all_process_info(sight: Sight) -> object:
    """Return the bodies of `process`, by name."""
    return [body_as_dict(status) for status in sight.view.processes]


def conflicts(sight: Sight) -> object:
    """Return the bodies of `process` of those that run more often than their rules want."""
    return [
        body_as_dict(status)
        for status in sight.view.processes
        if lookup.name_of(status) in sight.view.conflicts
    ]


def plans(sight: Sight) -> object:
    """Return the plans under way, by id."""
    return [_plan(plan) for plan in sight.view.plans]


def status(sight: Sight) -> object:
    """Return all that is known at one instant, and what an operator should look at."""
    return {
        "supvisors": supvisors_state(sight),
        "master": master_address(sight),
        "addresses": all_addresses_info(sight),
        "applications": all_applications_info(sight),
        "processes": all_process_info(sight),
        "plans": plans(sight),
        "intents": [wish(each) for each in sight.view.intents if each.wanted not in _SILENT],
        "warnings": list(sight.view.warnings),
    }


def _plan(plan: Plan) -> dict[str, object]:
    return {
        "plan_id": plan.plan_id,
        "verb": plan.verb,
        "application_name": plan.application,
        "active": list(plan.active),
        "waiting": list(plan.waiting),
        "why": plan.why,
    }


def wish(intent: Intent) -> dict[str, object]:
    """Return a register as callers see it."""
    return {
        "kind": intent.kind,
        "name": intent.name,
        "wanted": intent.wanted,
        "by": intent.by,
        "why": intent.why,
        "date_ms": intent.stamp // NS_PER_MS,
    }
