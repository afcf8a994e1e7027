"""`supvisors keys client`: which clients on other hosts may hear the events.

Holds: the commands `make`, `add`, `remove` and `list`.
Must not touch: what a key is and where it lies (`supvisors.keys`).
Invariants: no secret key is printed. Standard output of `make` is the public key and nothing
else.
Tests: tests/cli/test_client_keys.py.
"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from supvisors.cli.conf import ConfOption
from supvisors.cli.keysite import as_command_error, site_of, tell
from supvisors.keys import KeyKind, make_pair_file

client = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What the client is called.")]


@client.callback()
def _client(ctx: typer.Context) -> None:
    """Say by their keys which clients on other hosts may hear the events.

    \b
      supvisors keys client make FILE      where the client runs: make its pair of keys
      supvisors keys client add NAME KEY   here: let it in, by the public key
      supvisors keys client list           see who may come in

    It needs the option event_host, and the key of this host, which 'supvisors keys show' prints.
    A client's key opens no other door: with it nobody joins the system.
    """
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


@client.command("make")
def make(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="For the secret key; must not exist.")
    ],
) -> None:
    """Make the pair of keys of a client. The public one is printed."""
    with as_command_error():
        print(make_pair_file(file))


@client.command("add")
def add(
    name: NameArgument,
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="What 'supvisors keys client make' printed.")
    ],
    conf: ConfOption = None,
) -> None:
    """Let a client in, by its public key.

    A key that it had is replaced. Write the key between single quotes, since it has characters
    that a shell would read.
    """
    site = site_of(conf)
    with as_command_error():
        site.store.add(name, key, KeyKind.CLIENT)
    if site.settings.event_host is None:
        tell("event_host is not set, so no client comes in from another host before it is")


@client.command("remove")
def remove(name: NameArgument, conf: ConfOption = None) -> None:
    """Shut a client out: it is cut off, from now on."""
    site = site_of(conf)
    with as_command_error():
        site.store.remove(name, KeyKind.CLIENT)


@client.command("list")
def list_keys(
    conf: ConfOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show which clients have a key."""
    site = site_of(conf)
    with as_command_error():
        held = site.store.others(KeyKind.CLIENT)
    if as_json:
        rows = [{"name": name, "key": key} for name, key in held.items()]
        print(json.dumps({"clients": rows}, indent=2))
        return
    width = max(map(len, held), default=0)
    for name, key in held.items():
        print(f"{name:{width}}  {key}")
