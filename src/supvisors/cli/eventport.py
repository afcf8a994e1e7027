"""Which event port is meant.

Holds: `HostOption`, `PortOption` and `SecondsOption` of the words that listen; `port_of`,
`default_port`; `tell`, for what is said beside the output.
Must not touch: sockets.
Tests: tests/cli/test_events.py.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from supvisors.cli import conf as conf_files
from supvisors.cli.complaints import as_mistakes
from supvisors.cli.errors import CommandError
from supvisors.config import OPTIONS, Option

HostOption = Annotated[str, typer.Option(metavar="H", help="Where they are published.")]
PortOption = Annotated[
    int | None,
    typer.Option(
        metavar="P", min=1, max=65535, help="The event port; else the event_port of CONF."
    ),
]
SecondsOption = Annotated[
    float | None, typer.Option(metavar="S", min=0, help="End after S seconds.")
]


def port_of(conf: str | None) -> int:
    """Return the `event_port` of a configuration, its default where nothing is written."""
    option, default = _option(), default_port()
    file = conf_files.find(conf) if conf is not None else conf_files.find_default()
    if file is None:
        return default
    reading = conf_files.read(file)
    if reading.parser is None:
        complaint = as_mistakes(reading.complaints[0], reading)[0]
        if conf is not None:
            raise CommandError(str(complaint))
        tell(f"{complaint} Listening on the default port, {default}.")
        return default
    text = reading.collected.options.get(option.name, str(default))
    try:
        port: int = option.kind.read(text.strip())
    except ValueError as error:
        raise CommandError(f"{file}: {option.name} = {text!r}: {error}", option.cure) from error
    return port


def default_port() -> int:
    """Return the event port where nothing is configured."""
    port: int = _option().default
    return port


def tell(text: str) -> None:
    """Say something on standard error."""
    print(f"supvisors: {text}", file=sys.stderr, flush=True)


def _option() -> Option:
    return next(option for option in OPTIONS if option.name == "event_port")
