"""Prints the state of the whole cluster, then every change without a gap, until Ctrl-C.

Usage: follow_cluster.py PORT [CURSOR_FILE]

Each line is one JSON object. PORT is the option event_port of the section [supvisors]. With
CURSOR_FILE it begins with the events since it last ended, however it did: an event is printed
before it is saved, so the last one may be printed twice.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from msgspec.structs import asdict

from supvisors.client import Cluster, Event, EventStream, Gap, Status, Vanished, connect
from supvisors.wire import body_as_dict, header_of


def print_line(line: dict[str, Any]) -> None:
    """Print one JSON object, at once."""
    print(json.dumps(line, ensure_ascii=False), flush=True)


def print_state(cluster: Cluster) -> None:
    """Print that it has joined, and the status of everything."""
    print_line({"joined": True})
    for body, _facts in cluster.statuses():
        print_line({"header": header_of(body), "body": body_as_dict(body)})


def print_happening(happening: Status | Event | Vanished | Gap) -> None:
    """Print what the stream tells, as the clients of other languages do."""
    match happening:
        case Status(body, facts, t):
            known = {"facts": facts and asdict(facts), "t": t}
            print_line({"status": header_of(body), "body": body_as_dict(body), **known})
        case Event(body, source, facts, t):
            known = {"facts": facts and asdict(facts), "t": t}
            print_line({"event": body_as_dict(body), "id": source, **known})
        case Vanished(application, process):
            print_line({"removed": {"application": application, "process": process}})
        case Gap(header, first, last):
            print_line({"gap": [header, first, last]})


def save_cursor(stream: EventStream, file: Path | None) -> None:
    """Write a file that is whole, whenever the program is killed."""
    if file is not None and stream.cursor is not None:
        new = file.with_name(f"{file.name}.new")
        new.write_text(stream.cursor)
        new.replace(file)


async def follow(port: int, file: Path | None) -> None:
    """Print what happens, and save the cursor behind each event."""
    cursor = file.read_text() if file is not None and file.exists() else None
    async with connect(port=port, cursor=cursor) as stream:
        print_state(stream.cluster)
        save_cursor(stream, file)
        async for happening in stream:
            print_happening(happening)
            if isinstance(happening, Event | Gap):
                save_cursor(stream, file)


try:
    asyncio.run(follow(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
except KeyboardInterrupt:
    pass
