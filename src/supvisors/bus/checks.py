"""What a value inside an envelope must be beside having the right type.

Holds: one check for each value of `core/messages.py` and each record of a tap.
Must not touch: bytes; who sent what.
Invariants: a number is a count or a date, never negative, and fits 63 bits; a name is never
empty. What may be '' by its own docstring may be '' here.
Tests: tests/contract/test_codec.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from supvisors.core.inputs import (
    GroupAdded,
    GroupRemoved,
    GroupsReset,
    PeerList,
    ProcessChanged,
    StreamRecord,
    SupervisordLeaving,
    TapRecord,
)
from supvisors.core.messages import Beat, Call, Decided, Found, Intent, Lost, Plan, Vote
from supvisors.model import ExitFacts, ProcessInfo

NUMBER_MAX: Final = 2**63 - 1


class Refused(Exception):
    """A value that no agent sends."""


def count(*numbers: int) -> None:
    """Refuse a number that is negative or does not fit."""
    for number in numbers:
        if not 0 <= number <= NUMBER_MAX:
            raise Refused(f"{number} is out of range")


def word(what: str, *words: str) -> None:
    """Refuse an empty name."""
    if "" in words:
        raise Refused(f"{what} is empty")


def check_beat(beat: Beat) -> None:
    """Refuse a beat that no agent sends."""
    count(beat.number, beat.grace_s, beat.obeyed)
    word("an address in a beat", *beat.heard, *beat.running, *beat.unknown)
    if beat.vote is not None:
        _check_vote(beat.vote)
    for fence in beat.fences:
        count(fence.generation)
        word("a fence's address", fence.address)


def check_call(call: Call) -> None:
    """Refuse a call that no agent makes."""
    word("a call's id or agent", call.call_id, call.agent_boot)
    if call.verb in ("start", "stop", "tail"):
        word("a call's process", call.namespec)
    if (call.verb == "request") != (call.request is not None):
        raise Refused("a request without its verb, or a verb without its request")
    if call.request is not None:
        count(call.request.at_a_time)
    for intent in call.intents:
        check_intent(intent)
    count(call.beat, call.timeout_s)
    if call.leader is not None:
        _check_vote(call.leader)


def check_list(peer_list: PeerList) -> None:
    """Refuse a list that no agent sends."""
    count(peer_list.tap_seq)
    _check_processes(peer_list.processes)
    for change in peer_list.recent:
        check_record(change)
    said: tuple[StreamRecord, ...] = (*peer_list.lost, *peer_list.intents)
    for record in (*said, *peer_list.plans, *peer_list.decided):
        check_record(record)


def check_record(record: StreamRecord) -> None:
    """Refuse a record that no agent sends."""
    match record:
        case Intent():
            check_intent(record)
        case Plan():
            word("a plan's id", record.plan_id)
        case Decided():
            word("a decision's process", record.namespec)
            count(record.after_ns)
        case Lost():
            word("a record's address", record.address)
            count(record.beat, record.at_ns)
            _check_processes(record.processes)
        case Found():
            word("a record's address", record.address)
        case _:
            word("a record's address", record.address)
            _check_tap_record(record)


def check_intent(intent: Intent) -> None:
    """Refuse a register that no agent writes."""
    word("a register's name or writer", intent.name, intent.by)
    count(intent.stamp)


def _check_vote(vote: Vote) -> None:
    count(vote.epoch)
    word("a vote's address or boot", vote.address, vote.boot)


def _check_tap_record(record: TapRecord) -> None:
    word("a record's boot", record.boot)
    match record:
        case ProcessChanged():
            count(record.seq, record.wall_ns, record.pid, record.restarts)
            word("a process's group or name", record.group, record.name)
            _check_exit(record.exit)
        case GroupAdded(seq=seq, group=group, processes=processes):
            count(seq)
            word("a group", group)
            _check_processes(processes)
        case GroupRemoved(seq=seq, group=group):
            count(seq)
            word("a group", group)
        case GroupsReset(seq=seq, processes=processes):
            count(seq)
            _check_processes(processes)
        case SupervisordLeaving(seq=seq):
            count(seq)


def _check_processes(processes: Iterable[ProcessInfo]) -> None:
    for process in processes:
        count(process.pid, process.event_ns, process.restarts)
        timing = process.timing
        count(timing.startsecs, timing.startretries, timing.stopwaitsecs)
        word("a process's group or name", process.group, process.name)
        _check_exit(process.exit)


def _check_exit(exit_facts: ExitFacts | None) -> None:
    if exit_facts is not None:
        count(exit_facts.code or 0, exit_facts.signal or 0, exit_facts.run_time_ms or 0)
