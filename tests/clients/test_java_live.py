"""The synchronised Java client beside a real agent, that is killed, and itself ended."""

from __future__ import annotations

import shutil
import signal
import sys

import pytest

from tests.clients.absence import nothing_is_missed
from tests.clients.test_java import FOLLOW_CLUSTER, jar
from tests.live.harness import Site

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("mvn") is None, reason="no Java here: tools/setup.sh java"),
]

#: A shell that starts tests in the background leaves Ctrl-C ignored, and Java heeds that.
HEED_CTRL_C = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
#: What a virtual machine gives back for Ctrl-C.
INTERRUPTED = 128 + signal.SIGINT


def test_nothing_is_missed(camera_site: Site) -> None:
    port, cursor = str(camera_site.event_port), str(camera_site.directory / "cursor")
    java = ("java", "-cp", str(jar()), FOLLOW_CLUSTER, port, cursor)
    nothing_is_missed(camera_site, (sys.executable, "-c", HEED_CTRL_C, *java), INTERRUPTED)
