"""An event listener of Supervisor: writes down every change of a process that supervisord tells.

Holds: the program. It is a second witness, independent of the tap.
Tests: tests/live/test_cluster_truth.py.

Usage, as an [eventlistener:x] for PROCESS_STATE: eventlog.py FILE
"""

from __future__ import annotations

import sys
from pathlib import Path

from supervisor.childutils import get_headers, listener

PREFIX = "PROCESS_STATE_"


def main(path: Path) -> None:
    """Write a line 'group name STATE' for each event, until supervisord ends us."""
    with path.open("w", buffering=1) as out:
        while True:
            header, payload = listener.wait(sys.stdin, sys.stdout)
            body = get_headers(payload)
            state = header["eventname"].removeprefix(PREFIX)
            out.write(f"{body['groupname']} {body['processname']} {state}\n")
            listener.ok(sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
