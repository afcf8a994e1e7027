"""How a status reads: state and master, the tables, and the warnings at the end."""

from __future__ import annotations

import copy
import io
from typing import Any

import pytest
from rich.console import Console

from supvisors.cli.status import show_status

NOW_MS = 1_769_860_800_000

STATUS: dict[str, Any] = {
    "supvisors": {"statecode": 2, "statename": "OPERATION"},
    "master": "alpha",
    "addresses": [
        {
            "address_name": "alpha",
            "statecode": 2,
            "statename": "RUNNING",
            "remote_time": NOW_MS - 400,
            "local_time": NOW_MS - 400,
            "loading": 15,
        },
        {
            "address_name": "beta",
            "statecode": 3,
            "statename": "SILENT",
            "remote_time": NOW_MS - 42_000,
            "local_time": NOW_MS - 42_000,
            "loading": 0,
        },
        {
            "address_name": "gamma",
            "statecode": 0,
            "statename": "UNKNOWN",
            "remote_time": 0,
            "local_time": 0,
            "loading": 0,
        },
    ],
    "applications": [
        {
            "application_name": "station",
            "statecode": 2,
            "statename": "RUNNING",
            "major_failure": True,
            "minor_failure": True,
        },
        {
            "application_name": "survey",
            "statecode": 0,
            "statename": "STOPPED",
            "major_failure": False,
            "minor_failure": False,
        },
    ],
    "processes": [
        {
            "application_name": "station",
            "process_name": "camera",
            "statecode": 20,
            "statename": "RUNNING",
            "expected_exit": True,
            "last_event_time": 7,
            "addresses": ["alpha", "beta"],
        },
        {
            "application_name": "station",
            "process_name": "radio",
            "statecode": 100,
            "statename": "EXITED",
            "expected_exit": False,
            "last_event_time": 7,
            "addresses": [],
        },
    ],
    "plans": [
        {
            "plan_id": "7",
            "verb": "start",
            "application_name": "station",
            "active": ["station:radio"],
            "waiting": ["station:log", "station:web"],
            "why": "an operator, request 3",
        }
    ],
    "intents": [
        {"kind": "address", "name": "alpha", "wanted": "drained"},
        {"kind": "address", "name": "beta", "wanted": "drained"},
        {"kind": "process", "name": "station:camera", "wanted": "disabled"},
        {"kind": "process", "name": "station:radio", "wanted": "stopped"},
    ],
    "warnings": ["gamma was never heard: look at its network", "no quorum"],
}


def shown(status: dict[str, Any], **console: Any) -> list[str]:
    out = io.StringIO()
    show_status(Console(file=out, **{"width": 200, **console}), status, NOW_MS)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def changed(**values: Any) -> dict[str, Any]:
    return {**copy.deepcopy(STATUS), **values}


def test_the_whole_of_it() -> None:
    assert shown(STATUS) == [
        "Supvisors  OPERATION  master alpha",
        "",
        "ADDRESS  STATE    LOADING  LAST TICK",
        "alpha    RUNNING     15 %  0.4 s ago  master, drained",
        "beta     SILENT       0 %  42 s ago   drained",
        "gamma    UNKNOWN      0 %  never",
        "",
        "APPLICATION  STATE    FAILURES",
        "station      RUNNING  major, minor",
        "survey       STOPPED",
        "",
        "PROCESS         STATE    ON",
        "station:camera  RUNNING  alpha, beta      disabled",
        "station:radio   EXITED   unexpected exit  stopped by an operator",
        "",
        "PLAN   APPLICATION  UNDER WAY      WAITING                   WHY",
        "start  station      station:radio  station:log, station:web  an operator, request 3",
        "",
        "warning: gamma was never heard: look at its network",
        "warning: no quorum",
    ]


def test_nothing_but_a_state_yet() -> None:
    nothing = changed(
        supvisors={"statecode": 0, "statename": "INITIALIZATION"},
        master="",
        addresses=[],
        applications=[],
        processes=[],
        plans=[],
        intents=[],
        warnings=[],
    )
    assert shown(nothing) == ["Supvisors  INITIALIZATION  no master"]


@pytest.mark.parametrize(
    ("age_ms", "told"),
    [
        (-50, "0.0 s ago"),
        (9_949, "9.9 s ago"),
        (10_000, "10 s ago"),
        (119_000, "119 s ago"),
        (120_000, "2 min ago"),
        (7_200_000, "2 h ago"),
    ],
)
def test_the_age_of_a_tick(age_ms: int, told: str) -> None:
    status = changed()
    status["addresses"][0]["local_time"] = NOW_MS - age_ms
    assert told in shown(status)[3]


def test_one_failure_is_named_alone() -> None:
    status = changed()
    status["applications"][0]["major_failure"] = False
    assert shown(status)[8] == "station      RUNNING  minor"


def test_a_name_does_not_steer_the_terminal() -> None:
    status = changed(warnings=["\x1b[2J"])
    status["addresses"][1]["address_name"] = "[bold]x\x1b"
    lines = shown(status)
    assert lines[-1] == "warning: \N{REPLACEMENT CHARACTER}[2J"
    assert lines[4].startswith("[bold]x\N{REPLACEMENT CHARACTER} ")


def test_what_is_wrong_is_coloured_on_a_terminal() -> None:
    text = "\n".join(shown(STATUS, force_terminal=True, color_system="standard"))
    assert "\x1b[1;31mSILENT \x1b[0m" in text
    assert "\x1b[1;33mwarning: \x1b[0m" in text


def test_a_narrow_terminal_folds_and_loses_nothing() -> None:
    name = "a" * 60
    status = changed()
    status["addresses"][0]["address_name"] = name
    text = "".join("".join(shown(status, width=40)).split())
    assert text.count("a") > len(name)
    assert "\N{HORIZONTAL ELLIPSIS}" not in text
