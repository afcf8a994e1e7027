"""How an event reads."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from supvisors.cli.show import BAD, GOOD, line, show
from supvisors.model import (
    AddressState,
    AddressStatus,
    ApplicationState,
    ApplicationStatus,
    Body,
    ProcessEvent,
    ProcessState,
    ProcessStatus,
    SupvisorsState,
    SupvisorsStatus,
)
from supvisors.wire import encode

LINES: list[tuple[Body, str]] = [
    (
        SupvisorsStatus(SupvisorsState.OPERATION),
        "12:00:00  supvisors                              OPERATION",
    ),
    (
        AddressStatus("alpha", AddressState.RUNNING, 1, 2, 30),
        "12:00:00  address      alpha                     RUNNING   loading 30 %",
    ),
    (
        ApplicationStatus("web", ApplicationState.STOPPED),
        "12:00:00  application  web                       STOPPED",
    ),
    (
        ApplicationStatus("web", ApplicationState.RUNNING, True, True),
        "12:00:00  application  web                       RUNNING   major failure, minor failure",
    ),
    (
        ProcessStatus("web", "nginx", ProcessState.RUNNING, addresses=("alpha", "beta")),
        "12:00:00  process      web:nginx                 RUNNING   on alpha, beta",
    ),
    (
        ProcessStatus("web", "nginx", ProcessState.EXITED, expected_exit=False),
        "12:00:00  process      web:nginx                 EXITED    unexpected",
    ),
    (
        ProcessEvent("web", "nginx", ProcessState.RUNNING, True, 1, 42, "alpha"),
        "12:00:00  event        web:nginx                 RUNNING   on alpha, pid 42",
    ),
    (
        ProcessEvent("web", "nginx", ProcessState.EXITED, False, 1, 0, "alpha"),
        "12:00:00  event        web:nginx                 EXITED    on alpha, unexpected",
    ),
]


@pytest.mark.parametrize(("body", "text"), LINES)
def test_a_body_is_a_line(body: Body, text: str) -> None:
    assert line(body, "12:00:00").plain == text


def style_of(body: Body) -> str:
    text = line(body, "12:00:00")
    (style,) = [
        span.style
        for span in text.spans
        if text.plain[span.start : span.end].strip() == body.state.name
    ]
    return str(style)


@pytest.mark.parametrize(
    ("body", "style"),
    [
        (SupvisorsStatus(SupvisorsState.OPERATION), GOOD),
        (SupvisorsStatus(SupvisorsState.CONCILIATION), BAD),
        (ApplicationStatus("web", ApplicationState.RUNNING), GOOD),
        (ApplicationStatus("web", ApplicationState.RUNNING, major_failure=True), BAD),
        (ProcessStatus("web", "nginx", ProcessState.FATAL), BAD),
        (ProcessStatus("web", "nginx", ProcessState.EXITED, expected_exit=False), BAD),
        (ProcessEvent("web", "nginx", ProcessState.EXITED, False, 1, 0, "alpha"), BAD),
    ],
)
def test_colours_tell_good_from_bad(body: Body, style: str) -> None:
    assert style_of(body) == style


@pytest.mark.parametrize("state", ProcessState)
def test_every_state_of_a_process_has_a_colour(state: ProcessState) -> None:
    assert style_of(ProcessStatus("web", "nginx", state))


def shown(*frames: bytes) -> str:
    stream = io.StringIO()
    show(Console(file=stream, soft_wrap=True, highlight=False), frames)
    return stream.getvalue()


def test_a_message_is_shown_as_its_line() -> None:
    body, text = LINES[-1]
    assert shown(*encode(body))[len("12:00:00") :] == f"{text[len('12:00:00') :]}\n"


def test_a_malformed_message_is_shown_as_such() -> None:
    assert shown(b"event", b"{").startswith("malformed message: bad_json")


def test_a_name_cannot_steer_the_terminal() -> None:
    body = ProcessStatus("web", "\x1b[2J[red]nginx\n", ProcessState.RUNNING)
    assert "web:\N{REPLACEMENT CHARACTER}[2J[red]nginx\N{REPLACEMENT CHARACTER}" in shown(
        *encode(body)
    )
    assert "\x1b" not in shown(b"\x1b[2J", b"")
