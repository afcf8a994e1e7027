"""Whole systems under faults: a few seeds at once, more of them when there is time.

`make sim SEEDS=1000` runs many; the command that replays a seed stands in a failure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from supvisors.core import ClusterView, Core
from supvisors.core.inputs import Fetched, Input, Ticked
from supvisors.core.messages import Vote
from supvisors.core.outputs import Output, Publish, Say
from supvisors.model import (
    AddressState,
    ProcessEvent,
    ProcessState,
    ProcessStatus,
    SupvisorsStatus,
)
from tests.sim.broken import Broken
from tests.sim.runs import Outcome, outcome, summary
from tests.sim.trace import Trace
from tests.sim.world import World

FAST = range(1, 6)
SLOW = range(6, 66)


def failures(seeds: range) -> list[str]:
    outcomes = [outcome(seed) for seed in seeds]
    return [f"{o.command}\n{o.what}" for o in outcomes if o.rule]


def test_a_few_seeds() -> None:
    assert failures(FAST) == []


@pytest.mark.slow
def test_more_seeds() -> None:
    assert failures(SLOW) == []


def test_a_seed_does_the_same_twice() -> None:
    first, second = Trace(), Trace()
    outcome(2, first)
    outcome(2, second)
    assert len(first.lines) > 100
    assert first.lines == second.lines


def test_two_seeds_differ() -> None:
    assert outcome(2).actions != outcome(3).actions


def test_a_failure_names_the_command_that_replays_it() -> None:
    told = "\n".join(summary([Outcome(7, "a rule", "alpha did it"), Outcome(8)], 1.0))
    assert "make sim SEED=7 TRACE=1\n  alpha did it" in told
    assert "2 seeds, 1 failed" in told


# --- each rule is seen broken ----------------------------------------------------------------


class Mute(Core):
    """Changes of processes are not published."""

    def handle(self, now: float, happening: Input) -> list[Output]:
        return [o for o in super().handle(now, happening) if not _is_of(o, ProcessStatus)]


class Echo(Core):
    """Events are published twice."""

    def handle(self, now: float, happening: Input) -> list[Output]:
        outputs = super().handle(now, happening)
        return [again for o in outputs for again in [o] * (1 + _is_of(o, ProcessEvent))]


class Parrot(Core):
    """The Supvisors state is published twice."""

    def handle(self, now: float, happening: Input) -> list[Output]:
        outputs = super().handle(now, happening)
        return [again for o in outputs for again in [o] * (1 + _is_of(o, SupvisorsStatus))]


class Impatient(Core):
    """A peer is dead after two beats."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options["limits"] = replace(options["limits"], inactivity_ticks=2)
        super().__init__(*args, **options)


class Deaf(Core):
    """No list of a peer is heard."""

    def handle(self, now: float, happening: Input) -> list[Output]:
        return [] if isinstance(happening, Fetched) else super().handle(now, happening)


class Vain(Core):
    """Whatever the others think, it is the master."""

    def __init__(self, addresses: Any, local: str, **options: Any) -> None:
        super().__init__(addresses, local, **options)
        self._mine = Vote(99, local, options["boot"])

    def handle(self, now: float, happening: Input) -> list[Output]:
        outputs = super().handle(now, happening)
        return [_with_vote(o, self._mine) for o in outputs]

    def view(self) -> ClusterView:
        return replace(super().view(), master=self._mine.address)


class Fickle(Core):
    """Its epochs fall."""

    def handle(self, now: float, happening: Input) -> list[Output]:
        outputs = super().handle(now, happening)
        return [_falling(o) for o in outputs]


class Disloyal(Core):
    """It obeys another one than it votes for."""

    def view(self) -> ClusterView:
        view = super().view()
        return replace(view, master="omega") if view.master is not None else view


class Credulous(Core):
    """A beat of an isolated address stops every process of the system."""

    def handle(self, now: float, happening: Input) -> list[Output]:
        states = {a.address_name: a.state for a in self.view().addresses}
        outputs = super().handle(now, happening)
        is_beat = isinstance(happening, Ticked) and happening.beat is not None
        if is_beat and states[getattr(happening, "address", "")] is AddressState.ISOLATED:
            outputs.append(Publish(ProcessStatus("shop", "web", ProcessState.STOPPED)))
        return outputs


def _is_of(output: Output, kind: type[object]) -> bool:
    return isinstance(output, Publish) and isinstance(output.body, kind)


def _with_vote(output: Output, vote: Vote) -> Output:
    return Say(replace(output.beat, vote=vote)) if isinstance(output, Say) else output


def _falling(output: Output) -> Output:
    if not isinstance(output, Say) or output.beat.vote is None:
        return output
    vote = replace(output.beat.vote, epoch=10_000 - output.beat.number)
    return Say(replace(output.beat, vote=vote))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make_core", "rule"),
    [
        (Mute, "publications fold to the view"),
        (Echo, "events come in order and once"),
        (Parrot, "nothing is repeated"),
        (Impatient, "no false death"),
        (Deaf, "convergence"),
        (Vain, "a settled view has one master"),
        (Fickle, "epochs only rise"),
        (Disloyal, "an agent obeys only whom it votes for"),
        (Credulous, "an isolated address changes nothing"),
    ],
)
def test_a_bent_core_breaks_its_rule(make_core: type[Core], rule: str) -> None:
    assert rule in broken_rules(make_core)


def broken_rules(make_core: type[Core]) -> set[str]:
    """Return what the first seeds find broken."""
    rules = set()
    for seed in range(1, 25):
        try:
            World(seed, make_core=make_core).run()
        except Broken as broken:
            rules.add(broken.rule)
            if len(rules) > 1:
                break
    return rules
