"""The rule that nothing of ours ever ends supervisord.

Holds: `Guard`, which every entry from supervisord into the plugin passes through.
Must not touch: anything but supervisord's logger.
Tests: tests/plugin/test_guard.py, tests/live/test_plugin_facts.py.

Supervisord calls event callbacks, `readable()`, `writable()` and `poll` with no net under
them: an exception there ends it, and with it the care for every supervised program.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Logger(Protocol):
    """The part of supervisord's logger that the plugin uses."""

    def info(self, msg: str, **kw: object) -> None: ...
    def warn(self, msg: str, **kw: object) -> None: ...
    def error(self, msg: str, **kw: object) -> None: ...
    def critical(self, msg: str, **kw: object) -> None: ...


class Guard:
    """Calls functions of the plugin such that none of their errors goes further.

    Attributes:
        logger: supervisord's logger, None while there is none; what is caught meanwhile is
            logged by `log_to`.
        failures: number of errors caught, by the name of the function that raised.
    """

    #: how many tracebacks of one function are logged; later ones are only counted
    TRACEBACKS_LOGGED = 5

    def __init__(self) -> None:
        self.logger: Logger | None = None
        self.failures: dict[str, int] = {}
        self._early: list[str] = []

    def log_to(self, logger: Logger) -> None:
        """Log to `logger` from now on, and first what was caught before there was one."""
        self.logger = logger
        early, self._early = self._early, []
        for text in early:
            logger.critical(text)

    def wrap(self, function: Callable[..., T], default: T) -> Callable[..., T]:
        """Return `function` with its errors logged, counted and replaced by `default`."""
        where = getattr(function, "__qualname__", repr(function))

        @functools.wraps(function)
        def guarded(*args: object, **kwargs: object) -> T:
            try:
                return function(*args, **kwargs)
            except Exception:
                self.report(where)
                return default

        return guarded

    def report(self, where: str) -> None:
        """Count the exception being handled and log its traceback, unless it repeats."""
        count = self.failures[where] = self.failures.get(where, 0) + 1
        if count > self.TRACEBACKS_LOGGED:
            return
        last = "; further ones are only counted" if count == self.TRACEBACKS_LOGGED else ""
        text = (
            f"supvisors: an error inside the plugin, in {where}; supervisord goes on{last}: "
            f"{traceback.format_exc()}"
        )
        if self.logger is None:
            self._early.append(text)
        else:
            self.logger.critical(text)
