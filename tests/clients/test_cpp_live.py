"""The synchronised C++ client beside a real agent, that is killed, and itself ended."""

from __future__ import annotations

import shutil

import pytest

from tests.clients.absence import nothing_is_missed
from tests.clients.test_cpp import PLAIN, build
from tests.live.harness import Site

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("cmake") is None, reason="no C++ here: tools/setup.sh cpp"),
]


@pytest.fixture(scope="module")
def follow() -> str:
    folder = build(PLAIN, "-DCMAKE_BUILD_TYPE=RelWithDebInfo")
    return str(folder / "examples" / "follow_cluster")


def test_nothing_is_missed(camera_site: Site, follow: str) -> None:
    cursor = str(camera_site.directory / "cursor")
    nothing_is_missed(camera_site, (follow, str(camera_site.event_port), cursor), 0)
