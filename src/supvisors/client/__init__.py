"""What programs import to hear and, later, to command a Supvisors system.

Holds: `subscriber`, with the thread `SupvisorsEventInterface` that the specification of the
    event interface names (section "Python Client"); `eventsocket`, the socket behind it.
Must not touch: the agent's insides; only `wire`, `model`, `utils` and pyzmq.
Invariants: nothing that a publisher sends ends a client.
Tests: tests/client/. For users: docs/python-client.md.
"""
