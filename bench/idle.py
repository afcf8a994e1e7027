"""What an agent costs when nothing happens."""

from __future__ import annotations

from pathlib import Path

from bench.sites import cpu_s, pss_mib, rpc, stock_site, supvisors_site, wait_until
from bench.table import row

PROGRAM = """
[program:idler]
command = sleep 100000
process_name = p%(process_num)d
numprocs = 20
startsecs = 0
"""


def report(directory: Path, seconds: int) -> None:
    """Measure both at the same time."""
    ours = supvisors_site(directory / "ours-idle", PROGRAM)
    stock = stock_site(directory / "stock-idle", PROGRAM)
    try:
        ours.start()
        stock.start(ready=False)
        wait_until(5)
        agent_pid = rpc(ours).getProcessInfo("supvisors")["pid"]
        pids = {"agent": agent_pid, "its supervisord": ours.pid, "stock supervisord": stock.pid}
        before = {name: cpu_s(pid) for name, pid in pids.items()}
        wait_until(seconds)
        print(f"Idle for {seconds} s with 20 processes\n")
        row("", "CPU, %", "PSS, MiB")
        row("---", "---", "---")
        for name, pid in pids.items():
            percent = (cpu_s(pid) - before[name]) / seconds * 100
            row(name, round(percent, 2), round(pss_mib(pid), 1))
        print()
    finally:
        ours.clean()
        stock.clean()
