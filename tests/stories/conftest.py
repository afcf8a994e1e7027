"""The option that records the stories again; the difference is then read before it is kept."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite",
        action="store_true",
        help="record the stories under tests/stories again (give that folder as argument)",
    )
