"""Commands for those who look after hosts, programs and rules.

Holds: enable and disable, drain and undrain, fence and unfence, the reload of rules, the end of
what a process wrote.
Must not touch: what follows from a wish: the core decides that.
Tests: tests/link/test_commands.py, tests/link/test_commands_control.py.
"""

from __future__ import annotations

from typing import Final

from supvisors.commands import lookup
from supvisors.commands.asking import Act, Refused, Sight, Wait
from supvisors.core import ClusterView
from supvisors.core.inputs import FenceOrder, Inquiry, Plea, Wish
from supvisors.core.intents import HELD
from supvisors.core.messages import Request
from supvisors.model import AddressState

CHANNELS: Final = ("stdout", "stderr")
#: Most that is read of a log, in bytes.
TAIL_BYTES_MAX: Final = 64 * 1024


# --- programs ------------------------------------------------------------------------------


def enable(sight: Sight, named: str) -> Wait:
    """Let processes be started again that were disabled, or stopped by an operator."""
    names = tuple(map(lookup.name_of, lookup.processes(sight.view, named)))
    held = tuple(name for name in names if lookup.wanted(sight.view, "process", name) in HELD)
    if not held:
        raise Refused(
            "FAILED", f"{named} is neither disabled nor stopped by an operator: nothing to lift"
        )
    return Wait(lambda request: Wish(request, "process", held, "auto"))


def disable(sight: Sight, named: str) -> Wait:
    """Let nobody start processes until they are enabled; what runs goes on."""
    names = tuple(map(lookup.name_of, lookup.processes(sight.view, named)))
    enabled = tuple(n for n in names if lookup.wanted(sight.view, "process", n) != "disabled")
    if not enabled:
        raise Refused(
            "FAILED", f"{named} is disabled already: 'supvisors enable {named}' ends that"
        )
    return Wait(lambda request: Wish(request, "process", enabled, "disabled"))


def tail_process(sight: Sight, named: str, address: str, channel: str, length: int) -> Wait:
    """Return the end of what a process wrote, on the first address where it runs, or on one."""
    status = lookup.one_process(sight.view, named)
    name = lookup.name_of(status)
    if channel not in CHANNELS:
        raise Refused("BAD_ARGUMENTS", f"no output is '{channel}': say {' or '.join(CHANNELS)}")
    if not 0 < length <= TAIL_BYTES_MAX:
        raise Refused("BAD_ARGUMENTS", f"{length} bytes: say 1 to {TAIL_BYTES_MAX}")
    if address:
        lookup.check_address(sight.view, address)
    else:
        address = _where(sight.view, name, status.addresses)
    return Wait(
        lambda request: Inquiry(request, "tail", address, name, f"{channel} {length}"),
        gives_text=True,
    )


def _where(view: ClusterView, name: str, addresses: tuple[str, ...]) -> str:
    """Return where a process runs, or where it did last."""
    if addresses:
        return addresses[0]
    last = max(
        (each for each in view.infos if each.info.namespec == name),
        key=lambda each: each.info.event_ns,
        default=None,
    )
    if last is None:
        raise Refused("BAD_NAME", f"no address tells of {name}: name one")
    return last.address


# --- rules ---------------------------------------------------------------------------------


def reload_rules(_sight: Sight) -> Wait:
    """Let every address read its rules file anew; the answer is a line for each."""
    return Wait(lambda request: Inquiry(request, "rules", ""), gives_text=True)


# --- addresses -----------------------------------------------------------------------------


def drain(sight: Sight, name: str, wait: bool) -> Wait:
    """Move the managed programs of an address elsewhere, and start none there."""
    view = sight.view
    lookup.check_address(view, name)
    if lookup.wanted(view, "address", name) == "drained":
        raise Refused("FAILED", f"{name} is drained already: 'supvisors undrain {name}' ends it")
    lookup.check_master(view)
    lookup.check_quorum(view)
    return Wait(lambda request: Plea(request, Request("drain", (name,)), wait))


def undrain(sight: Sight, name: str) -> Wait:
    """Let programs be started on an address again."""
    lookup.check_address(sight.view, name)
    if lookup.wanted(sight.view, "address", name) != "drained":
        raise Refused("FAILED", f"{name} is not drained: there is nothing to lift")
    return Wait(lambda request: Wish(request, "address", (name,), "auto"))


def fence(sight: Sight, name: str) -> Act:
    """Isolate an address from all others."""
    view = sight.view
    _check_other("fence", view, name)
    if _is_fenced(view, name):
        raise Refused("FAILED", f"{name} is fenced already: 'supvisors unfence {name}' ends it")
    return Act(FenceOrder(name, fenced=True), _done)


def unfence(sight: Sight, name: str) -> Act:
    """Let an address come back that was fenced."""
    view = sight.view
    state = _check_other("unfence", view, name)
    if not _is_fenced(view, name):
        raise Refused("FAILED", _why_not_fenced(view, name, state))
    return Act(FenceOrder(name, fenced=False), _done)


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
    lookup.check_address(view, name)
    return next(status.state for status in view.addresses if status.address_name == name)


def _why_not_fenced(view: ClusterView, name: str, state: AddressState) -> str:
    if state is not AddressState.ISOLATED:
        return f"{name} is not fenced, it is {state.name}: there is nothing to lift"
    return (
        f"{name} is not fenced here: it is ISOLATED since it fences {view.local}; "
        f"run 'supvisors unfence {view.local}' at {name}"
    )
