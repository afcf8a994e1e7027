"""Semantics, section 6, row by row."""

from __future__ import annotations

import pytest

from supvisors.core.applications import Applications, is_missing
from supvisors.model import ApplicationState, ApplicationStatus, ProcessRule, ProcessState
from supvisors.model import ProcessStatus as Status

OPTIONAL = ProcessRule()
REQUIRED = ProcessRule(required=True, start_sequence=1)
SEQUENCED = ProcessRule(start_sequence=1)

#: state, exit expected -> is it missing when optional, in the start sequence, required?
MISSING = [
    ("STOPPED", True, False, True, True),
    ("STARTING", True, False, False, False),
    ("RUNNING", True, False, False, False),
    ("BACKOFF", True, False, False, False),
    ("STOPPING", True, False, False, False),
    ("EXITED", True, False, False, False),
    ("EXITED", False, True, True, True),
    ("FATAL", True, True, True, True),
    ("UNKNOWN", True, False, True, True),
]


def status(name: str, state: str, expected: bool = True) -> Status:
    return Status("shop", name, ProcessState[state], expected)


@pytest.mark.parametrize(("state", "expected", "optional", "sequenced", "required"), MISSING)
def test_which_process_makes_an_application_fail(
    state: str, expected: bool, optional: bool, sequenced: bool, required: bool
) -> None:
    process = status("web", state, expected)
    assert is_missing(process, OPTIONAL) == optional
    assert is_missing(process, SEQUENCED) == sequenced
    assert is_missing(process, REQUIRED) == required
    assert is_missing(process, ProcessRule(required=True)) == required


#: states of the processes -> state of the application: the first match of section 6
STATES = [
    (["STARTING", "STOPPING", "RUNNING"], "STARTING"),
    (["BACKOFF", "STOPPING", "RUNNING"], "STARTING"),
    (["STOPPING", "RUNNING"], "STOPPING"),
    (["RUNNING", "STOPPED", "FATAL"], "RUNNING"),
    (["STOPPED"], "STOPPED"),
    (["EXITED", "FATAL", "UNKNOWN"], "STOPPED"),
]


@pytest.mark.parametrize(("states", "application"), STATES)
def test_state_is_the_first_match(states: list[str], application: str) -> None:
    applications = Applications()
    for number, state in enumerate(states):
        applications.count(OPTIONAL, None, status(f"p{number}", state))
    settled = applications.settle("shop")
    assert settled is not None
    assert settled.state.name == application


#: state that one process gives, rule of a FATAL one beside it -> major, minor
FAILURES = [
    ("RUNNING", REQUIRED, True, False),
    ("STARTING", REQUIRED, True, False),
    ("BACKOFF", REQUIRED, True, False),
    ("STOPPING", REQUIRED, False, False),
    ("STOPPED", REQUIRED, False, False),
    ("RUNNING", OPTIONAL, False, True),
    ("STARTING", OPTIONAL, False, True),
    ("BACKOFF", OPTIONAL, False, True),
    ("STOPPING", OPTIONAL, False, False),
    ("STOPPED", OPTIONAL, False, False),
]


@pytest.mark.parametrize(("state", "rule", "major", "minor"), FAILURES)
def test_only_what_starts_or_runs_can_fail(
    state: str, rule: ProcessRule, major: bool, minor: bool
) -> None:
    applications = Applications()
    applications.count(OPTIONAL, None, status("web", state))
    applications.count(rule, None, status("db", "FATAL"))
    settled = applications.settle("shop")
    assert settled is not None
    assert (settled.major_failure, settled.minor_failure) == (major, minor)


def test_a_status_is_given_when_it_is_new_or_changed_only() -> None:
    applications = Applications()
    stopped, running = status("web", "STOPPED"), status("web", "RUNNING")

    applications.count(OPTIONAL, None, stopped)
    assert applications.settle("shop") == ApplicationStatus("shop", ApplicationState.STOPPED)
    assert applications.settle("shop") is None
    applications.count(OPTIONAL, stopped, running)
    assert applications.settle("shop") == ApplicationStatus("shop", ApplicationState.RUNNING)


def test_an_application_without_a_process_is_stopped_then_forgotten() -> None:
    applications = Applications()
    running, fatal = status("web", "RUNNING"), status("db", "FATAL")
    applications.count(OPTIONAL, None, running)
    applications.count(REQUIRED, None, fatal)
    applications.settle("shop")

    applications.count(OPTIONAL, running, None)
    applications.count(REQUIRED, fatal, None)
    assert applications.settle("shop") == ApplicationStatus("shop", ApplicationState.STOPPED)
    assert applications.statuses() == []


def test_what_was_forgotten_is_new_when_it_comes_again() -> None:
    applications = Applications()
    stopped = status("web", "STOPPED")
    applications.count(OPTIONAL, None, stopped)
    applications.settle("shop")
    applications.count(OPTIONAL, stopped, None)
    assert applications.settle("shop") is None

    applications.count(OPTIONAL, None, stopped)
    assert applications.settle("shop") == ApplicationStatus("shop", ApplicationState.STOPPED)
