"""The topics of dialect 2, and what a subscription to one of them asks for.

Holds: `TOPICS` with `REMOVED` and `BEAT`; the requests for a snapshot and for a replay, which
    travel as subscriptions; `parse`, for publishers.
Must not touch: what a publisher answers; frames other than the topic.
Invariants: `parse` gives a request or None for any bytes; `parse(request.topic) == request`.
    A topic is never longer than `TOPIC_BYTES_MAX`.
Tests: tests/wire/test_requests.py. For every language: wire/README.md, section "Dialect 2".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from supvisors.wire.forms import HEADERS

#: First byte of every topic of dialect 2; no header begins with it.
MARK: Final = b"\x01"
#: Topic of each header, and of what has no header in dialect 1.
TOPICS: Final = {header: MARK + header.encode() for header in HEADERS}
REMOVED: Final = MARK + b"removed"
BEAT: Final = MARK + b"beat"
#: Everything that is sequenced: each of these has numbers of its own within a stream.
REMOVED_NAME: Final = "removed"
SEQUENCED: Final = (*HEADERS, REMOVED_NAME)

#: A longer subscription is no request of this protocol.
TOPIC_BYTES_MAX: Final = 200
#: Slots that a client has for its requests, and reuses.
SLOTS: Final = 8
#: Records in one page of a replay, at the most.
PAGE_RECORDS_MAX: Final = 1_000
#: Stands for whatever journal there is, in a request by time.
ANY_JOURNAL: Final = "*"

_CLIENT: Final = r"[A-Za-z0-9_-]{1,32}"
_NUMBER: Final = r"0|[1-9][0-9]{0,15}"
NUMBER_MAX: Final = 2**53 - 1

_SNAPSHOT: Final = re.compile(rf"\x01snap\|({_CLIENT})\|([0-7])\|([a-z,]+)".encode())
_REPLAY: Final = re.compile(
    rf"\x01replay\|({_CLIENT})\|([0-7])\|({_CLIENT}|\*)\|(t?)({_NUMBER})".encode()
)


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """Whatever is published under one topic from now on.

    Attributes:
        name: a header, `removed` or `beat`.
    """

    name: str

    @property
    def topic(self) -> bytes:
        return MARK + self.name.encode()


@dataclass(frozen=True, slots=True)
class SnapshotRequest:
    """All statuses now, and in the same step the live topics of these headers and `removed`.

    Attributes:
        client: who asks, in [A-Za-z0-9_-], 32 characters at most.
        slot: in [0;7]; a client answers to itself which one is in use.
        headers: which statuses; in the order of the table of headers, each once, `event` only
            to have its live topic registered.
    """

    client: str
    slot: int
    headers: tuple[str, ...]

    @property
    def topic(self) -> bytes:
        return MARK + f"snap|{self.client}|{self.slot}|{','.join(self.headers)}".encode()


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """A page of the journal, and in the same step the live topic of `event`.

    Attributes:
        client, slot: as in `SnapshotRequest`.
        journal: which journal the number belongs to; `ANY_JOURNAL` in a request by time.
        after: number of the last record that the client has; None in a request by time.
        since_ms: wall time from which on records are wanted, in POSIX ms.
    """

    client: str
    slot: int
    journal: str
    after: int | None = None
    since_ms: int | None = None

    @property
    def topic(self) -> bytes:
        where = f"t{self.since_ms}" if self.after is None else f"{self.after}"
        return MARK + f"replay|{self.client}|{self.slot}|{self.journal}|{where}".encode()


Request = LiveRequest | SnapshotRequest | ReplayRequest
_LIVE: Final = {
    request.topic: request for request in (LiveRequest(name) for name in (*SEQUENCED, "beat"))
}


def parse(topic: bytes) -> Request | None:
    """Return what a subscription asks for; None when it is no request of dialect 2.

    Of such a subscription nothing is to be registered at all.
    """
    if len(topic) > TOPIC_BYTES_MAX:
        return None
    if topic in _LIVE:
        return _LIVE[topic]
    if match := _SNAPSHOT.fullmatch(topic):
        client, slot, names = (group.decode() for group in match.groups())
        return _snapshot(client, int(slot), tuple(names.split(",")))
    if match := _REPLAY.fullmatch(topic):
        client, slot, journal, by_time, number = (group.decode() for group in match.groups())
        return _replay(client, int(slot), journal, bool(by_time), int(number))
    return None


def _snapshot(client: str, slot: int, names: tuple[str, ...]) -> SnapshotRequest | None:
    is_canonical = names == tuple(header for header in HEADERS if header in names)
    return SnapshotRequest(client, slot, names) if is_canonical else None


def _replay(
    client: str, slot: int, journal: str, by_time: bool, number: int
) -> ReplayRequest | None:
    if number > NUMBER_MAX or (journal == ANY_JOURNAL) is not by_time:
        return None
    if by_time:
        return ReplayRequest(client, slot, journal, since_ms=number)
    return ReplayRequest(client, slot, journal, after=number)
