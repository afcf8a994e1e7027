"""Which subscriptions are registered as what, and what anybody wants.

Holds: `Registrations`, told of every subscription; `Change`, what the socket is to do about one.
Must not touch: sockets; what a request is answered.
Invariants: who subscribed to a header or a prefix of it is registered for it, whatever else
subscribes and unsubscribes; `wants` is true of every topic that anybody subscribed to and still
may want. Memory is bounded by the numbers below and that of connections.
Tests: tests/publisher/test_registrations.py.

ZeroMQ registers one pipe at most once for one topic and does not count. So a prefix is registered
as the headers that it matches, and a header is only removed when none of the connection's topics
matches it any more. A connection is known by its descriptor, which another one may have later:
what is held of it until it is forgotten is too much, and never too little.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from supvisors.utils import PROCESS_EVENT_HEADER
from supvisors.wire.forms import HEADERS
from supvisors.wire.requests import (
    BEAT,
    MARK,
    REMOVED,
    TOPICS,
    LiveRequest,
    ReplayRequest,
    SnapshotRequest,
    parse,
)

#: Subscriptions that one connection may hold at once; ours need 16.
SUBSCRIPTIONS_MAX: Final = 256
#: The same of all old clients together, whose connections cannot be told apart.
NAMELESS_MAX: Final = 4096

_NAMES: Final = tuple(header.encode() for header in HEADERS)


@dataclass(frozen=True, slots=True)
class Change:
    """What the socket is to do for the connection that it heard last.

    Attributes:
        add: topics to register.
        remove: topics to register no longer.
        request: to be answered.
        withdrawn: topic of a request that nobody waits for any more, b"" for none.
        cut: the connection is to be ended.
    """

    add: tuple[bytes, ...] = ()
    remove: tuple[bytes, ...] = ()
    request: SnapshotRequest | ReplayRequest | None = None
    withdrawn: bytes = b""
    cut: bool = False


#: All that may be published at any time.
EVERYTHING: Final = Change(add=(*_NAMES, *TOPICS.values(), REMOVED, BEAT))
_NOTHING: Final = Change()
_CUT: Final = Change(cut=True)


class Registrations:
    """The subscriptions of one socket."""

    def __init__(self) -> None:
        self._held: dict[int, set[bytes]] = {}
        self._counts: Counter[bytes] = Counter()
        self._nameless = 0
        self._lent: set[bytes] = set()
        self._lent_before: set[bytes] = set()

    def wants(self, topic: bytes) -> bool:
        """Tell whether anybody wants what is published under a topic."""
        if self._counts[topic] or topic in self._lent or topic in self._lent_before:
            return True
        if topic.startswith(MARK):
            return False
        return any(self._counts[topic[:length]] for length in range(len(topic)))

    def subscribe(self, connection: int, topic: bytes) -> Change:
        """Take note of a subscription."""
        held = self._held.setdefault(connection, set())
        if len(held) >= SUBSCRIPTIONS_MAX and topic not in held:
            return _CUT
        held.add(topic)
        return self._wished(topic)

    def subscribe_nameless(self, topic: bytes) -> Change:
        """Take note of a subscription of a connection that is not known."""
        self._nameless += 1
        change = self._wished(topic)
        return replace(change, cut=self._nameless > NAMELESS_MAX)

    def _wished(self, topic: bytes) -> Change:
        if not topic.startswith(MARK):
            self._counts[topic] += 1
            return Change(add=tuple(name for name in _NAMES if name.startswith(topic)))
        match parse(topic):
            case LiveRequest():
                self._counts[topic] += 1
                return Change(add=(topic,))
            case SnapshotRequest(headers=headers) as request:
                topics = (*(TOPICS[header] for header in headers), REMOVED)
                self._lent.update(topics)
                return Change(add=(topic, *topics), request=request)
            case ReplayRequest() as request:
                self._lent.add(TOPICS[PROCESS_EVENT_HEADER])
                return Change(add=(topic, TOPICS[PROCESS_EVENT_HEADER]), request=request)
        return _NOTHING

    def unsubscribe(self, connection: int, topic: bytes) -> Change:
        """Take note that a connection does not want a topic any more."""
        held = self._held.get(connection, set())
        if topic not in held:
            return _NOTHING
        held.discard(topic)
        self._uncount(topic)
        if topic.startswith(MARK):
            return Change(remove=(topic,), withdrawn=topic)
        covered = [name for name in _NAMES if name.startswith(topic)]
        rest = [other for other in held if not other.startswith(MARK)]
        return Change(
            remove=tuple(n for n in covered if not any(n.startswith(other) for other in rest))
        )

    def ended(self, topic: bytes) -> Change:
        """Take note of a topic of a connection that is gone; ZeroMQ does not say of which."""
        self._uncount(topic)
        self._nameless = max(0, self._nameless - 1)
        return Change(withdrawn=topic) if topic.startswith(MARK) else _NOTHING

    def doubt(self, connection: int, topic: bytes) -> Change:
        """Take note of a subscription that is registered for another connection than its own.

        Then everything is registered for everybody concerned: their sockets filter for
        themselves, and whoever asked for a snapshot asks again.
        """
        change = self.subscribe(connection, topic)
        return replace(change, add=(*EVERYTHING.add, *change.add))

    def opened(self, connection: int) -> None:
        """Forget what an earlier connection with this descriptor had."""
        self._held.pop(connection, None)

    def age(self) -> None:
        """Forget what was wanted for a request only, the second time.

        The client of a request subscribes to the same topics itself, a moment before or after.
        """
        self._lent_before, self._lent = self._lent, set()

    def _uncount(self, topic: bytes) -> None:
        if self._counts[topic] > 1:
            self._counts[topic] -= 1
        else:
            del self._counts[topic]
