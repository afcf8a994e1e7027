"""The line that an operator reads."""

from __future__ import annotations

import pytest

from supvisors.config import ConfigError, Mistake


@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        (
            Mistake("/etc/s.conf", 3, "event_port", "x", "not a number", "Write 65002"),
            "/etc/s.conf:3: [supvisors] event_port = 'x': not a number. Write 65002.",
        ),
        (
            Mistake("/etc/s.conf", None, "event_port", "", "has no value", "Write 65002"),
            "/etc/s.conf: [supvisors] event_port: has no value. Write 65002.",
        ),
        (
            Mistake("/etc/s.conf", 3, "", "", "nobody reads it", "Remove it", "supvisor"),
            "/etc/s.conf:3: [supvisor]: nobody reads it. Remove it.",
        ),
        (
            Mistake("/etc/s.conf", 3, "", "", "is no line", "Remove it", ""),
            "/etc/s.conf:3: is no line. Remove it.",
        ),
        (
            Mistake("s.conf", 3, "user", "a\nb", "two\nlines\r\n here", "Write\none"),
            "s.conf:3: [supvisors] user = 'a\\nb': two lines here. Write one.",
        ),
    ],
)
def test_a_mistake_is_one_line(mistake: Mistake, line: str) -> None:
    assert str(mistake) == line


def test_an_error_says_all_its_mistakes() -> None:
    first = Mistake("s.conf", 1, "a", "x", "bad", "Mend it")
    second = Mistake("s.conf", 2, "b", "y", "bad", "Mend it")
    error = ConfigError((first, second))
    assert str(first) in str(error)
    assert str(second) in str(error)
