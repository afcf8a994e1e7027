"""Whether those who ask without a pause delay those who listen."""

from __future__ import annotations

import bisect
import sys
import time
from contextlib import ExitStack, nullcontext
from pathlib import Path

import zmq

from bench.latency import CHILD, Callback
from bench.sites import Told, supvisors_site
from bench.table import percentiles_ms, row
from tests.live.harness import Site, wait_for
from tests.live.pollers import Answers, polling

CONNECTIONS = 16
#: Programs that come and go, each about five times in a second, and those that just run.
CHILDREN, IDLE = 4, 20
LIFE_S = 0.15


def report(directory: Path, samples: int) -> None:
    """Measure the delay of exits without, and with, connections that ask all the time."""
    print(
        f"Exit → EXITED in ms ({samples} samples each), {CHILDREN + IDLE + 1} processes: "
        "median, 99th percentile, maximum\n"
    )
    row("connections that ask get_all_process_info", "delay", "answers per second")
    row("---", "---", "---")
    with ExitStack() as stack:
        context = stack.enter_context(zmq.Context())
        site = _site(stack, directory)
        callback = Callback(context, site.event_port)
        callback.start()
        stack.callback(callback.stop)
        site.start()
        for count in (0, CONNECTIONS, 0, CONNECTIONS):
            delays, per_s = _measure(site, callback, samples, count)
            row(count, percentiles_ms(delays), round(per_s))
    print()


def _site(stack: ExitStack, directory: Path) -> Site:
    script = directory / "child-commands.py"
    script.write_text(CHILD)
    quiet = "stdout_logfile = NONE\nstderr_logfile = NONE\nstartsecs = 0\n"
    programs = (
        f"[program:child]\nprocess_name = child_%(process_num)d\nnumprocs = {CHILDREN}\n"
        f"autorestart = true\n{quiet}"
        f"command = {sys.executable} -I -S {script} %(here)s/exits-%(process_num)d {LIFE_S}\n"
        f"[program:idle]\nprocess_name = idle_%(process_num)d\nnumprocs = {IDLE}\n"
        f"command = sleep 100000\n{quiet}"
    )
    site = supvisors_site(directory / "commands", programs)
    stack.callback(site.clean)
    return site


def _measure(site: Site, callback: Callback, samples: int, count: int) -> tuple[list[int], float]:
    """Return the delays in ns, and how many answers there were per second."""
    with polling(site, count) if count else nullcontext(Answers()) as answers:
        first, begin = len(callback.told), time.monotonic()
        wait_for(lambda: len(_exits(callback.told[first:])) > samples, timeout_s=3600)
        heard = _exits(callback.told[first:])
        duration_s = time.monotonic() - begin
    causes = {
        f"child_{number}": [
            int(line) for line in (site.directory / f"exits-{number}").read_text().split()
        ]
        for number in range(CHILDREN)
    }
    delays = []
    for at, name in heard:
        index = bisect.bisect_right(causes[name], at)
        delays.append(at - causes[name][index - 1])
    return delays[-samples:], answers.count / duration_s


def _exits(told: Told) -> list[tuple[int, str]]:
    return [
        (at, name) for at, state, name in told if state == "EXITED" and name.startswith("child")
    ]
