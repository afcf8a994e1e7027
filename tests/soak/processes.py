"""The publisher and the reader of a soak, each in a process of its own that can be killed.

Holds: `Source` and `Reader`, handles of the two programs; `Told`, what a reader has saved.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from supvisors.cursor import Cursor
from supvisors.utils import PROCESS_EVENT_HEADER
from tests.live.harness import free_port, wait_for
from tests.soak import reader, source

#: Set by `make soak`: the long forms.
IS_LONG = bool(os.environ.get("SUPVISORS_SOAK"))
#: How long a step may take; far above what is needed, since the machine is shared.
TIMEOUT_S = 240.0 if IS_LONG else 60.0

Id = tuple[str, str, int]


class Child:
    """A program with pipes to its stdin and stdout."""

    def __init__(self, *words: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *map(str, words)],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        """The next line; '' at the end."""
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def kill(self) -> None:
        """SIGKILL, at any time and any number of times."""
        self._process.kill()
        self._process.communicate()


@dataclass
class Told:
    """What a reader has saved until now.

    Attributes:
        ids: of the events, in their order.
        gaps: first and last number, of process events only.
        joined: how many times it has joined.
    """

    ids: list[Id] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    other_gaps: int = 0
    joined: int = 0

    @property
    def count(self) -> int:
        """Events that are held or reported."""
        return len(self.ids) + sum(last - first + 1 for first, last in self.gaps if last)

    @property
    def last(self) -> int:
        """The highest number that is held or reported."""
        return max([0, *(n for *_, n in self.ids[-1:]), *(n for _, n in self.gaps[-1:])])

    def take(self, line: Mapping[str, Any]) -> None:
        if "id" in line:
            address, boot, number = line["id"]
            self.ids.append((address, boot, number))
        elif "gap" in line:
            header, first, last = line["gap"]
            if header == PROCESS_EVENT_HEADER:
                self.gaps.append((first, last))
            else:
                self.other_gaps += 1
        else:
            self.joined += 1


class Reader:
    """A client that can be killed; what it saved stays."""

    def __init__(self, kind: str, port: int, path: Path, buffers: int = 0) -> None:
        self._words = (reader.__file__, kind, port, path, buffers)
        self._path = path
        self._position = 0
        self.told = Told()
        self._child: Child | None = None

    def start(self) -> None:
        joined = self.told.joined
        self._child = Child(*self._words)
        self.wait(lambda: self.told.joined > joined, "it joins")

    def say(self, word: str) -> None:
        assert self._child is not None
        self._child.say(word)

    def states(self) -> dict[str, str]:
        self.say("state")
        assert self._child is not None
        found: dict[str, str] = json.loads(self._child.hear())
        return found

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None
            self.read()

    def read(self) -> None:
        """Take what was saved since the last time."""
        with self._path.open("rb") as file:
            file.seek(self._position)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._position += len(whole)
        for line in whole.splitlines():
            self.told.take(json.loads(line))

    def wait(self, condition: Callable[[], object], what: str) -> None:
        """Read until something is so."""

        def is_so() -> object:
            if self._path.exists():
                self.read()
            return condition()

        told = self.told
        wait_for(
            is_so,
            lambda: f"{what}: {len(told.ids)} held, last {told.ids[-1:]}, gaps {told.gaps[-5:]}",
            TIMEOUT_S,
            every_s=0.02,
        )


class Source:
    """A publisher that can be killed; its tap and its journal stay."""

    def __init__(
        self, directory: Path, journal_bytes: int, buffers: int = 0, processes: int = 500
    ) -> None:
        self.port = free_port()
        self._processes = processes
        directory.mkdir()
        self._directory = directory
        self._words = (source.__file__, self.port, directory, journal_bytes, buffers, processes)
        self._child: Child | None = None

    def start(self) -> None:
        self._child = Child(*self._words)
        assert self._child.hear(), "it serves"

    def change(self, count: int, per_s: int = 0) -> None:
        """Publish changes, and return when the last of them was published."""
        self.begin(count, per_s)
        self.end()

    def begin(self, count: int, per_s: int = 0) -> None:
        assert self._child is not None
        self._child.say(f"change {count} {per_s}")

    def end(self) -> None:
        assert self._child is not None
        assert self._child.hear(), "it publishes all"

    def number(self) -> int:
        """How many changes it has published; once it is killed, maybe one less."""
        cursor = Cursor(str(self._directory / source.CURSOR))
        try:
            return (cursor.read() or ("", 0))[1]
        finally:
            cursor.close()

    def lives(self) -> list[int]:
        """The number of changes before each life."""
        return [int(line) for line in (self._directory / source.LIVES).read_text().split()]

    def states(self) -> Mapping[str, str]:
        return source.states_at(self.number(), self._processes)

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None
