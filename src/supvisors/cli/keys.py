"""`supvisors keys`: who may join the system.

Holds: the commands `init`, `show`, `add`, `remove` and `list`.
Must not touch: what a key is and where it lies (`supvisors.keys`).
Invariants: no secret key is printed. Standard output of `show` is the public key and nothing
else.
Tests: tests/cli/test_keys.py.
"""

from __future__ import annotations

import json
import os
import pwd
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from supvisors.cli import conf as conf_files
from supvisors.cli.conf import ConfOption
from supvisors.cli.errors import CommandError
from supvisors.cli.findings import settings_of
from supvisors.config import ConfigError, Settings
from supvisors.durable import Owner
from supvisors.keys import KeysError, KeyStore

keys = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)

AddressArgument = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="Its name, as address_list has it.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@keys.callback()
def _keys(ctx: typer.Context) -> None:
    """Say by their keys who may join the system.

    Agents that are not all on loopback know each other by keys. Each host makes its own, once,
    and is told the keys of the others:

    \b
      supvisors keys init             on each host: make its key
      supvisors keys show             on each host: print it, to be told to the others
      supvisors keys add ADDRESS KEY  on each host, for each other one
      supvisors keys list             see who lacks one

    A key of another host acts at once, as does its removal. The first own key acts when the
    agent starts again. Keys lie in the directory keys of state_dir.
    """
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


@keys.command("init")
def init(conf: ConfOption = None) -> None:
    """Make the key of this host. An existing one is never overwritten."""
    site = _site(conf)
    with _as_command_error():
        public = site.store.init()
    _tell(f"made {site.store.own_path}; start the agent again: supervisorctl restart supvisors")
    _tell(f"on each other host: supvisors keys add {site.settings.local.name} '{public}'")


@keys.command("show")
def show(conf: ConfOption = None, as_json: JsonOption = False) -> None:
    """Print the public key of this host."""
    site = _site(conf)
    with _as_command_error():
        public = site.store.public()
    print(json.dumps({"address": site.settings.local.name, "key": public}) if as_json else public)


@keys.command("add")
def add(
    address: AddressArgument,
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="What 'supvisors keys show' prints there.")
    ],
    conf: ConfOption = None,
) -> None:
    """Let an address in, by its public key.

    A key that it had is replaced. Write the key between single quotes, since it has characters
    that a shell would read.
    """
    site = _site(conf)
    if address == site.settings.local.name:
        cure = "add it on the other hosts; 'supvisors keys init' has made it here"
        raise CommandError(f"{address} is this host", cure)
    with _as_command_error():
        site.store.add(address, key)
    if address not in site.names:
        _tell(f"{address} is not in address_list, so its key is not used before it is there")


@keys.command("remove")
def remove(address: AddressArgument, conf: ConfOption = None) -> None:
    """Shut an address out: its key is not taken any more, from now on."""
    site = _site(conf)
    with _as_command_error():
        site.store.remove(address)


@keys.command("list")
def list_keys(conf: ConfOption = None, as_json: JsonOption = False) -> None:
    """Show which addresses have a key, and which lack one."""
    site = _site(conf)
    with _as_command_error():
        own = site.store.public() if site.store.has_own() else None
        held = site.store.peers()
    local = site.settings.local.name
    held = {**held, **({local: own} if own is not None else {})}
    rows = [
        {"address": name, "key": held.get(name), "listed": name in site.names}
        for name in (*site.names, *sorted(set(held) - set(site.names)))
    ]
    if as_json:
        print(json.dumps({"local": local, "addresses": rows}, indent=2))
        return
    width = max(len(str(row["address"])) for row in rows)
    for row in rows:
        remarks = ("this host", row["address"] == local), ("not in address_list", not row["listed"])
        remark = ", ".join(words for words, holds in remarks if holds)
        line = f"{row['address']:{width}}  {row['key'] or 'no key':40}  {remark}"
        print(line.rstrip())


# --- which store ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Site:
    """What a configuration says of its keys."""

    settings: Settings
    store: KeyStore

    @property
    def names(self) -> list[str]:
        return [entry.name for entry in self.settings.addresses]


def _site(conf: str | None) -> _Site:
    """Return the settings and the store of the configuration that the user means.

    Raises:
        CommandError: it has a mistake, or no `state_dir`.
    """
    reading = conf_files.read(conf_files.find(conf))
    try:
        settings, _ = settings_of(reading)
    except ConfigError as error:
        raise CommandError(" ".join(map(str, error.mistakes))) from error
    if settings.state_dir is None:
        raise CommandError(
            f"{reading.file}: [supvisors] state_dir is not set, and keys lie there",
            "write an absolute path, for example: state_dir = %(here)s/state",
        )
    return _Site(settings, KeyStore(settings.state_dir, _owner(settings)))


def _owner(settings: Settings) -> Owner:
    """Return whose the files shall be: the agent's user, when root writes them for it."""
    if os.geteuid() != 0:
        return None
    if settings.user is not None:
        is_number = settings.user.isdigit()
        user = pwd.getpwuid(int(settings.user)) if is_number else pwd.getpwnam(settings.user)
        return user.pw_uid, user.pw_gid
    try:
        info = os.stat(settings.state_dir or "")
    except OSError:
        return None
    return info.st_uid, info.st_gid


@contextmanager
def _as_command_error() -> Iterator[None]:
    try:
        yield
    except KeysError as error:
        raise CommandError(str(error)) from error


def _tell(text: str) -> None:
    print(f"supvisors: {text}", file=sys.stderr)
