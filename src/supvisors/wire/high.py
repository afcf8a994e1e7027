"""Which process events somebody has: a number for each address, and cursors.

Holds: `High`, which tells a new event from one that was had before; `Place`, how far somebody is
    in a journal; `Cursor`, what a client saves to go on where it stopped; `Bookmark`, its cursor
    while it works through events.
Must not touch: events beyond their source id.
Invariants: of one life of a supervisord, an id is new only if its number is above all that
    were taken before. `Cursor.decode(cursor.encode()) == cursor`.
Tests: tests/wire/test_high.py. For every language: wire/README.md, section "Dialect 2".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Final

import msgspec

from supvisors.wire.dialect2 import Identity, Number

#: Lives of one supervisord that are told apart. An event of an earlier one comes late only
#: while agents restart, and then the life before the last is the oldest that can.
LIVES_MAX: Final = 4

#: For each address its lives, the latest first: boot identity and highest number.
Lives = Mapping[str, Iterable[tuple[str, int]]]


class High:
    """The highest number taken of each address.

    Identities of boots have no order, so several are kept for each address: the event that a
    restarted agent tells again may be of the life before this one.
    """

    def __init__(self, lives: Lives | None = None) -> None:
        self._lives = {name: dict(pairs) for name, pairs in (lives or {}).items()}

    def take(self, source: tuple[str, str, int]) -> bool:
        """Take an event; return whether it is new."""
        address, boot, seq = source
        lives = self._lives.setdefault(address, {})
        if boot in lives:
            if seq <= lives[boot]:
                return False
            lives[boot] = seq
            return True
        while len(lives) >= LIVES_MAX:
            del lives[next(reversed(lives))]
        self._lives[address] = {boot: seq, **lives}
        return True

    def lives(self) -> dict[str, list[tuple[str, int]]]:
        """All that is known, to be given to another `High`."""
        return {name: list(lives.items()) for name, lives in self._lives.items()}


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which process events a client has. What is in it is its own business and ours.

    Attributes:
        journal: identity of the journal that `seq` belongs to.
        seq: the client has all records of the journal up to this one.
        high: which it has, by their source (`High.lives`).
        told: the client has all records up to this one too, but where to go on is `seq`, since
            these may not be safe on disk yet; None where there are none.
    """

    journal: Identity
    seq: Number
    high: dict[str, list[tuple[str, Annotated[int, msgspec.Meta(ge=0)]]]]
    told: Number | None = None

    def encode(self) -> str:
        """The cursor as a text, for a file or a column of the client."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def decode(cls, text: str | bytes) -> Cursor:
        """The cursor of a text that `encode` gave.

        Raises:
            ValueError: it is no such text; start without a cursor.
        """
        try:
            return msgspec.json.decode(text, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"not a cursor: {error}; start without one") from None


class Place:
    """How far somebody is in a journal, if he is in one.

    Args:
        cursor: where he begins, None for nowhere.

    Attributes:
        position: identity of the journal, and number of the record after which to go on.
        told: number up to which he has everything, what is not safe on disk yet included.
    """

    def __init__(self, cursor: Cursor | None) -> None:
        self.position = None if cursor is None else (cursor.journal, cursor.seq)
        self.told = 0 if cursor is None else max(cursor.seq, cursor.told or 0)

    def move(self, position: tuple[str, int] | None) -> None:
        """Move the position; `told` stays ahead of it, if that is on in the same journal."""
        before, self.position = self.position, position
        reached = 0 if position is None else position[1]
        is_on = before and position and before[0] == position[0] and before[1] <= reached
        self.told = max(self.told, reached) if is_on else reached

    def tell(self, record: int | None) -> None:
        """Take note that he has a record, and all before it."""
        if self.position is not None and record is not None:
            self.told = max(self.told, record)

    def cursor(self, high: High) -> Cursor | None:
        """Return the cursor of who has come so far; None outside of any journal."""
        if self.position is None:
            return None
        told = self.told if self.told > self.position[1] else None
        return Cursor(*self.position, high.lives(), told)


class Bookmark:
    """The cursor of a client that is handed the events of one message one after the other.

    The synchroniser's own cursor is ahead of it, as it is behind all of them already: a client
    that saved that one and was killed would miss the rest.

    Args:
        cursor: where the client begins, None for the present.
    """

    def __init__(self, cursor: Cursor | None) -> None:
        self._place = Place(cursor)
        self._high = High(cursor.high if cursor else None)

    @property
    def cursor(self) -> Cursor | None:
        return self._place.cursor(self._high)

    def take(self, source: tuple[str, str, int], record: int | None) -> None:
        """The client is handed this event, and has all before it."""
        self._high.take(source)
        self._place.tell(record)

    def settle(self, position: tuple[str, int] | None, told: int) -> None:
        """The client was handed everything up to this place of the synchroniser."""
        self._place.move(position)
        self._place.tell(told)
