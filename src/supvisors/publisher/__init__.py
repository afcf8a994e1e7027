"""The event port: bodies to clients, in both dialects.

Holds: `Publisher`; `port.py`, its sockets; `registrations.py`, who is registered for what;
`statuses.py`, what snapshots are made of; `waiting.py`, who waits for one; `door.py`, who is let
in from other hosts.
Must not touch: the choice of what deserves publishing: it publishes what it is given.
Invariants: in the clear it listens on 127.0.0.1 alone; it never blocks; a client of dialect 1
sees nothing of dialect 2; nothing is encoded that nobody wants.
Tests: tests/publisher/, tests/live/test_event_clients.py, tests/live/test_events.py.
"""

from supvisors.publisher.door import Door
from supvisors.publisher.port import HOST, Port, PortTaken
from supvisors.publisher.publisher import Publisher

__all__ = ["HOST", "Door", "Port", "PortTaken", "Publisher"]
