"""Three hundred processes started and stopped at once: time to the last event, CPU, memory."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from bench.sites import Told, cpu_s, pss_mib, rpc, stock_site, supvisors_site, told_to_listener
from bench.table import row
from supvisors.model import ProcessState
from tests.live.harness import Heard, Site, listen, wait_for

PROCESSES = 300
PROGRAM = f"""
[program:burst]
command = sleep 100000
process_name = p%(process_num)d
numprocs = {PROCESSES}
autostart = false
startsecs = 0
stdout_logfile = NONE
stderr_logfile = NONE
"""


def report(directory: Path, rounds: int) -> None:
    """Measure both in turn, `rounds` times each."""
    ours = supvisors_site(directory / "ours-burst", PROGRAM)
    stock = stock_site(directory / "stock-burst", PROGRAM)
    try:
        with listen(ours.event_port) as heard:
            ours.start()
            stock.start(ready=False)
            wait_for(lambda: rpc(stock).getProcessInfo("stock")["statename"] == "RUNNING")
            figures: dict[str, list[tuple[float, ...]]] = {"ours": [], "stock": []}
            for _ in range(rounds):
                figures["ours"].append(_round(ours, lambda: _of(heard), "supvisors"))
                figures["stock"].append(_round(stock, lambda: told_to_listener(stock), "stock"))
    finally:
        ours.clean()
        stock.clean()
    a, b = (
        [statistics.median(column) for column in zip(*figures[which], strict=True)]
        for which in ("ours", "stock")
    )
    print(f"{PROCESSES} processes started and stopped at once, medians of {rounds}\n")
    row("", "Supvisors", "stock with a listener", "ratio")
    row("---", "---", "---", "---")
    labels = (
        "start to last RUNNING heard, s",
        "stop to last STOPPED heard, s",
        "CPU of supervisord, s",
        "CPU of agent or listener, s",
        "PSS of supervisord, MiB",
        "PSS of agent or listener, MiB",
    )
    for label, mine, theirs in zip(labels, a, b, strict=True):
        row(label, round(mine, 3), round(theirs, 3), round(mine / theirs, 2) if theirs else "")
    print()


def _of(heard: Heard) -> Told:
    return [
        (int(at * 1e9), ProcessState(body["state"]).name, body["name"])
        for at, (header, body) in zip(list(heard.times), list(heard.messages), strict=False)
        if header == "event"
    ]


def _round(site: Site, told: Callable[[], Told], program: str) -> tuple[float, ...]:
    helper_pid = rpc(site).getProcessInfo(program)["pid"]
    cpu = cpu_s(site.pid), cpu_s(helper_pid)
    start_s = _phase(told, "RUNNING", lambda: rpc(site).startProcessGroup("burst"))
    stop_s = _phase(told, "STOPPED", lambda: rpc(site).stopProcessGroup("burst"))
    return (
        start_s,
        stop_s,
        cpu_s(site.pid) - cpu[0],
        cpu_s(helper_pid) - cpu[1],
        pss_mib(site.pid),
        pss_mib(helper_pid),
    )


def _phase(told: Callable[[], Told], state: str, call: Callable[[], object]) -> float:
    def heard() -> list[int]:
        return [at for at, s, name in told() if s == state and name.startswith("p")]

    before, began = len(heard()), time.monotonic_ns()
    call()
    wait_for(lambda: len(heard()) >= before + PROCESSES, timeout_s=120)
    return (heard()[-1] - began) / 1e9
