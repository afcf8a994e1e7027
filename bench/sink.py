"""A SUB client that counts: `sink.py PORT MESSAGES` prints when it heard the first and last."""

from __future__ import annotations

import sys
import time

import zmq


def main() -> None:
    """Count two-frame messages under `event` until there are enough; all headers are heard."""
    port, wanted = int(sys.argv[1]), int(sys.argv[2])
    context = zmq.Context()
    sock = context.socket(zmq.SUB)
    sock.setsockopt(zmq.RCVHWM, 0)
    sock.setsockopt(zmq.RECONNECT_IVL, 10)
    sock.subscribe(b"")
    sock.connect(f"tcp://127.0.0.1:{port}")
    events = messages = 0
    first_ns = 0
    print("connected", flush=True)
    while events < wanted:
        header, _body = sock.recv(), sock.recv()
        messages += 1
        if header == b"event":
            events += 1
            first_ns = first_ns or time.monotonic_ns()
    print(events, messages, (time.monotonic_ns() - first_ns) / 1e9, flush=True)


if __name__ == "__main__":
    main()
