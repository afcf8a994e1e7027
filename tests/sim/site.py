"""What a simulated site is made of: its programs, its rules, and how lively it is.

Holds: `Program`, `Site`; `PLAIN`, a site without rules; `ruled`, the dice for one with rules.
Must not touch: what happens at it.

A managed program is not autostarted, but for one that every address has: that is its rules' way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final, Literal

from supvisors.core import Policy
from supvisors.core.rulebook import NO_RULES, FixedRules, RuleBook
from supvisors.model import (
    AddressMarker,
    ApplicationRule,
    ConciliationStrategy,
    ProcessRule,
    RunningFailureStrategy,
    StartingFailureStrategy,
    StartingStrategy,
)

Key = tuple[str, str]
Autorestart = Literal["never", "unexpected", "always", "dice"]

#: Groups and the names in them; each host knows some of the groups.
GROUPS: Final = {"shop": ("web", "db"), "office": ("desk", "mail", "clock"), "yard": ("gate",)}
_RULED_GROUPS: Final = {
    "shop": ("load", "db", "web"),
    "office": ("desk", "mail", "clock"),
    "lab": ("bench", "probe"),
    "yard": ("gate",),
}


@dataclass(frozen=True)
class Program:
    """How a program behaves and is configured, on every host.

    Attributes:
        autostart: how likely supervisord starts it by itself.
        autorestart: as Supervisor's option; `dice` throws them at each end.
        fails: how likely a start fails.
        exits: it ends by itself when it has done its work.
        well: how likely such an end is a good one.
    """

    autostart: float = 0.7
    autorestart: Autorestart = "dice"
    fails: float = 0.2
    exits: bool = False
    well: float = 0.9


_USUAL: Final = Program()


@dataclass(frozen=True)
class Site:
    """A site.

    Attributes:
        knows: how likely a host has a group.
        rules, ranks: what its operators declare; the rules of processes by namespec.
        crashes: how likely a managed program ends whenever something happens to one.
        outside: how likely somebody starts or stops a managed program at its supervisord.
        operators_s: mean time between two orders of operators, 0 for no operators.
    """

    groups: Mapping[str, tuple[str, ...]]
    programs: Mapping[Key, Program] = field(default_factory=dict)
    knows: float = 0.7
    rules: RuleBook = NO_RULES
    ranks: Mapping[str, ProcessRule] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    quorum: int = 1
    crashes: float = 0.0
    outside: float = 0.0
    operators_s: float = 0.0

    @property
    def has_rules(self) -> bool:
        """Whether anything is managed."""
        return bool(self.ranks)

    def program(self, key: Key) -> Program:
        """Return how a program behaves."""
        return self.programs.get(key, _USUAL)

    def is_single(self, namespec: str) -> bool:
        """Tell whether two copies of a process are one too many."""
        group, _, name = namespec.partition(":")
        return self.rules.is_managed(group) and self.rules.process(group, name).single


PLAIN: Final = Site(GROUPS)


def ruled(rng: Random, names: tuple[str, ...]) -> Site:
    """Throw the dice for a site with rules.

    Args:
        names: its addresses.
    """
    repair = [_R] if rng.random() < 0.4 else [*RunningFailureStrategy, _R]
    ranks = {
        "shop:load": _rule(rng, names, 1, repair, wait_exit=True),
        "shop:db": _rule(rng, names, 2, repair),
        "shop:web": _rule(rng, names, 3, repair),
        "office:desk": _rule(rng, names, 1, repair),
        "office:mail": _rule(rng, names, rng.choice([1, 2]), repair),
        "office:clock": ProcessRule(single=False, start_sequence=2, running_failure_strategy=_R),
        "lab:bench": _rule(rng, names, 1, repair),
        "lab:probe": _rule(rng, names, 0, repair),
    }
    applications = {
        "shop": ApplicationRule(start_sequence=1),
        "office": ApplicationRule(
            start_sequence=rng.choice([1, 2]),
            starting_strategy=rng.choice([None, *StartingStrategy]),
        ),
        "lab": ApplicationRule(start_sequence=rng.choice([0, 3])),
    }
    conciliation = rng.choice([*ConciliationStrategy, ConciliationStrategy.USER])
    return Site(
        _RULED_GROUPS,
        _programs(rng),
        rng.choice([0.8, 1.0]),
        FixedRules(ranks, applications),
        ranks,
        Policy(rng.choice([*StartingStrategy]), conciliation),
        rng.choice([1, len(names) // 2 + 1]) if len(names) > 2 else 1,
        rng.choice([0.0, 0.02, 0.1, 0.3]),
        rng.choice([0.0, 0.0, 0.02, 0.1]),
        rng.choice([0.0, 0.7, 3.0, 10.0]),
    )


_AUTORESTARTS: Final[tuple[Autorestart, ...]] = ("never", "unexpected", "always")
_R: Final = RunningFailureStrategy.RESTART_PROCESS


def _rule(
    rng: Random,
    names: tuple[str, ...],
    rank: int,
    repair: list[RunningFailureStrategy],
    *,
    wait_exit: bool = False,
) -> ProcessRule:
    some = tuple(rng.sample(names, rng.randrange(1, len(names) + 1)))
    return ProcessRule(
        required=rank > 0 and rng.random() < 0.5,
        start_sequence=rank,
        expected_loading=rng.choice([0, 5, 20, 60]),
        addresses=AddressMarker.ALL if rng.random() < 0.7 else some,
        stop_sequence=rng.choice([None, None, 1, 2]),
        wait_exit=wait_exit,
        starting_failure_strategy=rng.choice([*StartingFailureStrategy]),
        running_failure_strategy=rng.choice(repair),
    )


def _programs(rng: Random) -> dict[Key, Program]:
    programs: dict[Key, Program] = {}
    for group, names in _RULED_GROUPS.items():
        for name in names:
            autorestart = rng.choice(_AUTORESTARTS)
            fails = rng.choice([0.0, 0.05, 0.2])
            programs[group, name] = Program(0.0, autorestart, fails)
    programs["shop", "load"] = Program(0.0, "never", 0.1, exits=True)
    programs["office", "clock"] = Program(rng.choice([0.0, 1.0]), "unexpected", 0.1)
    programs["yard", "gate"] = _USUAL
    if rng.random() < 0.3:  # one that never comes up
        key = rng.choice([("shop", "db"), ("office", "mail"), ("lab", "bench")])
        programs[key] = Program(0.0, "unexpected", 1.0)
    if rng.random() < 0.4:  # one that crashes again and again
        key = rng.choice([("shop", "web"), ("office", "desk"), ("lab", "bench")])
        programs[key] = Program(0.0, "never", 0.0, exits=True, well=0.0)
    return programs
