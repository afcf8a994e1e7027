"""The keys of hosts that are not on loopback, made as an operator makes them.

Holds: `NAMES`; `make_keys`, which runs `supvisors keys` for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tests.cli.harness import BASE, run, write

T = TypeVar("T")

NAMES = ("alpha", "beta", "gamma", "delta", "epsilon")


def _all(call: Callable[[T], str], values: Iterable[T]) -> list[str]:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(call, values))


def _keys(conf: Path, *words: str) -> str:
    done = run("keys", *words, "-c", conf)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def make_keys(directory: Path) -> Path:
    """Make a key for each of `NAMES` and tell it to the others; return the directory of all."""
    addresses = ", ".join(f"<{name}>10.77.0.{i}:65001" for i, name in enumerate(NAMES, 1))
    confs = {
        name: write(
            directory / name,
            BASE.replace("identifier = alpha", f"identifier = {name}")
            + f"[supvisors]\naddress_list = {addresses}\nstate_dir = %(here)s/state\n",
        )
        for name in NAMES
    }
    _all(lambda name: _keys(confs[name], "init"), NAMES)
    shown = dict(zip(NAMES, _all(lambda name: _keys(confs[name], "show"), NAMES), strict=True))
    pairs = [(one, other) for one in NAMES for other in NAMES if one != other]
    _all(lambda pair: _keys(confs[pair[0]], "add", pair[1], shown[pair[1]]), pairs)
    return directory
