"""Find a supervisord.conf and read it as supervisord would, without starting anything.

Holds: `find`, which looks where supervisorctl looks; `read`, which gives what was read and
every complaint that Supervisor has about it.
Must not touch: what a complaint means to the user (`complaints.py`).
Invariants: reading goes on behind a fault as far as that can be done, so that one `check`
shows them all. It starts no program and opens no port; it imports what `[rpcinterface:…]`
sections name, as supervisord does.
Tests: tests/cli/test_conf.py, tests/cli/test_check.py.
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from supervisor.options import Options, ServerOptions, UnhosedConfigParser

from supvisors.cli.errors import CommandError
from supvisors.plugin.options import PROGRAM_SECTION, Collected, collect

_INCLUDED = re.compile(r'Included extra file "(.*)" during parsing', re.DOTALL)
_HTTP_SERVERS = ("inet_http_server", "unix_http_server")
_PROGRAMS = ("program:", "group:", "eventlistener:", "fcgi-program:")

#: The option that every command about one supervisord takes.
ConfOption = Annotated[
    str | None,
    typer.Option("-c", "--conf", metavar="CONF", help="The supervisord.conf to read."),
]


@dataclass(frozen=True)
class Complaint:
    """What Supervisor says of a configuration.

    Attributes:
        sections: how the names of the sections begin of which one is meant.
        error: what it raised.
    """

    sections: tuple[str, ...]
    error: Exception


@dataclass(frozen=True)
class Reading:
    """A configuration as supervisord would read it.

    Attributes:
        files: the main file and those it includes, in the order of reading.
        parser: Supervisor's, None when a line of the files cannot be read at all.
        collected: the options of `[supvisors]`.
        processes: names of the processes by the name of their group, the agent left out.
        autostarted: section and group of the programs that supervisord starts by itself.
        server_count: number of HTTP servers.
        has_own_program: whether the user wrote a `[program:supvisors]`.
        warnings: what Supervisor would only log.
    """

    files: tuple[str, ...]
    parser: Any
    collected: Collected
    identifier: str
    processes: dict[str, tuple[str, ...]]
    autostarted: tuple[tuple[str, str], ...]
    server_count: int
    has_own_program: bool
    complaints: tuple[Complaint, ...]
    warnings: tuple[str, ...]

    @property
    def file(self) -> str:
        return self.files[0]


def search_paths() -> list[str]:
    """Return where supervisorctl looks for a supervisord.conf, in its order."""
    paths: list[str] = Options(require_configfile=False).searchpaths
    return paths


def find_default() -> str | None:
    """Return the first file where supervisorctl looks, None when there is none."""
    return _first(search_paths())


def find(conf: str | None, places: Sequence[str] | None = None) -> str:
    """Return the configuration file that the user means.

    Args:
        conf: what he named, if he did.
        places: where to look otherwise; those of supervisorctl by default.

    Raises:
        CommandError: there is no such file.
    """
    if conf is not None and not Path(conf).is_file():
        raise CommandError(f"{conf} is no file", "name a supervisord.conf with -c CONF")
    places = search_paths() if places is None else places
    found = conf or _first(places)
    if found is None:
        problem = f"there is no supervisord.conf at any of {', '.join(places)}"
        raise CommandError(problem, "name yours with -c CONF")
    return found


def _first(places: Sequence[str]) -> str | None:
    return next((place for place in places if Path(place).is_file()), None)


def read(file: str) -> Reading:
    """Read a configuration and all that it includes."""
    reader = _Reader(file)
    reader.read()
    return Reading(
        files=reader.files(),
        parser=reader.parser,
        collected=reader.collected(),
        identifier=getattr(reader.configroot.supervisord, "identifier", "supervisor"),
        processes=reader.processes(),
        autostarted=tuple(reader.autostarted),
        server_count=reader.server_count,
        has_own_program=reader.has_own_program,
        complaints=tuple(reader.complaints),
        warnings=tuple(reader.parse_warnings),
    )


class _Reader(ServerOptions):  # type: ignore[misc]
    """Supervisor's own reader, which goes on where the original would stop."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.configfile = file
        self.parser: Any = None
        self.complaints: list[Complaint] = []
        self.autostarted: dict[tuple[str, str], None] = {}
        self.server_count = 0
        self.has_own_program = False

    def read(self) -> None:
        self._attempt(("supervisord", "include"), self.process_config_file, False)
        if self.parser is None:
            self._go_on()

    def files(self) -> tuple[str, ...]:
        included = (_INCLUDED.fullmatch(info) for info in self.parse_infos)
        return (self.configfile, *(match[1] for match in included if match))

    def collected(self) -> Collected:
        if self.parser is None:
            return Collected(file=self.configfile)
        return collect(self.parser, self.configfile, self.here, self.environ_expansions)

    def processes(self) -> dict[str, tuple[str, ...]]:
        groups = getattr(self.configroot.supervisord, "process_group_configs", ())
        return {
            group.name: tuple(process.name for process in group.process_configs)
            for group in groups
            if f"program:{group.name}" != PROGRAM_SECTION
        }

    def _go_on(self) -> None:
        """Read the other sections although Supervisor stopped at `[supervisord]`."""
        parser = UnhosedConfigParser()
        parser.expansions = self.environ_expansions
        try:
            for file in self.files():
                parser.read(file)
                parser.expand_here(os.path.abspath(os.path.dirname(file)))
        except (configparser.Error, ValueError):
            return  # the line that cannot be read was complained of already
        self.get_plugins(parser, "supervisor.rpcinterface_factory", "rpcinterface:")
        groups = self.process_groups_from_parser(parser)
        self.configroot.supervisord.process_group_configs = groups
        self.server_configs_from_parser(parser)

    # --- what Supervisor calls while it reads ----------------------------------------------

    def get_plugins(self, parser: Any, factory_key: str, section_prefix: str) -> Any:
        self.parser = parser
        self.has_own_program = parser.has_section(PROGRAM_SECTION)
        return self._attempt(
            (section_prefix,), super().get_plugins, parser, factory_key, section_prefix
        )

    def process_groups_from_parser(self, parser: Any) -> Any:
        return self._attempt(_PROGRAMS, super().process_groups_from_parser, parser)

    def _processes_from_section(
        self, parser: Any, section: str, group_name: str, klass: Any = None
    ) -> Any:
        original = super()._processes_from_section
        configs = self._attempt((section,), original, parser, section, group_name, klass)
        if any(config.autostart for config in configs):
            self.autostarted[section, group_name] = None
        return configs

    def server_configs_from_parser(self, parser: Any) -> Any:
        self.server_count = sum(name.startswith(_HTTP_SERVERS) for name in parser.sections())
        return self._attempt(_HTTP_SERVERS, super().server_configs_from_parser, parser)

    def _attempt(self, sections: tuple[str, ...], call: Callable[..., Any], *args: Any) -> Any:
        """Return what `call` gives, or nothing but a complaint about `sections`."""
        try:
            return call(*args)
        except Exception as error:  # noqa: BLE001 - it, and each plugin, raises what it likes
            self.complaints.append(Complaint(sections, error))
            return []
