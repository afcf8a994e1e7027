"""The guard: whatever a function of the plugin raises, its caller, supervisord, does not see it;
it is counted and logged by the name of the function, and an error that repeats cannot fill the
log. The logger is Supervisor's own."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from supvisors.plugin.guard import Guard


def fail(text: str = "boom") -> int:
    raise RuntimeError(text)


@pytest.fixture
def guard(logger: Any) -> Guard:
    guard = Guard()
    guard.log_to(logger)
    return guard


def test_what_a_function_takes_and_returns_passes_through() -> None:
    def difference(minuend: int, *, subtrahend: int) -> int:
        return minuend - subtrahend

    guarded = Guard().wrap(difference, 0)
    assert guarded(5, subtrahend=3) == 2
    assert guarded.__name__ == "difference"


def test_an_error_becomes_the_default_and_is_logged_with_its_place(
    guard: Guard, logger: Any
) -> None:
    assert guard.wrap(fail, 7)("the disk is gone") == 7
    assert guard.failures == {"fail": 1}
    logged = logger.getvalue().decode()
    assert logged.startswith("CRIT supvisors: an error inside the plugin, in fail;")
    assert "Traceback" in logged
    assert "RuntimeError: the disk is gone" in logged


def test_errors_are_counted_by_function(guard: Guard) -> None:
    class Room:
        def door(self) -> None:
            raise ValueError

    guard.wrap(fail, 0)()
    guard.wrap(fail, 0)()
    guard.wrap(Room().door, None)()
    prefix = "test_errors_are_counted_by_function.<locals>."
    assert guard.failures == {"fail": 2, f"{prefix}Room.door": 1}


def test_an_error_before_there_is_a_logger_is_logged_once_there_is_one(logger: Any) -> None:
    """The first errors can only happen while supervisord reads its configuration."""
    guard = Guard()
    for _ in range(Guard.TRACEBACKS_LOGGED + 20):
        assert guard.wrap(fail, None)("too early") is None
    guard.log_to(logger)
    guard.log_to(logger)
    assert guard.failures == {"fail": Guard.TRACEBACKS_LOGGED + 20}
    assert logger.getvalue().decode().count("RuntimeError: too early") == Guard.TRACEBACKS_LOGGED


def test_a_repeated_error_is_only_counted_in_the_end(guard: Guard, logger: Any) -> None:
    guarded = guard.wrap(fail, 0)
    for _ in range(Guard.TRACEBACKS_LOGGED + 20):
        guarded()
    logged = logger.getvalue().decode()
    assert logged.count("Traceback") == Guard.TRACEBACKS_LOGGED
    assert logged.count("further ones are only counted") == 1
    assert logged.rindex("further ones are only counted") > logged.rindex("CRIT")
    assert guard.failures["fail"] == Guard.TRACEBACKS_LOGGED + 20


def test_one_repeated_error_does_not_hide_another(guard: Guard, logger: Any) -> None:
    for _ in range(Guard.TRACEBACKS_LOGGED + 1):
        guard.wrap(fail, 0)("the first")
    guard.wrap(int, 0)("the other")
    assert "the other" in logger.getvalue().decode()


@pytest.mark.parametrize("text", ["100% of %(memory)s", "{braces}", "caf\xe9", "\udc80 lone"])
def test_an_error_of_any_text_is_survived(guard: Guard, text: str) -> None:
    assert guard.wrap(fail, 0)(text) == 0


def test_a_percent_sign_is_logged_as_it_is(guard: Guard, logger: Any) -> None:
    guard.wrap(fail, 0)("100% of %(memory)s")
    assert "RuntimeError: 100% of %(memory)s" in logger.getvalue().decode()


def test_a_callable_without_a_name_of_its_own_is_guarded_too(guard: Guard) -> None:
    assert guard.wrap(functools.partial(fail, "boom"), 3)() == 3
    assert sum(guard.failures.values()) == 1
