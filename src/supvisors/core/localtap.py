"""What the local supervisord says: its list and its numbered records.

Holds: `LocalTap`.
Must not touch: peers, votes; what the Supvisors state makes of a good-bye.
Invariants: every record that is heard here goes into our stream, and none twice.
Tests: tests/core/test_core.py, tests/core/test_following.py.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Literal, assert_never

from supvisors.core.addresses import Address, Trigger
from supvisors.core.hearing import Hearing
from supvisors.core.inputs import (
    GroupAdded,
    GroupRemoved,
    GroupsReset,
    Loaded,
    ProcessChanged,
    SupervisordLeaving,
    TapRecord,
)
from supvisors.core.membership import Membership
from supvisors.core.outputs import Record
from supvisors.core.telling import Telling

#: Records that go with our list, so that a peer who knew the list before them misses none.
RECENT_MAX: Final = 200


class LocalTap:
    """The tap of the supervisord that this agent serves.

    Attributes:
        leaving: whether supervisord stops all its programs, and to what end.
        recent: its last changes of processes.
    """

    def __init__(
        self,
        local: Address,
        is_alone: bool,
        membership: Membership,
        hearing: Hearing,
        telling: Telling,
    ) -> None:
        self._local = local
        self._is_alone = is_alone
        self._membership = membership
        self._hearing = hearing
        self._telling = telling
        self.leaving: Literal["shutdown", "reload"] | None = None
        self.recent: deque[ProcessChanged] = deque(maxlen=RECENT_MAX)

    def hear(self, said: Loaded | TapRecord) -> None:
        """Take the list or the next record.

        Raises:
            AssertionError: it is not ours, or comes out of its turn.
        """
        local = self._local
        assert said.address == local.name, f"the tap of {local.name} told of {said.address}"
        if isinstance(said, Loaded):
            self._load(said)
            return
        local.follow(said)
        self._record(said)
        match said:
            case ProcessChanged():
                self._hearing.change(local, said)
            case GroupAdded() | GroupRemoved():
                self._hearing.replace(local, said)
            case GroupsReset():
                self.leaving = None
                self._hearing.replace(local, said)
            case SupervisordLeaving():
                self.leaving = said.mode
                self._hearing.leaving(local, said)
            case _:
                assert_never(said)

    def _load(self, loaded: Loaded) -> None:
        local = self._local
        if local.boot is not None:  # peers follow it already
            self._record(GroupsReset(local.name, loaded.boot, loaded.seq, loaded.processes))
        local.load(loaded)
        if loaded.lost is not None:
            self._hearing.lost(local, *loaded.lost)
        self._hearing.load(local, loaded.processes)
        self._membership.step(local, Trigger.CHECKED)
        self._telling.loading(local)

    def _record(self, record: TapRecord) -> None:
        if not self._is_alone:
            if isinstance(record, ProcessChanged):
                self.recent.append(record)
            self._telling.emit(Record(record))
