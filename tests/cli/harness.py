"""The command as its users run it, and configurations to run it on.

Holds: `run`, `start`; `BASE`, a configuration without a fault; `write`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

#: Until when a command must have ended: far above what is needed, on a busy machine too.
TIMEOUT_S = 30.0
COMMAND = (sys.executable, "-m", "supvisors.cli")

SERVER = "[unix_http_server]\nfile = %(here)s/supervisor.sock\n"
SUPERVISORD = "[supervisord]\nlogfile = %(here)s/supervisord.log\nidentifier = alpha\n"
RPC = (
    "[rpcinterface:supvisors]\n"
    "supervisor.rpcinterface_factory = supvisors.plugin:make_supvisors_rpcinterface\n"
)
BASE = f"{SERVER}{SUPERVISORD}{RPC}"


def write(directory: Path, text: str, name: str = "supervisord.conf") -> Path:
    """Write a file; return its path."""
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def run(
    *args: str | Path, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `supvisors` to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, args)],
        cwd=cwd,
        env={**_environment(), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def start(*args: str | Path, stdout: int = subprocess.PIPE) -> subprocess.Popen[Any]:
    """Start `supvisors`; whoever starts it ends it."""
    return subprocess.Popen(
        [*COMMAND, *map(str, args)],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def check_one_line(done: subprocess.CompletedProcess[str], status: int, *words: str) -> None:
    """Check that a command failed with one line on standard error that has the words."""
    assert done.returncode == status
    assert done.stdout == ""
    assert done.stderr.startswith("supvisors: ")
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr


def _environment() -> dict[str, str]:
    """Return ours without what would flush in the command's place."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
