"""What the tests of several clients share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.harness import Site, serving


@pytest.fixture
def camera_site(tmp_path: Path) -> Iterator[Site]:
    """A host with a program that runs when it is told to."""
    camera = "[program:camera]\ncommand = sleep 1000\nstartsecs = 0\nautostart = false\n"
    with serving(tmp_path, camera) as site:
        yield site
