"""What must hold after every turn of every agent.

Holds: `Watch`: publications fold to the view, events come in order and once, an isolated address
changes nothing, nobody is declared dead who need not be, masters and their epochs.
Must not touch: the run, but for ending it with `Broken`.

*Settled*: two hosts have been settled for a time when for that time both had one living agent,
neither was frozen or published the other as dead, and no message between them could be lost.
Whoever is settled for `SETTLED_S` has had the time to hear of the other, to judge who is gone,
and to vote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from typing import Final

from supvisors.core.inputs import (
    Fetched,
    Got,
    Input,
    Missed,
    ProcessChanged,
    TapRecord,
    Ticked,
)
from supvisors.core.messages import Vote
from supvisors.core.outputs import Do, Output, Publish, Say
from supvisors.model import (
    PID_STATES,
    AddressState,
    AddressStatus,
    ApplicationStatus,
    Body,
    ProcessEvent,
    ProcessState,
    ProcessStatus,
    SupvisorsStatus,
)
from tests.core.twin import Folded
from tests.sim.broken import Broken
from tests.sim.deaths import DEAD, SHUT_OUT, Deaths
from tests.sim.faults import Plan
from tests.sim.host import Agent, Host
from tests.sim.scheduler import Scheduler
from tests.sim.steering import Steering
from tests.sim.trace import Trace
from tests.sim.weather import Weather

#: How long hosts must be settled before two masters among them are one too many.
SETTLED_S: Final = 20.0
#: The whole view is compared after every turn that publishes, and after every so many others.
VIEW_EVERY: Final = 25


@dataclass
class Heard:
    """What the clients of one agent know, and what it was told.

    Attributes:
        next_event: by address, where in its truth the next event is looked for.
        gone: applications that had no process left since they were published last.
        obeys: the vote by which it obeys a master, None without one.
        obeyed: the highest mastership that it ever obeyed.
    """

    folded: Folded = field(default_factory=Folded)
    next_event: dict[str, int] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    obeys: Vote | None = None
    obeyed: Vote | None = None
    turns: int = 0
    was: AddressState | None = None


class Watch:
    """Looks on at every turn of every agent; see the card."""

    def __init__(
        self,
        plan: Plan,
        scheduler: Scheduler,
        weather: Weather,
        hosts: Mapping[str, Host],
        steering: Steering,
        trace: Trace | None,
    ) -> None:
        self._plan, self._scheduler, self._weather = plan, scheduler, weather
        self._hosts, self._steering, self._trace = hosts, steering, trace
        self._deaths = Deaths(plan, scheduler)
        self._heard: dict[str, Heard] = {}
        self._restless: dict[tuple[str, str], float] = {}
        self._boots: dict[str, str] = {}
        self._masters: dict[int, Vote] = {}

    # --- what others want to know ----------------------------------------------------------

    def state_of(self, agent: Agent, address: str) -> AddressState | None:
        """Return the state of an address as an agent has published it last."""
        status = self._of(agent).folded.addresses.get(address)
        return status.state if status is not None else None

    def shut_out(self, agent: Agent) -> list[str]:
        """Return the addresses that an agent publishes as isolated."""
        return [a for a in self._hosts if self.state_of(agent, a) in SHUT_OUT]

    # --- every turn ------------------------------------------------------------------------

    def before(self, agent: Agent, happening: Input) -> None:
        """Take note of an input before the core hears it."""
        address = getattr(happening, "address", None)
        heard = self._of(agent)
        heard.was = None
        if isinstance(happening, Ticked | Got | Fetched | Missed) and address is not None:
            heard.was = self.state_of(agent, address)
        self._deaths.heard(agent, happening, heard.was)

    def after(self, agent: Agent, happening: Input, outputs: list[Output]) -> None:
        """Judge what the core made of it."""
        if self._trace is not None:
            now_s, address = self._scheduler.now_s, agent.host.address
            self._trace.turn(now_s, address, agent.boot, happening, outputs)
        heard = self._of(agent)
        bodies = [output.body for output in outputs if isinstance(output, Publish)]
        if heard.was in SHUT_OUT:
            self._isolated_changes_nothing(agent, happening, bodies)
        for body in bodies:
            self._told(agent, heard, body)
        for output in outputs:
            if isinstance(output, Say):
                self._said(agent, heard)
        heard.turns += 1
        if bodies or heard.turns % VIEW_EVERY == 0:
            self._folds_to_view(agent, heard)
        self._steering.after(agent, happening, outputs)

    def did(self, host: Host, order: Do, fault: str) -> None:
        """Judge what a supervisord was asked for."""
        if self._trace is not None:
            what = f"{order.verb} {order.namespec} {fault or 'done'} ({order.cause})"
            self._trace.happened(self._scheduler.now_s, f"{host.address} {what}")
        self._steering.did(host, order, fault)

    def told(self, host: Host, record: TapRecord) -> None:
        """Judge what a supervisord tells."""
        self._steering.told(host, record)

    def _isolated_changes_nothing(self, agent: Agent, happening: Input, bodies: list[Body]) -> None:
        address = getattr(happening, "address", "")
        states = {b.address_name: b.state for b in bodies if isinstance(b, AddressStatus)}
        if states.get(address, AddressState.ISOLATED) not in SHUT_OUT:
            return  # it is isolated no longer
        changed = [b for b in bodies if not isinstance(b, SupvisorsStatus | AddressStatus)]
        if self._hosts[agent.host.address].setting.site.has_rules:  # a plan may have been due
            changed = [b for b in changed if isinstance(b, ProcessEvent)]
        if changed:
            what = f"{agent.host.address} published {changed[0]} because of {happening}"
            raise Broken("an isolated address changes nothing", what)

    def _told(self, agent: Agent, heard: Heard, body: Body) -> None:
        before = heard.folded.last(body)
        if isinstance(body, ProcessEvent):
            self._event_is_next(agent, heard, body)
            return
        if before == body and not _may_be_repeated(heard, body):
            raise Broken("nothing is repeated", f"{agent.host.address} repeated {body}")
        heard.folded.fold(body)
        if isinstance(body, ProcessStatus) and not _has_members(heard, body.application_name):
            heard.gone.add(body.application_name)
        if isinstance(body, AddressStatus):
            was = before.state if isinstance(before, AddressStatus) else AddressState.UNKNOWN
            self._deaths.told(agent, body.address_name, was, body.state)
            if body.state in DEAD:
                for pair in permutations((agent.host.address, body.address_name)):
                    self._restless[pair[0], pair[1]] = self._scheduler.now_s

    def _event_is_next(self, agent: Agent, heard: Heard, event: ProcessEvent) -> None:
        """Find an event in what its supervisords told, after the one that was told before it."""
        truth = self._hosts[event.address].truth
        at = heard.next_event.get(event.address, 0)
        while at < len(truth) and not _is_told_by(truth[at], event):
            at += 1
        if at == len(truth):
            what = f"{agent.host.address} published {event} again, out of order or of its own"
            raise Broken("events come in order and once", what)
        heard.next_event[event.address] = at + 1

    def _folds_to_view(self, agent: Agent, heard: Heard) -> None:
        view, folded = agent.core.view(), heard.folded
        processes = [
            status
            for _, status in sorted(folded.processes.items())
            if status.state is not ProcessState.UNKNOWN or status.addresses
        ]
        known = [s for s in view.processes if s.state is not ProcessState.UNKNOWN or s.addresses]
        groups = {status.application_name for status in view.processes}
        applications = [a for n, a in sorted(folded.applications.items()) if n in groups]
        pairs = [
            (folded.supvisors, view.supvisors),
            (sorted(folded.addresses.values(), key=_name), sorted(view.addresses, key=_name)),
            (processes, known),
            (applications, list(view.applications)),
        ]
        for told, shown in pairs:
            if told != shown:
                what = f"{agent.host.address} told {told}, shows {shown}"
                raise Broken("publications fold to the view", what)

    # --- masters ---------------------------------------------------------------------------

    def _said(self, agent: Agent, heard: Heard) -> None:
        """Judge whom an agent obeys, at each of its beats."""
        vote, master = agent.vote, agent.core.view().master
        if master is not None and (vote is None or vote.address != master):
            what = f"{agent.host.address} obeys {master} and votes for {vote}"
            raise Broken("an agent obeys only whom it votes for", what)
        heard.obeys = vote if master is not None else None
        if heard.obeys is None:
            return
        self._epoch_does_not_fall(agent, heard, heard.obeys)
        heard.obeyed = heard.obeys
        first = self._masters.setdefault(heard.obeys.epoch, heard.obeys)
        if self._plan.gentle and first != heard.obeys:
            raise Broken("an epoch has one master", f"{first} and {heard.obeys}")

    def _epoch_does_not_fall(self, agent: Agent, heard: Heard, obeys: Vote) -> None:
        before = heard.obeyed
        if before is None or before == obeys:
            return
        same = (before.address, before.boot) == (obeys.address, obeys.boot)
        if obeys.epoch < before.epoch or (same and obeys.epoch == before.epoch):
            what = f"{agent.host.address} obeyed {before}, and now {obeys}"
            raise Broken("epochs only rise", what)

    def sample(self) -> None:
        """Look at the whole, at regular times."""
        self._note_restless()
        masters = {
            name: heard.obeys
            for name, host in self._hosts.items()
            if host.agent is not None and (heard := self._of(host.agent)).obeys is not None
        }
        for (one, first), (other, second) in permutations(masters.items(), 2):
            if first == second or first.address not in masters or second.address not in masters:
                continue
            circle = {one, other, first.address, second.address}
            if all(self._is_settled(a, b) for a, b in permutations(sorted(circle), 2)):
                what = f"{one} obeys {first}, {other} obeys {second}"
                raise Broken("a settled view has one master", what)

    def _masters_obeyed(self) -> Iterator[tuple[str, Vote]]:
        for name, host in self._hosts.items():
            obeys = self._of(host.agent).obeys if host.agent is not None else None
            if obeys is not None:
                yield name, obeys

    def _note_restless(self) -> None:
        now_s = self._scheduler.now_s
        bad = {name for name, host in self._hosts.items() if self._is_restless(name, host)}
        for pair in permutations(self._hosts, 2):
            if pair[0] in bad or pair[1] in bad or self._weather.is_bad(*pair):
                self._restless[pair] = now_s
            elif self._is_apart(*pair):
                self._restless[pair] = now_s

    def _is_restless(self, name: str, host: Host) -> bool:
        boot = host.agent.boot if host.agent is not None else ""
        changed = self._boots.get(name) != boot
        self._boots[name] = boot
        leaves = host.supervisord is None or host.supervisord.leaving is not None
        return changed or not boot or host.frozen or leaves

    def _is_apart(self, one: str, other: str) -> bool:
        """Whether one of them publishes the other as dead."""
        first, second = self._hosts[one].agent, self._hosts[other].agent
        assert first is not None, "a host without an agent is restless"
        assert second is not None, "a host without an agent is restless"
        return self.state_of(first, other) in DEAD or self.state_of(second, one) in DEAD

    def _is_settled(self, one: str, other: str) -> bool:
        since_s = self._restless.get((one, other), 0.0)
        return self._scheduler.now_s - since_s >= SETTLED_S

    def _of(self, agent: Agent) -> Heard:
        return self._heard.setdefault(agent.boot, Heard())


def _is_told_by(record: object, event: ProcessEvent) -> bool:
    if not isinstance(record, ProcessChanged):
        return False
    pid = record.pid if record.state in PID_STATES else 0
    return (
        record.group,
        record.name,
        record.state,
        record.wall_ns // 10**9,
        pid,
    ) == (event.group, event.name, event.state, event.now_s, event.pid)


def _name(status: AddressStatus) -> str:
    return status.address_name


def _has_members(heard: Heard, application: str) -> bool:
    return any(
        status.state is not ProcessState.UNKNOWN or status.addresses
        for (group, _), status in heard.folded.processes.items()
        if group == application
    )


def _may_be_repeated(heard: Heard, body: Body) -> bool:
    """Whether a message may say what was said before: a date, or an application that is new."""
    match body:
        case AddressStatus():
            return True
        case ApplicationStatus(name):
            was_gone = name in heard.gone
            if _has_members(heard, name):
                heard.gone.discard(name)
            return was_gone
    return False
