"""The commands that the agent answers.

Holds: the table of commands: name, parameters, what it answers; `Act` and `Wait`, what one asks
for.
Must not touch: the core but through its view; sockets.
Invariants: a command answers from the view or asks for one input of the core, never both; a
refusal names what was asked, why it is refused, and what to do.
Tests: tests/link/test_commands.py, tests/live/test_rpc.py.

The door to them is the XML-RPC namespace `supvisors` of supervisord (`supvisors.plugin.rpc`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from supvisors.core import ClusterView
from supvisors.core.inputs import FenceOrder, Input, Order
from supvisors.model import AddressState, ProcessStatus, namespec
from supvisors.wire import body_as_dict

#: Version of the namespace: the first number changes when a method changes or goes.
API_VERSION = "1.1"
#: Types of parameters, as their annotations spell them, in the words of XML-RPC.
_XMLRPC_NAMES = {"str": "string", "bool": "boolean"}


#: Longest extra arguments of a start, in characters.
EXTRA_ARGS_MAX = 8_000


class Refused(Exception):
    """A command that is not done.

    Attributes:
        fault: name of the fault among Supervisor's `Faults`.
        text: why, and what to do.
    """

    def __init__(self, fault: str, text: str) -> None:
        super().__init__(text)
        self.fault = fault
        self.text = text


@dataclass(frozen=True, slots=True)
class Act:
    """What a command asks for that does more than answer.

    Attributes:
        happening: what the core is told.
        result: the answer, in values that JSON has, from the view after that.
    """

    happening: Input
    result: Callable[[ClusterView], object]


@dataclass(frozen=True, slots=True)
class Wait:
    """What a command asks for whose outcome comes later, as the core's `Respond`.

    Attributes:
        order: what the core is told, given the identity of the request.
    """

    order: Callable[[int], Input]


def perform(view: ClusterView, name: str, params: Sequence[object]) -> object:
    """Return the result of command `name`, in values that JSON has, or an `Act` or a `Wait`.

    Raises:
        Refused: there is no such command, or it cannot be done.
    """
    command = COMMANDS.get(name)
    if command is None:
        raise Refused("UNKNOWN_METHOD", name)
    expected = [p.annotation for p in inspect.signature(command).parameters.values()][1:]
    if [type(param).__name__ for param in params] != expected:
        words = ", ".join(_XMLRPC_NAMES[kind] for kind in expected) or "nothing"
        raise Refused("INCORRECT_PARAMETERS", f"{name} takes {words}")
    return command(view, *params)


def _api_version(_view: ClusterView) -> str:
    return API_VERSION


def _supvisors_state(view: ClusterView) -> object:
    return body_as_dict(view.supvisors)


def _master_address(view: ClusterView) -> str:
    return view.master or ""


def _address_info(view: ClusterView, name: str) -> object:
    for status in view.addresses:
        if status.address_name == name:
            return body_as_dict(status)
    raise _unknown("address", name, (status.address_name for status in view.addresses))


def _all_addresses_info(view: ClusterView) -> object:
    return [body_as_dict(status) for status in view.addresses]


def _application_info(view: ClusterView, name: str) -> object:
    for status in view.applications:
        if status.application_name == name:
            return body_as_dict(status)
    raise _unknown("application", name, (a.application_name for a in view.applications))


def _all_applications_info(view: ClusterView) -> object:
    return [body_as_dict(status) for status in view.applications]


def _process_info(view: ClusterView, namespec: str) -> object:
    return [body_as_dict(status) for status in _meant(view, namespec)]


def _meant(view: ClusterView, named: str) -> list[ProcessStatus]:
    """Return the processes that are meant, at least one.

    As Supervisor reads it: `name` is `name:name`, `group:` and `group:*` are a whole group.

    Raises:
        Refused: there is none.
    """
    group, colon, name = named.partition(":")
    name = name or ("*" if colon else group)
    found = [
        status
        for status in view.processes
        if status.application_name == group and name in ("*", status.process_name)
    ]
    if not found:
        raise _unknown("process", named, map(_namespec, view.processes))
    return found


def _namespec(status: ProcessStatus) -> str:
    return namespec(status.application_name, status.process_name)


def _all_process_info(view: ClusterView) -> object:
    return [body_as_dict(status) for status in view.processes]


def _status(view: ClusterView) -> object:
    return {
        "supvisors": _supvisors_state(view),
        "master": _master_address(view),
        "addresses": _all_addresses_info(view),
        "applications": _all_applications_info(view),
        "processes": _all_process_info(view),
        "warnings": list(view.warnings),
    }


def _fence(view: ClusterView, name: str) -> Act:
    _check_other("fence", view, name)
    if _is_fenced(view, name):
        raise Refused("FAILED", f"{name} is fenced already: 'supvisors unfence {name}' ends it")
    return Act(FenceOrder(name, fenced=True), _done)


def _unfence(view: ClusterView, name: str) -> Act:
    state = _check_other("unfence", view, name)
    if not _is_fenced(view, name):
        raise Refused("FAILED", _why_not_fenced(view, name, state))
    return Act(FenceOrder(name, fenced=False), _done)


def _stop_process(view: ClusterView, named: str, wait: bool) -> Wait:
    meant = tuple(map(_namespec, _meant(view, named)))
    return Wait(lambda request: Order(request, "stop", meant, wait=wait))


def _start_args(view: ClusterView, named: str, extra_args: str, wait: bool) -> Wait:
    meant = [_namespec(status) for status in _meant(view, named)]
    here = [i.info.namespec for i in view.infos if i.address == view.local]
    unknown = [name for name in meant if name not in here]
    if unknown:
        raise Refused(
            "BAD_NAME",
            f"{unknown[0]} is not a program of this address, {view.local}: ask one that has it",
        )
    if len(extra_args) > EXTRA_ARGS_MAX:
        raise Refused("BAD_ARGUMENTS", f"more than {EXTRA_ARGS_MAX} characters of arguments")
    return Wait(lambda request: Order(request, "start", tuple(meant), extra_args, wait))


def _done(_view: ClusterView) -> bool:
    return True


def _is_fenced(view: ClusterView, name: str) -> bool:
    return any(fence.address == name and fence.fenced for fence in view.fences)


def _check_other(order: str, view: ClusterView, name: str) -> AddressState:
    """Return the state of an address that may be fenced.

    Raises:
        Refused: it is not listed, or is the local one: semantics, section 3.
    """
    if name == view.local:
        raise Refused(
            "BAD_NAME",
            f"{name} is this address, and none is isolated by itself: "
            f"run 'supvisors {order} {name}' at another address",
        )
    states = {status.address_name: status.state for status in view.addresses}
    if name not in states:
        raise _unknown("address", name, states)
    return states[name]


def _why_not_fenced(view: ClusterView, name: str, state: AddressState) -> str:
    if state is not AddressState.ISOLATED:
        return f"{name} is not fenced, it is {state.name}: there is nothing to lift"
    return (
        f"{name} is not fenced here: it is ISOLATED since it fences {view.local}; "
        f"run 'supvisors unfence {view.local}' at {name}"
    )


def _unknown(what: str, name: str, known: Iterable[str]) -> Refused:
    names = sorted(known)
    shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
    return Refused("BAD_NAME", f"no {what} is named '{name}'; known: {shown or 'none'}")


COMMANDS: dict[str, Callable[..., Any]] = {
    "get_api_version": _api_version,
    "get_supvisors_state": _supvisors_state,
    "get_master_address": _master_address,
    "get_address_info": _address_info,
    "get_all_addresses_info": _all_addresses_info,
    "get_application_info": _application_info,
    "get_all_applications_info": _all_applications_info,
    "get_process_info": _process_info,
    "get_all_process_info": _all_process_info,
    "get_status": _status,
    "fence": _fence,
    "unfence": _unfence,
    "start_args": _start_args,
    "stop_process": _stop_process,
}
