"""What is left of a demo is ended and removed, also when the demo itself was killed.

Holds: `end`; `marked`, which finds the processes of a demo or of one of its hosts; `main`, a
process that waits for the end of the demo.
Must not touch: processes that do not carry the mark.
Invariants: no process is missed because it is frozen, orphaned or was just started: each has
inherited the mark in its environment.
Tests: tests/live/test_demo.py.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

#: Environment variable that names the directory of the host.
MARK: Final = "SUPVISORS_DEMO"
#: What supervisords get to end in their own order before all of it is killed.
ORDERLY_END_S: Final = 1.5
POLL_S: Final = 0.03


def marked(directory: Path) -> list[int]:
    """Return the living processes of the hosts in a directory, or of the host whose it is."""
    name = f"{MARK}=".encode()
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            values = [v for v in environ.read_bytes().split(b"\0") if v.startswith(name)]
        except OSError:
            continue  # it ended, or is another user's
        if any(Path(os.fsdecode(v[len(name) :])).is_relative_to(directory) for v in values):
            found.append(int(environ.parent.name))
    return found


def kill(directory: Path) -> None:
    """Kill all processes of the hosts in a directory; what they start meanwhile, too."""
    while pids := marked(directory):
        send(signal.SIGKILL, pids)
        time.sleep(POLL_S)


def end(directory: Path) -> None:
    """End all processes of the hosts in a directory, in their own order if they do so soon."""
    pids = marked(directory)
    send(signal.SIGCONT, pids)
    # a supervisord leads its session, and its programs are in it
    send(signal.SIGTERM, [pid for pid in pids if _leads(pid)])
    until = time.monotonic() + ORDERLY_END_S
    while marked(directory) and time.monotonic() < until:
        time.sleep(POLL_S)
    kill(directory)


def _leads(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:
        return False


def send(number: signal.Signals, pids: list[int]) -> None:
    """Send a signal to processes, some of which may have ended."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def main() -> None:
    """Wait until standard input is closed; then end and remove what is left in the directory."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    directory = Path(sys.argv[1])
    end(directory)
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
