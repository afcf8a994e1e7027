"""What each HTTP server of supervisord lets through to the agent.

Holds: `Door` of one server, and `door`, which reads the option `xmlrpc_commands` of
`[rpcinterface:supvisors]`; `mistake_in` for who only wants to know whether it can be read.
Must not touch: the methods.
Invariants: a mistake in the option closes a door, and never opens one; every refusal names the
reason and the cure.
Tests: tests/plugin/test_doors.py, tests/live/test_doors.py.

A call reaches the whole site: where a stranger may call, a password of one host would else be
missing for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

OPTION = "xmlrpc_commands"
WHERE = f"{OPTION} of [rpcinterface:supvisors]"

CLUSTER, LOCAL, OFF = "cluster", "local", "off"
ALLOWED = (CLUSTER, LOCAL, OFF)
UNIX, INET = "unix", "inet"
FAMILIES = (UNIX, INET)

NO_PASSWORD = (
    "this HTTP server has no password: set username and password in [inet_http_server], "
    "or call through the unix socket"
)


@dataclass(frozen=True)
class Door:
    """What one HTTP server lets through.

    Attributes:
        allows: `cluster` for everything; `local` for what informs, and what controls this
            address alone; `off` for nothing.
        why: why not everything, and what to do.
        is_mistake: the option cannot be understood.
    """

    allows: str = CLUSTER
    why: str = ""
    is_mistake: bool = False

    def refusal(self, method: str) -> str:
        """Return why a method that informs, or controls this address, is refused, or ''."""
        return f"{method} is refused: {self.why}" if self.allows == OFF else ""

    def control_refusal(self, method: str) -> str:
        """Return why a method that reaches other hosts is refused, '' when it is not."""
        if self.allows == LOCAL:
            return f"{method} reaches other hosts, and {self.why}"
        return self.refusal(method)


CURE = "write cluster, local or off, or for each kind of server, such as 'unix:cluster, inet:local'"

#: Of a server that could not be looked at.
SHUT = Door(OFF, "an error of ours: see supervisord's log")


def door(text: str, family: str, has_password: bool) -> Door:
    """Return what an HTTP server lets through.

    Args:
        text: value of the option, '' when it is not written.
        family: of the server: `unix` or `inet`.
        has_password: callers need one.
    """
    if problem := mistake_in(text):
        why = f"{WHERE} is '{text}', and {problem}: {CURE}, and restart supervisord"
        return Door(OFF, why, is_mistake=True)
    allows = _read(text).get(family)
    if allows is None:
        open_to_strangers = family == INET and not has_password
        return Door(LOCAL, NO_PASSWORD) if open_to_strangers else Door()
    why = f"{WHERE} says '{allows}' for this HTTP server: call through another, or change that"
    return Door() if allows == CLUSTER else Door(allows, why)


def mistake_in(text: str) -> str:
    """Return what is wrong with the option, '' when nothing is."""
    try:
        _read(text)
    except ValueError as error:
        return str(error)
    return ""


def _read(text: str) -> dict[str, str]:
    """Return what is written for each family of servers.

    Raises:
        ValueError: something else than words for all, or pairs, is written.
    """
    written: dict[str, str] = {}
    for part in text.split(",") if text.strip() else []:
        family, colon, allows = (word.strip().lower() for word in part.rpartition(":"))
        families = (family,) if colon else FAMILIES
        if allows not in ALLOWED or not set(families) <= set(FAMILIES):
            raise ValueError(f"'{part.strip()}' is not understood")
        if not written.keys().isdisjoint(families):
            raise ValueError(f"'{part.strip()}' says something twice")
        written.update(dict.fromkeys(families, allows))
    return written
