"""Stock clients beside a model: whatever they subscribe and unsubscribe, in any order, they are
registered for all that they want; and what is wanted by anybody is known.

The model is ZeroMQ's own matching: a client hears a header when any of its topics begins it.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from supvisors.publisher.registrations import (
    EVERYTHING,
    SUBSCRIPTIONS_MAX,
    Change,
    Registrations,
)
from supvisors.wire import HEADERS
from supvisors.wire.requests import (
    BEAT,
    REMOVED,
    TOPICS,
    LiveRequest,
    ReplayRequest,
    SnapshotRequest,
)

NAMES = [header.encode() for header in HEADERS]
SNAPSHOT = SnapshotRequest("me", 1, ("process", "event"))
REPLAY = ReplayRequest("me", 2, "j", after=5)
TOPICS_1 = [b"", b"p", b"proc", b"process", b"processes", b"a", b"address", b"event", b"x", b"s"]
TOPICS_2 = [*TOPICS.values(), REMOVED, BEAT, SNAPSHOT.topic, REPLAY.topic, b"\x01", b"\x01x"]

ALL = [*NAMES, *TOPICS.values(), REMOVED, BEAT]

STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["subscribe", "unsubscribe", "leave"]),
        st.sampled_from(TOPICS_1 + TOPICS_2),
    ),
    max_size=60,
)


class Pipe:
    """One connection as ZeroMQ has it: registered topics are a set."""

    def __init__(self) -> None:
        self.wishes: set[bytes] = set()
        self.registered: set[bytes] = set()

    def apply(self, change: Change) -> None:
        self.registered |= set(change.add)
        self.registered -= set(change.remove)

    def hears(self, topic: bytes) -> bool:
        return any(topic.startswith(name) for name in self.registered)

    def should_hear(self, topic: bytes) -> bool:
        if topic.startswith(b"\x01"):
            return topic in self.wishes
        return any(topic.startswith(wish) for wish in self.wishes)


class Model:
    """Three connections, and what is registered for them."""

    def __init__(self) -> None:
        self.registrations = Registrations()
        self.pipes = [Pipe() for _ in range(3)]

    def do(self, number: int, verb: str, topic: bytes) -> None:
        pipe = self.pipes[number]
        if verb == "subscribe" and topic not in pipe.wishes:  # a SUB socket tells of it once
            pipe.wishes.add(topic)
            pipe.apply(self.registrations.subscribe(number, topic))
        elif verb == "unsubscribe" and topic in pipe.wishes:
            pipe.wishes.discard(topic)
            pipe.apply(self.registrations.unsubscribe(number, topic))
        elif verb == "leave":
            for wish in sorted(pipe.wishes):
                self.registrations.ended(wish)
            self.pipes[number] = Pipe()
            self.registrations.opened(number)

    def check(self) -> None:
        for topic in ALL:
            for pipe in self.pipes:
                if pipe.should_hear(topic):
                    assert pipe.hears(topic)
                    assert self.registrations.wants(topic)
        for pipe in self.pipes:
            # of dialect 1 nothing is registered too long; of dialect 2 what a request brought is
            for name in NAMES:
                assert pipe.hears(name) == pipe.should_hear(name)


@settings(max_examples=500)
@given(STEPS)
def test_who_wants_is_registered_whatever_is_done(steps: list[tuple[int, str, bytes]]) -> None:
    model = Model()
    for step in steps:
        model.do(*step)
        model.check()
    for number in range(3):
        model.do(number, "leave", b"")
    model.registrations.age()
    model.registrations.age()
    assert not any(model.registrations.wants(topic) for topic in ALL), "nobody is there"


@given(st.lists(st.sampled_from(TOPICS_1), max_size=20))
def test_a_stock_client_is_registered_for_nothing_of_dialect_2(topics: list[bytes]) -> None:
    registrations = Registrations()
    pipe = Pipe()
    for topic in topics:
        pipe.apply(registrations.subscribe(0, topic))
    assert not any(pipe.hears(topic) for topic in TOPICS_2 if topic != b"")
    assert b"" not in pipe.registered


def test_a_snapshot_registers_its_live_topics_in_the_same_step() -> None:
    change = Registrations().subscribe(1, SNAPSHOT.topic)
    assert change.request == SNAPSHOT
    assert set(change.add) == {SNAPSHOT.topic, TOPICS["process"], TOPICS["event"], REMOVED}


def test_a_replay_registers_the_live_events_in_the_same_step() -> None:
    change = Registrations().subscribe(1, REPLAY.topic)
    assert change.request == REPLAY
    assert set(change.add) == {REPLAY.topic, TOPICS["event"]}


def test_unsubscribing_a_request_leaves_its_live_topics() -> None:
    registrations = Registrations()
    registrations.subscribe(1, SNAPSHOT.topic)
    change = registrations.unsubscribe(1, SNAPSHOT.topic)
    assert change == Change(remove=(SNAPSHOT.topic,), withdrawn=SNAPSHOT.topic)


def test_live_topics_are_wanted_from_the_request_on_for_a_while() -> None:
    registrations = Registrations()
    registrations.subscribe(1, SNAPSHOT.topic)
    for _ in range(2):
        assert registrations.wants(TOPICS["process"])
        registrations.age()
    assert not registrations.wants(TOPICS["process"])


def test_unknown_topics_of_dialect_2_give_nothing() -> None:
    for topic in (b"\x01", b"\x01foo", b"\x01snap|me|9|process", b"\x01" + b"x" * 300):
        assert Registrations().subscribe(1, topic) == Change()


def test_too_many_subscriptions_are_cut() -> None:
    registrations = Registrations()
    for number in range(SUBSCRIPTIONS_MAX):
        assert not registrations.subscribe(1, b"%d" % number).cut
    assert registrations.subscribe(1, b"one more").cut
    assert not registrations.subscribe(2, b"one more").cut
    registrations.unsubscribe(1, b"0")
    assert not registrations.subscribe(1, b"one more").cut


def test_in_doubt_everything_is_registered() -> None:
    change = Registrations().doubt(1, SNAPSHOT.topic)
    assert change.request == SNAPSHOT
    assert {*EVERYTHING.add, SNAPSHOT.topic} == set(change.add)


def test_who_unsubscribes_what_he_never_had_harms_nobody() -> None:
    registrations = Registrations()
    live = LiveRequest("process").topic
    registrations.subscribe(1, live)
    for _ in range(5):
        assert registrations.unsubscribe(2, live) == Change()
    assert registrations.wants(live)


def test_memory_of_topics_does_not_grow_with_slots() -> None:
    registrations = Registrations()
    for number in range(1000):
        topic = ReplayRequest("me", number % 8, "j", after=number).topic
        registrations.subscribe(1, topic)
        registrations.unsubscribe(1, topic)
    assert registrations._held == {1: set()}
    assert registrations._counts == Counter()
