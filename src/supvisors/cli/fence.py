"""`supvisors fence` and `supvisors unfence`: shut an address out, and let it in again.

Holds: the two commands.
Must not touch: whether an order is allowed, which the agent says; the way to it (`server.py`).
Tests: tests/cli/test_server.py, tests/live/test_status.py.
"""

from __future__ import annotations

from typing import Annotated

import typer

from supvisors.cli import server
from supvisors.cli.conf import ConfOption

AddressArgument = Annotated[
    str, typer.Argument(metavar="ADDRESS", show_default=False, help="Its name in address_list.")
]


def fence(address: AddressArgument, conf: ConfOption = None) -> None:
    """Shut an address out of the system.

    All others take nothing from it and give it nothing any more: it becomes ISOLATED, and
    stays so over restarts, until it is unfenced. Its programs are not touched. The order is
    given at any other address than the one that it is for.
    """
    server.call(conf, "fence", address)
    print(f"{address} is fenced, until 'supvisors unfence {address}'")


def unfence(address: AddressArgument, conf: ConfOption = None) -> None:
    """Let an address that was fenced come back.

    Where the system was parted, each side has fenced the other: it is unfenced once on each.
    """
    server.call(conf, "unfence", address)
    print(f"{address} is fenced no more: it comes back with its next beat")
