"""Stock SUB clients beside synchronised ones hear exactly dialect 1, whatever they do.

Real sockets against a model: after each step every client has what its topics ask for, in the
order of publication, and nothing else.
"""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supvisors.wire import encode
from supvisors.wire.requests import BEAT, REMOVED, TOPICS, SnapshotRequest
from tests.publisher.harness import BODIES, Socket, Stage, received, stage

TOPICS_1 = [b"", b"p", b"process", b"e", b"event", b"address", b"supvisors", b"unknown"]
STEPS = st.lists(
    st.tuples(st.integers(0, 1), st.booleans(), st.sampled_from(TOPICS_1)), min_size=1, max_size=12
)


class Client:
    """A stock client, and what it should hear."""

    def __init__(self, it: Stage, number: int) -> None:
        self.number = number
        self.socket: Socket = it.client()
        self.topics: set[bytes] = set()
        self._marks = 0

    def set(self, topic: bytes, is_wished: bool) -> None:
        if is_wished and topic not in self.topics:
            self.topics.add(topic)
            self.socket.subscribe(topic)
        elif not is_wished and topic in self.topics:
            self.topics.discard(topic)
            self.socket.unsubscribe(topic)

    def settle(self, it: Stage) -> None:
        """Turn until the publisher has heard of all that was done: it is in order."""
        self._marks += 1
        mark = b"mark %d %d" % (self.number, self._marks)
        self.socket.subscribe(mark)
        it.until(lambda: it.port._registrations._counts[mark])
        self.socket.unsubscribe(mark)

    def wants(self, header: bytes) -> bool:
        return any(header.startswith(topic) for topic in self.topics)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_stock_clients_hear_exactly_dialect_1(steps: list[tuple[int, bool, bytes]]) -> None:
    request = SnapshotRequest("other", 0, ("process",)).topic
    with stage() as it:
        it.client(*TOPICS.values(), REMOVED, BEAT, request)
        it.until_wanted(*TOPICS.values(), REMOVED, BEAT)
        clients = [Client(it, number) for number in range(2)]
        for number, is_wished, topic in steps:
            clients[number].set(topic, is_wished)
            clients[number].settle(it)
            for body in BODIES:
                it.publish(body)
            it.publisher.beat()
            for client in clients:
                expected = [encode(body) for body in BODIES if client.wants(encode(body)[0])]
                assert received(client.socket, len(expected)) == expected
        for client in clients:
            client.set(b"supvisors", is_wished=True)
            client.settle(it)
        it.publish(BODIES[0])
        for client in clients:
            assert received(client.socket, 1) == [encode(BODIES[0])], "and nothing before it"
            assert not client.socket.poll(0)
