"""A recording of what clients are told, as a file: one JSON object a line.

Holds: `Recorder`, which writes; `read`; the lines. Of use for tests of clients, without a cluster.
Must not touch: sockets, the clock.
Invariants: what was written is read again. A file that ends in the middle of a line, as one does
whose writer was killed, is read up to there.
Tests: tests/cli/test_recording.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Final

import msgspec

from supvisors import wire
from supvisors.model import ProcessEvent
from supvisors.wire import WireError
from supvisors.wire.dialect2 import Facts
from supvisors.wire.happenings import Event, Gap, Status, Vanished

#: First line of a file; another version may mean anything.
FORMAT: Final = {"supvisors_recording": 1}

Told = Status | Event | Vanished | Gap


class NotARecording(Exception):
    """The file is none, or damaged; the text says where."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that was told, at a time in ms after the beginning of the recording."""

    at_ms: int
    told: Told


class Recorder:
    """Writes a recording.

    Args:
        file: opened for text, in UTF-8; closed by its owner.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._write(FORMAT)

    def write(self, moment: Moment) -> None:
        """Write one line."""
        self._write({"at_ms": moment.at_ms, **_as_json(moment.told)})

    def _write(self, value: dict[str, Any]) -> None:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        self._file.write(f"{text.encode('utf-8', 'backslashreplace').decode()}\n")


def read(file: IO[str]) -> Iterator[Moment]:
    """Everything in a recording, in order.

    Raises:
        NotARecording: it is none, or a line in it is none.
    """
    number = 0
    for number, text in enumerate(file, 1):
        if not text.endswith("\n"):
            return
        try:
            line = json.loads(text)
            if number == 1:
                _check(line)
            else:
                yield Moment(int(line["at_ms"]), _told(line))
        except (ValueError, KeyError, TypeError, WireError, msgspec.ValidationError) as error:
            raise NotARecording(f"line {number}: {error}") from error
    if number == 0:
        raise NotARecording("line 1: nothing is there")


def _check(line: object) -> None:
    if line != FORMAT:
        raise ValueError("not the first line of a recording of this version")


def _as_json(told: Told) -> dict[str, Any]:
    match told:
        case Status(body, facts, t):
            return {"t": t, **_body(body, facts)}
        case Event(body, source, facts, t):
            return {"t": t, "id": source, **_body(body, facts)}
        case Vanished(application, process):
            return {"removed": [application, process]}
        case Gap(header, first, last):
            return {"gap": [header, first, last]}


def _body(body: Any, facts: Facts | None) -> dict[str, Any]:
    told = {"header": wire.header_of(body), "body": wire.body_as_dict(body)}
    return told if facts is None else {**told, "facts": msgspec.to_builtins(facts)}


def _told(line: dict[str, Any]) -> Told:
    if "removed" in line:
        return Vanished(*line["removed"])
    if "gap" in line:
        return Gap(*line["gap"])
    body = wire.decode((line["header"].encode(), msgspec.json.encode(line["body"])))
    facts = msgspec.convert(line.get("facts"), Facts | None)
    if line["header"] == "event":
        address, boot, number = line["id"]
        assert isinstance(body, ProcessEvent)
        return Event(body, (str(address), str(boot), int(number)), facts, int(line["t"]))
    return Status(body, facts, int(line["t"]))
