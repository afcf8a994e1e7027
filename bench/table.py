"""How figures are shown: rows of a Markdown table, percentiles in ms."""

from __future__ import annotations

import statistics


def row(*cells: object) -> None:
    """Print a row of a table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def percentiles_ms(samples_ns: list[int]) -> tuple[float, float, float]:
    """Return median, 99th percentile and maximum in ms."""
    ordered = sorted(samples_ns)
    at_99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return tuple(round(ns / 1e6, 2) for ns in (statistics.median(ordered), at_99, ordered[-1]))  # type: ignore[return-value]
