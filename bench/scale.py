"""What one process event and one beat cost an agent, and how that grows with the system.

    make bench ARGS=scale           a quarter of an hour, nearly all of it for 300 addresses

All agents are real cores on the network in memory, each with its own processes; nothing fails.
The time of `Core.handle` is taken by kind of input, once the system is in OPERATION. What the
bus adds is the time to decode a beat, taken apart, since the network in memory decodes a
message once for all who get it.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from functools import partial

from bench.table import row
from supvisors.bus.codec import Codec, Tick
from supvisors.bus.memory import MemoryBus, Network
from supvisors.core import Core, Limits
from supvisors.core.inputs import Got, Input, Loaded, ProcessChanged, Started, Ticked, Wake
from supvisors.core.messages import Beat
from supvisors.core.outputs import Cut, Fetch, Join, Output, Record, Say
from supvisors.model import ProcessInfo, ProcessState, SupvisorsState
from tests.sim.scheduler import Scheduler

SIZES = (3, 10, 30, 100, 300)
PROCESSES = 30
DELAY_S = 0.001
TAP = "0" * 16
WALL_MS = 1_700_000_000_000
#: Simulated time within which the system must be in OPERATION, and how long it is measured then.
START_S_MAX = 30.0
MEASURED_S = 1.0
#: Process events in that time, over all agents.
EVENTS = 30
#: Inputs whose time is told, and what the table calls them.
KINDS = {
    "own event": "own process event",
    "event": "that of a peer",
    "own beat": "own beat",
    "beat": "that of a peer",
}


class Agent:
    """One core with its processes and its end of the bus."""

    def __init__(self, index: int, names: list[str], scheduler: Scheduler, network: Network):
        self.name, self._scheduler = names[index], scheduler
        boot = f"{index + 1:016x}"
        self.core = Core(names, self.name, boot=boot, limits=Limits())
        self.spent_s: defaultdict[str, list[float]] = defaultdict(list)
        self.beat: Beat | None = None
        peers = [name for name in names if name != self.name]
        self._attach = partial(
            network.attach, self.name, boot, peers, self.core.peer_list, self.turn
        )
        self._woken_s: float | None = None
        self._seq = 0

    def start(self) -> None:
        """Start with a list of processes that run."""
        self._bus: MemoryBus = self._attach()
        self.turn(Started())
        self.tick()
        infos = [
            ProcessInfo(f"app{n % 5}", f"{self.name}-{n}", ProcessState.RUNNING, pid=n + 1)
            for n in range(PROCESSES)
        ]
        self.turn(Loaded(self.name, TAP, 0, tuple(infos)))

    def tick(self) -> None:
        """Beat, now and each second."""
        ms = WALL_MS + round(self._scheduler.now_s * 1000)
        self.turn(Ticked(self.name, ms, ms))
        self._scheduler.schedule(1.0, self.tick)

    def change(self, number: int) -> None:
        """Let one process change its state."""
        self._seq += 1
        wall_ns = WALL_MS * 1_000_000 + self._seq
        state = (ProcessState.STOPPING, ProcessState.RUNNING)[self._seq % 2]
        name = f"{self.name}-{number % PROCESSES}"
        group = f"app{number % PROCESSES % 5}"
        self.turn(ProcessChanged(self.name, TAP, self._seq, wall_ns, group, name, state, pid=1))

    def turn(self, happening: Input) -> None:
        """Take the time of one turn of the ring."""
        began_s = time.perf_counter()
        outputs = self.core.handle(self._scheduler.now_s, happening)
        self.spent_s[_kind(happening)].append(time.perf_counter() - began_s)
        for output in outputs:
            self._perform(output)
        due_s = self.core.deadline()
        if due_s is not None and due_s != self._woken_s:
            self._woken_s = due_s
            delay_s = max(0.0, due_s - self._scheduler.now_s)
            self._scheduler.schedule(delay_s, partial(self._wake, due_s))

    def _wake(self, due_s: float) -> None:
        if due_s == self._woken_s:
            self._woken_s = None
            self.turn(Wake())

    def _perform(self, output: Output) -> None:
        match output:
            case Say(beat):
                self.beat = beat
                self._bus.tick(beat)
            case Record(record):
                self._bus.record(record)
            case Fetch(address, boot, whole, via):
                self._bus.fetch(address, boot, whole, via)
            case Cut() | Join():
                raise AssertionError(f"{output} without a fault")

    @property
    def is_ready(self) -> bool:
        """Whether it says that the system is in OPERATION, with everybody RUNNING."""
        beat = self.beat
        operates = beat is not None and beat.state is SupvisorsState.OPERATION
        return operates and beat is not None and len(beat.running) == len(beat.heard) + 1


def _kind(happening: Input) -> str:
    match happening:
        case Ticked(beat=None):
            return "own beat"
        case Ticked():
            return "beat"
        case ProcessChanged():
            return "own event"
        case Got():
            return "event"
    return "other"


def report(sizes: tuple[int, ...] = SIZES) -> None:
    """Measure systems of several sizes and print the table."""
    print(f"Scale: N addresses with {PROCESSES} processes each, medians over all agents\n")
    row("N", *KINDS.values(), "decoding a beat", "all beats of a second")
    row(*["---"] * (len(KINDS) + 3))
    for size in sizes:
        spent_us, decode_us = _measure(size)
        beats_us = (size - 1) * (spent_us["beat"] + decode_us) + spent_us["own beat"]
        cells = [f"{spent_us[kind]:.0f} µs" for kind in KINDS]
        row(size, *cells, f"{decode_us:.0f} µs", f"{beats_us / 1e3:.1f} ms")
    print()


def _measure(size: int) -> tuple[dict[str, float], float]:
    """Return the median time in µs of each kind of input, and of decoding a beat."""
    scheduler = Scheduler()
    network = Network(scheduler.schedule, lambda _sender, _receiver: (DELAY_S,))
    names = [f"host{n:03}" for n in range(size)]
    agents = [Agent(n, names, scheduler, network) for n in range(size)]
    for n, agent in enumerate(agents):
        scheduler.schedule(n / size, agent.start)
    while not all(agent.is_ready for agent in agents):
        assert scheduler.now_s < START_S_MAX, f"{size} agents do not come to OPERATION"
        scheduler.run(scheduler.now_s + 0.5)
    for agent in agents:
        agent.spent_s.clear()
    for n in range(EVENTS):
        delay_s = MEASURED_S * n / EVENTS
        scheduler.schedule(delay_s, partial(agents[n % size].change, n // size))
    scheduler.run(scheduler.now_s + MEASURED_S)
    all_s = {kind: [s for agent in agents for s in agent.spent_s[kind]] for kind in KINDS}
    return {kind: statistics.median(all_s[kind]) * 1e6 for kind in KINDS}, _decode_us(agents[0])


def _decode_us(agent: Agent) -> float:
    assert agent.beat is not None, "an agent that is in OPERATION has said a beat"
    codec = Codec()
    data = codec.encode(Tick("0" * 16, 1, WALL_MS, agent.beat))
    rounds = 200
    began_s = time.perf_counter()
    for _ in range(rounds):
        codec.decode(data)
    return (time.perf_counter() - began_s) / rounds * 1e6


if __name__ == "__main__":
    report()
