"""Fixtures of the live tests: real supervisords on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.harness import Heard, Site, listen
from tests.live.probe import Probe


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A host that the test writes and starts; it is ended, and may leave nothing behind."""
    site = Site(tmp_path)
    try:
        yield site
    finally:
        left = site.clean()
    assert not left


@pytest.fixture
def probe(site: Site) -> Probe:
    """Puts a stand-in for the agent into the site, from before its start."""
    return Probe(site)


@pytest.fixture
def heard(site: Site) -> Iterator[Heard]:
    """A client that listens to the site's event port from before its start."""
    with listen(site.event_port) as heard:
        yield heard
