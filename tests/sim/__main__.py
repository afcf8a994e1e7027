"""Run seeds: `python -m tests.sim --seeds 1000`, or one with its trace: `--seed 7 --trace`.

Holds: the words of the command line.
Must not touch: a run.
"""

from __future__ import annotations

import argparse
import sys

from tests.sim.runs import replay, run_many


def main() -> int:
    """Run what the arguments say; return how many seeds failed, at most 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description="Simulate seeds.")
    parser.add_argument("--seeds", type=int, default=100, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--trace", action="store_true", help="print every turn of every agent")
    parser.add_argument("--only", help="indexes of the faults to bring about: 0,3,4")
    parser.add_argument("--jobs", type=int, help="processes side by side; default: every core")
    words = parser.parse_args()
    if words.seed is not None:
        only = None if words.only is None else [int(n) for n in words.only.split(",") if n]
        return replay(words.seed, trace=words.trace, only=only)
    return run_many(range(words.first, words.first + words.seeds), jobs=words.jobs)


if __name__ == "__main__":
    sys.exit(main())
