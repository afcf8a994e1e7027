"""What the master does by itself about whole applications: their start, their end, everybody's.

Holds: `Control`: the automatic starts, the ordered stop before everything restarts or shuts down.
Must not touch: what operators ask for (`requests.py`), failures and conflicts (`repair.py`).
Invariants: nothing is started by itself without a quorum, against an operator's wish, or twice in
the life of its hosts; a start that failed is not tried again by itself while this agent leads.
Tests: tests/core/test_control.py, tests/sim/, tests/live/.

Source: semantics, sections 4 and 7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final, Literal

from supvisors.core.addresses import Address
from supvisors.core.calls import Calls
from supvisors.core.campaign import Campaign, start_waves, stop_waves
from supvisors.core.intents import Intents
from supvisors.core.messages import Answer, Vote
from supvisors.core.phase import ENDING
from supvisors.core.process import Process
from supvisors.core.processes import Processes
from supvisors.core.sequence import Sequence
from supvisors.core.sequences import Sequences
from supvisors.core.telling import Telling
from supvisors.model import AddressState, ApplicationRule, SupvisorsState

#: How long the others may take to follow the master; their beats come every second.
FOLLOW_S: Final = 3.0


class Control:
    """Starts and ends as a whole.

    Args:
        addresses: by list index.
        leader: the mastership by which orders are given.
        new_id: returns the identity of a plan.

    Attributes:
        ending: what an operator has ordered for everything, None for nothing.
    """

    def __init__(
        self,
        addresses: Mapping[int, Address],
        local: Address,
        processes: Processes,
        intents: Intents,
        sequences: Sequences,
        calls: Calls,
        telling: Telling,
        leader: Callable[[], Vote | None],
        new_id: Callable[[], str],
    ) -> None:
        self._addresses = addresses
        self._local = local
        self._processes = processes
        self._intents = intents
        self._sequences = sequences
        self._calls = calls
        self._telling = telling
        self._leader = leader
        self._new_id = new_id
        self._now, self._wall_ns = 0.0, 0
        self._starts: Campaign | None = None
        self._stops: Campaign | None = None
        self._tried: set[str] = set()
        self._left_alone: set[str] = set()
        self._given_up: dict[str, frozenset[str]] = {}
        self._ends: dict[str, str] = {}
        self._heed_by_s: float | None = None
        self._follow_by_s: float | None = None
        self._awaited: set[str] | None = None
        self._is_told = False
        self.ending: Literal["restart", "shutdown"] | None = None

    @property
    def is_starting(self) -> bool:
        """Whether automatic starts are under way."""
        return self._starts is not None

    def reset(self) -> None:
        """Another master, or another term of ours, begins afresh."""
        self._starts = self._stops = None
        self._tried.clear()
        self._left_alone.clear()
        self._given_up.clear()
        self._heed_by_s = self._follow_by_s = self._awaited = None
        self._is_told = False
        self.ending = None

    # --- starts ----------------------------------------------------------------------------

    def start(self, now: float, wall_ns: int, *, has_quorum: bool) -> bool:
        """Go on with the automatic starts; return whether none is left.

        What has come since the last time, with a host that was late, is started too.

        Args:
            wall_ns: now, in POSIX ns.
        """
        self._now, self._wall_ns = now, wall_ns
        if self._starts is None:
            due = self._due()
            if not due:
                return True
            if not has_quorum or not self._is_heeded():
                return False
            for _, processes in due.values():
                self._tried.update(process.namespec for process in processes)
            waves = start_waves(due, self._new_id, "automatic start of")
            self._starts = Campaign(waves, self._begin)
        if self._starts.go_on():
            self._starts = None
        return self._starts is None

    def leave_alone(self, names: Iterable[str]) -> None:
        """Do not start these when their host comes back: their failure was dealt with."""
        self._left_alone.update(names)

    def _due(self) -> dict[str, tuple[ApplicationRule, list[Process]]]:
        """Return the applications, and of each the processes, that are still to be started."""
        self._look_again()
        due: dict[str, tuple[ApplicationRule, list[Process]]] = {}
        for process in self._processes:
            name = process.namespec
            if process.present:
                self._left_alone.discard(name)
            if process.present or any(info.event_ns for info in process.infos.values()):
                self._tried.discard(name)
                continue
            if name in self._tried or name in self._left_alone:
                continue
            if self._is_wanted(process):
                rule = self._processes.rule_of(process.group)
                if rule.start_sequence > 0 and self._sequences.of(name) is None:
                    due.setdefault(process.group, (rule, []))[1].append(process)
        return due

    def _is_heeded(self) -> bool:
        """Tell whether all vote for us, so that they show our plans; or do not in time."""
        if self._heed_by_s is None:
            self._heed_by_s = self._now + FOLLOW_S
        beats = [address.beat for address in self._others()]
        are_ours = all(beat is not None and beat.vote == self._leader() for beat in beats)
        return are_ours or self._now >= self._heed_by_s

    def _look_again(self) -> None:
        """What found no address is due again when one fits, and so is what was given up for it."""
        for name, others in list(self._given_up.items()):
            process = self._processes.find(name)
            if process is None or self._sequences.has_place(process):
                del self._given_up[name]
                self._tried -= others

    def _is_wanted(self, process: Process) -> bool:
        if not process.managed or process.rule.start_sequence <= 0:
            return False
        wanted = self._intents.wanted(process.namespec)
        # a loader that has done its work in the life of some agent is not run again
        return wanted == "auto" or (wanted == "started" and not process.rule.wait_exit)

    def _begin(self, sequence: Sequence) -> None:
        if any(self._sequences.of(name) is not None for name in sequence.names):
            sequence.is_over = True  # an operator was faster with some of it: the rest is due again
            self._tried -= sequence.names
            return
        sequence.at_end = partial(self._ended, frozenset(sequence.names))
        self._sequences.begin(sequence, self._now, self._wall_ns)

    def _ended(self, names: frozenset[str], sequence: Sequence) -> None:
        for name in sequence.nowhere:
            self._given_up[name] = names

    # --- the end of everything -------------------------------------------------------------

    def end(self, state: SupvisorsState, now: float, wall_ns: int) -> None:
        """Go on with the ordered stop, then have every supervisord restart or shut down.

        Args:
            state: RESTARTING or SHUTTING_DOWN.
            wall_ns: now, in POSIX ns.
        """
        self._now, self._wall_ns = now, wall_ns
        if self._stops is None:
            self._sequences.cancel_all(f"everything is {state.name}")
            self._ends = {a.name: a.boot for a in self._others() if a.boot is not None}
            managed = {
                name: (self._processes.rule_of(name), self._processes.members(name))
                for name in self._processes.applications
                if any(process.managed for process in self._processes.members(name))
            }
            waves = stop_waves(managed, self._new_id, f"{state.name}: stop of")
            self._stops = Campaign(waves, self._begin)
        if not self._stops.go_on():
            return
        if self._awaited is None:
            # a supervisord that was started meanwhile is left alone
            told = [a for a in self._others() if self._ends.get(a.name, "") == a.boot]
            if not self._do_follow(told, now):
                return
            self._awaited = {address.name for address in told}
            for address in told:
                self._order_end(address, state)
        if not self._awaited and not self._is_told:
            self._is_told = True  # the local supervisord is the last, and told once
            self._order_end(self._local, state)

    def _others(self) -> list[Address]:
        return [
            address
            for address in self._addresses.values()
            if address is not self._local and address.state is AddressState.RUNNING
        ]

    def _do_follow(self, others: list[Address], now: float) -> bool:
        """Tell whether all say that everything ends, so that their clients hear it, or are late."""
        if self._follow_by_s is None:
            self._follow_by_s = now + FOLLOW_S
        beats = [address.beat for address in others]
        is_said = all(beat is not None and beat.state in ENDING for beat in beats)
        return is_said or now >= self._follow_by_s

    def _order_end(self, address: Address, state: SupvisorsState) -> None:
        verb: Literal["restart", "shutdown"] = (
            "restart" if state is SupvisorsState.RESTARTING else "shutdown"
        )
        taken = partial(self._taken, address.name)
        cause = f"operator: {verb} of everything"
        self._calls.ask(address, verb, "", "", self._now, taken, self._leader(), cause=cause)

    def _taken(self, name: str, _answer: Answer) -> None:
        if self._awaited is not None:
            self._awaited.discard(name)
