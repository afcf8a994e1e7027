"""What must run in the end, and what must not.

Holds: `undone`, the processes that nobody wants to be as they are, and nobody does anything about.
Must not touch: the run.

It is weaker than the rules: whatever may excuse a process counts as an excuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from supvisors.core.intents import HELD
from supvisors.core.view import Why
from supvisors.model import ProcessInfo, ProcessState, RunningFailureStrategy
from tests.sim.host import Agent, Host
from tests.sim.site import Site
from tests.sim.steering import Steering

S = ProcessState

#: The longest wait between two restarts is shorter.
SOON_S: Final = 25.0
_WHOLE: Final = frozenset(
    {RunningFailureStrategy.STOP_APPLICATION, RunningFailureStrategy.RESTART_APPLICATION}
)


@dataclass(frozen=True)
class Ending:
    """One process of a site with rules, as it is in the end.

    Attributes:
        master: the agent that leads.
        infos: what the supervisords say, without those of an absent host.
    """

    name: str
    why: Why
    master: Agent
    infos: tuple[ProcessInfo, ...]

    @property
    def is_held(self) -> bool:
        return self.why.wanted is not None and self.why.wanted.wanted in HELD

    @property
    def fits(self) -> bool:
        """Whether it could start somewhere."""
        return any(not why_not for _, why_not in self.why.places)


def undone(
    hosts: Mapping[str, Host], site: Site, steering: Steering, *, gentle: bool, now_s: float
) -> list[str]:
    """Return what is left to do that nobody does."""
    found = []
    for ending in _endings(hosts, site):
        if ending.is_held:
            if gentle and ending.name in steering.stopped_s and _is_running(ending):
                found.append(f"{ending.name} runs against {ending.why.wanted}")
        elif site.is_single(ending.name) and _is_forgotten(ending, site, steering, now_s):
            found.append(f"{ending.name} is {ending.why.status.state.name}: {ending.why}")
    return found


def _endings(hosts: Mapping[str, Host], site: Site) -> Iterator[Ending]:
    agents = [host.agent for host in hosts.values() if host.agent is not None]
    master = next((a for a in agents if a.core.view().master == a.host.address), None)
    if master is None or not master.core.view().has_quorum:
        return
    for name in site.ranks:
        group, _, program = name.partition(":")
        taps = [h.supervisord.tap for h in hosts.values() if h.supervisord is not None]
        infos = tuple(t.known[group, program] for t in taps if (group, program) in t.known)
        why = master.core.why(name)
        if why is not None:
            yield Ending(name, why, master, infos)


def _is_running(ending: Ending) -> bool:
    """Tell whether what was stopped runs; what was only disabled may."""
    assert ending.why.wanted is not None, "it is held"
    awake = any(info.state in (S.STARTING, S.RUNNING, S.BACKOFF) for info in ending.infos)
    return ending.why.wanted.wanted == "stopped" and awake


def _has_heard_it_fail(why: Why) -> bool:
    states = [change.after for change in why.transitions]
    return S.RUNNING in states and states[-1] in (S.EXITED, S.FATAL)


def _is_forgotten(ending: Ending, site: Site, steering: Steering, now_s: float) -> bool:
    if ending.why.status.addresses or ending.why.decided or not ending.fits:
        return False
    group = ending.name.partition(":")[0]
    if not any(info.event_ns for info in ending.infos) and ending.why.wanted is None:
        automatic = site.rules.application(group).start_sequence > 0
        is_ranked = automatic and ending.why.rule.start_sequence > 0
        given_up = (ending.master.boot, group) in steering.given_up
        return is_ranked and not given_up and ending.why.status.state is S.STOPPED
    if ending.why.wanted is not None and ending.why.wanted.wanted == "auto":
        return False  # it may have been held when it failed
    failed_s = steering.failed_s.get(ending.name)
    if failed_s is None or now_s - failed_s < SOON_S or not _has_heard_it_fail(ending.why):
        return False
    strategies = {
        r.running_failure_strategy for n, r in site.ranks.items() if n.startswith(f"{group}:")
    }
    is_own = ending.why.rule.running_failure_strategy is RunningFailureStrategy.RESTART_PROCESS
    return is_own and not strategies & _WHOLE and not ending.why.rule.wait_exit
