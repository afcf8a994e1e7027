"""The codes are frozen for ever: this page repeats them so that a change shows."""

from __future__ import annotations

from enum import IntEnum, StrEnum

import pytest

from supvisors.model import (
    PID_STATES,
    PRESENT_STATES,
    AddressState,
    ApplicationState,
    ConciliationStrategy,
    ProcessInfo,
    ProcessState,
    RunningFailureStrategy,
    StartingFailureStrategy,
    StartingStrategy,
    SupvisorsState,
)

CODES: list[tuple[type[IntEnum], dict[str, int]]] = [
    (
        SupvisorsState,
        {
            "INITIALIZATION": 0,
            "DEPLOYMENT": 1,
            "OPERATION": 2,
            "CONCILIATION": 3,
            "RESTARTING": 4,
            "SHUTTING_DOWN": 5,
            "SHUTDOWN": 6,
        },
    ),
    (
        AddressState,
        {"UNKNOWN": 0, "CHECKING": 1, "RUNNING": 2, "SILENT": 3, "ISOLATING": 4, "ISOLATED": 5},
    ),
    (ApplicationState, {"STOPPED": 0, "STARTING": 1, "RUNNING": 2, "STOPPING": 3}),
    (
        ProcessState,
        {
            "STOPPED": 0,
            "STARTING": 10,
            "RUNNING": 20,
            "BACKOFF": 30,
            "STOPPING": 40,
            "EXITED": 100,
            "FATAL": 200,
            "UNKNOWN": 1000,
        },
    ),
]


@pytest.mark.parametrize(("states", "codes"), CODES)
def test_codes_are_the_published_ones(states: type[IntEnum], codes: dict[str, int]) -> None:
    assert {state.name: state.value for state in states} == codes


WORDS: list[tuple[type[StrEnum], str]] = [
    (StartingStrategy, "CONFIG LESS_LOADED MOST_LOADED"),
    (StartingFailureStrategy, "ABORT STOP CONTINUE"),
    (
        RunningFailureStrategy,
        "CONTINUE RESTART_PROCESS STOP_APPLICATION RESTART_APPLICATION",
    ),
    (ConciliationStrategy, "SENICIDE INFANTICIDE STOP RESTART RUNNING_FAILURE USER"),
]


@pytest.mark.parametrize(("strategies", "words"), WORDS)
def test_words_of_strategies_and_their_order(strategies: type[StrEnum], words: str) -> None:
    """Their place is their number."""
    assert [(each.name, each.value) for each in strategies] == [
        (word, word) for word in words.split()
    ]


def test_sets_of_process_states() -> None:
    assert {state.name for state in PRESENT_STATES} == {
        "STARTING",
        "RUNNING",
        "BACKOFF",
        "STOPPING",
    }
    assert {state.name for state in PID_STATES} == {"RUNNING", "STOPPING"}


def test_namespec_of_a_process() -> None:
    assert ProcessInfo("shop", "web", ProcessState.STOPPED).namespec == "shop:web"
