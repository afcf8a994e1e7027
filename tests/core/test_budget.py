"""How often something may be started again, and how soon."""

from __future__ import annotations

from supvisors.core.budget import TRIES_MAX, WINDOW_S, Budget


def test_the_first_try_comes_at_once_and_the_next_after_twice_the_time() -> None:
    budget, now, waits = Budget(), 100.0, []
    for _ in range(TRIES_MAX):
        due_s = budget.due_s("web", now)
        waits.append(due_s - now)
        now = due_s
        budget.spend("web", now)
    assert waits == [0.0, 1.0, 2.0, 4.0, 8.0]
    assert budget.is_spent("web", now)


def test_tries_that_are_long_past_do_not_count() -> None:
    budget = Budget()
    for _ in range(TRIES_MAX):
        budget.spend("web", 0.0)
    assert budget.is_spent("web", WINDOW_S - 1)
    assert not budget.is_spent("web", WINDOW_S)
    assert budget.due_s("web", WINDOW_S) == WINDOW_S


def test_each_name_has_its_own_tries_and_an_operator_ends_them() -> None:
    budget = Budget()
    for _ in range(TRIES_MAX):
        budget.spend("web", 0.0)
    assert not budget.is_spent("db", 0.0)
    budget.reset("web")
    assert not budget.is_spent("web", 0.0)
