"""Plays messages over a real socket to programs that print them, and keeps what they print.

`print_events` of every language prints what `supvisors events --json` prints: the same lines
for the same messages, whatever the messages are. The publisher here sends frames as they are,
malformed ones too.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import zmq

from supvisors.model import Body, ProcessEvent, ProcessState
from supvisors.wire import WireError, body_as_dict, decode, encode, header_of
from tests.live.harness import wait_for
from tests.wire.vectors import CASES

Frames = Sequence[bytes]

#: How long a program may take to start and connect, in s: a virtual machine on a busy one.
START_TIMEOUT_S: Final = 50.0
#: Names of processes that exist only here: one tells who is listening, one that all was played.
PROBE: Final = "lines-probe"
END: Final = "lines-end"


@dataclass(frozen=True, slots=True)
class Program:
    """A program that prints events.

    Attributes:
        name: what it is called in a failure.
        command: its words; the event port is added as the last one.
    """

    name: str
    command: tuple[str, ...]


def vectors() -> list[Frames]:
    """The frames of every vector of dialect 1 that a socket can send."""
    return [case.frames for case in CASES if case.frames]


def recorded(path: Path) -> list[Frames]:
    """The frames of a recording: lines as `supvisors events --json` prints them."""
    messages = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [
        (
            message["header"].encode(),
            json.dumps(message["body"], ensure_ascii=False, separators=(",", ":")).encode(),
        )
        for message in messages
    ]


def expected(messages: Sequence[Frames]) -> list[str]:
    """The lines that a program has to print for these messages: none for malformed ones."""
    lines = []
    for frames in messages:
        try:
            lines.append(line_of(decode(frames)))
        except WireError:
            continue
    return lines


def line_of(body: Body) -> str:
    """The line of one message."""
    message = {"header": header_of(body), "body": body_as_dict(body)}
    return json.dumps(message, ensure_ascii=False)


def play(
    messages: Sequence[Frames], programs: Sequence[Program], directory: Path
) -> dict[str, list[str]]:
    """Send messages to all programs at once; return what each one printed, line by line.

    Args:
        messages: frames, sent as they are.
        programs: each is started before the first message and ended after the last.
        directory: for their output; `<name>.err` stays there for a look at a failure.
    """
    with zmq.Context() as context, context.socket(zmq.PUB) as socket:
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.SNDHWM, 0)
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        with _running(programs, port, directory) as running:
            outputs = {name: directory / f"{name}.out" for name in running}

            def until_all_say(mark: str) -> None:
                def said() -> bool:
                    _send_mark(socket, mark)
                    for name, process in running.items():
                        assert process.poll() is None, _errors(directory, name)
                    return all(mark in path.read_text("utf-8") for path in outputs.values())

                what = f"a line with {mark} from all of {', '.join(running)}"
                wait_for(said, what, timeout_s=START_TIMEOUT_S, every_s=0.1)

            until_all_say(PROBE)
            for frames in messages:
                socket.send_multipart(frames)
            until_all_say(END)
    return {name: _lines(path) for name, path in outputs.items()}


@contextmanager
def listening(
    programs: Sequence[Program], port: int, directory: Path
) -> Iterator[Callable[[], dict[str, list[str]]]]:
    """Run programs beside a publisher of somebody else; give what each has printed so far."""
    with _running(programs, port, directory) as running:
        outputs = {name: directory / f"{name}.out" for name in running}
        yield lambda: {name: _lines(path) for name, path in outputs.items()}


def differences(printed: Mapping[str, Sequence[str]], wanted: Sequence[str]) -> str:
    """The first line in which each program differs, '' when none does."""
    found = []
    for name, lines in printed.items():
        pairs = enumerate(zip(lines, wanted, strict=False))
        at = next((i for i, (got, want) in pairs if got != want), min(len(lines), len(wanted)))
        if list(lines) != list(wanted):
            got, want = (some[at] if at < len(some) else "nothing" for some in (lines, wanted))
            found.append(f"{name}, line {at + 1} of {len(wanted)}:\n  {got}\ninstead of\n  {want}")
    return "\n".join(found)


@contextmanager
def _running(
    programs: Sequence[Program], port: int, directory: Path
) -> Iterator[Mapping[str, subprocess.Popen[Any]]]:
    running: dict[str, subprocess.Popen[Any]] = {}
    files: list[IO[bytes]] = []
    try:
        for program in programs:
            out, err = ((directory / f"{program.name}.{end}").open("wb") for end in ("out", "err"))
            files += [out, err]
            running[program.name] = subprocess.Popen(
                [*program.command, str(port)], stdout=out, stderr=err, stdin=subprocess.DEVNULL
            )
        yield running
    finally:
        for process in running.values():
            process.kill()
            process.wait()
        for file in files:
            file.close()


def _send_mark(socket: zmq.Socket[bytes], name: str) -> None:
    socket.send_multipart(encode(ProcessEvent(name, name, ProcessState.STOPPED, True, 0, 0, name)))


def _lines(path: Path) -> list[str]:
    # not splitlines: names may hold U+2028, which JSON does not escape
    # the last piece is empty, or a line that is not whole yet
    lines = path.read_text("utf-8").split("\n")[:-1]
    return [line for line in lines if PROBE not in line and END not in line]


def _errors(directory: Path, name: str) -> str:
    return f"{name} ended: {(directory / f'{name}.err').read_text('utf-8', 'replace')}"
