"""Many seeds on every core of the machine, and what is printed of them.

Holds: `outcome` of one seed, `replay`, `run_many`.
Must not touch: what is right.
"""

from __future__ import annotations

import os
import statistics
import time
import traceback
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Final

from tests.sim.broken import Broken
from tests.sim.trace import Trace
from tests.sim.world import World

#: Every so many seeds one is run twice, with traces, which must be the same.
TWICE_EVERY: Final = 20


@dataclass(frozen=True)
class Outcome:
    """What became of a seed.

    Attributes:
        rule: the rule that it broke, '' for none.
        what: how it broke it.
        actions: how much happened in it.
        converged_s: how long convergence took after the last fault, None when it did not come.
    """

    seed: int
    rule: str = ""
    what: str = ""
    actions: int = 0
    converged_s: float | None = None

    @property
    def command(self) -> str:
        """What replays it."""
        return f"make sim SEED={self.seed} TRACE=1"


def outcome(seed: int, trace: Trace | None = None, only: Collection[int] | None = None) -> Outcome:
    """Run a seed."""
    world = World(seed, trace, only)
    rule = what = ""
    try:
        world.run()
    except Broken as broken:
        rule, what = broken.rule, str(broken)
    except Exception:  # noqa: BLE001 - whatever ends a core ends its seed, and is told
        lines = traceback.format_exc().splitlines()
        rule, what = f"an exception: {lines[-1][:70]}", "\n".join(lines[-9:])
    return Outcome(seed, rule, what, world.scheduler.performed, world.converged_s)


def outcome_and_again(seed: int) -> Outcome:
    """Run a seed; run some of them twice, and compare every line."""
    if seed % TWICE_EVERY:
        return outcome(seed)
    first, second = Trace(), Trace()
    one, _ = outcome(seed, first), outcome(seed, second)
    if one.rule:
        return one
    for number, (line, again) in enumerate(zip(first.lines, second.lines, strict=False)):
        if line != again:
            what = f"line {number} of the trace:\n{line}\n{again}"
            return Outcome(seed, "the same seed does the same", what)
    return one


def replay(seed: int, *, trace: bool, only: Collection[int] | None = None) -> int:
    """Run one seed and print what came of it; return 1 when it failed."""
    lines = Trace()
    result = outcome(seed, lines if trace else None, only)
    print("\n".join(lines.lines))
    if result.rule:
        print(f"seed {seed} FAILED: {result.what}")
        return 1
    print(f"seed {seed}: {result.actions} actions, converged after {result.converged_s} s")
    return 0


def run_many(seeds: Sequence[int], jobs: int | None = None) -> int:
    """Run seeds on all cores and print a summary; return 1 when one failed."""
    began_s = time.monotonic()
    with ProcessPoolExecutor(jobs or os.cpu_count()) as pool:
        outcomes = list(pool.map(outcome_and_again, seeds, chunksize=4))
    print("\n".join(summary(outcomes, time.monotonic() - began_s)))
    return int(any(result.rule for result in outcomes))


def summary(outcomes: Iterable[Outcome], took_s: float) -> list[str]:
    """Return what a run of many seeds came to."""
    outcomes = list(outcomes)
    failed = [result for result in outcomes if result.rule]
    lines = []
    for rule, count in Counter(result.rule for result in failed).most_common():
        first = min((r for r in failed if r.rule == rule), key=lambda r: (r.actions, r.seed))
        lines.append(f"{count} times '{rule}', the shortest: {first.command}\n  {first.what[:600]}")
        seeds = [str(r.seed) for r in failed if r.rule == rule]
        lines.append(f"  seeds {' '.join(seeds[:12])}{' …' * (len(seeds) > 12)}")
    actions = sum(result.actions for result in outcomes)
    lines.append(f"{len(outcomes)} seeds, {len(failed)} failed, {actions} actions, {took_s:.0f} s")
    times = [r.converged_s for r in outcomes if r.converged_s is not None]
    if times:
        median_s, longest_s = statistics.median(times), max(times)
        lines.append(f"converged after {median_s:.1f} s (median), {longest_s:.1f} s (longest)")
    return lines
