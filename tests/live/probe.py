"""A stand-in for the agent of a site, which records what the tap tells it.

Holds: `Probe`, which puts `probe_agent.py` in the agent's place and gives it orders; `Told`,
what it recorded over all its lives; `replayed`, the processes that this leads to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from supvisors.trace import TRACE_VARIABLE
from tests.live.harness import Site, wait_for


class Told:
    """What the agents of a site were told, life after life: the file of `SUPVISORS_TRACE`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_bytes = 0
        self._lines: list[dict[str, Any]] = []

    def lines(self, kind: str | None = None, **keys: object) -> list[dict[str, Any]]:
        """Return the inputs of a kind (all kinds for None) that have these values."""
        self._read()
        return [
            line
            for line in self._lines
            if kind in (None, line["input"]) and all(line[k] == v for k, v in keys.items())
        ]

    def wait(self, kind: str, count: int = 1, **keys: object) -> dict[str, Any]:
        """Wait until `count` such inputs were recorded; return the last of them."""
        wait_for(
            lambda: len(self.lines(kind, **keys)) >= count,
            lambda: f"{count} of {kind} {keys}; told {self.lines()[-20:]}",
        )
        return self.lines(kind, **keys)[count - 1]

    def numbered(self) -> list[dict[str, Any]]:
        """Return the records of the tap, in the order of their recording."""
        return [line for line in self.lines() if "seq" in line and line["input"] != "Loaded"]

    def states(self, group: str, name: str | None = None) -> list[int]:
        """Return the states that a process went through."""
        changes = self.lines("ProcessChanged", group=group, name=name or group)
        return [change["state"] for change in changes]

    def _read(self) -> None:
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self._read_bytes)
            found = file.read()
        lines, read_bytes = recorded(found)
        self._read_bytes += read_bytes
        self._lines += lines


#: What a change replaces of a process.
CHANGED = ("state", "expected", "pid", "cause", "restarts", "again")


def recorded(found: bytes) -> tuple[list[dict[str, Any]], int]:
    """Return the inputs in a piece of a trace, and how many bytes of it they take.

    The last line may be one that is just being written. One that an agent was killed in is
    left out: it was not handled, and its record is told again.
    """
    complete, newline, _ = found.rpartition(b"\n")
    lines = []
    for line in complete.splitlines():
        with suppress(ValueError):
            lines.append(json.loads(line))
    return lines, len(complete) + len(newline)


def replayed(lines: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the processes, by namespec, that inputs in the form of a trace lead to."""
    processes: dict[str, dict[str, Any]] = {}

    def leave(group: str) -> None:
        for namespec in [n for n, p in processes.items() if p["group"] == group]:
            del processes[namespec]

    for line in lines:
        match line["input"]:
            case "Loaded" | "GroupsReset":
                processes = {}
            case "GroupAdded" | "GroupRemoved":
                leave(line["group"])
            case "ProcessChanged":
                process = processes[f"{line['group']}:{line['name']}"]
                process.update({k: line[k] for k in CHANGED})
        for process in line.get("processes", []):
            processes[f"{process['group']}:{process['name']}"] = dict(process)
    return processes


class Probe:
    """The stand-in of `probe_agent.py` in place of the agent of a site.

    It is the module that the plugin's own `[program:supvisors]` runs: a package in front of
    the real one on the path of the site's processes holds it.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.told = Told(site.directory / "trace.jsonl")
        site.environment[TRACE_VARIABLE] = str(self.told.path)
        package = site.module_path("supvisors")
        package.mkdir()
        package.joinpath("__init__.py").write_text(
            "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n"
        )
        package.joinpath("agent.py").symlink_to(Path(__file__).with_name("probe_agent.py"))

    def say(self, *lines: dict[str, object]) -> None:
        """Write lines to the standard input of the stand-in, all at once."""
        text = "".join(json.dumps(line) + "\n" for line in lines)
        self.site.rpc().supervisor.sendProcessStdin("supvisors", text)

    def order(self, name: str, after: int) -> None:
        """Have an order carried out `after` records from now; it is known when this returns."""
        count = len(self.told.lines("Ordered"))
        self.say({"order": name, "after": after})
        self.told.wait("Ordered", count + 1)

    def do(self, verb: str, **arguments: object) -> tuple[str, str]:
        """Let supervisord perform a verb; return fault and text, both '' when it was done."""
        done = self.done(verb, **arguments)
        return done["fault"], done["text"]

    def done(self, verb: str, **arguments: object) -> dict[str, Any]:
        """Let supervisord perform a verb; return all of its result."""
        count = len(self.told.lines("Done"))
        self.say({"do": verb, **arguments})
        return self.told.wait("Done", count + 1)
