"""Programs that follow a cluster, killed and started again, and what their lines tell.

Holds: `Follower`, a handle of one `follow_cluster` of any language; `Told`, its lines in one
    form for all languages.
Must not touch: how a client is told; publishers.
Tests: tests/clients/test_three_live.py.

An event is printed, then its cursor is saved: a kill between the two has that one event printed
again by the next life, and nothing else.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from supvisors.utils import PROCESS_EVENT_HEADER, PROCESS_STATUS_HEADER
from tests.live.harness import wait_for

Id = tuple[str, str, int]

#: How long a step may take: a virtual machine starts on a busy machine.
TIMEOUT_S: Final = 60.0
#: From look to look, so that those who are watched have the processor.
LOOK_S: Final = 0.05
#: The two keys of a body by which a status is told from others of its header.
_NAMES: Final = ("application_name", "process_name")
#: Refreshed at any time: never the same twice.
_CHANGES_ALWAYS: Final = "address"


@dataclass
class Told:
    """What a follower has printed in all of its lives.

    Attributes:
        ids: of the events, in their order; one that a kill had printed twice is here once.
        names: of the process of each of them.
        gaps: header, first and last number.
        state: header and names -> body: the last status of everything but the addresses.
        joined: how many times it has joined.
    """

    ids: list[Id] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    gaps: list[tuple[str, int, int]] = field(default_factory=list)
    state: dict[tuple[str, ...], Mapping[str, Any]] = field(default_factory=dict)
    joined: int = 0
    is_first: bool = True

    @property
    def numbers(self) -> list[int]:
        """Of the events that are held."""
        return [number for _, _, number in self.ids]

    @property
    def last(self) -> int:
        """The highest number that is held or reported."""
        ends = [last for header, _, last in self.gaps if header == PROCESS_EVENT_HEADER]
        return max([0, *ends[-1:], *(number for *_, number in self.ids[-1:])])

    @property
    def lost(self) -> list[int]:
        """Numbers of the events that were reported."""
        return [
            number
            for header, first, last in self.gaps
            if header == PROCESS_EVENT_HEADER
            for number in range(first, last + 1)
        ]

    def states(self) -> dict[str, str]:
        """Namespec -> state name of every process."""
        return {
            ":".join(key[1:]): body["statename"]
            for key, body in self.state.items()
            if key[0] == PROCESS_STATUS_HEADER
        }

    def take(self, line: Mapping[str, Any]) -> None:
        """Take a line of any language. Dates of publication are not in those of Java."""
        match line:
            case {"joined": True}:
                self.joined += 1
                self.state.clear()
                self.is_first = True
            case {"header": header, "body": body} | {"status": header, "body": body}:
                if header != _CHANGES_ALWAYS:
                    self.state[_key(header, body)] = body
            case {"event": body, "id": [address, boot, number]}:
                self._take_event((address, boot, number), f"{body['group']}:{body['name']}")
            case {"gap": [header, first, last]}:
                self.gaps.append((header, first, last))
            case {"removed": {"application": application, "process": process}}:
                header = PROCESS_STATUS_HEADER if process else "application"
                del self.state[(header, application, *([process] if process else []))]
            case _:
                raise AssertionError(f"no line of a follower: {line}")

    def _take_event(self, source: Id, name: str) -> None:
        is_again = self.is_first and self.ids[-1:] == [source]
        self.is_first = False
        if not is_again:
            self.ids.append(source)
            self.names.append(name)


def _key(header: str, body: Mapping[str, Any]) -> tuple[str, ...]:
    return (header, *(body[name] for name in _NAMES if name in body))


class Follower:
    """A program that can be killed, and started again with the cursor that it has saved.

    Args:
        name: what it is called in a failure.
        command: its words; the event port and the file of the cursor are added.
        directory: for its output.
    """

    def __init__(self, name: str, command: Sequence[str], port: int, directory: Path) -> None:
        self.name = name
        self.told = Told()
        self._command = (*command, str(port), str(directory / f"{name}.cursor"))
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self._output = directory
        self._life = 0
        self._position = 0

    def start(self) -> None:
        """Begin a life, with an output of its own: of a line that a kill tore nothing is left."""
        self._life += 1
        self._position = 0
        self._output = self._directory / f"{self.name}.{self._life}"
        with self._output.open("wb") as out, self._errors().open("wb") as errors:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors
            )

    def send(self, number: signal.Signals) -> None:
        """Send it a signal: it is stopped and goes on by two of them."""
        assert self._process is not None
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        """SIGKILL, at any time and any number of times."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self.read()

    def read(self) -> None:
        """Take what was printed since the last time."""
        with self._output.open("rb") as file:
            file.seek(self._position)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._position += len(whole)
        for line in whole.split(b"\n")[:-1]:
            self.told.take(json.loads(line))

    def check_runs(self) -> None:
        """Fail with what it said when it has ended."""
        assert self._process is not None
        assert self._process.poll() is None, f"{self.name} ended: {self._errors().read_text()}"

    def _errors(self) -> Path:
        return self._output.with_suffix(f".{self._life}.err")


class Followers:
    """Programs of several languages, side by side."""

    def __init__(self, each: Iterable[Follower]) -> None:
        self.each = list(each)

    def told(self) -> list[Told]:
        return [follower.told for follower in self.each]

    def start(self) -> None:
        """Start all; return when all have joined."""
        joined = [told.joined for told in self.told()]
        for follower in self.each:
            follower.start()
        self.wait(lambda: [told.joined for told in self.told()] == [n + 1 for n in joined], "join")

    def send(self, number: signal.Signals) -> None:
        for follower in self.each:
            follower.send(number)

    def kill(self) -> None:
        """Kill all of them, however that goes."""
        with ExitStack() as stack:
            for follower in self.each:
                stack.callback(follower.kill)

    def wait(self, condition: Callable[[], object], what: str) -> None:
        """Read until something is so."""

        def is_so() -> object:
            for follower in self.each:
                follower.check_runs()
                follower.read()
            return condition()

        wait_for(is_so, lambda: f"{what}\n{self.summary()}", TIMEOUT_S, LOOK_S)

    def summary(self) -> str:
        """What each was told, for a failure."""
        return "\n".join(
            f"{follower.name}: joined {told.joined} times, {len(told.ids)} held, "
            f"last {told.ids[-1:]}, gaps {told.gaps[-5:]}"
            for follower, told in zip(self.each, self.told(), strict=True)
        )
