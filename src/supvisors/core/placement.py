"""Where a process starts: which addresses its rule allows, and which of them is chosen.

Holds: `why_not`, what speaks against one address; `choose`, the choice among those that fit.
Must not touch: how an address came to its state or its loading; who asks for the start.
Invariants: what does not fit is never chosen; the same candidates give the same choice.
Tests: tests/core/test_placement.py.

Source: semantics, section 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from supvisors.model import AddressMarker, AddressState, ProcessRule, StartingStrategy, own_index

LOADING_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address as a start looks at it.

    Attributes:
        drained: an operator has it drained.
        knows: its supervisord has the program.
        present: the process is there already.
        loading: sum of the expected loadings there, in percent, with what is on its way; it
            may exceed 100.
    """

    name: str
    state: AddressState
    drained: bool = False
    knows: bool = True
    present: bool = False
    loading: int = 0


@dataclass(frozen=True, slots=True)
class Placement:
    """What became of a choice.

    Attributes:
        address: the chosen one, None when none fits.
        refused: each address that does not fit, and why not.
    """

    address: str | None
    refused: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """Why none fits, for people."""
        return "no address fits: " + "; ".join(f"{name} {why}" for name, why in self.refused)


def allowed(rule: ProcessRule, process_name: str, addresses: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses that a rule names, in the order in which it prefers them.

    Args:
        addresses: names of the address list.
    """
    if rule.addresses is AddressMarker.ALL:
        return tuple(addresses)
    if rule.addresses is AddressMarker.OWN_INDEX:
        index = own_index(process_name)
        return (addresses[index],) if index is not None and index < len(addresses) else ()
    return tuple(name for name in rule.addresses if name in addresses)


def why_not(rule: ProcessRule, named: Sequence[str], candidate: Candidate) -> str:
    """Return why a process cannot start on an address, '' when it can.

    Args:
        named: the addresses that the rule allows.
    """
    if candidate.name not in named:
        return "is not an address of its rule"
    if candidate.state is not AddressState.RUNNING:
        return f"is {candidate.state.name}"
    if candidate.drained:
        return "is drained"
    if not candidate.knows:
        return "does not have the program"
    if candidate.present:
        return "has it already"
    if candidate.loading + rule.expected_loading > LOADING_MAX:
        return f"is loaded with {candidate.loading} %, and {rule.expected_loading} % more is asked"
    return ""


def choose(
    rule: ProcessRule,
    process_name: str,
    candidates: Sequence[Candidate],
    strategy: StartingStrategy,
    prefer: str | None = None,
) -> Placement:
    """Choose the address on which a process starts.

    Args:
        candidates: every address, in list order: ties go to the first.
        prefer: an address that is taken whenever it fits.
    """
    named = allowed(rule, process_name, [candidate.name for candidate in candidates])
    reasons = {c.name: why_not(rule, named, c) for c in candidates}
    refused = tuple((name, why) for name, why in reasons.items() if why)
    fitting = [c for c in candidates if not reasons[c.name]]
    if not fitting:
        return Placement(None, refused)
    if prefer is not None and any(c.name == prefer for c in fitting):
        return Placement(prefer, refused)
    if strategy is StartingStrategy.CONFIG:
        by_name = {c.name for c in fitting}
        return Placement(next(name for name in named if name in by_name), refused)
    sign = 1 if strategy is StartingStrategy.LESS_LOADED else -1
    return Placement(min(fitting, key=lambda c: sign * c.loading).name, refused)
