"""Rules as an operator wrote them.

Holds: the commands that tell rules; rules in the words of the rules file.
Must not touch: how rules are read.
Invariants: the keys are the names of the elements of a rules file (semantics, section 9), and
every one is there; what the file leaves open is told as what holds.
Tests: tests/link/test_commands_reasons.py.
"""

from __future__ import annotations

from supvisors.commands import lookup
from supvisors.commands.asking import Sight, Strategies
from supvisors.model import AddressMarker, ApplicationRule, ProcessRule, ProcessStatus


def application_rules(sight: Sight, name: str) -> object:
    """Return the rule of an application, and whether there is one."""
    lookup.application(sight.view, name)
    return {
        "application_name": name,
        "managed": sight.rules.is_managed(name),
        **of_application(sight.rules.application(name), sight.strategies),
    }


def process_rules(sight: Sight, named: str) -> object:
    """Return the rules of processes, each with whether its application is managed."""
    return [_process_rule(sight, status) for status in lookup.processes(sight.view, named)]


def _process_rule(sight: Sight, status: ProcessStatus) -> dict[str, object]:
    application, name = status.application_name, status.process_name
    return {
        "application_name": application,
        "process_name": name,
        "managed": sight.rules.is_managed(application),
        **of_process(sight.rules.process(application, name)),
    }


def of_application(rule: ApplicationRule, strategies: Strategies) -> dict[str, object]:
    """Return a rule of an application by the elements of the rules file."""
    return {
        "start_sequence": rule.start_sequence,
        "stop_sequence": rule.stop_rank,
        "starting_strategy": (rule.starting_strategy or strategies.starting).name,
        "starting_failure_strategy": rule.starting_failure_strategy.name,
        "running_failure_strategy": rule.running_failure_strategy.name,
    }


def of_process(rule: ProcessRule) -> dict[str, object]:
    """Return a rule of a process by the elements of the rules file."""
    marker = isinstance(rule.addresses, AddressMarker)
    return {
        "addresses": [str(rule.addresses)] if marker else list(rule.addresses),
        "instances": "one" if rule.single else "each",
        "required": rule.required,
        "start_sequence": rule.start_sequence,
        "stop_sequence": rule.stop_rank,
        "wait_exit": rule.wait_exit,
        "expected_loading": rule.expected_loading,
        "starting_failure_strategy": rule.starting_failure_strategy.name,
        "running_failure_strategy": rule.running_failure_strategy.name,
    }
