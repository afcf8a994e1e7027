"""How a command fails.

Holds: the exit statuses, `CommandError`, and what to do when nobody reads on.
Must not touch: what a command does.
Tests: tests/cli/test_main.py.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SUCCESS: Final = 0
FAILURE: Final = 1
USAGE: Final = 2


class CommandError(Exception):
    """A command cannot do what it was asked for; it ends with `FAILURE`.

    Its text, a line of problem and cure, is shown to the user as it is.
    """

    def __init__(self, problem: str, cure: str = "") -> None:
        super().__init__(": ".join(filter(None, (problem, cure))))


@contextmanager
def until_reader_leaves() -> Iterator[None]:
    """End quietly once standard output is closed, as `head` closes it."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered would fail again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
