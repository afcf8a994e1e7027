"""Performs a story of several hosts: real cores, and a network that loses only what is cut.

Holds: `ClusterTeller`.
Must not touch: files; chance.

Each answer is a line: the time in s, the host whose agent it is, what it says. Of `address` and
`supvisors` the changes are told, with their reason, and not the refreshed dates; beats, records
and fetches between agents are left out. The commands, with an example each, are the methods
whose names begin with `do_`. A message takes a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from supvisors.bus.memory import Network
from supvisors.core.inputs import FenceOrder, Input, TapRecord
from supvisors.core.membership import Limits
from supvisors.core.outputs import Do, Note, Output, Publish
from supvisors.model import (
    AddressStatus,
    ProcessInfo,
    ProcessState,
    SupvisorsStatus,
)
from tests.sim.host import Agent, Host, Setting
from tests.sim.scheduler import Scheduler
from tests.sim.short import short

DELAY_S: Final = 0.001
#: Said in other words, or of no interest where several hosts are concerned.
UNTOLD: Final = {"process list loaded", "agent ready"}
STATES: Final = {"address state changed": "address ", "Supvisors state changed": "supvisors "}


class Steady(Random):
    """Dice that always show the middle."""

    def random(self) -> float:
        return 0.5


class ClusterTeller:
    """Some hosts, and what their agents say."""

    def __init__(self) -> None:
        self._scheduler = Scheduler()
        self._network = Network(self._scheduler.schedule, self._law)
        self._network.wall_ms = lambda address: self._hosts[address].wall_ns // 1_000_000
        self._hosts: dict[str, Host] = {}
        self._cut: set[tuple[str, str]] = set()
        self._lines: list[str] = []

    def perform(self, command: str) -> list[str]:
        """Perform one command; return what was said meanwhile."""
        verb, *words = command.split()
        names = [word for word in words if "=" not in word]
        options = dict(word.split("=", 1) for word in words if "=" in word)
        answer = getattr(self, f"do_{verb}")(*names, **options)
        lines, self._lines = self._lines, []
        return [*lines, *(answer or ())]

    # --- commands --------------------------------------------------------------------------

    def do_hosts(self, *names: str, auto_fence: str = "no") -> None:
        """`hosts alpha beta gamma auto_fence=yes`: the address list of them all. First."""
        limits = Limits(auto_fence=auto_fence == "yes")
        for number, name in enumerate(names):
            setting = Setting(name, names, limits)
            host = Host(setting, self._scheduler, Steady(number), self._network, self)
            host.skew_s = 0.0
            self._hosts[name] = host

    def do_start(self, name: str, **states: str) -> None:
        """`start alpha shop:web=RUNNING`: supervisord starts, with these processes."""
        infos = []
        for namespec, state in states.items():
            group, process = namespec.split(":")
            pid = 100 if state == "RUNNING" else 0
            infos.append(ProcessInfo(group, process, ProcessState[state], pid=pid))
        self._hosts[name].start_supervisord(infos)

    def do_wait(self, seconds: str) -> None:
        """`wait 2`: time passes."""
        self._scheduler.run(self._scheduler.now_s + float(seconds))

    def do_event(self, name: str, namespec: str, state: str, expected: str = "yes") -> None:
        """`event alpha shop:web EXITED expected=no`"""
        group, process = namespec.split(":")
        supervisord = self._hosts[name].supervisord
        assert supervisord is not None, f"{name} has no supervisord"
        supervisord.change((group, process), ProcessState[state], expected=expected == "yes")

    def do_crash(self, name: str) -> None:
        """`crash alpha`: the host is gone at once, with all that ran on it."""
        self._hosts[name].lose_power()

    def do_kill(self, name: str) -> None:
        """`kill alpha`: its agent is gone at once; supervisord will start another."""
        self._hosts[name].kill_agent()

    def do_stop(self, name: str) -> None:
        """`stop alpha`: its agent is told to end, for an upgrade perhaps."""
        self._hosts[name].stop_agent()

    def do_agent(self, name: str) -> None:
        """`agent alpha`: supervisord starts another agent."""
        self._hosts[name].start_agent()

    def do_shutdown(self, name: str) -> None:
        """`shutdown alpha`: its supervisord is told to end."""
        self._hosts[name].stop_supervisord("shutdown", spare_agent=False)

    def do_freeze(self, name: str) -> None:
        """`freeze alpha`: nothing runs on that host any more, until `thaw alpha`."""
        self._hosts[name].freeze()

    def do_thaw(self, name: str) -> None:
        """`thaw alpha`"""
        self._hosts[name].thaw()

    def do_cut(self, sender: str, receiver: str) -> None:
        """`cut alpha beta`: nothing of alpha arrives at beta."""
        self._cut.add((sender, receiver))

    def do_part(self, *names: str) -> None:
        """`part alpha beta`: they hear nobody else, and nobody else hears them."""
        others = [name for name in self._hosts if name not in names]
        self._cut |= {pair for a in names for b in others for pair in ((a, b), (b, a))}

    def do_heal(self) -> None:
        """`heal`: everything arrives everywhere."""
        self._cut.clear()

    def do_fence(self, name: str, address: str) -> None:
        """`fence alpha beta`: an operator, at alpha, fences beta."""
        self._order(name, address, fenced=True)

    def do_unfence(self, name: str, address: str) -> None:
        """`unfence alpha beta`: an operator, at alpha, lifts the fence of beta."""
        self._order(name, address, fenced=False)

    def do_view(self) -> Iterator[str]:
        """`view`: what each agent shows now; agents that show the same share a line."""
        told: dict[str, list[str]] = {}
        for name, host in self._hosts.items():
            for line in _view(host.agent) if host.agent is not None else ["no agent"]:
                told.setdefault(line, []).append(name)
        yield from (f"{', '.join(names)}: {line}" for line, names in told.items())

    def _order(self, name: str, address: str, fenced: bool) -> None:
        agent = self._hosts[name].agent
        assert agent is not None, f"{name} has no agent"
        agent.turn(FenceOrder(address, fenced))

    # --- what is said ----------------------------------------------------------------------

    def _law(self, sender: str, receiver: str) -> tuple[float, ...]:
        return () if (sender, receiver) in self._cut else (DELAY_S,)

    def before(self, agent: Agent, happening: Input) -> None:
        """Wait for what comes of it."""

    def did(self, host: Host, order: Do, fault: str) -> None:
        """What comes of it is told by supervisord."""

    def told(self, host: Host, record: TapRecord) -> None:
        """What the agents make of it is written down."""

    def after(self, agent: Agent, happening: Input, outputs: list[Output]) -> None:
        """Write down what an agent says."""
        for output in outputs:
            for line in _tell(output):
                self._lines.append(f"{self._scheduler.now_s:.3f} {agent.host.address}: {line}")


def _tell(output: Output) -> Iterator[str]:
    match output:
        case Note(level="debug"):
            return
        case Note(reason) if reason in STATES:
            facts = dict(output.facts)
            name = f"{facts['address']} " if "address" in facts else ""
            because = facts["because"]
            yield f"{STATES[reason]}{name}{facts['from']} → {facts['to']}: {because}"
        case Note(reason, facts, level) if reason not in UNTOLD:
            told = " ".join(f"{name}={value}" for name, value in facts if name != "boot")
            yield f"{'warn' if level == 'warn' else 'note'}: {reason} | {told}"
        case Publish(AddressStatus() | SupvisorsStatus()):
            return  # the note beside it says more
        case Publish(body):
            yield short(body)


def _view(agent: Agent) -> Iterator[str]:
    view = agent.core.view()
    addresses = " ".join(f"{a.address_name}={a.state.name}" for a in view.addresses)
    yield f"{view.supvisors.state.name} master={view.master} {addresses}"
    for process in view.processes:
        yield short(process)
