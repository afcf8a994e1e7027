"""`supvisors keys`: who may join the system.

Holds: the commands `init`, `show`, `add`, `remove` and `list`.
Must not touch: what a key is and where it lies (`supvisors.keys`).
Invariants: no secret key is printed. Standard output of `show` is the public key and nothing
else.
Tests: tests/cli/test_keys.py.
"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from supvisors.cli.clientkeys import client
from supvisors.cli.conf import ConfOption
from supvisors.cli.errors import CommandError
from supvisors.cli.keysite import as_command_error, site_of, tell

keys = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)
keys.add_typer(client, name="client")

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
    agent starts again. Keys lie in the directory keys of state_dir. Clients on other hosts that
    hear events have keys of their own: see 'supvisors keys client'.
    """
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


@keys.command("init")
def init(conf: ConfOption = None) -> None:
    """Make the key of this host. An existing one is never overwritten."""
    site = site_of(conf)
    with as_command_error():
        public = site.store.init()
    tell(f"made {site.store.own_path}; start the agent again: supervisorctl restart supvisors")
    tell(f"on each other host: supvisors keys add {site.settings.local.name} '{public}'")


@keys.command("show")
def show(conf: ConfOption = None, as_json: JsonOption = False) -> None:
    """Print the public key of this host."""
    site = site_of(conf)
    with as_command_error():
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
    site = site_of(conf)
    if address == site.settings.local.name:
        cure = "add it on the other hosts; 'supvisors keys init' has made it here"
        raise CommandError(f"{address} is this host", cure)
    with as_command_error():
        site.store.add(address, key)
    if address not in site.names:
        tell(f"{address} is not in address_list, so its key is not used before it is there")


@keys.command("remove")
def remove(address: AddressArgument, conf: ConfOption = None) -> None:
    """Shut an address out: its key is not taken any more, from now on."""
    site = site_of(conf)
    with as_command_error():
        site.store.remove(address)


@keys.command("list")
def list_keys(conf: ConfOption = None, as_json: JsonOption = False) -> None:
    """Show which addresses have a key, and which lack one."""
    site = site_of(conf)
    with as_command_error():
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
