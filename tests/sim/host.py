"""One host of a simulation: a supervisord, the agent under it, their clocks and their disk.

Holds: `Host`, what may happen to a host; `Agent`, the ring of `agent.py` without asyncio.
Must not touch: the rules of the core; when faults come.

What is frozen loses no time and no message: everything that would have happened to it happens
when it thaws, late, what came from outside before or after its own timers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal, Protocol

from supvisors.bus import PeerLists
from supvisors.bus.memory import MemoryBus
from supvisors.core import Core
from supvisors.core.calls import TIMEOUT_S
from supvisors.core.inputs import (
    AgentLeaving,
    BusFact,
    Done,
    Input,
    Loaded,
    Started,
    TapRecord,
    Ticked,
    Wake,
)
from supvisors.core.intents import HELD
from supvisors.core.membership import Limits
from supvisors.core.messages import Beat, Digests, Fence, Intent, Vote
from supvisors.core.outputs import (
    Ask,
    Cut,
    Do,
    Fetch,
    Join,
    Keep,
    Output,
    Record,
    Reply,
    Save,
    Say,
)
from supvisors.model import ProcessInfo
from tests.sim.broken import Broken
from tests.sim.scheduler import Action, Scheduler
from tests.sim.site import PLAIN, Site
from tests.sim.supervisord import Supervisord

WALL_BEGIN_S: Final = 1_700_000_000.0
#: The plugin's watchdog replaces an agent that did not beat for three TICK_5.
WATCHDOG_S: Final = 15.0
#: How long an agent takes to start, at least and at most.
AGENT_START_S: Final = (0.1, 0.5)
#: How long a supervisord may take to hear of an order, and the agent of its answer.
LINK_S: Final = 0.02
#: How often a core may want to be woken at one and the same time.
WAKES_MAX: Final = 20

TakeFact = Callable[[BusFact], None]


class Net(Protocol):
    """What a host wants of the network."""

    def attach(
        self, address: str, boot: str, peers: Sequence[str], lists: PeerLists, take: TakeFact
    ) -> MemoryBus: ...


class Listener(Protocol):
    """Who looks on: the invariants and the trace."""

    def before(self, agent: Agent, happening: Input) -> None: ...

    def after(self, agent: Agent, happening: Input, outputs: list[Output]) -> None: ...

    def did(self, host: Host, order: Do, fault: str) -> None: ...

    def told(self, host: Host, record: TapRecord) -> None: ...


@dataclass
class Setting:
    """What a host is made of.

    Attributes:
        addresses: the list as this host's configuration has it.
        limits: options that judge a peer.
        site: its programs and its rules.
        make_core: the core of its agents, which a test of the simulator bends.
    """

    address: str
    addresses: tuple[str, ...]
    limits: Limits
    site: Site = PLAIN
    make_core: type[Core] = Core


class Pause:
    """Keeps back what would happen to something that is frozen.

    Attributes:
        spans: when it was frozen, from and until, in s.
    """

    def __init__(self, rng: Random, scheduler: Scheduler) -> None:
        self._rng = rng
        self._scheduler = scheduler
        self._depth = 0
        self._is_frozen = False
        self.spans: list[tuple[float, float]] = []
        self._since_s = 0.0
        self._timers: list[Action] = []
        self._arrivals: list[Action] = []

    @property
    def frozen(self) -> bool:
        return self._is_frozen

    @property
    def held(self) -> bool:
        """Whether a `thaw` is still to come."""
        return self._depth > 0

    @property
    def last(self) -> bool:
        """Whether one more `thaw` ends it."""
        return self._depth == 1

    def timer(self, action: Action) -> None:
        """Perform what was due by its own time, or keep it."""
        self._perform(self._timers, action)

    def arrival(self, action: Action) -> None:
        """Perform what came from outside, or keep it."""
        self._perform(self._arrivals, action)

    def _perform(self, kept: list[Action], action: Action) -> None:
        if self.frozen:
            kept.append(action)
        else:
            action()

    def freeze(self) -> None:
        """Keep back what happens, until `thaw` was called as often."""
        if not self.frozen:
            self._is_frozen, self._since_s = True, self._scheduler.now_s
        self._depth += 1

    def thaw(self) -> None:
        """Let what was kept happen, before or after what waits in the network."""
        if self._depth:
            self._depth -= 1
        if self._depth or not self.frozen:
            return
        if self._rng.random() < 0.3:
            self._go_on()
        else:
            self._scheduler.schedule(0.0, self._go_on)

    def _go_on(self) -> None:
        if self._depth or not self._is_frozen:
            return
        self._is_frozen = False
        self.spans.append((self._since_s, self._scheduler.now_s))
        kept = [*self._arrivals, *self._timers]
        self._timers, self._arrivals = [], []
        for action in kept:
            action()


class Agent:
    """One life of an agent: its core, its end of the bus, its timers.

    Attributes:
        alive: it has neither left nor been killed.
        connected: it was told its supervisord's list.
        said: its last beat, None before the first.
    """

    def __init__(self, host: Host, boot: str, net: Net, listener: Listener) -> None:
        self.host, self.boot, self.alive = host, boot, True
        self.started_s = host.scheduler.now_s
        setting = host.setting
        self.core = setting.make_core(
            setting.addresses,
            host.address,
            boot=boot,
            limits=setting.limits,
            digests=Digests(addresses=" ".join(setting.addresses)),
            quorum=setting.site.quorum,
            rules=setting.site.rules,
            policy=setting.site.policy,
        )
        self.pause = Pause(host.rng, host.scheduler)
        self.connected = False
        self.said: Beat | None = None
        self._listener = listener
        self._woken_at: float | None = None
        self._wake_number = 0
        self._wakes, self._last_wake_s = 0, -1.0
        self._busy = False
        self._waiting: list[Input] = []
        peers = [name for name in host.setting.addresses if name != host.address]
        self.bus = net.attach(host.address, boot, peers, self.core.peer_list, self.turn)

    # --- the ring --------------------------------------------------------------------------

    def turn(self, happening: Input) -> None:
        """Hand an input to the core and perform what it answers."""
        if not self.alive:
            return
        self._waiting.append(happening)
        if self._busy:
            return
        self._busy = True
        while self._waiting:
            self._turn(self._waiting.pop(0))
        self._busy = False
        self._arm()

    def _turn(self, happening: Input) -> None:
        now = self.host.monotonic_s
        if isinstance(happening, Wake) and self._woken_at is not None:
            now = max(now, self._woken_at)  # a sum of floats may fall just short
        self._listener.before(self, happening)
        outputs = self.core.handle(now, happening)
        for output in outputs:
            self._perform(output)
        self._listener.after(self, happening, outputs)

    def _perform(self, output: Output) -> None:
        match output:
            case Say(beat):
                self.said = beat
                self.bus.tick(beat)
            case Record(record):
                self.bus.record(record)
            case Fetch():
                self.bus.fetch(output.address, output.boot, output.whole, output.via)
            case Cut(address):
                self.bus.cut(address)
            case Join(address):
                self.bus.join(address)
            case Save(fences):
                self.host.fences = fences
            case Keep(intents):
                self.host.intents = intents
            case Do():
                self.host.perform(self, output)
            case Ask() | Reply():
                self._send(output)

    def _send(self, output: Ask | Reply) -> None:
        if isinstance(output, Ask):
            self.bus.call(output.address, output.call)
        else:
            self.bus.answer(output.address, output.answer)

    def _arm(self) -> None:
        deadline = self.core.deadline()
        if deadline == self._woken_at or not self.alive:
            return
        self._woken_at = deadline
        self._wake_number += 1
        if deadline is not None:
            number = self._wake_number
            delay_s = max(0.0, deadline - self.host.monotonic_s)
            self.later(delay_s, lambda: self._wake(number))

    def _wake(self, number: int) -> None:
        if number == self._wake_number:
            self._count_wakes()
            self.turn(Wake())
            if number == self._wake_number:  # the core wants to be woken at the same time again
                self._woken_at = None
                self._arm()

    def _count_wakes(self) -> None:
        now_s = self.host.scheduler.now_s
        self._wakes = self._wakes + 1 if now_s == self._last_wake_s else 0
        self._last_wake_s = now_s
        if self._wakes > WAKES_MAX:
            what = f"{self.host.address} wants to be woken at {self.core.deadline()} for ever"
            raise Broken("a wake is not wanted again at once", what)

    def later(self, delay_s: float, action: Action) -> None:
        """Perform an action of its own after a delay, if it lives then."""
        self.host.scheduler.schedule(delay_s, lambda: self._due(action))

    def _due(self, action: Action) -> None:
        if self.alive:
            self.pause.timer(action)

    @property
    def vote(self) -> Vote | None:
        """Whom it said that it votes for."""
        return self.said.vote if self.said is not None else None

    # --- its pauses ------------------------------------------------------------------------

    def freeze(self) -> None:
        """Do nothing and hear nothing until `thaw` was called as often."""
        self.pause.freeze()
        self.bus.freeze()

    def thaw(self) -> None:
        """Go on, when nothing else keeps it frozen."""
        if self.pause.last:
            self.bus.thaw()
        self.pause.thaw()

    # --- its life --------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to publish, to beat, and to hear its supervisord."""
        self.turn(Started(self.host.fences, self.host.intents))
        self.tick()
        self.host.connect(self)

    def tick(self) -> None:
        """Beat, and again after a period."""
        ms = self.host.wall_ns // 1_000_000
        self.turn(Ticked(self.host.address, ms, ms))
        self.later(self.host.setting.limits.tick_period_s, self.tick)

    def leave(self) -> None:
        """End as SIGTERM asks."""
        self.turn(AgentLeaving())
        self.end()

    def end(self) -> None:
        """End: with `leave` before it politely, else as `kill -9` does."""
        if self.alive:
            self.alive = False
            self.bus.close()


