"""Those who ask without a pause delay neither events nor each other for long.

The figures are those of `bench/commands.py`; the bound here is one that a busy machine keeps.
"""

from __future__ import annotations

import os
import signal
import statistics
from typing import Final

import pytest

from supvisors.model import ProcessState
from tests.live.cluster import now
from tests.live.harness import Heard, Site, wait_for, wait_program
from tests.live.pollers import polling

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

CONNECTIONS: Final = 16
KILLS: Final = 40
#: Of the median; the second that a poll of supervisord lasts would be far above it.
DELAY_MAX_S: Final = 0.2

PROGRAMS: Final = """
[program:idle]
process_name = idle_%(process_num)d
numprocs = 20
command = sleep 1000
startsecs = 0

[program:victim]
command = sleep 1000
startsecs = 0
autorestart = true
"""


def test_pollers_do_not_delay_events(site: Site, heard: Heard) -> None:
    site.write(PROGRAMS)
    site.start()
    with polling(site, CONNECTIONS) as answers:
        delays_s = [killed(heard, count) for count in range(1, KILLS + 1)]
    print(f"{answers.count} answers; delays {sorted(round(each, 4) for each in delays_s)} s")
    assert statistics.median(delays_s) < DELAY_MAX_S
    assert answers.count > CONNECTIONS


def killed(heard: Heard, count: int) -> float:
    """Kill the victim for the so-manieth time; return after how long a client heard of it, in s."""
    running = heard.wait("event", count, name="victim", state=ProcessState.RUNNING)
    wait_program(running["pid"], "sleep")
    begin = now()
    os.kill(running["pid"], signal.SIGKILL)

    def ends() -> list[float]:
        pairs = zip(list(heard.times), list(heard.messages), strict=False)
        return [
            at
            for at, (header, body) in pairs
            if header == "event"
            and body["name"] == "victim"
            and body["state"] == ProcessState.EXITED
        ]

    wait_for(lambda: len(ends()) >= count, f"exit {count} of the victim is heard")
    return ends()[count - 1] - begin
