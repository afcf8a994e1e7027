"""When an agent may say that a host is gone.

Holds: `Deaths`, which knows what each agent heard of each other one, and when.
Must not touch: the run, but for ending it with `Broken`.

Source: semantics, section 3. A false death is the worst that Supvisors can tell, so that each
SILENT and each isolation must have its reason in what that very agent was told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from supvisors.core.inputs import FenceOrder, Input, Started, Ticked
from supvisors.core.messages import Beat, Fence
from supvisors.model import AddressState
from tests.sim.broken import Broken
from tests.sim.faults import Plan
from tests.sim.host import Agent
from tests.sim.scheduler import Scheduler

S = AddressState

SHUT_OUT: Final = frozenset({S.ISOLATING, S.ISOLATED})
DEAD: Final = SHUT_OUT | {S.SILENT}
#: Sums of floats fall short, and a pause shorter than a beat need not be noticed.
SLACK_S: Final = 0.001


@dataclass
class Said:
    """What one agent heard of one address, and when.

    Attributes:
        heard_s: when its last beat came, the start of the listening agent before the first.
        was_s: since when the listener publishes its state.
        beat: its last beat.
        grace_s: until when a good-bye of its agent protects it.
        left: its supervisord said good-bye since its last other beat.
    """

    heard_s: float
    was_s: float
    beat: Beat | None = None
    boot: str = ""
    grace_s: float = 0.0
    left: bool = False


@dataclass
class Told:
    """What one agent was told.

    Attributes:
        fenced: addresses that somebody told it are fenced, ever.
    """

    of: dict[str, Said] = field(default_factory=dict)
    fenced: set[str] = field(default_factory=set)


class Deaths:
    """The judge of judges."""

    def __init__(self, plan: Plan, scheduler: Scheduler) -> None:
        self._plan, self._scheduler = plan, scheduler
        self._limits = plan.limits
        self._told: dict[str, Told] = {}

    # --- what is heard ---------------------------------------------------------------------

    def heard(self, agent: Agent, happening: Input, was: AddressState | None) -> None:
        """Take note of an input.

        Args:
            was: the state of the address that it comes from, as the agent publishes it.
        """
        match happening:
            case Started(fences):
                self._fences(agent, fences)
            case FenceOrder(address, fenced):
                if fenced:
                    self._of(agent).fenced.add(address)
            case Ticked(beat=Beat() as beat):
                self._fences(agent, beat.fences)
                if was not in SHUT_OUT:
                    self._beat(self._said(agent, happening.address), happening, beat)

    def _beat(self, said: Said, ticked: Ticked, beat: Beat) -> None:
        said.heard_s, said.boot, said.beat = self._scheduler.now_s, ticked.boot, beat
        said.left = beat.leaving == "supervisord"
        said.grace_s = 0.0
        if beat.leaving == "agent":
            said.grace_s = self._scheduler.now_s + beat.grace_s

    def _fences(self, agent: Agent, fences: tuple[Fence, ...]) -> None:
        told = self._of(agent)
        for fence in fences:
            if fence.fenced:
                told.fenced.add(fence.address)

    # --- what is told ----------------------------------------------------------------------

    def told(self, agent: Agent, address: str, was: AddressState, now: AddressState) -> None:
        """Judge a state that an agent publishes of an address."""
        if was is now:
            return
        said = self._said(agent, address)
        if now in DEAD:
            why = self._why_not(agent, address, said, was, now)
            if why:
                what = f"{agent.host.address} published {address} {was.name} → {now.name}, but"
                raise Broken("no false death", f"{what} {why}")
        said.was_s = self._scheduler.now_s

    def _why_not(
        self, agent: Agent, address: str, said: Said, was: AddressState, now: AddressState
    ) -> str:
        if address == agent.host.address:
            return "it is its own"
        if now is S.SILENT and said.left:
            return ""
        if self._plan.gentle:
            return "nothing that happened in this gentle seed may kill"
        told = self._of(agent)
        if now in SHUT_OUT and told.fenced & {address, agent.host.address}:
            return ""
        if now is S.ISOLATED and was is S.ISOLATING:
            return ""
        match was:
            case S.UNKNOWN:
                return self._since(
                    agent, said.was_s, self._limits.synchro_timeout_s, "it was waited for"
                )
            case S.CHECKING:
                since_s = min(said.heard_s, said.was_s)
                return self._since(agent, since_s, self._limits.inactivity_s, "it was checked")
            case S.RUNNING:
                return self._why_not_running(agent, address, said)
        return ""

    def _why_not_running(self, agent: Agent, address: str, said: Said) -> str:
        if self._scheduler.now_s < said.grace_s - SLACK_S:
            return "its agent said that it will be back"
        too_early = self._since(
            agent, said.heard_s, self._limits.inactivity_s, "its last beat came"
        )
        return too_early or self._heard_by_others(agent, address)

    def _since(self, agent: Agent, since_s: float, limit_s: float, what: str) -> str:
        """Return what is wrong when less than a limit has passed while the agent was awake."""
        passed_s = self._scheduler.now_s - since_s
        for begin_s, end_s in agent.pause.spans:
            pause_s = end_s - max(begin_s, since_s)
            if pause_s > 2 * self._limits.tick_period_s:
                passed_s -= pause_s - self._limits.tick_period_s
        if passed_s >= limit_s - SLACK_S:
            return ""
        return f"{what} only {passed_s:.3f} s ago"

    def _heard_by_others(self, agent: Agent, address: str) -> str:
        """Return what is wrong when a peer that is usable for long still hears the address."""
        for name, witness in self._of(agent).of.items():
            beat = witness.beat
            fresh_s = self._scheduler.now_s - witness.heard_s
            if name == address or beat is None or fresh_s > 1.5 * self._limits.tick_period_s:
                continue
            hears = address in beat.heard and agent.host.address in beat.heard
            runs = address in beat.running and agent.host.address in beat.running
            settled = self._scheduler.now_s - witness.was_s > self._limits.inactivity_s
            if hears and runs and settled:
                return f"{name} still hears it"
        return ""

    def _of(self, agent: Agent) -> Told:
        return self._told.setdefault(agent.boot, Told())

    def _said(self, agent: Agent, address: str) -> Said:
        return self._of(agent).of.setdefault(address, Said(agent.started_s, agent.started_s))
