"""The commands that the agent answers.

Holds: `perform`, and the table of commands: name, parameters, what it answers. `asking.py`, what
a command is given and what it may ask for; `lookup.py`, names and strategies; `information.py`,
`reasons.py` and `rulewords.py`, what is told; `control.py` and `upkeep.py`, what is done.
Must not touch: the core but through what a `Sight` shows of it; sockets.
Invariants: a command answers from the sight or asks for one input of the core, never both; a
refusal names what was asked, why it is refused, and what to do.
Tests: tests/link/test_commands.py, tests/link/test_commands_control.py,
tests/link/test_commands_reasons.py, tests/live/test_rpc.py.

The door to them is the XML-RPC namespace `supvisors` of supervisord (`supvisors.plugin.rpc`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Final

from supvisors.commands import control, information, reasons, rulewords, upkeep
from supvisors.commands.asking import Act, Refused, Sight, Strategies, Wait

__all__ = [
    "API_VERSION",
    "COMMANDS",
    "Act",
    "Refused",
    "Sight",
    "Strategies",
    "Wait",
    "perform",
]

API_VERSION = information.API_VERSION
#: Types of parameters, as their annotations spell them, in the words of XML-RPC.
_XMLRPC_NAMES: Final = {"str": "string", "bool": "boolean", "int": "int"}


def perform(sight: Sight, name: str, params: Sequence[object]) -> object:
    """Return the result of command `name`, in values that JSON has, or an `Act` or a `Wait`.

    Raises:
        Refused: there is no such command, or it cannot be done.
    """
    command = COMMANDS.get(name)
    if command is None:
        raise Refused("UNKNOWN_METHOD", name)
    expected = [_kinds(p) for p in inspect.signature(command).parameters.values()][1:]
    fits = len(params) == len(expected) and all(
        type(param).__name__ in kinds for param, kinds in zip(params, expected, strict=True)
    )
    if not fits:
        words = ", ".join(" or ".join(_XMLRPC_NAMES[kind] for kind in kinds) for kinds in expected)
        raise Refused("INCORRECT_PARAMETERS", f"{name} takes {words or 'nothing'}")
    return command(sight, *params)


def _kinds(parameter: inspect.Parameter) -> list[str]:
    """Return the types that a parameter takes, as its annotation spells them."""
    return str(parameter.annotation).split(" | ")


COMMANDS: dict[str, Callable[..., Any]] = {
    "get_api_version": information.api_version,
    "get_supvisors_state": information.supvisors_state,
    "get_master_address": information.master_address,
    "get_strategies": information.strategies,
    "get_address_info": information.address_info,
    "get_all_addresses_info": information.all_addresses_info,
    "get_application_info": information.application_info,
    "get_all_applications_info": information.all_applications_info,
    "get_process_info": information.process_info,
    "get_all_process_info": information.all_process_info,
    "get_application_rules": rulewords.application_rules,
    "get_process_rules": rulewords.process_rules,
    "get_conflicts": information.conflicts,
    "get_plans": information.plans,
    "get_status": information.status,
    "get_process_facts": reasons.process_facts,
    "why": reasons.why,
    "start_application": control.start_application,
    "stop_application": control.stop_application,
    "restart_application": control.restart_application,
    "start_args": control.start_args,
    "start_process": control.start_process,
    "stop_process": control.stop_process,
    "restart_process": control.restart_process,
    "rolling_restart": control.rolling_restart,
    "conciliate": control.conciliate,
    "restart": control.restart,
    "shutdown": control.shutdown,
    "enable": upkeep.enable,
    "disable": upkeep.disable,
    "drain": upkeep.drain,
    "undrain": upkeep.undrain,
    "fence": upkeep.fence,
    "unfence": upkeep.unfence,
    "reload_rules": upkeep.reload_rules,
    "tail_process": upkeep.tail_process,
}
