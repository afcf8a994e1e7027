"""Commands that tell why.

Holds: `why`, the reasons of one process; `process_facts`, what each address knows of it.
Must not touch: how a reason is found (`Core.why`).
Invariants: what dialect 1 of the event interface cannot say is told here: exit code, signal,
run time, restarts, the cause of the last change.
Tests: tests/link/test_commands_reasons.py.
"""

from __future__ import annotations

from supvisors.commands import lookup
from supvisors.commands.asking import Sight
from supvisors.commands.information import NS_PER_MS
from supvisors.commands.rulewords import of_application, of_process
from supvisors.core.process import ProcessOnAddress
from supvisors.core.view import Why
from supvisors.model import ExitFacts, Transition

_NO_EXIT = ExitFacts()


def why(sight: Sight, named: str) -> object:
    """Return all that is known of one process, and why it is as it is."""
    name = lookup.name_of(lookup.one_process(sight.view, named))
    found = sight.why(name)
    if found is None:  # removed since the view was made
        raise lookup.unknown("process", named, map(lookup.name_of, sight.view.processes))
    return {
        "namespec": name,
        "statecode": int(found.status.state),
        "statename": found.status.state.name,
        "expected_exit": found.status.expected_exit,
        "addresses": list(found.status.addresses),
        "managed": found.managed,
        "rule": of_process(found.rule),
        "application_rule": of_application(found.application_rule, sight.strategies),
        **_wish(found),
        "decided": found.decided,
        "places": [{"address": address, "refused": no} for address, no in found.places],
        "restarts": found.restarts,
        "transitions": [_transition(each) for each in found.transitions],
    }


def _wish(found: Why) -> dict[str, object]:
    """Return the register of a process; nobody wrote it where `by` is ''."""
    intent = found.wanted
    if intent is None:
        return {"wanted": "auto", "wanted_by": "", "wanted_why": ""}
    return {"wanted": intent.wanted, "wanted_by": intent.by, "wanted_why": intent.why}


def _transition(change: Transition) -> dict[str, object]:
    return {
        "date_ms": change.at_ns // NS_PER_MS,
        "address": change.address,
        "from": change.before.name if change.before is not None else "",
        "to": change.after.name,
        "why": change.why,
    }


def process_facts(sight: Sight, named: str) -> object:
    """Return what each address says of the processes that are meant."""
    names = [lookup.name_of(status) for status in lookup.processes(sight.view, named)]
    return [_facts(each) for each in sight.view.infos if each.info.namespec in names]


def _facts(where: ProcessOnAddress) -> dict[str, object]:
    """Return what one address says of one process; null is what there is not."""
    info = where.info
    end = info.exit or _NO_EXIT
    return {
        "application_name": info.group,
        "process_name": info.name,
        "address": where.address,
        "statecode": int(info.state),
        "statename": info.state.name,
        "expected": info.expected,
        "pid": info.pid,
        "event_time_ms": info.event_ns // NS_PER_MS,
        "exit_code": end.code,
        "signal": end.signal,
        "run_time_ms": end.run_time_ms,
        "spawn_error": end.spawn_error,
        "restarts": info.restarts,
        "cause": info.cause,
    }
