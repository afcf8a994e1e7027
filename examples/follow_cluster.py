"""Prints the state of all processes, then every change without a gap, until Ctrl-C.

Usage: follow_cluster.py PORT [CURSOR_FILE]

PORT is the option event_port of the section [supvisors]. With CURSOR_FILE it goes on where it
was when it ended: what happened meanwhile is printed after the state.
"""

import asyncio
import sys
from pathlib import Path

from supvisors.client import Event, Gap, connect


def save(file: Path, cursor: str) -> None:
    """Write a file that is whole, whenever the program is killed."""
    new = file.with_name(f"{file.name}.new")
    new.write_text(cursor)
    new.replace(file)


async def follow(port: int, file: Path | None) -> None:
    """Print what happens, and save the cursor behind each event."""
    cursor = file.read_text() if file is not None and file.exists() else None
    async with connect(port=port, headers=["process", "event"], cursor=cursor) as stream:
        for name, process in stream.cluster.processes.items():
            print(name, process.state.name, flush=True)
        async for event in stream:
            if isinstance(event, Event):
                body = event.body
                print(f"{body.group}:{body.name}", body.state.name, body.address, flush=True)
                if file is not None and stream.cursor is not None:
                    save(file, stream.cursor)
            elif isinstance(event, Gap):
                print("lost:", event.header, event.first, event.last, flush=True)


try:
    asyncio.run(follow(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
except KeyboardInterrupt:
    pass
