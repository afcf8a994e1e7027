"""A recording of everything the core was told, for those who look for a fault.

Holds: `Trace`: one JSON line per input, `{"now": …, "input": name, …its fields}`.
Must not touch: the inputs.
Invariants: a line is on its way to the file before the next input is handled.
Tests: tests/link/test_trace.py, tests/live/test_agent_killed.py.

The core is pure: fed with a trace, it decides again what it decided then.
"""

from __future__ import annotations

import json
import os

import msgspec

from supvisors.core.inputs import Input

#: Environment variable of supervisord that names the file.
TRACE_VARIABLE = "SUPVISORS_TRACE"
#: How much of the end of the file is searched first.
TAIL_BYTES = 65536


class Trace:
    """Appends inputs to a file.

    Raises:
        OSError: the file cannot be opened for writing.
    """

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        if self._tail(1) not in (b"", b"\n"):  # the last agent was killed while it wrote
            os.write(self._fd, b"\n")

    def write(self, now: float, happening: Input) -> None:
        """Append one input."""
        fields = msgspec.to_builtins(happening)
        record = {"now": now, "input": type(happening).__name__, **fields}
        os.write(self._fd, msgspec.json.encode(record) + b"\n")

    def last_record(self) -> tuple[str, int] | None:
        """Return boot and number of the last tap record in the file, None when none is.

        An agent that is killed between the line and its cursor has handled that record.
        """
        size, read_bytes = os.fstat(self._fd).st_size, 0
        while read_bytes < size:
            read_bytes = min(size, max(TAIL_BYTES, 4 * read_bytes))
            for line in reversed(self._tail(read_bytes).splitlines()):
                try:
                    record = json.loads(line)
                except ValueError:
                    continue  # it is cut: the first one by us, another one by a kill
                if "seq" in record:
                    return record["boot"], record["seq"]
        return None

    def _tail(self, count: int) -> bytes:
        return os.pread(self._fd, count, max(0, os.fstat(self._fd).st_size - count))
