"""What goes wrong in a simulation, planned from its seed before it begins.

Holds: `Plan` and `Fault`; `plan`, the dice; which faults a gentle seed may have.
Must not touch: how a fault is brought about (`world.py`).

A *gentle* seed has only faults that no rule lets look like a death: whatever it does, nobody
may ever publish an address as SILENT or isolated. A *wild* seed may have all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from supvisors.core.membership import Limits

NAMES: Final = ("alpha", "beta", "gamma", "delta", "omega")
FIRST_FAULT_S: Final = 8.0
HOUR_S: Final = 3600.0


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        who: the addresses that it concerns.
        for_s: how long it lasts, or after how long what ended is started again.
        value: what else it needs.
    """

    at_s: float
    kind: str
    who: tuple[str, ...] = ()
    for_s: float = 0.0
    value: float = 0.0

    def __str__(self) -> str:
        value = f" {self.value:.3g}" if self.value else ""
        return f"{self.at_s:.2f} {self.kind} {','.join(self.who)} for {self.for_s:.2f} s{value}"


@dataclass(frozen=True)
class Plan:
    """What a seed makes of a simulation.

    Attributes:
        lists: the address list of each host.
        starts_s: when each host's supervisord is started first.
        heal_s: when all faults end.
        absent: an address that is down at the end, '' for none.
    """

    gentle: bool
    lists: dict[str, tuple[str, ...]]
    starts_s: dict[str, float]
    limits: Limits
    faults: tuple[Fault, ...]
    heal_s: float
    absent: str = ""

    @property
    def fences(self) -> bool:
        """Whether anybody may be isolated, so that an operator must lift fences in the end."""
        return self.limits.auto_fence or any(fault.kind == "fence" for fault in self.faults)


Dice = Callable[[Random, tuple[str, ...], float], Fault]


def _one(kind: str, low_s: float, high_s: float) -> Dice:
    def dice(rng: Random, names: tuple[str, ...], at_s: float) -> Fault:
        return Fault(at_s, kind, (rng.choice(names),), rng.uniform(low_s, high_s))

    return dice


def _two(kind: str, low_s: float, high_s: float) -> Dice:
    def dice(rng: Random, names: tuple[str, ...], at_s: float) -> Fault:
        return Fault(at_s, kind, tuple(rng.sample(names, 2)), rng.uniform(low_s, high_s))

    return dice


def _partition(rng: Random, names: tuple[str, ...], at_s: float) -> Fault:
    side = tuple(sorted(rng.sample(names, rng.randrange(1, len(names)))))
    return Fault(at_s, "partition", side, rng.uniform(1.0, 30.0))


def _net(kind: str, *values: float) -> Dice:
    def dice(rng: Random, names: tuple[str, ...], at_s: float) -> Fault:
        return Fault(at_s, kind, (), rng.uniform(2.0, 30.0), rng.choice(values))

    return dice


def _clock(rng: Random, names: tuple[str, ...], at_s: float) -> Fault:
    return Fault(at_s, "clock", (rng.choice(names),), 0.0, rng.choice([-HOUR_S, HOUR_S]))


_SLOW: Final = _net("slow", 0.05, 0.2)
_TWICE: Final = _net("twice", 0.1, 0.5)
_LIFE: Final = _one("reload", 0.0, 0.0)

#: Neither hides five beats in a row, but by a chance that no run of ours will meet.
_GENTLE_LOSSY: Final = (_SLOW, _TWICE, _clock, _net("loss", 0.02, 0.05), _LIFE)
_GENTLE_CALM: Final = (
    _TWICE,
    _clock,
    _one("freeze host", 0.2, 3.5),
    _one("freeze agent", 0.2, 3.5),
    _one("freeze supervisord", 0.2, 20.0),
    _one("kill agent", 0.2, 2.5),
    _one("restart agent", 0.2, 9.0),
    _LIFE,
)
_WILD: Final = (
    *_GENTLE_LOSSY,
    *_GENTLE_CALM,
    _net("loss", 0.05, 0.2, 0.5),
    _partition,
    _partition,
    _two("cut one way", 1.0, 25.0),
    _two("cut", 1.0, 25.0),
    _one("cut off", 1.0, 25.0),
    _one("freeze host", 3.0, 15.0),
    _one("freeze agent", 3.0, 25.0),
    _one("kill agent", 0.5, 12.0),
    _one("restart agent", 0.5, 20.0),
    _one("lose power", 1.0, 25.0),
    _one("kill supervisord", 1.0, 25.0),
    _one("shut down", 3.0, 25.0),
)
_OPERATOR: Final = (_two("fence", 0.0, 0.0), _two("unfence", 0.0, 0.0))


def plan(rng: Random) -> Plan:
    """Throw the dice for all that a seed decides beforehand."""
    names = NAMES[: rng.choice([2, 3, 3, 3, 4, 5])]
    gentle = rng.random() < 0.3
    auto_fence = rng.random() < 0.35
    kinds = rng.choice([_GENTLE_LOSSY, _GENTLE_CALM]) if gentle else _WILD
    if not gentle and rng.random() < 0.2:
        kinds = (*kinds, *_OPERATOR, *_OPERATOR)
    heal_s = rng.uniform(40.0, 90.0)
    count = rng.randrange(1, 13)
    times = sorted(rng.uniform(FIRST_FAULT_S, heal_s) for _ in range(count))
    times += sorted(heal_s - rng.uniform(0.0, 9.0) for _ in range(rng.randrange(4)))
    faults = [rng.choice(kinds)(rng, names, at_s) for at_s in times]
    starts_s = {name: rng.uniform(0.0, 1.0) for name in names}
    if rng.random() < 0.3:  # a host that is late, past the synchronisation even
        starts_s[rng.choice(names)] = rng.uniform(2.0, 10.0 if gentle else 30.0)
    if gentle:
        faults = _apart(faults, max(starts_s.values()) + 3.0)
    limits = Limits(auto_fence=auto_fence)
    absent = rng.choice(names) if not gentle and rng.random() < 0.15 and len(names) > 2 else ""
    return Plan(gentle, _lists(rng, names), starts_s, limits, tuple(faults), heal_s, absent)


def _apart(faults: list[Fault], from_s: float) -> list[Fault]:
    """Return those that begin well after the end of the one before: together they may kill."""
    kept: list[Fault] = []
    for fault in faults:
        if fault.at_s >= from_s:
            kept.append(fault)
            from_s = fault.at_s + fault.for_s + 3.0
    return kept


def _lists(rng: Random, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    if rng.random() < 0.7:
        return dict.fromkeys(names, names)
    return {name: tuple(rng.sample(names, len(names))) for name in names}
