"""What the plugin takes from and adds to supervisord's configuration while that is read.

Holds: `collect`, which expands `[supvisors]`; `install`, the hook that adds the agent's
program and hands the options over.
Must not touch: the meaning of an option (the agent validates them), the running system.
Invariants: reading never fails because of `[supvisors]`; the program section is the same
at every reading within one life of supervisord, so that `update` finds no change.
Tests: tests/plugin/test_options.py, tests/live/test_mistakes.py.
"""

from __future__ import annotations

import functools
import os
import platform
import secrets
import shlex
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from supervisor.datatypes import name_to_uid
from supervisor.options import ServerOptions

from supvisors.plugin.guard import Guard

SECTION = "supvisors"
PROGRAM_SECTION = "program:supvisors"
FACTORY = "supvisors.plugin:make_supvisors_rpcinterface"
TAP_VARIABLE = "SUPVISORS_TAP"

#: Longest directory under which the socket's path is short enough for the kernel (107 bytes).
TEMPORARY_DIRECTORY_BYTES_MAX = 64


def temporary_directory() -> str:
    """Return the directory for temporary files, the system's own when `TMPDIR` is too long."""
    directory = tempfile.gettempdir()
    return directory if len(os.fsencode(directory)) <= TEMPORARY_DIRECTORY_BYTES_MAX else "/tmp"


#: Identity of this life of supervisord; module globals survive a reload.
BOOT = secrets.token_hex(8)
#: Directory of the tap's socket, made when supervisord runs. Nobody can guess it before.
RUN_DIRECTORY = os.path.join(temporary_directory(), "supvisors-" + secrets.token_hex(8))
TAP_PATH = os.path.join(RUN_DIRECTORY, "tap.sock")


@dataclass(frozen=True)
class Collected:
    """The options of `[supvisors]` with their expansions done.

    Attributes:
        file: configuration file in which the section begins.
        options: value of each option, expanded.
        problems: for each option whose expansion failed, why; its value is left as written.
    """

    file: str = ""
    options: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def collect(
    parser: Any, configfile: str | None, here: str | None, environ_expansions: Mapping[str, str]
) -> Collected:
    """Return what `[supvisors]` says.

    Args:
        parser: Supervisor's parser (`UnhosedConfigParser`) after it read all files.
        configfile: the main configuration file.
        here: its directory, for `%(here)s`.
        environ_expansions: `ENV_NAME` -> value, for `%(ENV_NAME)s`.
    """
    file = parser.section_to_file.get(SECTION, configfile) or ""
    if not parser.has_section(SECTION):
        return Collected(file=file)
    expansions = {"host_node_name": platform.node(), **environ_expansions, "here": here}
    options: dict[str, str] = {}
    problems: dict[str, str] = {}
    for option in parser.options(SECTION):
        try:
            value = parser.saneget(SECTION, option, expansions=expansions)
        except Exception as error:  # Supervisor raises what its formatting raises
            value = parser.saneget(SECTION, option, do_expand=False)
            problems[option] = str(error)
        options[option] = str(value)
    return Collected(file, options, problems)


def is_wanted(parser: Any) -> bool:
    """Tell whether the configuration being read loads this plugin."""
    return any(
        section.startswith("rpcinterface:")
        and parser.saneget(section, "supervisor.rpcinterface_factory", "") == FACTORY
        for section in parser.sections()
    )


def has_http_server(parser: Any) -> bool:
    """Tell whether supervisord will serve HTTP, without which it calls no factory."""
    return any(
        section.startswith(("unix_http_server", "inet_http_server"))
        for section in parser.sections()
    )


def add_agent_program(parser: Any, user: str = "") -> None:
    """Add `[program:supvisors]`, or the tap's address to the one that the user wrote."""
    tap = f'{TAP_VARIABLE}="{_escape(TAP_PATH)}"'
    if parser.has_section(PROGRAM_SECTION):
        written = parser.saneget(PROGRAM_SECTION, "environment", "", do_expand=False).strip()
        environment = f"{written.rstrip(',')},{tap}" if written else tap
        parser.set(PROGRAM_SECTION, "environment", environment)
        return
    parser.add_section(PROGRAM_SECTION)
    section = {
        # -P: a file of the working directory must not stand in for a module of ours
        "command": _escape(f"{shlex.quote(sys.executable)} -P -m supvisors.agent"),
        "environment": tap,
        # started first, stopped last: it hears every other STOPPED
        "priority": "-1",
        "autorestart": "true",
        "redirect_stderr": "true",
    }
    if user:
        section["user"] = _escape(user)
    for option, value in section.items():
        parser.set(PROGRAM_SECTION, option, value)


def user_problem(user: str, supervisord_user: str | None) -> str:
    """Return why the agent cannot run as `user`, '' when it can.

    Supervisor ends when a program names a user that does not exist, and the program fails
    when supervisord may not become that user: both have to be known before.
    """
    if not user:
        return ""
    try:
        uid = name_to_uid(user)
        own_uid = name_to_uid(supervisord_user) if supervisord_user else os.getuid()
    except ValueError as error:
        return str(error)
    if own_uid not in (0, uid):
        return f"supervisord does not run as root, so it cannot start the agent as {user}"
    return ""


def install(guard: Guard) -> None:
    """Hook into the reading of the configuration, once for the life of this process.

    Supervisor reads `[rpcinterface:…]`, and so imports us, before it makes its program
    groups: from there the hook sees the first reading, every `reread` and every `reload`.
    What it collects is left in the attribute `supvisors` of the `ServerOptions` instance.
    """
    original: Callable[..., Any] = ServerOptions.process_groups_from_parser
    if hasattr(original, "supvisors"):
        return

    def prepare(options: Any, parser: Any) -> None:
        options.supvisors = Collected()
        if not is_wanted(parser):
            return
        if not has_http_server(parser):  # Supervisor makes its RPC interfaces for them alone
            options.parse_warnings.append(
                "supvisors: it is not loaded, since supervisord has no HTTP server: "
                "add [unix_http_server]"
            )
            return
        collected = collect(parser, options.configfile, options.here, options.environ_expansions)
        options.supvisors = collected
        user = collected.options.get("user", "").strip()
        problem = user_problem(user, options.configroot.supervisord.user)
        if problem:
            collected.problems["user"] = problem
        add_agent_program(parser, "" if problem else user)

    guarded = guard.wrap(prepare, None)

    @functools.wraps(original)
    def process_groups_from_parser(self: Any, parser: Any) -> Any:
        guarded(self, parser)
        return original(self, parser)

    process_groups_from_parser.supvisors = True  # type: ignore[attr-defined]
    ServerOptions.process_groups_from_parser = process_groups_from_parser


def _escape(value: str) -> str:
    """Protect `%` from Supervisor's expansions."""
    return value.replace("%", "%%")
