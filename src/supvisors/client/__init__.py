"""What programs import to hear a Supvisors system.

Holds: `subscriber`, with the thread `SupvisorsEventInterface` that the specification of the
    event interface names (section "Python Client"); `stream`, with the asyncio client `connect`;
    `eventsocket`, the socket behind them, and `follower`, which makes their stories whole.
Must not touch: the agent's insides; only `wire`, `model`, `utils` and pyzmq.
Invariants: nothing that a publisher sends ends a client.
Tests: tests/client/. For users: docs/python-client.md.
"""

from supvisors.client.eventsocket import Curve
from supvisors.client.stream import EventStream, connect
from supvisors.wire.cluster import Cluster
from supvisors.wire.happenings import Event, Gap, Status, Vanished

__all__ = ["Cluster", "Curve", "Event", "EventStream", "Gap", "Status", "Vanished", "connect"]
