"""What must hold of all that is started and stopped, whoever does it.

Holds: `Steering`: one response to every order, no start against a stop that is known, ranks, one
copy, limits of repair, unmanaged programs left alone.
Must not touch: the run, but for ending it with `Broken`.

What counts is what supervisords were made to do, and the states of their processes at that time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from supvisors.core.budget import TRIES_MAX
from supvisors.core.calls import TIMEOUT_S
from supvisors.core.inputs import Input, Order, Plea, ProcessChanged, TapRecord, Wish
from supvisors.core.intents import HELD
from supvisors.core.messages import Plan as Progress
from supvisors.core.outputs import Ask, Do, Note, Output, Record, Respond
from supvisors.model import BY_AUTORESTART, BY_COMMAND, AddressState, ProcessInfo, ProcessState
from tests.sim.broken import Broken
from tests.sim.faults import Plan
from tests.sim.host import Agent, Host
from tests.sim.operators import Asked, Operators
from tests.sim.scheduler import Scheduler
from tests.sim.site import Site

S = ProcessState

#: A start that was on its way when a stop was answered may come, and is stopped again.
ON_ITS_WAY_S: Final = TIMEOUT_S + 1.0
#: How long a job is surely waited for.
PATIENCE_S: Final = 10.0
_RANKED: Final = re.compile(r"(?P<base>.*), rank (?P<rank>-?\d+)")
_AUTOMATIC: Final = re.compile(r"automatic start of \w+ \(application rank (?P<rank>-?\d+)\)")
_RESTART: Final = re.compile(r"RESTART_(?:PROCESS|APPLICATION): .*?(?P<name>\w+:\w+)")


@dataclass(frozen=True)
class Deed:
    """What a supervisord did last to a process by an agent's order.

    Attributes:
        by: name and boot of the agent that ordered it.
    """

    order: Do
    at_s: float

    @property
    def by(self) -> str:
        return self.order.call_id.rpartition("-")[0]


class Steering:
    """The judge of all starts and stops.

    Attributes:
        from_outside: what somebody started without asking the master.
        given_up: boot of the agent that gave the start of an application up, and which one.
        stopped_s: when an operator was told that it is stopped, unless somebody started it since.
        failed_s: when what is down now failed while it ran, by namespec.
    """

    def __init__(
        self,
        plan: Plan,
        scheduler: Scheduler,
        hosts: Mapping[str, Host],
        site: Site,
        operators: Operators,
    ) -> None:
        self._plan, self._scheduler = plan, scheduler
        self._hosts, self._site, self._operators = hosts, site, operators
        self._deeds: dict[tuple[str, str], Deed] = {}
        self.stopped_s: dict[str, float] = {}
        self._seen: set[str] = set()
        self._tries: dict[str, Counter[str]] = {}
        self._ran: set[str] = set()
        self.from_outside: set[str] = set()
        self.given_up: set[tuple[str, str]] = set()
        self.failed_s: dict[str, float] = {}

    # --- what an agent is told and says ----------------------------------------------------

    def after(self, agent: Agent, happening: Input, outputs: list[Output]) -> None:
        """Judge one turn of an agent."""
        if isinstance(happening, Order | Plea | Wish):
            asked = self._operators.book[happening.request]
            if asked.starts:
                for name in asked.names or self._site.ranks:  # a drain starts anything
                    self.stopped_s.pop(name, None)
        for output in outputs:
            match output:
                case Respond():
                    self._responded(agent, output)
                case Ask(call=call) if call.verb == "start":
                    self._is_wanted(agent, call.namespec, call.cause)
                case Do(verb="start") if _is_own(agent, output):
                    self._is_wanted(agent, output.namespec, output.cause)
                case Record(record=Progress() as progress):
                    self._goes_on(agent, progress)
                case Note(reason="start given up", facts=facts):
                    self.given_up.add((agent.boot, str(dict(facts)["application"])))
        self._keeps_limits(agent)

    def _responded(self, agent: Agent, response: Respond) -> None:
        asked = self._operators.responded(agent, response)
        if asked.stops and not response.fault:
            self._is_kept(agent, asked)
            if isinstance(asked.order, Wish):  # what is disabled while it runs goes on
                return
            racing = {n for o in self._operators.unanswered() if o.starts for n in o.names}
            for name in (set(asked.names) & set(self._site.ranks)) - racing:
                self.stopped_s[name] = self._scheduler.now_s

    def _is_kept(self, agent: Agent, asked: Asked) -> None:
        """What an operator is told to be stopped is on the disk of the agent that says so."""
        if isinstance(asked.order, Plea):  # then it is the master's
            return
        kept = {intent.name for intent in agent.host.intents}
        if lost := sorted(set(asked.names) & set(self._site.ranks) - kept):
            what = f"{agent.host.address} stopped {', '.join(lost)} for {asked.order}"
            raise Broken("a wish is kept before it is answered", what)

    def _is_wanted(self, agent: Agent, namespec: str, cause: str) -> None:
        """Whoever orders a start must not know of a wish against it."""
        for intent in agent.core.view().intents:
            if intent.name == namespec and intent.wanted in HELD:
                what = f"{agent.host.address} starts {namespec} ({cause}) and knows {intent}"
                raise Broken("a stop is not undone", what)

    def _goes_on(self, agent: Agent, progress: Progress) -> None:
        """Count restarts, from the last time that an operator looked after something."""
        tries = self._tries.setdefault(agent.boot, Counter())
        names = (*progress.active, *progress.waiting)
        if progress.why.startswith("operator"):
            group = f"{progress.application}:" if progress.application else None
            for name in list(tries):
                if name in names or (group is not None and f"{name}:".startswith(group)):
                    del tries[name]
            return
        restart = _RESTART.match(progress.why)
        if restart is None:
            return
        name = progress.application or restart["name"]
        if progress.plan_id not in self._seen:
            self._seen.add(progress.plan_id)
            tries[name] += 1
        if progress.over and "no address fits" in progress.text and not progress.application:
            tries[name] -= 1  # nothing was started

    def _keeps_limits(self, agent: Agent) -> None:
        for name, count in self._tries.get(agent.boot, {}).items():
            if count > TRIES_MAX:
                what = f"{agent.host.address} restarts {name} for the {count}th time"
                raise Broken("nothing restarts more often than its limit", what)

    # --- what a supervisord does -----------------------------------------------------------

    def did(self, host: Host, order: Do, fault: str) -> None:
        """Judge what a supervisord was asked for."""
        if order.verb not in ("start", "stop"):
            return
        if order.namespec not in self._site.ranks and not order.cause.startswith("operator "):
            what = f"{order.verb} of {order.namespec} at {host.address}: {order.cause}"
            raise Broken("unmanaged programs are left alone", what)
        if fault:
            return
        deed = Deed(order, self._scheduler.now_s)
        self._deeds[host.address, order.namespec] = deed
        if " start " in f"{order.cause} " and order.cause.startswith("operator"):
            self.from_outside.add(order.namespec)  # a local start asks nobody
        elif order.verb == "start":
            self._is_only_copy(host, order)
        self._keeps_ranks(host, deed)

    def told(self, host: Host, record: TapRecord) -> None:
        """Take note of a change of a process."""
        if not isinstance(record, ProcessChanged):
            return
        name = f"{record.group}:{record.name}"
        self._note_failure(name, record)
        if record.state is not S.STARTING:
            return
        if record.cause == BY_COMMAND:
            self.from_outside.add(name)
            self.stopped_s.pop(name, None)
        stopped_s = self.stopped_s.get(name)
        if stopped_s is None or not self._plan.gentle:
            return
        if self._scheduler.now_s > stopped_s + ON_ITS_WAY_S:
            what = f"{name} was stopped at {stopped_s:.2f} and starts at {host.address}"
            raise Broken("a stop is not undone", f"{what}: {record.cause}")

    def _note_failure(self, name: str, record: ProcessChanged) -> None:
        match record.state:
            case S.RUNNING:
                self._ran.add(name)
                self.failed_s.pop(name, None)
            case S.STARTING | S.STOPPING | S.STOPPED:
                if record.cause != BY_AUTORESTART:
                    self._ran.discard(name)
                self.failed_s.pop(name, None)
            case S.EXITED | S.FATAL if name in self._ran:
                if record.state is S.FATAL or not (record.expected or record.again):
                    self.failed_s[name] = self._scheduler.now_s

    def _is_only_copy(self, host: Host, order: Do) -> None:
        """Where nobody seems dead, the master never starts a second copy."""
        name = order.namespec
        if not self._plan.gentle or name in self.from_outside or not self._site.is_single(name):
            return
        for other, info in self._everywhere(name.partition(":")[0]):
            awake = info.state in (S.STARTING, S.RUNNING, S.BACKOFF)
            if other is not host and info.namespec == name and awake:
                what = f"{name} is started at {host.address} and is at {other.address}"
                raise Broken("there is one copy", f"{what}: {order.cause}")

    def _keeps_ranks(self, host: Host, deed: Deed) -> None:
        """A step of a plan begins when the one before is over."""
        ranked = _RANKED.fullmatch(deed.order.cause)
        if ranked is None:
            return
        for group in self._site.groups:
            for other, info in self._everywhere(group):
                before = self._deeds.get((other.address, info.namespec))
                if before is None or (other is host and info.namespec == deed.order.namespec):
                    continue
                if self._is_under_way(other, before, info) and _is_too_early(deed, before):
                    what = f"{deed.order.cause}: {deed.order.namespec} at {host.address}, while "
                    what += f"{info.namespec} is {info.state.name} at {other.address}"
                    raise Broken("ranks are kept", f"{what}: {before.order.cause}")

    def _is_under_way(self, host: Host, deed: Deed, info: ProcessInfo) -> bool:
        agent = self._agent(deed.by)
        if agent is None or info.cause != deed.order.cause or host.frozen:
            return False
        view = agent.core.view()
        shown = {a.address_name: a.state for a in view.addresses}
        held = {i.name for i in view.intents if i.wanted in HELD}
        if shown.get(host.address) is not AddressState.RUNNING:
            return False  # who ordered it knows no more of it
        if deed.order.verb == "start" and info.namespec in held:
            return False  # it was called off
        if deed.order.verb == "stop":
            states = {S.STOPPING}
        else:
            states = {S.STARTING, S.BACKOFF}
            rule = self._site.ranks.get(info.namespec)
            if rule is not None and rule.wait_exit and info.state is S.RUNNING:
                return True
        return info.state in states and self._scheduler.now_s - deed.at_s < PATIENCE_S

    def _agent(self, by: str) -> Agent | None:
        """Return the agent that ordered something, None when it lives no more."""
        agents = (host.agent for host in self._hosts.values() if host.agent is not None)
        return next((a for a in agents if by == f"{a.host.address}-{a.boot}"), None)

    def _everywhere(self, group: str) -> Iterator[tuple[Host, ProcessInfo]]:
        for host in self._hosts.values():
            if host.supervisord is not None:
                for info in host.supervisord.tap.known.values():
                    if info.group == group:
                        yield host, info


def _is_own(agent: Agent, order: Do) -> bool:
    return order.call_id.startswith(f"{agent.host.address}-{agent.boot}-")


def _is_too_early(deed: Deed, before: Deed) -> bool:
    """Tell whether a deed has to wait for one that is under way, by the ranks of one plan."""
    now, then = _RANKED.fullmatch(deed.order.cause), _RANKED.fullmatch(before.order.cause)
    if now is None or then is None or deed.by != before.by or deed.order.verb != before.order.verb:
        return False
    rank, rank_before = int(now["rank"]), int(then["rank"])
    if now["base"] == then["base"]:
        return rank < rank_before if deed.order.verb == "stop" else rank > rank_before
    wave, wave_before = _AUTOMATIC.match(deed.order.cause), _AUTOMATIC.match(before.order.cause)
    if wave is None or wave_before is None:
        return False
    return int(wave["rank"]) > int(wave_before["rank"])
