"""Both ends of a stream of records, without the network between them.

Holds: `Outbox`, our stream; `Inbox`, what has arrived of a peer's.
Must not touch: bytes, sockets, clocks; who may speak for whom.
Invariants: what an inbox tells of one stream `(address, agent boot)` is a list, then the
records after it in order and once; a hole is told once, before what follows it; a boot that
was left never comes back; both ends are bounded.
Tests: tests/contract/test_stream.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from supvisors.core.inputs import BusFact, Fetched, Got, Missed, PeerList, StreamRecord, Ticked
from supvisors.core.messages import Beat

#: Records of our own that a peer can fetch; before them it gets the list.
OUTBOX_RECORDS_MAX: Final = 2000
#: Records of a peer that a third host can fetch here.
INBOX_RECORDS_MAX: Final = 200
#: Records that wait for an earlier one or for the list.
HELD_MAX: Final = 500
#: Boots of dead agents that are remembered for each peer.
LEFT_MAX: Final = 8
#: Requests under way for one peer; the core asks again before it has as many.
ASKS_MAX: Final = 8
#: Beats in a row that a boot needs which we never met and which speaks from the past.
DOUBTS: Final = 3


class _Ring:
    """The last records of a stream, and the number of the last one."""

    def __init__(self, size: int) -> None:
        self.seq = 0
        self._records: deque[StreamRecord] = deque(maxlen=size)

    def restart(self, seq: int) -> None:
        self.seq = seq
        self._records.clear()

    def append(self, record: StreamRecord) -> None:
        self.seq += 1
        self._records.append(record)

    def after(self, seq: int) -> tuple[StreamRecord, ...] | None:
        """Return the records after `seq`, None when one of them is gone."""
        count = self.seq - seq
        if count > len(self._records):
            return None
        return tuple(self._records)[-count:] if count > 0 else ()


class Outbox:
    """Our stream: numbers our records from 1 and keeps the last ones.

    Args:
        boot: identity of our agent.
        size: how many records are kept.
    """

    def __init__(self, boot: str, size: int = OUTBOX_RECORDS_MAX) -> None:
        self.boot = boot
        self._ring = _Ring(size)

    @property
    def seq(self) -> int:
        """Number of the last record, 0 before the first."""
        return self._ring.seq

    def append(self, record: StreamRecord) -> int:
        """Take a record; return its number."""
        self._ring.append(record)
        return self._ring.seq

    def after(self, boot: str, seq: int) -> tuple[StreamRecord, ...] | None:
        """Return the records after `seq`, None when they are gone or the boot is not ours."""
        return self._ring.after(seq) if boot == self.boot else None


class Inbox:
    """What arrives of one peer: its ticks, and the stream of its agent.

    Args:
        address: the peer.
        dropped: told a reason for each message that changes nothing.
        size: how many told records are kept for a third host.
        held_max: how many records may wait for an earlier one.
    """

    def __init__(
        self,
        address: str,
        dropped: Callable[[str], None],
        size: int = INBOX_RECORDS_MAX,
        held_max: int = HELD_MAX,
    ) -> None:
        self.address = address
        self.boot = ""
        self._dropped = dropped
        self._held_max = held_max
        self._left: deque[str] = deque(maxlen=LEFT_MAX)
        #: The boot is known from the peer itself, not from a third host alone.
        self._is_first_hand = False
        self._beat_number = -1
        self._sent_ms = 0
        self._doubt = ("", -1, 0)  # boot, number of its last beat, how many beats
        self._told = _Ring(size)
        self._asks: dict[int, str] = {}
        self.forget()

    def forget(self) -> None:
        """Follow nothing until the list was fetched again. Boots that were left stay known."""
        self._is_listed = False
        self._awaits_list = False
        self._told.restart(0)
        self._held: dict[int, StreamRecord] = {}
        self._known_seq = 0  # the highest number that we heard of
        self._missed_after: int | None = None  # where the hole is that was told last
        self._asks.clear()

    # --- what the peer says by itself ------------------------------------------------------

    def tick(
        self, boot: str, last_seq: int, sent_ms: int, beat: Beat, local_ms: int
    ) -> list[BusFact]:
        """Take a beat, whose agent had told `last_seq` records; return the facts."""
        if boot != self.boot:
            if not self._is_successor(boot, sent_ms, beat.number):
                return []
            if self._is_first_hand:
                self._left.append(self.boot)
            self._follow(boot)
        elif beat.number <= self._beat_number:
            self._dropped("late tick")
            return []
        self._is_first_hand, self._doubt = True, ("", -1, 0)
        self._beat_number, self._sent_ms = beat.number, sent_ms
        self._known_seq = max(self._known_seq, last_seq)
        return [Ticked(self.address, sent_ms, local_ms, boot, beat), *self._settle()]

    def _is_successor(self, boot: str, sent_ms: int, number: int) -> bool:
        """Tell whether the agent that says it is `boot` follows the one that we know.

        A late beat of a dead agent that we never met would make us leave the living one for
        ever. It gives itself away by its date. As a clock may have been set back, dates decide
        only until such a boot has beaten alone for some time.
        """
        if boot in self._left:
            self._dropped("old boot")
            return False
        if not self._is_first_hand or sent_ms > self._sent_ms:
            return True
        doubtful, last, count = self._doubt
        if boot != doubtful:
            last, count = -1, 0
        if number > last:
            self._doubt = (boot, number, count + 1)
        if self._doubt[2] >= DOUBTS:
            return True
        self._dropped("doubtful boot")
        return False

    def _follow(self, boot: str) -> None:
        asks = dict(self._asks)  # the answers may be those of the new agent
        self.forget()
        self._asks = asks
        self.boot, self._beat_number, self._is_first_hand = boot, -1, False

    def record(self, boot: str, seq: int, record: StreamRecord) -> list[BusFact]:
        """Take a record of the stream; return the facts."""
        if boot != self.boot:
            self._dropped("old boot" if boot in self._left else "unknown boot")
            return []
        if seq in self._held or (self._is_listed and seq <= self._told.seq):
            self._dropped("duplicate")
            return []
        self._known_seq = max(self._known_seq, seq)
        if len(self._held) < self._held_max or seq == self._told.seq + 1:
            self._held[seq] = record
        else:
            self._dropped("held too many")
        return self._settle()

    # --- fetches ---------------------------------------------------------------------------

    def ask(self, number: int, peer: str, boot: str, whole: bool) -> int | None:
        """Note that `peer` is being asked; return after which record, None for the list.

        When the list of a stream that we follow is wanted, its records wait for it.
        """
        follows = self._is_listed and boot == self.boot
        self._awaits_list = follows and whole
        while len(self._asks) >= ASKS_MAX:
            del self._asks[next(iter(self._asks))]
        self._asks[number] = peer
        return self._told.seq if follows and not whole else None

    def no_answer(self, number: int, peer: str) -> list[BusFact]:
        """Take the answer that there is nothing to answer with yet."""
        if self._is_asked(number, peer):
            self._awaits_list = False
        return self._settle()

    def listed(
        self, number: int, peer: str, boot: str, seq: int, peer_list: PeerList
    ) -> list[BusFact]:
        """Take a list that is true at record `seq`, told by `peer`; return the facts."""
        if not self._is_asked(number, peer):
            return []
        if boot != self.boot:
            if peer == self.address or boot in self._left:
                self._dropped("old boot" if boot in self._left else "unknown boot")
                return []
            self._follow(boot)
        self._awaits_list = False
        if self._is_listed and seq < self._told.seq:
            self._dropped("late answer")
            return self._settle()
        advances = not self._is_listed or seq > self._told.seq
        self._is_listed, self._missed_after = True, None
        self._told.restart(seq)
        self._let_go(keeps_later=advances)
        return [Fetched(self.address, boot, peer_list), *self._settle()]

    def filled(
        self, number: int, peer: str, boot: str, after: int, records: Sequence[StreamRecord]
    ) -> list[BusFact]:
        """Take the records after `after`, told by `peer`; return the facts."""
        if not self._is_asked(number, peer):
            return []
        if boot != self.boot or not self._is_listed or after > self._told.seq:
            self._dropped("late answer")
            return []
        fresh = records[self._told.seq - after :]
        self._held.update(enumerate(fresh, self._told.seq + 1))
        self._missed_after = None
        self._let_go(keeps_later=bool(fresh))
        return self._settle()

    def after(self, boot: str, seq: int) -> tuple[StreamRecord, ...] | None:
        """Return the told records after `seq`, for a third host; None when we cannot."""
        return self._told.after(seq) if self._is_listed and boot == self.boot else None

    @property
    def listed_seq(self) -> int | None:
        """Number of the record up to which all was told, None when nothing was."""
        return self._told.seq if self._is_listed else None

    def _is_asked(self, number: int, peer: str) -> bool:
        if self._asks.get(number) != peer:
            self._dropped("late answer")
            return False
        for older in [ask for ask in self._asks if ask <= number]:
            del self._asks[older]
        return True

    # --- what follows from it --------------------------------------------------------------

    def _let_go(self, keeps_later: bool) -> None:
        """Drop what an answer made void.

        Without an advance the peer does not have what it announced. Then the next tick shall
        show the hole again, and not this answer: it would be asked without a pause.
        """
        told = self._told.seq
        self._held = {s: r for s, r in self._held.items() if keeps_later and s > told}
        self._known_seq = max(self._held, default=told)

    def _settle(self) -> list[BusFact]:
        """Tell the records whose turn it is, and a hole that was not told yet."""
        if not self._is_listed or self._awaits_list:
            return []
        facts: list[BusFact] = []
        while (record := self._held.pop(self._told.seq + 1, None)) is not None:
            self._told.append(record)
            facts.append(Got(self.address, self.boot, record))
        told = self._told.seq
        if self._known_seq > told and self._missed_after != told:
            self._missed_after = told
            facts.append(Missed(self.address, self.boot))
        return facts