class Host:
    """One host.

    Attributes:
        supervisord, agent: None while there is none.
        truth: every record that any supervisord of this host made, in order.
        fences, intents: what its agent saved.
        skew_s: how far its wall clock is ahead.
        known_keys: group and name of every process that it ever knew.
        abandoned: nobody starts anything on it any more.
    """

    def __init__(
        self, setting: Setting, scheduler: Scheduler, rng: Random, net: Net, listener: Listener
    ) -> None:
        self.setting, self.scheduler, self.rng = setting, scheduler, rng
        self.address = setting.address
        self._net, self._listener = net, listener
        self.supervisord: Supervisord | None = None
        self.agent: Agent | None = None
        self._last_agent: Agent | None = None
        self.truth: list[TapRecord] = []
        self.fences: tuple[Fence, ...] = ()
        self.intents: tuple[Intent, ...] = ()
        self.skew_s = rng.uniform(-2.0, 2.0)
        self.known_keys: set[tuple[str, str]] = set()
        self.abandoned = False
        self._up_s = float(rng.randrange(10, 100_000))
        self._cursor: tuple[str, int] | None = None
        self._pause = Pause(rng, scheduler)

    @property
    def monotonic_s(self) -> float:
        """Time since this host came up, its pauses included."""
        return self._up_s + self.scheduler.now_s

    @property
    def wall_ns(self) -> int:
        """What its wall clock shows."""
        return round((WALL_BEGIN_S + self.scheduler.now_s + self.skew_s) * 1e9)

    # --- supervisord -----------------------------------------------------------------------

    def start_supervisord(self, known: Iterable[ProcessInfo] | None = None) -> None:
        """Start it with its agent, unless it runs.

        Args:
            known: its processes; None lets the dice choose them.
        """
        if self.supervisord is not None or self.abandoned:
            return
        life: list[Supervisord] = []

        def schedule(delay_s: float, action: Action) -> None:
            self.scheduler.schedule(delay_s, lambda: due(action))

        def due(action: Action) -> None:
            if self.supervisord is life[0]:
                self._pause.timer(lambda: action() if self.supervisord is life[0] else None)

        life.append(
            Supervisord(
                self.address,
                self._identity(),
                self.setting.site,
                self._is_held,
                self.rng,
                schedule,
                lambda: self.wall_ns,
                self._told,
                known,
            )
        )
        self.supervisord = life[0]
        self.known_keys.update(self.supervisord.tap.known)
        self._cursor = None
        schedule(self.rng.uniform(*AGENT_START_S), self.start_agent)

    def kill_supervisord(self, orphan_s: float = 0.0) -> None:
        """End supervisord at once; its orphaned agent ends when it notices."""
        self.supervisord = None
        agent = self.agent
        if agent is not None:
            self.scheduler.schedule(orphan_s, agent.end)
            self.agent = None

    def lose_power(self) -> None:
        """End everything at once."""
        self.kill_agent()
        self.kill_supervisord()

    def stop_supervisord(self, mode: Literal["shutdown", "reload"], spare_agent: bool) -> None:
        """End supervisord, or reload it, politely: all programs, then the agent, then itself.

        Args:
            spare_agent: a reload leaves the agent alive.
        """
        supervisord = self.supervisord
        if supervisord is not None and supervisord.leaving is None:
            supervisord.leave(mode)
            self._stop_rest(supervisord, mode, spare_agent)

    def _stop_rest(
        self, supervisord: Supervisord, mode: Literal["shutdown", "reload"], spare_agent: bool
    ) -> None:
        if self.supervisord is not supervisord:
            return
        if not supervisord.idle:
            again = lambda: self._stop_rest(supervisord, mode, spare_agent)  # noqa: E731
            self.scheduler.schedule(0.2, lambda: self._pause.timer(again))
            return
        agent = self.agent
        if agent is not None and not spare_agent:
            agent.pause.arrival(agent.leave)
            self.agent = None
        if mode == "shutdown":
            self.supervisord = None
            return
        supervisord.reset()
        if self.agent is None:
            delay_s = self.rng.uniform(*AGENT_START_S)
            self.scheduler.schedule(delay_s, self.start_agent)

    def _is_held(self, namespec: str) -> bool:
        return any(i.name == namespec and i.wanted in HELD for i in self.intents)

    def perform(self, agent: Agent, order: Do) -> None:
        """Have supervisord do what the agent asks, as soon as it hears of it."""
        life, asked_s = self.supervisord, self.scheduler.now_s

        def act() -> None:
            if life is None or self.supervisord is not life:
                return
            fault = self._do(life, order)
            if self.scheduler.now_s - asked_s <= TIMEOUT_S:  # else it was frozen meanwhile
                self._listener.did(self, order, fault)
            done = Done(order.call_id, fault, fault and "so says supervisord")
            delay_s = self.rng.uniform(0.0, LINK_S)
            self.scheduler.schedule(delay_s, lambda: agent.pause.arrival(lambda: agent.turn(done)))

        delay_s = self.rng.uniform(0.0, LINK_S)
        self.scheduler.schedule(delay_s, lambda: self._pause.timer(act))

    def _do(self, life: Supervisord, order: Do) -> str:
        match order.verb:
            case "start" | "stop":
                group, _, name = order.namespec.partition(":")
                return life.do(order.verb, (group, name), order.cause)
            case "restart":
                self.stop_supervisord("reload", spare_agent=False)
            case "shutdown":
                self.stop_supervisord("shutdown", spare_agent=False)
                self.scheduler.schedule(self.rng.uniform(4.0, 15.0), lambda: self._come_back(life))
        return ""

    def _come_back(self, life: Supervisord) -> None:
        """Be started by somebody, once the supervisord that was told to end has ended."""
        if self.supervisord is life:
            self.scheduler.schedule(1.0, lambda: self._come_back(life))
        else:
            self.start_supervisord()

    def _told(self, record: TapRecord) -> None:
        self.truth.append(record)
        self._listener.told(self, record)
        if self.supervisord is not None:
            self.known_keys.update(self.supervisord.tap.known)
        if self.agent is not None and self.agent.connected:
            self._tell(self.agent, record)

    # --- the agent -------------------------------------------------------------------------

    def start_agent(self) -> None:
        """Let supervisord, when it is not frozen, start an agent unless one runs."""
        self._pause.timer(self._start_agent)

    def _start_agent(self) -> None:
        if self.supervisord is not None and self.agent is None:
            if self._last_agent is not None:  # it was told to end, and is frozen
                self._last_agent.end()
            agent = Agent(self, self._identity(), self._net, self._listener)
            self.agent = self._last_agent = agent
            agent.start()

    def connect(self, agent: Agent) -> None:
        """Tell a new agent what supervisord has told since its cursor."""
        if self.supervisord is None or agent is not self.agent:
            return
        loaded, records = self.supervisord.read(self._cursor)
        for happening in (loaded, *records):
            self._tell(agent, happening)
        agent.connected = True

    def kill_agent(self) -> None:
        """End the agent at once; nobody starts it yet."""
        if self.agent is not None:
            self.agent.end()
            self.agent = None

    def stop_agent(self) -> None:
        """End the agent as SIGTERM asks; nobody starts it yet."""
        agent = self.agent
        if agent is not None:
            agent.pause.arrival(agent.leave)
            self.agent = None

    def _tell(self, agent: Agent, happening: Loaded | TapRecord) -> None:
        def hear() -> None:
            if agent.alive:
                agent.turn(happening)
                self._cursor = (happening.boot, happening.seq)

        agent.pause.arrival(hear)

    # --- pauses ----------------------------------------------------------------------------

    def freeze(self) -> None:
        """Stop everything on this host without ending it."""
        self._pause.freeze()
        if self.agent is not None:
            self.agent.freeze()

    def thaw(self) -> None:
        """Let it go on."""
        agent = self.agent
        self._pause.thaw()
        if agent is not None:
            agent.thaw()

    def freeze_supervisord(self) -> None:
        """Freeze supervisord, but not its agent."""
        self._pause.freeze()

    def thaw_supervisord(self) -> None:
        """Let supervisord go on."""
        self._pause.thaw()

    def thaw_all(self) -> None:
        """Let everything go on, however often it was frozen."""
        agent = self.agent
        while self._pause.held:
            self._pause.thaw()
        while agent is not None and agent.pause.held:
            agent.thaw()

    def freeze_agent(self, for_s: float) -> None:
        """Freeze the agent alone; the watchdog of its supervisord replaces it in the end."""
        agent = self.agent
        if agent is None:
            return
        agent.freeze()
        if for_s < WATCHDOG_S:
            self.scheduler.schedule(for_s, agent.thaw)
        else:
            self.scheduler.schedule(WATCHDOG_S, lambda: self._replace(agent))

    def _replace(self, agent: Agent) -> None:
        if self.agent is agent and agent.pause.frozen:
            self.kill_agent()
            self.start_agent()

    @property
    def frozen(self) -> bool:
        """Whether the host, or its agent, is frozen."""
        return self._pause.frozen or (self.agent is not None and self.agent.pause.frozen)

    def _identity(self) -> str:
        return f"{self.rng.getrandbits(64):016x}"
