"""The commands that the agent answers.

Holds: the table of commands: name, parameters, what it answers.
Must not touch: the core but through its view; sockets.
Invariants: a refusal names what was asked, why it is refused, and what to do.
Tests: tests/link/test_commands.py, tests/live/test_rpc.py.

The door to them is the XML-RPC namespace `supvisors` of supervisord (`supvisors.plugin.rpc`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from supvisors.core import ClusterView
from supvisors.model import ProcessStatus
from supvisors.wire import body_as_dict

#: Version of the namespace: the first number changes when a method changes or goes.
API_VERSION = "1.0"


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


def perform(view: ClusterView, name: str, params: Sequence[object]) -> object:
    """Perform command `name` and return its result, in values that JSON has.

    Raises:
        Refused: there is no such command, or it cannot be done.
    """
    command = COMMANDS.get(name)
    if command is None:
        raise Refused("UNKNOWN_METHOD", name)
    expected = len(inspect.signature(command).parameters) - 1
    if len(params) != expected or not all(isinstance(param, str) for param in params):
        raise Refused("INCORRECT_PARAMETERS", f"{name} takes {expected} string(s)")
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
    # as Supervisor reads it: `name` is `name:name`, `group:` and `group:*` are a whole group
    group, colon, name = namespec.partition(":")
    name = name or ("*" if colon else group)

    def is_meant(status: ProcessStatus) -> bool:
        return status.application_name == group and name in ("*", status.process_name)

    found = [body_as_dict(status) for status in view.processes if is_meant(status)]
    if not found:
        known = (f"{p.application_name}:{p.process_name}" for p in view.processes)
        raise _unknown("process", namespec, known)
    return found


def _all_process_info(view: ClusterView) -> object:
    return [body_as_dict(status) for status in view.processes]


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
}
