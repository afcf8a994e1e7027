"""`supvisors fence` and `supvisors unfence`: shut an address out, and let it in again.

Holds: the two commands.
Must not touch: whether an order is allowed, which the agent says; the way to it (`server.py`).
Tests: tests/cli/test_server.py, tests/live/test_status.py.
"""

from __future__ import annotations

from supvisors.cli import server
from supvisors.cli.conf import ConfOption
from supvisors.cli.names import AddressArgument, JsonOption
from supvisors.cli.outcome import confirm


def fence(address: AddressArgument, as_json: JsonOption = False, conf: ConfOption = None) -> None:
    """Shut an address out of the system.

    All others take nothing from it and give it nothing any more: it becomes ISOLATED, and
    stays so over restarts, until it is unfenced. Its programs are not touched. The order is
    given at any other address than the one that it is for.
    """
    done = server.call(conf, "fence", address)
    confirm("fence", done, f"{address} is fenced, until 'supvisors unfence {address}'", as_json)


def unfence(address: AddressArgument, as_json: JsonOption = False, conf: ConfOption = None) -> None:
    """Let an address that was fenced come back.

    Where the system was parted, each side has fenced the other: it is unfenced once on each.
    """
    done = server.call(conf, "unfence", address)
    text = f"{address} is fenced no more: it comes back with its next beat"
    confirm("unfence", done, text, as_json)
