"""The verbs of the command line: what each is called, and where it lives.

Holds: `COMMANDS`, the table, and `command_of`.
Must not touch: what a command does.
Invariants: a command's file is imported only when it is run, so that `--help` and completion are
quick.
Tests: tests/cli/test_main.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import typer

#: Name of each command and its line in the help, in the order of the help.
COMMANDS: Final = {
    "demo": "Show Supvisors at work, on hosts of its own.",
    "check": "Find what is wrong with a supervisord.conf.",
    "events": "Show events as they are published.",
    "status": "Show what all hosts and their programs do, and what is wrong.",
    "start": "Start an application or processes.",
    "stop": "Stop an application or processes.",
    "restart": "Stop an application or processes, then start them again.",
    "why": "Show why a program is as it is.",
    "facts": "Show exit code, signal, run time and restarts of a program.",
    "tail": "Show the end of what a program wrote.",
    "plans": "Show what is being started and stopped, and how far it is.",
    "enable": "Let a program be started again.",
    "disable": "Let nobody start a program until it is enabled.",
    "conflicts": "Show the programs that run more often than their rules want.",
    "conciliate": "Resolve all conflicts.",
    "rules": "Show the rules in force, or read the rules file anew.",
    "drain": "Move the programs of a host elsewhere, and start none there.",
    "undrain": "Let programs be started on a host again that was drained.",
    "fence": "Shut an address out of the system.",
    "unfence": "Let an address that was fenced come back.",
    "site": "Restart or shut down the supervisord of every host.",
    "keys": "Say by their keys who may join the system.",
    "record": "Record what clients are told.",
    "replay": "Publish a recording, to test a client with.",
}

#: A function returns its exit status, None for success; a `Typer` holds commands of its own.
Command = Callable[..., int | None] | typer.Typer


def command_of(name: str) -> Command:
    """Import a command."""
    return _FILES[name]()[name]


def _demo() -> Mapping[str, Command]:
    from supvisors.cli.demo import demo

    return {"demo": demo}


def _check() -> Mapping[str, Command]:
    from supvisors.cli.check import check

    return {"check": check}


def _events() -> Mapping[str, Command]:
    from supvisors.cli.events import events

    return {"events": events}


def _status() -> Mapping[str, Command]:
    from supvisors.cli.status import status

    return {"status": status}


def _control() -> Mapping[str, Command]:
    from supvisors.cli.control import restart, start, stop

    return {"start": start, "stop": stop, "restart": restart}


def _why() -> Mapping[str, Command]:
    from supvisors.cli.why import facts, why

    return {"why": why, "facts": facts}


def _programs() -> Mapping[str, Command]:
    from supvisors.cli.programs import disable, enable, tail

    return {"enable": enable, "disable": disable, "tail": tail}


def _plans() -> Mapping[str, Command]:
    from supvisors.cli.plans import plans

    return {"plans": plans}


def _conflicts() -> Mapping[str, Command]:
    from supvisors.cli.conflicts import conciliate, conflicts

    return {"conflicts": conflicts, "conciliate": conciliate}


def _rules() -> Mapping[str, Command]:
    from supvisors.cli.rules import rules

    return {"rules": rules}


def _hosts() -> Mapping[str, Command]:
    from supvisors.cli.hosts import drain, site, undrain

    return {"drain": drain, "undrain": undrain, "site": site}


def _fence() -> Mapping[str, Command]:
    from supvisors.cli.fence import fence, unfence

    return {"fence": fence, "unfence": unfence}


def _keys() -> Mapping[str, Command]:
    from supvisors.cli.keys import keys

    return {"keys": keys}


def _record() -> Mapping[str, Command]:
    from supvisors.cli.record import record

    return {"record": record}


def _replay() -> Mapping[str, Command]:
    from supvisors.cli.replay import replay

    return {"replay": replay}


_FILES: Final[Mapping[str, Callable[[], Mapping[str, Command]]]] = {
    "demo": _demo,
    "check": _check,
    "events": _events,
    "status": _status,
    **dict.fromkeys(("start", "stop", "restart"), _control),
    **dict.fromkeys(("why", "facts"), _why),
    **dict.fromkeys(("enable", "disable", "tail"), _programs),
    "plans": _plans,
    **dict.fromkeys(("conflicts", "conciliate"), _conflicts),
    "rules": _rules,
    **dict.fromkeys(("drain", "undrain", "site"), _hosts),
    **dict.fromkeys(("fence", "unfence"), _fence),
    "keys": _keys,
    "record": _record,
    "replay": _replay,
}
