"""What a caller means by a name or by a number, and what stands against all starts.

Holds: processes, applications, addresses and strategies by what callers write; `check_master`
and `check_quorum`.
Must not touch: what is done with them.
Invariants: what is not known is refused with what is.
Tests: tests/link/test_commands.py, tests/link/test_commands_control.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, TypeVar

from supvisors.commands.asking import Refused
from supvisors.core import ClusterView
from supvisors.core.messages import Intent, Wanted
from supvisors.model import (
    ApplicationStatus,
    ProcessStatus,
    SupvisorsState,
    namespec,
)

#: Names that a refusal lists at most.
KNOWN_MAX: Final = 8
#: Supvisors stops everything, so nothing is begun any more.
ENDING: Final = frozenset(
    {SupvisorsState.RESTARTING, SupvisorsState.SHUTTING_DOWN, SupvisorsState.SHUTDOWN}
)

_Strategy = TypeVar("_Strategy", bound=StrEnum)


def unknown(what: str, name: str, known: Iterable[str]) -> Refused:
    """Return the refusal of a name that is not known."""
    names = sorted(known)
    shown = ", ".join(names[:KNOWN_MAX]) + (" …" if len(names) > KNOWN_MAX else "")
    return Refused("BAD_NAME", f"no {what} is named '{name}'; known: {shown or 'none'}")


def name_of(status: ProcessStatus) -> str:
    """Return the namespec of a process."""
    return namespec(status.application_name, status.process_name)


def application(view: ClusterView, name: str) -> ApplicationStatus:
    """Return the application of a name.

    Raises:
        Refused: there is none.
    """
    for status in view.applications:
        if status.application_name == name:
            return status
    raise unknown("application", name, (a.application_name for a in view.applications))


def processes(view: ClusterView, named: str) -> list[ProcessStatus]:
    """Return the processes that are meant, at least one.

    As Supervisor reads it: `name` is `name:name`, `group:` and `group:*` are a whole group.

    Raises:
        Refused: there is none.
    """
    group, name = _parts(named)
    found = [
        status
        for status in view.processes
        if status.application_name == group and name in ("*", status.process_name)
    ]
    if not found:
        raise unknown("process", named, map(name_of, view.processes))
    return found


def one_process(view: ClusterView, named: str) -> ProcessStatus:
    """Return the process that is meant.

    Raises:
        Refused: there is none, or a whole group is meant.
    """
    found = processes(view, named)
    if is_group(named):
        names = ", ".join(map(name_of, found[:KNOWN_MAX]))
        raise Refused(
            "BAD_NAME",
            f"'{named}' is a whole group, and one process is asked for: name one of {names}",
        )
    return found[0]


def is_group(named: str) -> bool:
    """Tell whether a whole group is meant."""
    return _parts(named)[1] == "*"


def _parts(named: str) -> tuple[str, str]:
    group, colon, name = named.partition(":")
    return group, name or ("*" if colon else group)


def check_address(view: ClusterView, name: str) -> None:
    """Refuse what is not listed."""
    names = [status.address_name for status in view.addresses]
    if name not in names:
        raise unknown("address", name, names)


def strategy(kinds: type[_Strategy], what: str, wanted: str | int) -> _Strategy | None:
    """Return the strategy of a name, in any case, or of a number; None for ''.

    A number counts from 0 in the order in which `get_strategies` lists them.

    Args:
        what: what it is a strategy of, for the refusal.

    Raises:
        Refused: there is none.
    """
    members = list(kinds)
    text = str(wanted).strip()
    if not text:
        return None
    for number, member in enumerate(members):
        if text.upper() == member.name or text == str(number):
            return member
    known = ", ".join(f"{number} {member.name}" for number, member in enumerate(members))
    raise Refused(
        "BAD_ARGUMENTS",
        f"no {what} strategy is '{text}'; known: {known}; or nothing, for the one in force",
    )


def wish(view: ClusterView, kind: str, name: str) -> Intent | None:
    """Return the register of a process or an address, None when nobody wrote one."""
    return next((each for each in view.intents if (each.kind, each.name) == (kind, name)), None)


def wanted(view: ClusterView, kind: str, name: str) -> Wanted:
    """Return what is wanted of a process or an address."""
    intent = wish(view, kind, name)
    return intent.wanted if intent is not None else "auto"


def check_master(view: ClusterView) -> None:
    """Refuse what only a master does when there is none, or when everything is being stopped."""
    if view.supvisors.state in ENDING:
        raise Refused(
            "SHUTDOWN_STATE",
            f"Supvisors is {view.supvisors.state.name}, so nothing else is begun: "
            "ask again once it is over",
        )
    if view.master is None:
        raise Refused("FAILED", _why(view, "no master", "'supvisors status' shows who is missing"))


def check_quorum(view: ClusterView) -> None:
    """Refuse what starts something where too few addresses are RUNNING."""
    if not view.has_quorum:
        raise Refused(
            "FAILED",
            _why(view, "no quorum", "too few addresses are RUNNING, see 'supvisors status'")
            + ": bring the missing addresses back, or lower quorum; "
            "start_args ('supvisors start --here') starts a process of the address that is asked",
        )


def _why(view: ClusterView, problem: str, otherwise: str) -> str:
    """Return what the view says of a problem."""
    said = (warning for warning in view.warnings if warning.startswith(problem))
    return next(said, f"{problem}: {otherwise}")
