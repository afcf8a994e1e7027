"""An agent that is killed at any instant loses nothing that it took, and doubles nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journal.harness import Desk, sources

#: The long form is of `make events-long`.
KILLS = 100 if os.environ.get("SUPVISORS_EVENTS_LONG") else 5
#: Takes events as fast as it can and prints the number of each that was taken.
TAKER = """
import sys
from pathlib import Path
from tests.journal.harness import Desk
desk = Desk(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 10**9):
    assert desk.take(number)
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_was_taken_survives_kills(tmp_path: Path) -> None:
    chance = random.Random(5)
    number, checked = 1, 0
    for _ in range(KILLS):
        taker = subprocess.Popen(
            [sys.executable, "-c", TAKER, str(tmp_path), str(number)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert taker.stdout is not None
        for _ in range(chance.randrange(1, 3000)):
            number = int(taker.stdout.readline())
        taker.send_signal(signal.SIGKILL)
        rest = taker.stdout.read().splitlines()  # what was said before the kill
        taker.wait()
        taker.stdout.close()
        whole = [int(line) for line in rest if line]
        number = max([number, *whole])
        desk = Desk(tmp_path)
        number += 1
        desk.take(number)  # the kill may have come between this event and the word of it
        desk.settle()
        found: list[tuple[int, str, str, int]] = []
        after: int | None = checked
        while after is not None:
            page = desk.read(after)
            found += sources(page)
            after = page.next
        desk.close()
        assert [source[0] for source in found] == list(range(checked + 1, number + 1)), "no hole"
        assert [source[3] for source in found] == list(range(checked + 1, number + 1)), "each once"
        checked = number
        number += 1
