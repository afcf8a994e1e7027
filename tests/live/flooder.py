"""A peer that floods: in the place of one agent, at full speed.

Holds: the program. It binds the ports of an address, sends what is no envelope, beats and records
that look right, and calls another agent under a name that nobody has.
Must not touch: anything but those ports; it ends with its standard input.
Tests: tests/live/test_cluster_flood.py.

Usage: flooder.py ADDRESS OWN_PORT PEER_PORT
"""

from __future__ import annotations

import itertools
import os
import select
import sys
import time
from collections.abc import Iterator

import zmq

from supvisors.bus.codec import Codec, Record, Tick
from supvisors.bus.endpoint import ASK_PORT_OFFSET
from supvisors.core.inputs import ProcessChanged
from supvisors.core.messages import Beat
from supvisors.model import ProcessState, SupvisorsState

HOST = "127.0.0.1"
BATCH = 100


def envelopes(address: str) -> Iterator[bytes]:
    """Yield what is sent, without end: garbage, beats and records, each a third."""
    encode = Codec().encode
    for number in itertools.count(1):
        yield os.urandom(200)
        beat = Beat(number, SupvisorsState.OPERATION, ready=True, heard=("alpha", "beta"))
        yield encode(Tick("flood", number, time.time_ns() // 1_000_000, beat))
        change = ProcessChanged(
            address, "boot", number, time.time_ns(), "group", f"p{number}", ProcessState.RUNNING
        )
        yield encode(Record("flood", number, change))


def main(address: str, own_port: int, peer_port: int) -> None:
    """Flood until standard input ends."""
    context = zmq.Context()
    publisher, router, caller = (context.socket(kind) for kind in (zmq.PUB, zmq.ROUTER, zmq.DEALER))
    publisher.bind(f"tcp://{HOST}:{own_port}")
    router.bind(f"tcp://{HOST}:{own_port + ASK_PORT_OFFSET}")
    caller.setsockopt(zmq.ROUTING_ID, b"stranger")
    caller.setsockopt(zmq.LINGER, 0)
    caller.connect(f"tcp://{HOST}:{peer_port + ASK_PORT_OFFSET}")
    told = envelopes(address)
    while not select.select([sys.stdin], [], [], 0)[0]:
        for data in itertools.islice(told, BATCH):
            publisher.send(data)
        try:
            caller.send(b"who are you", zmq.NOBLOCK)
        except zmq.Again:
            pass
    context.destroy(linger=0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
