"""Which event port is meant.

Holds: `HostOption`, `PortOption`, the options of the keys and `SecondsOption` of the words that
listen; `port_of`, `default_port`, `curve_of`; `tell`, for what is said beside the output.
Must not touch: sockets.
Tests: tests/cli/test_events.py, tests/live/test_event_clients.py.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from supvisors.cli import conf as conf_files
from supvisors.cli.complaints import as_mistakes
from supvisors.cli.errors import CommandError
from supvisors.client import Curve
from supvisors.config import OPTIONS, Option

HostOption = Annotated[str, typer.Option(metavar="H", help="Where they are published.")]
PortOption = Annotated[
    int | None,
    typer.Option(
        metavar="P", min=1, max=65535, help="The event port; else the event_port of CONF."
    ),
]
ServerKeyOption = Annotated[
    str | None,
    typer.Option(
        metavar="K",
        help="With --key: the public key of host H, as 'supvisors keys show' prints it there.",
    ),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="For the event_host of another host: this client's secret key, "
        "made by 'supvisors keys client make'.",
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


def curve_of(server_key: str | None, file: str | None) -> Curve | None:
    """Return the keys to listen with, None in the clear."""
    if server_key is None and file is None:
        return None
    if server_key is None or file is None:
        given, missing = (
            ("--key", "--server-key") if file is not None else ("--server-key", "--key")
        )
        raise CommandError(f"{given} needs {missing}", "give both, or none on the host itself")
    try:
        return Curve.load(server_key, file)
    except OSError as error:
        problem = f"{file}: {error.strerror}"
        raise CommandError(problem, "'supvisors keys client make FILE' makes one") from error
    except ValueError as error:
        cure = "give --server-key what 'supvisors keys show' prints on that host"
        raise CommandError(f"{file} with {server_key!r}: {error}", cure) from error


def default_port() -> int:
    """Return the event port where nothing is configured."""
    port: int = _option().default
    return port


def tell(text: str) -> None:
    """Say something on standard error."""
    print(f"supvisors: {text}", file=sys.stderr, flush=True)


def _option() -> Option:
    return next(option for option in OPTIONS if option.name == "event_port")
