"""Results of `supvisors.*` as lines.

Holds: the form of each result, and `tree` for any other.
Must not touch: how a result was come by.
Tests: tests/cli/test_supervisorctl.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Lines = Iterable[str]


def table(rows: Iterable[Iterable[str]]) -> list[str]:
    """Return rows as lines, each column as wide as its widest word."""
    cells = [list(row) for row in rows]
    if not cells:
        return ["none"]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    padded = ([c.ljust(w) for c, w in zip(row, widths, strict=True)] for row in cells)
    return ["  ".join(row).rstrip() for row in padded]


def tree(value: Any) -> list[str]:
    """Return any value of XML-RPC as lines: what is in something stands further right."""
    if isinstance(value, dict):
        return [line for key, item in value.items() for line in _branch(f"{key}:", item)]
    if isinstance(value, list):
        return [line for item in value for line in _branch("-", item)] or ["none"]
    if isinstance(value, float) and value.is_integer():  # such as a date in ms
        value = int(value)
    return str(value).splitlines() or ["-"]


def _branch(head: str, value: Any) -> list[str]:
    if isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value):
        return [f"{head} {', '.join(map(str, value)) or 'none'}"]
    lines = tree(value)
    if not isinstance(value, (dict, list)) and len(lines) == 1:
        return [f"{head} {lines[0]}"]
    if head == "-":
        return [f"- {lines[0]}" if lines else "- none", *(f"  {line}" for line in lines[1:])]
    return [head, *(f"  {line}" for line in lines)]


def addresses(bodies: list[dict[str, Any]]) -> Lines:
    """Return the statuses of addresses, one a line."""
    return table([b["address_name"], b["statename"], f"loading {b['loading']}%"] for b in bodies)


def applications(bodies: list[dict[str, Any]]) -> Lines:
    """Return the statuses of applications, one a line."""

    def failures(body: dict[str, Any]) -> str:
        kinds = [kind for kind in ("major", "minor") if body[f"{kind}_failure"]]
        return f"{' and '.join(kinds)} failure" if kinds else ""

    return table([b["application_name"], b["statename"], failures(b)] for b in bodies)


def processes(bodies: list[dict[str, Any]]) -> Lines:
    """Return the statuses of processes, one a line."""

    def name(body: dict[str, Any]) -> str:
        return f"{body['application_name']}:{body['process_name']}"

    return table([name(b), b["statename"], ", ".join(b["addresses"])] for b in bodies)


def status(found: dict[str, Any]) -> Iterator[str]:
    """Yield all that is known, as `get_status` tells it."""
    yield f"{found['supvisors']['statename']}, master {found['master'] or 'none'}"
    sections = {"addresses": addresses, "applications": applications, "processes": processes}
    for title, lines in sections.items():
        yield from ("", f"{title}:", *lines(found[title]))
    yield from (f"WARNING: {warning}" for warning in found["warnings"])


def state(found: dict[str, Any]) -> Lines:
    """Return the name of a state."""
    return [found["statename"]]


def text(found: str) -> Lines:
    """Return what a process wrote, as it wrote it."""
    return [found.rstrip("\n")]
