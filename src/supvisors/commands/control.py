"""Commands that start, stop and restart.

Holds: those for processes, applications, conflicts and the whole system.
Must not touch: where something is started and in which order: the master decides that.
Invariants: what only a master does is refused without one, and what starts something without a
quorum; stops and starts on this very address need neither (semantics, section 4).
Tests: tests/link/test_commands_control.py, tests/live/test_rpc.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from supvisors.commands import lookup
from supvisors.commands.asking import Refused, Sight, Wait
from supvisors.core.inputs import Order, Plea
from supvisors.core.messages import Request, RequestVerb
from supvisors.model import ConciliationStrategy, ProcessStatus, StartingStrategy

#: Longest extra arguments of a start, in characters.
EXTRA_ARGS_MAX: Final = 8_000


# --- processes -----------------------------------------------------------------------------


def start_args(sight: Sight, named: str, extra_args: str, wait: bool) -> Wait:
    """Start processes of this very address, with arguments added."""
    view = sight.view
    meant = _startable(sight, named)
    here = [each.info.namespec for each in view.infos if each.address == view.local]
    missing = [name for name in meant if name not in here]
    if missing:
        raise Refused(
            "BAD_NAME",
            f"{missing[0]} is not a program of this address, {view.local}: ask one that has it",
        )
    _check_args(extra_args)
    return Wait(lambda request: Order(request, "start", meant, extra_args, wait))


def start_process(
    sight: Sight, strategy: str | int, named: str, extra_args: str, wait: bool
) -> Wait:
    """Start processes where their rules and the strategy say."""
    return _start("start_process", sight, strategy, named, extra_args, wait)


def restart_process(
    sight: Sight, strategy: str | int, named: str, extra_args: str, wait: bool
) -> Wait:
    """Stop processes everywhere, then start them where their rules and the strategy say."""
    return _start("restart_process", sight, strategy, named, extra_args, wait)


def _start(
    verb: RequestVerb,
    sight: Sight,
    strategy: str | int,
    named: str,
    extra_args: str,
    wait: bool,
) -> Wait:
    meant = _startable(sight, named)
    chosen = _starting(strategy)
    _check_args(extra_args)
    _check_start(sight)
    return _plea(verb, wait, names=meant, strategy=chosen, argument=extra_args)


def stop_process(sight: Sight, named: str, wait: bool) -> Wait:
    """Stop processes on every address where they run."""
    meant = _names(lookup.processes(sight.view, named))
    return Wait(lambda request: Order(request, "stop", meant, wait=wait))


def rolling_restart(sight: Sight, named: str, at_a_time: int, wait: bool) -> Wait:
    """Restart those of some processes that run, so many at a time, until one fails."""
    meant = _startable(sight, named)
    if at_a_time < 1:
        raise Refused(
            "BAD_ARGUMENTS",
            f"{at_a_time} processes at a time: nothing would be done; say 1 or more",
        )
    running = [name for name in meant if _is_present(sight, name)]
    if not running:
        raise Refused(
            "NOT_RUNNING", f"{named} runs nowhere: start it with 'supvisors start {named}'"
        )
    _check_start(sight)
    return _plea("rolling_restart", wait, names=tuple(running), at_a_time=at_a_time)


# --- applications --------------------------------------------------------------------------


def start_application(sight: Sight, strategy: str | int, name: str, wait: bool) -> Wait:
    """Start an application in the order of its rules."""
    _check_sequence(sight, name)
    chosen = _starting(strategy)
    _check_start(sight)
    return _plea("start_application", wait, names=(name,), strategy=chosen)


def restart_application(sight: Sight, strategy: str | int, name: str, wait: bool) -> Wait:
    """Stop an application, then start it, both in the order of its rules."""
    _check_sequence(sight, name)
    chosen = _starting(strategy)
    _check_start(sight)
    return _plea("restart_application", wait, names=(name,), strategy=chosen)


def stop_application(sight: Sight, name: str, wait: bool) -> Wait:
    """Stop an application in the order of its rules, wherever it runs."""
    _check_managed(sight, name)
    is_planned = any(plan.application == name for plan in sight.view.plans)
    if not is_planned and not any(status.addresses for status in _members(sight, name)):
        raise Refused("NOT_RUNNING", f"no process of {name} runs: there is nothing to stop")
    lookup.check_master(sight.view)
    return _plea("stop_application", wait, names=(name,))


# --- conflicts and the whole system --------------------------------------------------------


def conciliate(sight: Sight, strategy: str | int) -> Wait:
    """Resolve every conflict by a strategy."""
    chosen = lookup.strategy(ConciliationStrategy, "conciliation", strategy)
    chosen = chosen or sight.strategies.conciliation
    if chosen is ConciliationStrategy.USER:
        others = ", ".join(
            each.name for each in ConciliationStrategy if each is not ConciliationStrategy.USER
        )
        raise Refused("BAD_ARGUMENTS", f"USER leaves conflicts to you: say one of {others}")
    if not sight.view.conflicts:
        raise Refused(
            "FAILED", "no process runs more often than its rule wants: there is nothing to do"
        )
    lookup.check_master(sight.view)
    return _plea("conciliate", wait=False, strategy=chosen.name)


def restart(sight: Sight) -> Wait:
    """Stop everything in the order of the rules, and restart every supervisord."""
    lookup.check_master(sight.view)
    return _plea("restart", wait=False)


def shutdown(sight: Sight) -> Wait:
    """Stop everything in the order of the rules, and shut every supervisord down."""
    lookup.check_master(sight.view)
    return _plea("shutdown", wait=False)


# --- what they share -----------------------------------------------------------------------


def _plea(verb: RequestVerb, wait: bool, **wanted: Any) -> Wait:
    return Wait(lambda request: Plea(request, Request(verb, **wanted), wait))


def _check_start(sight: Sight) -> None:
    lookup.check_master(sight.view)
    lookup.check_quorum(sight.view)


def _starting(strategy: str | int) -> str:
    """Return the name of a starting strategy, '' for the one of the rules."""
    chosen = lookup.strategy(StartingStrategy, "starting", strategy)
    return chosen.name if chosen is not None else ""


def _check_args(extra_args: str) -> None:
    if len(extra_args) > EXTRA_ARGS_MAX:
        raise Refused("BAD_ARGUMENTS", f"more than {EXTRA_ARGS_MAX} characters of arguments")


def _startable(sight: Sight, named: str) -> tuple[str, ...]:
    """Return the processes that are meant and may be started, at least one.

    A disabled one is left out of a group.

    Raises:
        Refused: all that are meant are disabled, or there is none.
    """
    meant = _names(lookup.processes(sight.view, named))
    enabled = tuple(n for n in meant if lookup.wanted(sight.view, "process", n) != "disabled")
    if enabled:
        return enabled
    raise Refused("FAILED", f"{named} is disabled: 'supvisors enable {named}' lets it be started")


def _is_present(sight: Sight, name: str) -> bool:
    return any(each.addresses for each in sight.view.processes if lookup.name_of(each) == name)


def _names(statuses: Sequence[ProcessStatus]) -> tuple[str, ...]:
    return tuple(map(lookup.name_of, statuses))


def _members(sight: Sight, application: str) -> list[ProcessStatus]:
    return [each for each in sight.view.processes if each.application_name == application]


def _check_managed(sight: Sight, application: str) -> None:
    """Refuse to sequence what no rule orders."""
    lookup.application(sight.view, application)
    if not sight.rules.is_managed(application):
        raise Refused(
            "FAILED",
            f"{application} is not managed: no rule says in which order its processes start and "
            f"stop. Name it in the rules file, or start and stop its processes, '{application}:*'",
        )


def _check_sequence(sight: Sight, application: str) -> None:
    """Refuse to start what has no order, or nobody in it."""
    _check_managed(sight, application)
    names = [status.process_name for status in _members(sight, application)]
    if all(sight.rules.process(application, name).start_sequence <= 0 for name in names):
        raise Refused(
            "FAILED",
            f"no process of {application} has a start_sequence above 0, so starting it would "
            f"start nothing: write ranks into the rules file, or start '{application}:*'",
        )
