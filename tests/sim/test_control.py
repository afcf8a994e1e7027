"""The simulator's rules of control: each is seen broken by a core that is bent to break it."""

from __future__ import annotations

import pytest

from supvisors.core import Core
from tests.sim import bent
from tests.sim.broken import Broken
from tests.sim.world import RULED_EVERY, World

#: Seeds with rules and operators.
RULED = range(RULED_EVERY, 160 * RULED_EVERY, RULED_EVERY)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make_core", "rule"),
    [
        (bent.Chatty, "every order gets one response"),
        (bent.Taciturn, "all that is begun ends"),
        (bent.Endless, "convergence"),
        (bent.Stubborn, "a stop is not undone"),
        (bent.Tireless, "nothing restarts more often than its limit"),
        (bent.Hasty, "ranks are kept"),
        (bent.Doubling, "there is one copy"),
        (bent.Tidy, "unmanaged programs are left alone"),
        (bent.Secretive, "convergence"),
        (bent.Idle, "what is to run runs, and what is not does not"),
        (bent.Careless, "what is to run runs, and what is not does not"),
        (bent.Tolerant, "convergence"),
        (bent.Forgetful, "a wish is kept before it is answered"),
    ],
)
def test_a_bent_core_breaks_its_rule(make_core: type[Core], rule: str) -> None:
    assert breaks(make_core, rule)


def breaks(make_core: type[Core], rule: str) -> int:
    """Return the first seed that finds a rule broken, 0 for none."""
    for seed in RULED:
        try:
            World(seed, make_core=make_core).run()
        except Broken as broken:
            if broken.rule == rule:
                return seed
    return 0
