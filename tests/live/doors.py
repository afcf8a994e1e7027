"""The two doors to the commands: XML-RPC, and the command line.

Holds: `Call`, a command as both say it; `through`, which says it; the site on which all are tried.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from xmlrpc.client import Fault

from tests.cli.harness import run
from tests.live.cluster import QUICK, Cluster
from tests.live.harness import Site, wait_for
from tests.live.managed import STAYS, managed, programs

TIMEOUT_S: Final = 60.0

#: `heavy` fits nowhere beside `base`, `slow` takes its time, `idle` waits for an operator.
RULES: Final = """
<root>
  <application name="app">
    <start_sequence>1</start_sequence>
    <program name="base">
      <addresses>alpha</addresses>
      <start_sequence>1</start_sequence>
      <expected_loading>10</expected_loading>
    </program>
    <program name="heavy">
      <addresses>alpha</addresses>
      <expected_loading>100</expected_loading>
    </program>
  </application>
  <application name="late">
    <program name="slow"><start_sequence>1</start_sequence></program>
  </application>
  <application name="other">
    <program name="idle"><start_sequence>1</start_sequence></program>
  </application>
</root>
"""
PROGRAMS: Final = (
    programs(
        {"app": ("base", "heavy"), "late": ("slow",), "other": ("idle",)},
        commands={"base": f"sh -c 'echo written; exec {STAYS}'"},
        lines={"slow": "startsecs = 1000"},
    )
    + "\n[ctlplugin:supvisors]\n"
    + "supervisor.ctl_factory = supvisors.supervisorctl:make_supvisors_controller_plugin\n"
)


class Door(StrEnum):
    """A way to the commands."""

    XML_RPC = "xml-rpc"
    COMMAND_LINE = "command-line"


@dataclass(frozen=True)
class Call:
    """A command.

    Attributes:
        words: of `supvisors`, or of supervisorctl where they begin with that: what only informs
            is part of `supvisors status`, and has no word of its own.
    """

    method: str
    params: tuple[object, ...]
    words: str

    def __str__(self) -> str:
        return f"{self.method}({', '.join(map(str, self.params))})"


@dataclass(frozen=True)
class Outcome:
    """What came of a call: its result, or why it was refused."""

    is_done: bool
    text: str


def through(door: Door, site: Site, call: Call) -> Outcome:
    """Say a command to the agent of a host."""
    if door is Door.XML_RPC:
        try:
            result = getattr(site.rpc().supvisors, call.method)(*call.params)
        except Fault as fault:
            return Outcome(False, fault.faultString)
        return Outcome(True, json.dumps(result))
    program, *words = shlex.split(call.words)
    if program == "supervisorctl":
        done = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisorctl", "-c", str(site.conf), *words],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    else:
        done = run(program, *words, "-c", site.conf)
    assert "Traceback" not in done.stderr, done.stderr
    if done.returncode and program != "supervisorctl":
        assert done.stdout == "", done.stdout  # a reason is for people, a result for programs
    return Outcome(done.returncode == 0, done.stdout + done.stderr)


def tried(site: Site, method: str, *params: object) -> None:
    """Do what may be done already."""
    with suppress(Fault):
        getattr(site.rpc().supvisors, method)(*params)


@contextmanager
def commanded(directory: Path, options: str = QUICK) -> Iterator[Cluster]:
    """Make the site, whose hosts are not started yet."""
    with managed(directory, RULES, options, PROGRAMS) as hosts:
        yield hosts


def wait_alone(site: Site, warning: str, master: str) -> None:
    """Start one host of several; wait until its agent warns of something, under this master."""
    site.launch()

    def warns() -> bool:
        try:
            found: dict[str, Any] = site.rpc().supvisors.get_status()
        except (OSError, Fault):
            return False
        is_warned = any(warning in text for text in found["warnings"])
        return bool(found["processes"]) and found["master"] == master and is_warned

    wait_for(warns, lambda: f"{warning}\n{site.log()}\n{site.agent_log()}")
