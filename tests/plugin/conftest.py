"""Fixtures of the plugin's tests: Supervisor's own logger, in memory."""

from __future__ import annotations

from typing import Any

import pytest
from supervisor import loggers


@pytest.fixture
def logger() -> Any:
    """Supervisor's logger; `getvalue()` returns what it wrote, as bytes."""
    logger = loggers.getLogger(loggers.LevelsByName.INFO)
    loggers.handle_boundIO(logger, "%(levelname)s %(message)s\n")
    return logger
