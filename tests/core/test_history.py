"""What became of a process, in words, and whether it failed."""

from __future__ import annotations

import pytest

from supvisors.core.history import TRANSITIONS_MAX, has_failed, remember, why
from supvisors.core.process import Process
from supvisors.model import BY_AUTORESTART, BY_COMMAND, ExitFacts, ProcessInfo
from supvisors.model import ProcessState as S


def info(state: S, *, cause: str = "plan", **fields: object) -> ProcessInfo:
    return ProcessInfo("shop", "web", state, cause=cause, **fields)  # type: ignore[arg-type]


def lived(*infos: ProcessInfo) -> Process:
    process, before = Process("shop", "web"), None
    for each in infos:
        remember(process, "alpha", before, each)
        before = each
    return process


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (info(S.STARTING), "plan"),
        (info(S.EXITED, exit=ExitFacts(code=3, run_time_ms=1500)), "exit code 3 after 1.5 s"),
        (
            info(S.EXITED, exit=ExitFacts(signal=9), again=True),
            "signal 9, Supervisor starts it again",
        ),
        (
            info(S.BACKOFF, exit=ExitFacts(spawn_error="no such file")),
            "it ended too early: no such file; Supervisor tries again",
        ),
        (info(S.FATAL, exit=ExitFacts(code=1)), "Supervisor gave up: exit code 1"),
        (info(S.FATAL), "Supervisor gave up: it ended"),
        (info(S.STOPPED, cause=BY_COMMAND), BY_COMMAND),
    ],
)
def test_why(told: ProcessInfo, words: str) -> None:
    assert why(told) == words


def test_the_last_changes_are_kept_oldest_first() -> None:
    infos = [info(S.RUNNING, event_ns=n) for n in range(TRANSITIONS_MAX + 3)]
    dates = [each.at_ns for each in lived(*infos).history]
    assert dates == list(range(3, TRANSITIONS_MAX + 3))


CRASH = info(S.EXITED, expected=False)


@pytest.mark.parametrize(
    ("before", "last", "failed"),
    [
        ([S.STARTING, S.RUNNING], CRASH, True),
        ([S.STARTING, S.RUNNING], info(S.EXITED, expected=False, again=True), False),
        ([S.STARTING, S.RUNNING], info(S.EXITED), False),
        ([S.STARTING, S.BACKOFF], info(S.FATAL), False),
        ([S.STARTING, S.RUNNING, S.STOPPING], info(S.STOPPED), False),
        ([S.STARTING, S.RUNNING, S.STOPPING, S.STOPPED, S.STARTING], info(S.FATAL), False),
    ],
)
def test_what_is_a_failure(before: list[S], last: ProcessInfo, failed: bool) -> None:
    process = lived(*map(info, before), last)
    assert has_failed(process, last) == failed


def test_a_crash_that_supervisor_could_not_mend_is_a_failure() -> None:
    again = info(S.EXITED, expected=False, again=True)
    retry = info(S.STARTING, cause=BY_AUTORESTART)
    last = info(S.FATAL, cause=BY_AUTORESTART)
    process = lived(info(S.STARTING), info(S.RUNNING), again, retry, info(S.BACKOFF), last)
    assert has_failed(process, last)
