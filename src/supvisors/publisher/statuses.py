"""The present statuses, encoded, as snapshots hold them.

Holds: `Statuses`.
Must not touch: sockets; what a status means.
Invariants: what was published, folded: the last status of everything that was not said to be
gone. It is encoded once, and its facts when a snapshot first needs them.
Tests: tests/publisher/test_dialect2.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from supvisors.model import (
    AddressStatus,
    ApplicationStatus,
    Body,
    ProcessStatus,
    SupvisorsStatus,
)
from supvisors.utils import PROCESS_EVENT_HEADER
from supvisors.wire import HEADERS
from supvisors.wire.dialect2 import Facts, encode_statuses, process_item

Key = tuple[str, ...]
#: A process whose facts are not encoded yet.
_Bare = tuple[bytes, Facts | None]


class Statuses:
    """What the clients were told last of everything."""

    def __init__(self) -> None:
        self._items: dict[str, dict[Key, bytes | _Bare]] = {
            header: {} for header in HEADERS if header != PROCESS_EVENT_HEADER
        }
        self._version = 0
        self._made: dict[tuple[str, ...], tuple[int, bytes]] = {}

    def keep(
        self, header: str, body: Body, data: bytes, facts: Facts | None, *, gone: bool
    ) -> None:
        """Take note of what was published.

        Args:
            data: the body, encoded.
            facts: of a process.
            gone: it exists no longer.
        """
        items = self._items.get(header)
        if items is None:
            return
        self._version += 1
        if gone:
            items.pop(_key(body), None)
        else:
            items[_key(body)] = (data, facts) if isinstance(body, ProcessStatus) else data

    def snapshot(self, headers: tuple[str, ...]) -> bytes:
        """Return the third frame of a snapshot; the same bytes while nothing changes."""
        version, data = self._made.get(headers, (-1, b""))
        if version != self._version:
            if any(made[0] != self._version for made in self._made.values()):
                self._made.clear()
            items = {h: _encoded(self._items[h]) for h in headers if h in self._items}
            data = encode_statuses(items)
            self._made[headers] = (self._version, data)
        return data


def _encoded(items: dict[Key, bytes | _Bare]) -> Iterator[bytes]:
    for key, item in items.items():
        if not isinstance(item, bytes):
            item = items[key] = process_item(*item)
        yield item


def _key(body: Body) -> Key:
    match body:
        case AddressStatus(address_name):
            return (address_name,)
        case ApplicationStatus(application_name):
            return (application_name,)
        case ProcessStatus(application_name, process_name):
            return (application_name, process_name)
        case SupvisorsStatus():
            return ()
    raise AssertionError(f"{body} has no status")
