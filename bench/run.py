"""What Supvisors costs and how fast it tells, beside a stock supervisord, in one run.

    make bench                      all but `scale`, about half an hour
    make bench ARGS=scale           how the cost of an agent grows, a quarter of an hour
    make bench ARGS=clients         the clients of other languages, a minute; builds them first
    make bench ARGS=publishing      the publisher alone, with journal and keys, five minutes
    make bench ARGS=joining         clients that join a site of 10,000 processes, a minute
    make bench ARGS="--quick"       a tenth of the samples, to see that it works

Every figure that is quoted is measured side by side with its reference in the same run, on
the same machine, at the same time or in turn; medians are of five rounds. Percentiles are
over the samples of all rounds.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import burst, clients, commands, idle, joining, latency, pipeline, publishing, scale

ROUNDS = 5


def main() -> None:
    """Run all measurements and print the tables."""
    parser = argparse.ArgumentParser(description="Measure Supvisors beside a stock supervisord.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the samples")
    parser.add_argument("--samples", type=int, default=500, help="of each latency")
    parser.add_argument("only", nargs="*", help="latency, burst, pipeline, publishing, …")
    arguments = parser.parse_args()
    only = set(arguments.only) or {"latency", "burst", "pipeline", "idle", "commands"}
    divisor = 10 if arguments.quick else 1
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}\n", flush=True)
        if "latency" in only:
            latency.report(directory, samples=arguments.samples // divisor)
        if "burst" in only:
            burst.report(directory, rounds=ROUNDS)
        if "pipeline" in only:
            pipeline.report(directory, rounds=ROUNDS, events=50_000 // divisor)
        if "idle" in only:
            idle.report(directory, seconds=60 // divisor)
        if "publishing" in only:
            publishing.report(rounds=ROUNDS, messages=100_000 // divisor)
        if "joining" in only:
            joining.report(joins=100 // divisor)
        if "commands" in only:
            commands.report(directory, samples=arguments.samples // divisor)
        if "clients" in only:
            clients.report(rounds=ROUNDS, messages=300_000 // divisor)
        if "scale" in only:
            scale.report(scale.SIZES[:-1] if arguments.quick else scale.SIZES)


if __name__ == "__main__":
    main()
