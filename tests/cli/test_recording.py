"""Recordings: what is written is read again."""

from __future__ import annotations

import io

import pytest

from supvisors.model import ProcessEvent, ProcessState
from supvisors.recording import Moment, NotARecording, Recorder, read
from supvisors.wire.dialect2 import Facts
from supvisors.wire.happenings import Event, Gap, Status, Vanished
from tests.client.harness import BODIES

EVENT = ProcessEvent("web", "bêta", ProcessState.EXITED, False, 1, 0, "alpha")
MOMENTS = [
    *(Moment(0, Status(body, None, 5)) for name, body in BODIES.items() if name != "event"),
    Moment(3, Status(BODIES["process"], Facts(restarts=2), 6)),
    Moment(7, Event(EVENT, ("alpha", "b1", 9), Facts(exit_code=3, reason="why"), 8)),
    Moment(7, Event(EVENT, ("alpha", "b1", 10), None, 8)),
    Moment(8, Vanished("web", "nginx")),
    Moment(9, Vanished("web", "")),
    Moment(10, Gap("event", 3, 0)),
]


def recorded() -> str:
    file = io.StringIO()
    recorder = Recorder(file)
    for moment in MOMENTS:
        recorder.write(moment)
    return file.getvalue()


def test_what_is_written_is_read_again() -> None:
    assert list(read(io.StringIO(recorded()))) == MOMENTS
    assert recorded().count("\n") == len(MOMENTS) + 1


def test_a_file_that_ends_in_a_line_is_read_up_to_there() -> None:
    assert list(read(io.StringIO(recorded()[:-5]))) == MOMENTS[:-1]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "line 1"),
        ("{}\n", "line 1"),
        ('{"supvisors_recording":2}\n', "line 1"),
        ('{"supvisors_recording":1}\nnonsense\n', "line 2"),
        ('{"supvisors_recording":1}\n[]\n', "line 2"),
        ('{"supvisors_recording":1}\n{"at_ms":1}\n', "line 2"),
        ('{"supvisors_recording":1}\n{"at_ms":1,"header":"x","body":{},"t":1}\n', "line 2"),
        ('{"supvisors_recording":1}\n{"at_ms":1,"removed":["a"]}\n', "line 2"),
    ],
)
def test_what_is_none(text: str, where: str) -> None:
    with pytest.raises(NotARecording, match=where):
        list(read(io.StringIO(text)))
