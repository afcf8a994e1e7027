"""The numbered records that the tap keeps and sends, and how they are written as bytes.

Holds: `Ring`, the bounded memory of the last records; `frame`, one JSON line.
Must not touch: sockets, supervisord.
Invariants: numbers rise by one; the ring holds a contiguous range of them.
Tests: tests/plugin/test_records.py.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping

#: Version of the frames between plugin and agent. Both come from one installation, so that
#: a mismatch means an upgrade in progress: the agent says so and is started again.
TAP_VERSION = 2

#: Records kept for a reader that is slow, cut off or restarted: about 10 MiB at the most.
RING_RECORDS = 20_000

_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), check_circular=False, allow_nan=False
).encode


def frame(content: Mapping[str, object]) -> bytes:
    """Return `content` as one line of JSON. JSON escapes line ends, so a line is a frame.

    Lone surrogates, which a name in a configuration file of an odd encoding can hold, are
    replaced: a frame is always valid UTF-8.

    Raises:
        TypeError, ValueError: `content` holds a value that JSON does not have.
    """
    return _encode(content).encode("utf-8", "replace") + b"\n"


class Ring:
    """The last records, encoded, each with its number.

    Attributes:
        last: number of the newest record, 0 before the first.
    """

    def __init__(self, capacity: int = RING_RECORDS) -> None:
        self._lines: deque[bytes] = deque(maxlen=capacity)
        self.last = 0

    @property
    def first(self) -> int:
        """Number of the oldest record still held; `last + 1` when there is none."""
        return self.last - len(self._lines) + 1

    def append(self, kind: str, content: Mapping[str, object]) -> int:
        """Number, encode and keep a record; return its number."""
        self.last += 1
        self._lines.append(frame({"type": kind, "seq": self.last, **content}))
        return self.last

    def from_number(self, seq: int, max_bytes: int) -> Iterator[bytes]:
        """Yield the records from number `seq` on, until `max_bytes` are exceeded."""
        assert self.first <= seq <= self.last + 1, "asked for records that are not held"
        for index in range(seq - self.first, len(self._lines)):
            line = self._lines[index]
            yield line
            max_bytes -= len(line)
            if max_bytes <= 0:
                return
