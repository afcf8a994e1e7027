"""Supervisords to measure: one with Supvisors, one with a stock event listener."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import Any

from tests.live.harness import Site, wait_for

#: A stock event listener that notes when it hears what.
LISTENER = """
import os, sys, time
from supervisor import childutils

fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
while True:
    headers, payload = childutils.listener.wait()
    heard_ns = time.monotonic_ns()
    body = dict(pair.split(":") for pair in payload.split())
    state = headers["eventname"].removeprefix("PROCESS_STATE_")
    os.write(fd, f"{heard_ns} {state} {body['processname']}\\n".encode())
    childutils.listener.ok()
"""

Told = list[tuple[int, str, str]]


def supvisors_site(directory: Path, programs: str) -> Site:
    """Return a site with Supvisors, not started."""
    directory.mkdir()
    site = Site(directory)
    site.write(programs)
    _quiet(site)
    return site


def stock_site(directory: Path, programs: str) -> Site:
    """Return a site with a stock event listener instead, not started."""
    directory.mkdir()
    site = Site(directory)
    (directory / "listener.py").write_text(LISTENER)
    listener = (
        "[eventlistener:stock]\n"
        f"command = {sys.executable} {directory}/listener.py {directory}/told\n"
        "events = PROCESS_STATE\nbuffer_size = 10000\n"
    )
    site.write(programs + "\n" + listener)
    text = re.sub(r"\[rpcinterface:supvisors\]\n.*\n", "", site.conf.read_text())
    site.conf.write_text(re.sub(r"\[supvisors\]\n(?:\w.*\n)*", "", text))
    _quiet(site)
    return site


def _quiet(site: Site) -> None:
    site.conf.write_text(site.conf.read_text().replace("loglevel = debug", "loglevel = warn"))


def told_to_listener(site: Site) -> Told:
    """Return what the stock listener of a site heard: when (monotonic ns), state, name."""
    path = site.directory / "told"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(int(at), state, name) for at, state, name in (line.split() for line in lines)]


def cpu_s(pid: int) -> float:
    """Return the CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss_mib(pid: int) -> float:
    """Return the memory of a process, shared pages counted in shares."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(text.partition("\nPss:")[2].split()[0]) / 1024


def wait_until(seconds: float) -> None:
    """Let time pass: it is what these figures are about."""
    end = time.monotonic() + seconds
    wait_for(lambda: time.monotonic() > end, timeout_s=seconds + 10)


def rpc(site: Site) -> Any:
    """Return supervisord's own RPC interface."""
    return site.rpc().supervisor
