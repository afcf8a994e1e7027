"""A supervisord that exists in memory: programs that start, crash and end, and its tap.

Holds: `Supervisord`, the life of its programs as numbered records; its ring, as `link.py`
reads it: a list that was true at the cursor, then every record after it.
Must not touch: the agent, the network.

The list that its records lead to is kept by the same `Tap` that tells the core of one address
its stories, so that the truth is not computed by what it judges.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final, Literal

from supvisors.core.inputs import Loaded, TapRecord
from supvisors.model import (
    BY_AUTORESTART,
    BY_AUTOSTART,
    BY_COMMAND,
    BY_RELOAD,
    BY_SHUTDOWN,
    ExitFacts,
    ProcessInfo,
    ProcessState,
)
from tests.core.taps import Tap
from tests.sim.scheduler import Action
from tests.sim.site import Key, Site

S = ProcessState

#: Records that the ring keeps: few, so that an absent agent is outrun now and then.
RING_LENGTH: Final = 40
STARTSECS_S: Final = 1.0
RETRIES: Final = 2


@dataclass
class Running:
    """One program.

    Attributes:
        turn: rises with every change, so that what was due before is void.
        cause, restarts: as in `ProcessInfo`.
    """

    turn: int = 0
    failures: int = 0
    cause: str = ""
    restarts: int = 0


class Supervisord:
    """One life of a supervisord.

    Args:
        address: whose it is.
        boot: identity of this life.
        site: what its programs are.
        is_held: asked by namespec whether `autostart` is held back.
        rng: what decides how its programs fare.
        schedule: performs an action after a delay, unless this supervisord is gone by then.
        wall_ns: the clock of its host.
        tell: called with each record when it is made.
        known: its processes; None lets the dice choose some, and start some of them.
    """

    def __init__(
        self,
        address: str,
        boot: str,
        site: Site,
        is_held: Callable[[str], bool],
        rng: Random,
        schedule: Callable[[float, Action], None],
        wall_ns: Callable[[], int],
        tell: Callable[[TapRecord], None],
        known: Iterable[ProcessInfo] | None = None,
    ) -> None:
        self.tap = Tap(address, boot)
        self.leaving: Literal["shutdown", "reload"] | None = None
        self._rng, self._schedule = rng, schedule
        self._site, self._is_held = site, is_held
        self._wall_ns, self._tell = wall_ns, tell
        self._programs: dict[Key, Running] = {}
        self._ring: deque[tuple[TapRecord, tuple[ProcessInfo, ...]]] = deque(maxlen=RING_LENGTH)
        self._next_pid = rng.randrange(100, 30_000)
        if known is not None:
            self._know(known)
            return
        for group in sorted(site.groups):
            if rng.random() < site.knows:
                self._know(self._new_infos(group))
        for key in list(self._programs):
            if rng.random() < site.program(key).autostart:
                schedule(rng.uniform(0.0, 2.0), partial(self._autostart, key))

    # --- the tap ---------------------------------------------------------------------------

    def read(self, cursor: tuple[str, int] | None) -> tuple[Loaded, list[TapRecord]]:
        """Return what the link tells first: a list as of the cursor, and the records after it.

        Args:
            cursor: boot and number of the last record that was handled, None for none.
        """
        boot, after = cursor if cursor is not None else ("", 0)
        tap = self.tap
        if boot != tap.boot or after >= tap.seq:
            return tap.loaded(), []
        kept = [(record, before) for record, before in self._ring if record.seq > after]
        first = kept[0][0].seq
        lost = (after + 1, first - 1) if first > after + 1 else None
        loaded = Loaded(tap.address, tap.boot, first - 1, kept[0][1], lost)
        return loaded, [record for record, _ in kept]

    def _append(self, record: TapRecord, before: tuple[ProcessInfo, ...]) -> None:
        self._ring.append((record, before))
        self._tell(record)

    def _infos(self) -> tuple[ProcessInfo, ...]:
        return tuple(self.tap.known.values())

    # --- what operators and programs do ----------------------------------------------------

    def live(self) -> None:
        """Let something happen to some program or some group."""
        if self.leaving is not None:
            return
        draw = self._rng.random() * (4 if self._site.has_rules else 1)
        if draw < 0.04:
            self._add_group()
        elif draw < 0.07:
            self._remove_group()
        elif self._programs:
            key = self._rng.choice(sorted(self._programs))
            if self._site.rules.is_managed(key[0]):
                self._touch_managed(key)
            else:
                self._touch(key)

    def _touch(self, key: Key) -> None:
        state = self.tap.known[key].state
        if state in (S.STOPPED, S.EXITED, S.FATAL):
            self.start(key, BY_COMMAND)
        elif state is S.RUNNING:
            draw = self._rng.random()
            if draw < 0.4:
                self.stop(key, BY_COMMAND)
            else:
                self._end(key, expected=draw < 0.6)
        elif state is S.STARTING:
            self.stop(key, BY_COMMAND)

    def _touch_managed(self, key: Key) -> None:
        draw, runs = self._rng.random(), self.tap.known[key].state is S.RUNNING
        if draw < self._site.outside:
            self._touch(key)
        elif runs and draw < self._site.outside + self._site.crashes:
            self._end(key, expected=self._rng.random() < 0.1)

    def do(self, verb: str, key: Key, cause: str) -> str:
        """Perform what an agent asks; return the fault, '' for none."""
        if self.leaving is not None:
            return "SHUTDOWN_STATE"
        if key not in self._programs:
            return "BAD_NAME"
        state = self.tap.known[key].state
        awake = state in (S.STARTING, S.RUNNING, S.BACKOFF)
        if verb == "stop":
            if not awake:
                return "NOT_RUNNING"
            self.stop(key, cause)
            return ""
        if awake:
            return "ALREADY_STARTED"
        if state is S.STOPPING:
            return "FAILED"
        self.start(key, cause)
        return ""

    def _autostart(self, key: Key) -> None:
        stays = key in self._programs and self.tap.known[key].state is S.STOPPED
        if stays and not self._is_held(":".join(key)):
            self.start(key, BY_AUTOSTART)

    def start(self, key: Key, cause: str) -> None:
        """Spawn a program that is not running; what becomes of it comes later."""
        program = self._programs.get(key)
        stopped = (S.STOPPED, S.EXITED, S.FATAL)
        if program is None or self.leaving or self.tap.known[key].state not in stopped:
            return
        restarts = program.restarts + 1 if cause == BY_AUTORESTART else 0
        program.cause, program.restarts, program.failures = cause, restarts, 0
        self._spawn(key)

    def _spawn(self, key: Key) -> None:
        self._next_pid += 1
        self.change(key, S.STARTING, pid=self._next_pid)
        if self._rng.random() >= self._site.program(key).fails:
            self._later(key, STARTSECS_S, lambda: self._runs(key))
        else:
            self._later(key, self._rng.uniform(0.05, 0.9), lambda: self._back_off(key))

    def _runs(self, key: Key) -> None:
        self._programs[key].failures = 0
        self.change(key, S.RUNNING, pid=self.tap.known[key].pid)
        if self._site.program(key).exits:
            well = self._rng.random() < self._site.program(key).well
            self._later(key, self._rng.uniform(0.3, 4.0), lambda: self._end(key, expected=well))

    def _back_off(self, key: Key) -> None:
        program = self._programs[key]
        self.change(key, S.BACKOFF, exit_facts=ExitFacts(code=1))
        program.failures += 1
        if program.failures > RETRIES:
            program.failures = 0
            self.change(key, S.FATAL)
        else:
            self._later(key, float(program.failures), lambda: self._spawn(key))

    def _end(self, key: Key, expected: bool) -> None:
        again = self._starts_again(key, expected)
        facts = ExitFacts(code=0 if expected else 3)
        self.change(key, S.EXITED, expected=expected, exit_facts=facts, again=again)
        if again:
            restart = partial(self.start, key, BY_AUTORESTART)
            self._later(key, self._rng.uniform(0.0, 0.3), restart)

    def _starts_again(self, key: Key, expected: bool) -> bool:
        match self._site.program(key).autorestart:
            case "dice":
                return not expected and self._rng.random() < 0.5
            case "unexpected":
                return not expected
            case autorestart:
                return autorestart == "always"

    def stop(self, key: Key, cause: str) -> None:
        """Stop a program that is alive; it takes its time."""
        info = self.tap.known[key]
        if info.state not in (S.STARTING, S.RUNNING, S.BACKOFF):
            return
        self._programs[key].cause = cause
        if info.state is S.BACKOFF:
            self.change(key, S.STOPPED)
        else:
            self.change(key, S.STOPPING, pid=info.pid)
            self._later(key, self._rng.uniform(0.01, 1.5), lambda: self._stopped(key))

    def _stopped(self, key: Key) -> None:
        self.change(key, S.STOPPED, exit_facts=ExitFacts(signal=15))

    def _add_group(self) -> None:
        known = {group for group, _ in self._programs}
        absent = [group for group in sorted(self._site.groups) if group not in known]
        if absent:
            group, before = self._rng.choice(absent), self._infos()
            infos = self._new_infos(group)
            self._append(self.tap.add(group, infos), before)
            self._know(infos)

    def _remove_group(self) -> None:
        """Remove a group of which nothing runs, as Supervisor asks for."""
        groups = {group for group, _ in self._programs}
        idle = (S.STOPPED, S.EXITED, S.FATAL)
        for key, info in self.tap.known.items():
            if info.state not in idle:
                groups.discard(key[0])
        if groups:
            group, before = self._rng.choice(sorted(groups)), self._infos()
            self._programs = {key: p for key, p in self._programs.items() if key[0] != group}
            self._append(self.tap.remove(group), before)

    # --- its end, and a reload -------------------------------------------------------------

    def leave(self, mode: Literal["shutdown", "reload"]) -> None:
        """Begin to stop everything."""
        assert self.leaving is None, "it leaves once"
        self.leaving = mode
        self._append(self.tap.leaving(mode), self._infos())
        for key in sorted(self._programs):
            self.stop(key, BY_RELOAD if mode == "reload" else BY_SHUTDOWN)

    @property
    def idle(self) -> bool:
        """Whether nothing of it is alive any more."""
        alive = (S.STARTING, S.RUNNING, S.BACKOFF, S.STOPPING)
        return not any(info.state in alive for info in self.tap.known.values())

    def reset(self) -> None:
        """Begin anew after a reload, with groups that may be others."""
        before, self._programs = self._infos(), {}
        site = self._site
        groups = [group for group in sorted(site.groups) if self._rng.random() < site.knows]
        infos = [info for group in groups for info in self._new_infos(group)]
        self.leaving = None
        self._append(self.tap.reset(infos), before)
        self._programs = {(info.group, info.name): Running() for info in infos}
        for key in sorted(self._programs):
            if site.program(key).autostart:
                self._later(key, self._rng.uniform(0.0, 1.0), partial(self._autostart, key))

    # --- small things ----------------------------------------------------------------------

    def _new_infos(self, group: str) -> tuple[ProcessInfo, ...]:
        return tuple(ProcessInfo(group, name, S.STOPPED) for name in self._site.groups[group])

    def _know(self, infos: Iterable[ProcessInfo]) -> None:
        for info in infos:
            self._programs[info.group, info.name] = Running()
            self.tap.known[info.group, info.name] = info

    def _later(self, key: Key, delay_s: float, action: Action) -> None:
        """Perform an action, unless something else happens to the program before."""
        program = self._programs[key]
        turn = program.turn

        def due() -> None:
            if self._programs.get(key) is program and program.turn == turn:
                action()

        self._schedule(delay_s, due)

    def change(
        self,
        key: Key,
        state: ProcessState,
        *,
        pid: int = 0,
        expected: bool = True,
        exit_facts: ExitFacts | None = None,
        again: bool = False,
    ) -> None:
        """Let a program be in a state, and tell it."""
        before, program = self._infos(), self._programs[key]
        program.turn += 1
        record = self.tap.change(
            *key,
            state,
            wall_ns=self._wall_ns(),
            pid=pid,
            expected=expected,
            exit_facts=exit_facts,
            cause=program.cause,
            restarts=program.restarts,
            again=again,
        )
        self._append(record, before)
