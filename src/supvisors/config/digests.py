"""Short hashes of what must be the same on every host, for agents to compare.

Holds: `digests`.
Must not touch: what is done about a difference.
Invariants: the same words give the same hash on every host, in every process and release.
Tests: tests/config/test_digests.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from supvisors.config.settings import Settings

HEX_DIGITS: Final = 12
#: Settings on which all agents of a system have to agree.
SHARED: Final = (
    "auto_fence",
    "tick_period_s",
    "inactivity_ticks",
    "synchro_timeout_s",
    "quorum",
    "starting_strategy",
    "conciliation_strategy",
)


def digests(settings: Settings) -> tuple[str, str]:
    """Return hashes of the addresses and of the settings that all agents must share.

    The first is two hashes with a dot between them: who the addresses are, with host and
    port, whatever their order; then their order. So a look tells which of the two differs.
    """
    entries = [f"{entry.name} {entry.host} {entry.port}" for entry in settings.addresses]
    order = [entry.name for entry in settings.addresses]
    shared = [f"{name} {getattr(settings, name)}" for name in SHARED]
    return f"{_hash(sorted(entries))}.{_hash(order)}", _hash(shared)


def _hash(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:HEX_DIGITS]
