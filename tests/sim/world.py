"""A whole system in memory: hosts, network, faults, and who looks on, from one seed.

Holds: `World`, one run of a seed: faults, healing, convergence.
Must not touch: what is right (`watch.py`, `truth.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from random import Random
from typing import Final

from supvisors.bus.memory import Network
from supvisors.core import Core
from supvisors.core.inputs import FenceOrder
from supvisors.model import AddressState
from tests.sim.broken import Broken
from tests.sim.ending import undone
from tests.sim.faults import Fault, Plan, plan
from tests.sim.host import Agent, Host, Setting
from tests.sim.operators import Operators
from tests.sim.scheduler import Action, Scheduler
from tests.sim.site import PLAIN, ruled
from tests.sim.steering import Steering
from tests.sim.trace import Trace
from tests.sim.truth import conflicts, differences, unfinished
from tests.sim.watch import Watch
from tests.sim.weather import Weather

#: Within this time after the last fault (or the last `unfence`) all must tell the same.
CONVERGENCE_S: Final = 30.0
#: How much longer that may take when a host stays away: it is waited for first.
ABSENCE_S: Final = 20.0
#: How much longer it may take where plans and repair are under way.
PLANS_S: Final = 150.0
#: How long they must go on telling it.
STEADY_S: Final = 8.0
#: How long after the healing an operator lifts the fences, and how far apart his orders are.
UNFENCE_DELAY_S: Final = 10.0
UNFENCE_SPREAD_S: Final = 3.0
SAMPLE_S: Final = 0.25
#: Every so many seeds one has rules and operators.
RULED_EVERY: Final = 2
LIFE_S: Final = 0.4


class World:
    """One run of a seed.

    Args:
        trace: where every input and output is written, None for nowhere.
        only: indexes of the planned faults that are brought about, None for all.
        make_core: what decides.

    Attributes:
        converged_s: how long convergence took after the last fault, None before it.
    """

    def __init__(
        self,
        seed: int,
        trace: Trace | None = None,
        only: Collection[int] | None = None,
        make_core: type[Core] = Core,
    ) -> None:
        self._rng = Random(seed)
        self.plan: Plan = plan(self._rng)
        dice = Random(f"site of {seed}")
        self.site = PLAIN if seed % RULED_EVERY else ruled(dice, tuple(self.plan.lists))
        self._only = only
        self.scheduler = Scheduler()
        self.weather = Weather(self._rng)
        self._trace = trace
        self.hosts: dict[str, Host] = {}
        self.operators = Operators(
            self._rng, self.scheduler, self.hosts, self.site, gentle=self.plan.gentle
        )
        self.steering = Steering(self.plan, self.scheduler, self.hosts, self.site, self.operators)
        self.watch = Watch(
            self.plan, self.scheduler, self.weather, self.hosts, self.steering, trace
        )
        network = Network(self.scheduler.schedule, self.weather.law)
        network.wall_ms = lambda address: self.hosts[address].wall_ns // 1_000_000
        for name, addresses in self.plan.lists.items():
            setting = Setting(name, addresses, self.plan.limits, self.site, make_core)
            self.hosts[name] = Host(setting, self.scheduler, self._rng, network, self.watch)
        self.converged_s: float | None = None
        self._living = True

    # --- the run ---------------------------------------------------------------------------

    def run(self) -> None:
        """Run to the end.

        Raises:
            Broken: something was told that may not be told.
            AssertionError: the core broke a rule of its own.
        """
        self._say_plan()
        for name, start_s in self.plan.starts_s.items():
            self.scheduler.schedule(start_s, self.hosts[name].start_supervisord)
        for index, fault in enumerate(self.plan.faults):
            if self._only is None or index in self._only:
                self.scheduler.schedule(fault.at_s, partial(self._begin, fault))
        self._every(SAMPLE_S, self.watch.sample)
        self._every(LIFE_S, self._live)
        if self.site.operators_s:
            self.scheduler.schedule(self._pause_s, self._operate)
        self.scheduler.run(self.plan.heal_s)
        self._heal()
        self._converge()
        self._nothing_is_forgotten()
        if self._conflicts():
            self.operators.conciliate()
            self._converge()
            if self._conflicts():
                raise Broken("an operator resolves conflicts", ", ".join(self._conflicts()))

    def _every(self, period_s: float, action: Action) -> None:
        def again() -> None:
            action()
            self.scheduler.schedule(period_s, again)

        self.scheduler.schedule(period_s, again)

    def _live(self) -> None:
        host = self._rng.choice(list(self.hosts.values()))
        if self._living and host.supervisord is not None and not host.frozen:
            host.supervisord.live()

    def _nothing_is_forgotten(self) -> None:
        gentle, now_s = self.plan.gentle, self.scheduler.now_s
        if left := undone(self.hosts, self.site, self.steering, gentle=gentle, now_s=now_s):
            raise Broken("what is to run runs, and what is not does not", "; ".join(left))

    @property
    def _pause_s(self) -> float:
        return self._rng.expovariate(1 / self.site.operators_s)

    def _operate(self) -> None:
        if self._living:
            self.operators.act()
            self.scheduler.schedule(self._pause_s, self._operate)

    def _conflicts(self) -> list[str]:
        return conflicts(self.hosts, self.site)

    def _say_plan(self) -> None:
        if self._trace is not None:
            kind = "gentle" if self.plan.gentle else "wild"
            self._trace.remark(f"{kind} {self.plan.limits} heal={self.plan.heal_s:.2f}")
            self._trace.remark(f"absent in the end: {self.plan.absent or 'nobody'}")
            for name, addresses in self.plan.lists.items():
                start_s = self.plan.starts_s[name]
                self._trace.remark(f"{name} starts at {start_s:.2f}, list {' '.join(addresses)}")
            for index, fault in enumerate(self.plan.faults):
                left_out = self._only is not None and index not in self._only
                self._trace.remark(f"fault {index}{' (left out)' * left_out}: {fault}")

    # --- faults ----------------------------------------------------------------------------

    def _begin(self, fault: Fault) -> None:
        if self._trace is not None:
            self._trace.happened(self.scheduler.now_s, f"FAULT {fault}")
        getattr(self, f"_fault_{fault.kind.replace(' ', '_')}")(fault)

    def _later(self, fault: Fault, action: Callable[[Host], None]) -> None:
        host = self.hosts[fault.who[0]]
        self.scheduler.schedule(fault.for_s, lambda: action(host))

    def _cut(self, fault: Fault, links: list[tuple[str, str]]) -> None:
        self.weather.cut(links)
        self.scheduler.schedule(fault.for_s, lambda: self.weather.mend(links))

    def _fault_cut_one_way(self, fault: Fault) -> None:
        sender, receiver = fault.who
        self._cut(fault, [(sender, receiver)])

    def _fault_cut(self, fault: Fault) -> None:
        one, other = fault.who
        self._cut(fault, [(one, other), (other, one)])

    def _fault_partition(self, fault: Fault) -> None:
        others = [name for name in self.hosts if name not in fault.who]
        self._cut(fault, [pair for a in fault.who for b in others for pair in ((a, b), (b, a))])

    _fault_cut_off = _fault_partition

    def _weather(self, fault: Fault, name: str, fair: float) -> None:
        setattr(self.weather, name, fault.value)
        self.scheduler.schedule(fault.for_s, lambda: setattr(self.weather, name, fair))

    def _fault_loss(self, fault: Fault) -> None:
        self._weather(fault, "loss", 0.0)

    def _fault_twice(self, fault: Fault) -> None:
        self._weather(fault, "twice", 0.0)

    def _fault_slow(self, fault: Fault) -> None:
        self._weather(fault, "delay_s", 0.001)
        self.weather.spread_s = fault.value
        self.scheduler.schedule(fault.for_s, lambda: setattr(self.weather, "spread_s", 0.01))

    def _fault_clock(self, fault: Fault) -> None:
        self.hosts[fault.who[0]].skew_s += fault.value

    def _fault_freeze_host(self, fault: Fault) -> None:
        self.hosts[fault.who[0]].freeze()
        self._later(fault, Host.thaw)

    def _fault_freeze_supervisord(self, fault: Fault) -> None:
        self.hosts[fault.who[0]].freeze_supervisord()
        self._later(fault, Host.thaw_supervisord)

    def _fault_freeze_agent(self, fault: Fault) -> None:
        self.hosts[fault.who[0]].freeze_agent(fault.for_s)

    def _fault_kill_agent(self, fault: Fault) -> None:
        self.hosts[fault.who[0]].kill_agent()
        self._later(fault, Host.start_agent)

    def _fault_restart_agent(self, fault: Fault) -> None:
        self.hosts[fault.who[0]].stop_agent()
        self._later(fault, Host.start_agent)

    def _fault_lose_power(self, fault: Fault) -> None:
        self.hosts[fault.who[0]].lose_power()
        self._later(fault, Host.start_supervisord)

    def _fault_kill_supervisord(self, fault: Fault) -> None:
        self.hosts[fault.who[0]].kill_supervisord(orphan_s=self._rng.uniform(0.0, 1.5))
        self._later(fault, Host.start_supervisord)

    def _fault_shut_down(self, fault: Fault) -> None:
        self.hosts[fault.who[0]].stop_supervisord("shutdown", spare_agent=False)
        self._later(fault, Host.start_supervisord)

    def _fault_reload(self, fault: Fault) -> None:
        spare = self._rng.random() < 0.5
        self.hosts[fault.who[0]].stop_supervisord("reload", spare_agent=spare)

    def _fault_fence(self, fault: Fault) -> None:
        self._order_at(self.hosts[fault.who[0]], fault.who[1], fenced=True)

    def _fault_unfence(self, fault: Fault) -> None:
        self._order_at(self.hosts[fault.who[0]], fault.who[1], fenced=False)

    def _order(self, agent: Agent | None, address: str, fenced: bool) -> None:
        if agent is not None:
            agent.pause.arrival(lambda: agent.turn(FenceOrder(address, fenced)))

    def _order_at(self, host: Host, address: str, fenced: bool) -> None:
        self._order(host.agent, address, fenced)

    # --- the end ---------------------------------------------------------------------------

    def _heal(self) -> None:
        if self._trace is not None:
            self._trace.happened(self.scheduler.now_s, "HEALED")
        self.weather.clear()
        self._living = False
        for host in self.hosts.values():
            host.thaw_all()
            if host.address != self.plan.absent:
                self._revive(host)
        if self.plan.absent:
            self.hosts[self.plan.absent].abandoned = True
            self.hosts[self.plan.absent].lose_power()
        if self.plan.fences:
            self.scheduler.run(self.scheduler.now_s + UNFENCE_DELAY_S)
            self._unfence()

    def _revive(self, host: Host) -> None:
        """See to it that a host runs: start what is missing, once it has ended what it ends."""
        host.start_supervisord()
        host.start_agent()
        if host.supervisord is None or host.supervisord.leaving is not None or not host.agent:
            self.scheduler.schedule(0.5, lambda: self._revive(host))

    def _unfence(self) -> None:
        """Lift each fence once on each side: at one agent of all those that do not fence others."""
        asked: set[str] = set()
        for host in self.hosts.values():
            if host.agent is None or host.address in asked:
                continue
            shut_out = self.watch.shut_out(host.agent)
            if not shut_out:
                continue  # one that hears both sides may see no fence between them
            asked |= self._side_of(host)
            for address in shut_out:
                delay_s = self._rng.uniform(0.0, UNFENCE_SPREAD_S)
                self.scheduler.schedule(
                    delay_s, partial(self._order_at, host, address, fenced=False)
                )
        self.scheduler.run(self.scheduler.now_s + UNFENCE_SPREAD_S)

    def _side_of(self, host: Host) -> set[str]:
        """Return the addresses that a host sees RUNNING, and that see it so."""
        assert host.agent is not None, "only a living agent has a side"
        side = {host.address}
        for other in self.hosts.values():
            if other.agent is not None and other is not host:
                seen = self.watch.state_of(host.agent, other.address)
                sees = self.watch.state_of(other.agent, host.address)
                if seen is AddressState.RUNNING and sees is AddressState.RUNNING:
                    side.add(other.address)
        return side

    def _converge(self) -> None:
        healed_s = self.scheduler.now_s
        # what the host that stays away said last, perhaps after a pause, has to arrive first
        self.scheduler.run(healed_s + 0.5)
        limit_s = CONVERGENCE_S + (ABSENCE_S if self.plan.absent else 0.0)
        limit_s += PLANS_S if self.site.has_rules else 0.0
        while faults := self._differences() or unfinished(self.hosts, self.operators):
            if self.scheduler.now_s - healed_s > limit_s:
                rule = "convergence" if self._differences() else "all that is begun ends"
                raise Broken(rule, f"after {limit_s:.0f} s still: {'; '.join(faults)}")
            self.scheduler.run(self.scheduler.now_s + 0.5)
        self.converged_s = self.scheduler.now_s - healed_s
        until_s = self.scheduler.now_s + STEADY_S
        while self.scheduler.now_s < until_s:
            self.scheduler.run(self.scheduler.now_s + 1.0)
            if faults := self._lasting_differences():
                raise Broken("convergence", f"it did not last: {'; '.join(faults)}")

    def _differences(self) -> list[str]:
        return differences(self.hosts, self.plan.absent, self.site)

    def _lasting_differences(self) -> list[str]:
        """Return what differs even after what is on its way may have arrived."""
        for _ in range(5):
            faults = self._differences()
            if not faults:
                break
            self.scheduler.run(self.scheduler.now_s + 0.1)
        return faults
