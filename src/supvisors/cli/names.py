"""Names on the command line: of processes, applications and addresses.

Holds: `is_process`, what is meant by a name; arguments and options that several commands take;
completion of names by asking the agent.
Must not touch: what is done with a name.
Invariants: completion is quick or silent: whatever goes wrong, there is just nothing to choose.
Tests: tests/cli/test_names.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

import typer

#: How long a user waits for a completion.
COMPLETION_TIMEOUT_S: Final = 1.0
#: Set by `rejoin_colons`: what stands before the part of a word that bash completes.
_PREFIX_VARIABLE: Final = "_SUPVISORS_COMPLETE_PREFIX"


def is_process(name: str) -> bool:
    """Tell whether a process is meant, or a whole group of them, and not an application."""
    return ":" in name


def concerns(name: str, namespec: str) -> bool:
    """Tell whether a process is one of those that a name means."""
    group, _, process = name.partition(":")
    return namespec == name or (process in ("", "*") and namespec.startswith(f"{group}:"))


def plan_concerns(name: str, plan: Mapping[str, Any]) -> bool:
    """Tell whether a plan is about what a name means."""
    names = [*plan["active"], *plan["waiting"]]
    return plan["application_name"] == name or any(concerns(name, each) for each in names)


# --- completion ----------------------------------------------------------------------------


def rejoin_colons(environment: dict[str, str] | os._Environ[str]) -> None:
    """Let bash complete names with colons.

    It takes a colon for the end of a word, and completes only what follows. So the words that
    it names are joined again, and of the last one only the part after the colon is completed.
    """
    words = environment.get("COMP_WORDS", "").split("\n")
    current = int(environment.get("COMP_CWORD") or 0)
    if current >= len(words):
        return  # not as bash gives them
    joined: list[str] = []
    for number, word in enumerate(words[: current + 1]):
        follows = number > 0 and words[number - 1] == ":"
        if joined and (word == ":" or follows) and len(joined) > 1:
            joined[-1] += word
        else:
            joined.append(word)
    head, colon, tail = joined[-1].rpartition(":")
    if colon:
        joined[-1] = tail
        environment[_PREFIX_VARIABLE] = head + colon
    environment["COMP_WORDS"] = "\n".join(joined)
    environment["COMP_CWORD"] = str(len(joined) - 1)


def complete_address(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the addresses that begin so."""
    found = _status(ctx).get("addresses", ())
    return _fitting((body["address_name"] for body in found), incomplete)


def complete_process(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the processes that begin so."""
    return _fitting(_processes(_status(ctx)), incomplete)


def complete_name(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the applications and processes that begin so."""
    found = _status(ctx)
    applications = [body["application_name"] for body in found.get("applications", ())]
    return _fitting([*applications, *_processes(found)], incomplete)


def _processes(found: Mapping[str, Any]) -> list[str]:
    return [
        f"{body['application_name']}:{body['process_name']}" for body in found.get("processes", ())
    ]


def _fitting(names: Iterable[str], incomplete: str) -> list[str]:
    prefix = os.environ.get(_PREFIX_VARIABLE, "")
    wanted = prefix + incomplete
    return [name.removeprefix(prefix) for name in names if name.startswith(wanted)]


def _status(ctx: typer.Context) -> Mapping[str, Any]:
    from supvisors.cli import server
    from supvisors.cli.errors import CommandError

    try:
        found: Mapping[str, Any] = server.ask(
            server.find_server(ctx.params.get("conf")),
            "get_status",
            timeout_s=COMPLETION_TIMEOUT_S,
        )
    except CommandError:
        return {}
    return found


# --- what several commands take ------------------------------------------------------------

NameArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        show_default=False,
        help="A process 'group:name', a whole group 'group:*', or an application.",
        autocompletion=complete_name,
    ),
]
ProcessArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAMESPEC",
        show_default=False,
        help="A process, 'group:name'.",
        autocompletion=complete_process,
    ),
]
ProcessesArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAMESPEC",
        show_default=False,
        help="A process 'group:name', or a whole group 'group:*'.",
        autocompletion=complete_process,
    ),
]
AddressArgument = Annotated[
    str,
    typer.Argument(
        metavar="ADDRESS",
        show_default=False,
        help="Its name in address_list.",
        autocompletion=complete_address,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NoWaitOption = Annotated[
    bool, typer.Option("--no-wait", help="End when it is ordered, not when it is done.")
]
