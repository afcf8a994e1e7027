"""How long after a child's exit, and after `startsecs`, a client knows."""

from __future__ import annotations

import bisect
import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import zmq

from bench.sites import Told, stock_site, supvisors_site, told_to_listener
from bench.table import percentiles_ms, row
from supvisors.client.subscriber import SupvisorsEventInterface, create_logger
from supvisors.model import ProcessState
from tests.live.harness import Site, wait_for

#: A child that notes when it exits, just before.
CHILD = """
import os, sys, time
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
time.sleep(float(sys.argv[2]))
os.write(fd, f"{time.monotonic_ns()}\\n".encode())
os._exit(0)
"""

#: Name of the case -> seconds that a child lives, its startsecs.
CASES = {"1/s": (0.95, 0), "5/s": (0.15, 0), "RUNNING": (1.2, 1)}


class Callback(SupvisorsEventInterface):
    """Notes when its callback is called with what."""

    def __init__(self, context: Any, port: int) -> None:
        super().__init__(context, port, create_logger())
        self.told: Told = []
        self.subscribe_process_event()

    def on_process_event(self, data: dict[str, Any]) -> None:
        self.told.append((time.monotonic_ns(), ProcessState(data["state"]).name, data["name"]))


def report(directory: Path, samples: int) -> None:
    """Measure all cases at once, each with Supvisors and with a stock listener.

    The stock listener hears of an exit a second late and more, so that it takes three times as
    long for a sample: a fifth of the samples has to do for its median.
    """
    stock_samples = max(20, samples // 5)
    print(
        f"Latency in ms ({samples} samples, {stock_samples} of the stock listener): "
        "median, 99th percentile, maximum\n"
    )
    row("case", "Supvisors client", "stock event listener", "ratio of medians")
    row("---", "---", "---", "---")
    with ExitStack() as stack:
        context = stack.enter_context(zmq.Context())
        pairs = {case: _start(stack, context, directory, case) for case in CASES}
        for case, (ours, callback, stock) in pairs.items():
            _wait(lambda c=callback: c.told, samples)
            _wait(lambda s=stock: told_to_listener(s), stock_samples)
            state = "RUNNING" if case == "RUNNING" else "EXITED"
            a = percentiles_ms(_delays(ours, callback.told, case, samples))
            b = percentiles_ms(_delays(stock, told_to_listener(stock), case, stock_samples))
            label = "startsecs → RUNNING" if state == "RUNNING" else f"exit → EXITED, {case}"
            row(label, a, b, round(a[0] / b[0], 3))
    print()


def _start(
    stack: ExitStack, context: Any, directory: Path, case: str
) -> tuple[Site, Callback, Site]:
    life_s, startsecs = CASES[case]
    name = case.replace("/", "")
    script = directory / f"child-{name}.py"
    script.write_text(CHILD)
    program = (
        "[program:child]\nautorestart = true\nstdout_logfile = NONE\nstderr_logfile = NONE\n"
        f"startsecs = {startsecs}\n"
        f"command = {sys.executable} -I -S {script} %(here)s/exits {life_s}\n"
    )
    ours = supvisors_site(directory / f"ours-{name}", program)
    stock = stock_site(directory / f"stock-{name}", program)
    stack.callback(ours.clean)
    stack.callback(stock.clean)
    callback = Callback(context, ours.event_port)
    callback.start()
    stack.callback(callback.stop)
    ours.start()
    stock.start(ready=False)
    return ours, callback, stock


def _wait(told: Callable[[], Told], samples: int) -> None:
    wait_for(lambda: len(_samples(told(), "EXITED")) > samples, timeout_s=3600)


def _samples(told: Told, state: str) -> list[int]:
    return [at for at, told_state, name in told if told_state == state and name == "child"]


def _delays(site: Site, told: Told, case: str, samples: int) -> list[int]:
    """Return the delays in ns of the last `samples` changes.

    A child is started again after its end was told, so that what a client hears belongs to
    the newest cause before it; a client that came late misses the first ones.
    """
    if case == "RUNNING":  # from the STARTING that the same client heard
        causes, effects = _samples(told, "STARTING"), _samples(told, "RUNNING")
        due_ns = 1_000_000_000
    else:
        causes = [int(json.loads(line)) for line in (site.directory / "exits").open()]
        effects, due_ns = _samples(told, "EXITED"), 0
    newest = [(bisect.bisect_right(causes, at), at) for at in effects]
    return [at - causes[index - 1] - due_ns for index, at in newest if index][-samples:]
