"""Ports for the agents of one machine.

Holds: `internal_port`, which finds three that nobody uses.
"""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack, suppress

HOST = "127.0.0.1"
#: What the bus uses, counted from `internal_port`.
BUS_OFFSETS = (0, 2, 3)
PORTS = (15_000, 32_000)
_given: set[int] = set()


def internal_port() -> int:
    """Return a port that is free, as those are that the bus uses with it, and not given before.

    It lies below the range from which the system takes ports for connections.
    """
    while True:
        first = random.randrange(*PORTS)
        ports = {first + offset for offset in BUS_OFFSETS}
        if ports & _given:
            continue
        with ExitStack() as stack, suppress(OSError):
            for port in ports:
                stack.enter_context(socket.socket()).bind((HOST, port))
            _given.update(ports)
            return first
