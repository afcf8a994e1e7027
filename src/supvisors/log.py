"""The agent's log: one line for each happening, with its reason and facts.

Holds: the line format, and where the lines go.
Must not touch: decisions.
Tests: tests/link/test_log.py.

A line reads `2026-01-31T12:00:00.123Z info address state changed address=alpha to=RUNNING`:
time in UTC, level, a sentence without variable parts, then name=value facts. A value with
blanks or quotes is quoted as JSON quotes it; one that a terminal, a reader of lines or UTF-8
would stumble over has all but ASCII escaped. So a line stays a line.
"""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import sys
import time
from collections.abc import Iterable

LEVELS = {
    "critical": logging.CRITICAL,
    "error": logging.ERROR,
    "warn": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
}
_NAMES = {number: name for name, number in LEVELS.items()}

Facts = Iterable[tuple[str, object]]


class Log:
    """Writes lines to the standard output until it is told of a file."""

    def __init__(self) -> None:
        self._level = logging.NOTSET
        # its own level stays open: a logger remembers what was enabled when it was asked first
        self._logger = logging.Logger("supvisors.agent")
        self._logger.addHandler(_formatted(logging.StreamHandler(sys.stdout)))

    def to_file(self, path: str, max_bytes: int, backups: int) -> None:
        """Write to `path` as well, in at most `backups` + 1 files of `max_bytes` each.

        With `max_bytes` 0 it is one file without bounds.

        Raises:
            OSError: the file cannot be opened for writing.
        """
        handler = _RotatingFileHandler(
            path, maxBytes=max_bytes, backupCount=backups, encoding="utf-8"
        )
        self._logger.addHandler(_formatted(handler))

    def set_level(self, level: str) -> None:
        """Write lines of `level` (a key of `LEVELS`) and above."""
        self._level = LEVELS[level]

    def debugs(self) -> bool:
        """Tell whether debug lines are written."""
        return self._level <= logging.DEBUG

    def write(self, level: str, reason: str, facts: Facts = ()) -> None:
        """Write one line."""
        number = LEVELS[level]
        if number >= self._level:
            self._logger.log(number, "%s", line(reason, facts))

    def close(self) -> None:
        """Let go of the file."""
        for handler in self._logger.handlers:
            handler.close()

    def exception(self, reason: str, facts: Facts = ()) -> None:
        """Write one line with the traceback of the exception being handled, on one line."""
        _, error, _ = sys.exc_info()
        trace = logging.Formatter().formatException(sys.exc_info())
        self.write("critical", reason, [*facts, ("error", repr(error)), ("traceback", trace)])


def line(reason: str, facts: Facts) -> str:
    """Return `reason name=value …`."""
    return " ".join([reason, *(f"{name}={_value(value)}" for name, value in facts)])


def _value(value: object) -> str:
    text = str(value)
    printable = text.isprintable()
    plain = text and printable and not any(c in text for c in ' "=')
    return text if plain else json.dumps(text, ensure_ascii=not printable)


class _Formatter(logging.Formatter):
    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        stamp = self.formatTime(record, "%Y-%m-%dT%H:%M:%S")
        level = _NAMES[record.levelno]
        return f"{stamp}.{int(record.msecs):03d}Z {level} {record.getMessage()}"


class _RotatingFileHandler(logging.handlers.RotatingFileHandler):
    def doRollover(self) -> None:  # noqa: N802
        if self.backupCount == 0:  # nothing is moved away: begin anew, as Supervisor does
            os.truncate(self.baseFilename, 0)
        super().doRollover()


def _formatted(handler: logging.Handler) -> logging.Handler:
    handler.setFormatter(_Formatter())
    return handler
