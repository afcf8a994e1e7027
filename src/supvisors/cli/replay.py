"""`supvisors replay`: a recording, published again.

Holds: the command.
Must not touch: how it is published (`supvisors.rehearsal`).
Invariants: the whole file is read before a port is opened.
Tests: tests/cli/test_record.py.
"""

from __future__ import annotations

from typing import Annotated, Final

import typer
import zmq

from supvisors.cli.errors import CommandError
from supvisors.cli.eventport import default_port, tell
from supvisors.cli.streaming import streaming
from supvisors.publisher import PortTaken
from supvisors.recording import NotARecording, read
from supvisors.rehearsal import Faults, play

#: How long clients are served after the end, in s: a beat tells them what they lost at last.
STAY_S: Final = 3.0


def replay(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Of 'supvisors record'.")],
    port: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=1, max=65535, help="Where to publish; 65002 by default."),
    ] = None,
    speed: Annotated[
        float, typer.Option(metavar="X", min=0.001, help="How many times faster than it was.")
    ] = 1.0,
    drop: Annotated[
        float, typer.Option(metavar="P", min=0, max=1, help="Lose messages with this probability.")
    ] = 0.0,
    duplicate: Annotated[
        float, typer.Option(metavar="P", min=0, max=1, help="Send messages twice.")
    ] = 0.0,
    reorder: Annotated[
        float, typer.Option(metavar="P", min=0, max=1, help="Send messages after the next one.")
    ] = 0.0,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Do that in the same way each time.")
    ] = None,
    stay: Annotated[
        float, typer.Option(metavar="S", min=0, help="Serve clients S seconds after the end.")
    ] = STAY_S,
) -> None:
    """Publish a recording, to test a client with.

    It publishes on 127.0.0.1, as an agent does, for clients of every kind. It begins when the
    first client is there, and after 3 s without one.

    \b
      supvisors replay FILE --speed 100       100 times as fast as it was
      supvisors replay FILE --drop 0.1        as on a bad network

    It ends with 0 when all is told, and upon Ctrl-C or SIGTERM.
    """
    event_port = port or default_port()
    try:
        with open(file, encoding="utf-8") as stream:
            moments = list(read(stream))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file}: {error}", "name a file of 'supvisors record'") from None
    except NotARecording as error:
        raise CommandError(f"{file}: {error}", "make another one with 'supvisors record'") from None

    async def publish() -> None:
        faults = Faults(drop, duplicate, reorder, seed)
        await play(moments, event_port, speed, faults, stay)

    tell(f"publishing {file} on 127.0.0.1:{event_port}")
    try:
        streaming(publish, None)
    except PortTaken:
        raise CommandError(f"port {event_port} is taken", "name another one with --port") from None
    except zmq.ZMQError as error:
        raise CommandError(f"port {event_port}: {error}", "name another with --port") from None
