"""The streams of peers: lists, records, holes, and what is not theirs to say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from supvisors.core.inputs import (
    Fetched,
    Got,
    GroupsReset,
    Loaded,
    Missed,
    PeerList,
    ProcessChanged,
)
from supvisors.core.outputs import Fetch, Note, Output, Publish, Record
from supvisors.model import ProcessEvent
from supvisors.model import ProcessState as S
from tests.core.stage import LOCAL, changed, of, reasons, stage
from tests.core.taps import tap


def events(outputs: list[Output]) -> list[tuple[str, str, str]]:
    bodies = [output.body for output in outputs if isinstance(output, Publish)]
    return [(b.name, b.state.name, b.address) for b in bodies if isinstance(b, ProcessEvent)]


def test_a_record_of_a_peer_is_told_like_one_of_ours() -> None:
    it = stage("beta")
    outputs = it.turn(changed(it.peers["beta"], "web", S.RUNNING, wall_ns=5))
    assert events(outputs) == [("web", "RUNNING", "beta")]
    assert it.process().addresses == ("beta",)


def test_our_own_records_are_told_to_the_peers() -> None:
    it = stage("beta")
    change = ProcessChanged(LOCAL, "b1", 1, 0, "shop", "web", S.RUNNING)
    assert of(Record, it.turn(change)) == [Record(change)]


def test_a_list_of_ours_that_replaces_another_is_told_as_a_reset() -> None:
    it = stage("beta")
    ours = tap(LOCAL, web="RUNNING")
    known = tuple(ours.known.values())
    outputs = it.turn(Loaded(LOCAL, "b1", 9, known, (1, 9)))
    assert of(Record, outputs) == [Record(GroupsReset(LOCAL, "b1", 9, known))]


def test_nobody_is_told_records_when_there_is_nobody() -> None:
    it = stage()
    change = ProcessChanged(LOCAL, "b1", 1, 0, "shop", "web", S.RUNNING)
    assert of(Record, it.turn(change)) == []


def test_missing_records_are_asked_for_until_they_come() -> None:
    it = stage("beta")
    beta = it.peers["beta"]
    hole = Fetch("beta", "1", whole=False)
    assert of(Fetch, it.turn(Missed("beta", "1"))) == [hole]
    assert of(Fetch, it.seconds(1)) == [hole]
    it.turn(changed(beta, "web", S.RUNNING))
    assert of(Fetch, it.seconds(1)) == []


def test_a_list_in_the_place_of_records_says_which_events_are_lost() -> None:
    it = stage("beta")
    beta = it.peers["beta"]
    it.turn(Missed("beta", "1"))
    for state in (S.STARTING, S.RUNNING):
        beta.tap.change("shop", "web", state)
    outputs = it.turn(beta.fetched())
    lost = [o for o in outputs if isinstance(o, Note) and "records lost" in o.reason]
    assert lost[0].facts == (("address", "beta"), ("first", 1), ("last", 2))
    assert it.process().state is S.RUNNING
    assert of(Fetch, it.seconds(1)) == []


def test_a_record_that_the_list_included_is_not_told_again() -> None:
    it = stage("beta")
    beta = it.peers["beta"]
    record = beta.tap.change("shop", "web", S.RUNNING)
    it.turn(beta.fetched())
    assert it.turn(beta.got(record)) == []


def test_records_that_an_agents_successor_does_not_tell_are_said_to_be_lost() -> None:
    it = stage("beta")
    beta = it.peers["beta"]
    beta.tap.change("shop", "web", S.STARTING)
    outputs = it.turn(changed(beta, "web", S.RUNNING))
    assert reasons(outputs)[0].startswith("records lost")
    assert events(outputs) == [("web", "RUNNING", "beta")]


@pytest.mark.parametrize("boot", ["2", ""])
def test_the_stream_of_another_agent_is_not_heard(boot: str) -> None:
    it = stage("beta")
    beta = it.peers["beta"]
    change = beta.tap.change("shop", "web", S.RUNNING)
    assert events(it.turn(Got("beta", boot, change))) == []
    assert it.turn(Missed("beta", boot))[:0] == []
    assert of(Fetch, it.turn(Missed("beta", boot))) == []
    it.turn(Fetched("beta", boot, PeerList("b1", 1, tuple(beta.tap.known.values()))))
    assert it.core.view().processes == ()


def test_nobody_speaks_for_another() -> None:
    it = stage("beta", "gamma")
    gamma = it.peers["gamma"]
    foreign = replace(gamma.tap.change("shop", "web", S.RUNNING), address="beta")
    assert events(it.turn(gamma.got(foreign))) == []
    assert it.core.view().dropped == (("gamma", 1),)


def test_groups_of_a_peer_come_and_go() -> None:
    it = stage("beta")
    beta = it.peers["beta"]
    it.turn(changed(beta, "web", S.RUNNING))
    it.turn(beta.got(beta.tap.remove("shop")))
    assert it.core.view().processes == ()
    it.turn(beta.got(beta.tap.reset([*tap("beta", db="FATAL").known.values()])))
    assert it.process("db").state is S.FATAL


def test_what_a_peer_that_fetches_is_answered() -> None:
    it = stage("beta")
    beta = it.peers["beta"]
    it.turn(changed(beta, "web", S.RUNNING))
    of_beta, of_us = it.core.peer_list("beta"), it.core.peer_list(LOCAL)
    assert of_beta is not None
    assert (of_beta.tap_seq, [p.state for p in of_beta.processes]) == (1, [S.RUNNING])
    assert of_us == PeerList("b1", 0, ())
    assert it.core.peer_list("nobody") is None
    beta.beats = False
    it.seconds(6)
    assert it.core.peer_list("beta") is None


def test_before_our_list_is_loaded_there_is_nothing_to_answer() -> None:
    assert stage("beta", met=False).core.peer_list(LOCAL) is None
