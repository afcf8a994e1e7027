"""A bare PUB socket: `raw.py PORT MESSAGES` sends prepared frames as fast as it can."""

from __future__ import annotations

import sys

import zmq

BODY = (
    b'{"group":"burst","name":"p123","state":20,"expected":true,"now":1795478640,'
    b'"pid":12345,"address":"alpha"}'
)


def main() -> None:
    """Send, once a subscriber has come."""
    port, wanted = int(sys.argv[1]), int(sys.argv[2])
    context = zmq.Context()
    sock = context.socket(zmq.XPUB)
    sock.setsockopt(zmq.SNDHWM, 0)
    sock.bind(f"tcp://127.0.0.1:{port}")
    sock.recv()
    for _ in range(wanted):
        sock.send(b"event", zmq.SNDMORE)
        sock.send(BODY)
    sock.close()
    context.term()


if __name__ == "__main__":
    main()
