"""What all tests share: which of them are slow, and how hypothesis searches.

By default hypothesis draws the same examples in every run, so that nothing turns red by
chance; `pytest --hypothesis-profile=search` draws new ones, and many more.
"""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

#: Folders whose tests start real programs: `make check` leaves them out.
SLOW_FOLDERS = {"live", "docs"}

TESTS = Path(__file__).parent

hypothesis.settings.register_profile("same", deadline=None, derandomize=True)
hypothesis.settings.register_profile("search", deadline=None, max_examples=5000)
hypothesis.settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in a slow folder as slow."""
    for item in items:
        if item.path.is_relative_to(TESTS) and item.path.parts[len(TESTS.parts)] in SLOW_FOLDERS:
            item.add_marker(pytest.mark.slow)
