"""What the demo does to its hosts, one thing after the other.

Holds: `Step`, `steps_for`, and `Plan`, which goes on when the events tell what was awaited.
Must not touch: sockets, the terminal, the clock.
Invariants: nothing is slept for: each step waits for what the agents publish, and has a limit.
Tests: tests/cli/test_demoplan.py, tests/live/test_demo.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from supvisors.cli.errors import CommandError
from supvisors.model import (
    AddressState,
    AddressStatus,
    Body,
    ProcessState,
    ProcessStatus,
    SupvisorsState,
    SupvisorsStatus,
    namespec,
)

#: How long the hosts get to be one system in OPERATION, and to tell what a step awaits.
STEP_TIMEOUT_S: Final = 60.0
#: The program that runs on all hosts.
EVERYWHERE: Final = "station:camera"


class Host(Protocol):
    """A host that things are done to."""

    name: str

    def start(self) -> None: ...
    def kill(self) -> None: ...
    def freeze(self) -> None: ...
    def thaw(self) -> None: ...


@dataclass(frozen=True)
class Step:
    """One thing that is done, and what the events shall tell then.

    Attributes:
        says: what is done, for the one who watches.
        address: whose state is awaited.
        needs_all: it begins only when all addresses run, Supvisors is in OPERATION, and all
            programs were started, so that all is seen before something is taken away.
    """

    says: str
    act: Callable[[], None]
    address: str
    state: AddressState
    needs_all: bool = False


def steps_for(hosts: Sequence[Host]) -> list[Step]:
    """Return the steps: a host vanishes and returns, another one freezes and thaws.

    The first host is left alone, since its events are shown.
    """
    if len(hosts) == 1:
        return []
    lost, frozen = hosts[1], hosts[-1]
    running, silent = AddressState.RUNNING, AddressState.SILENT
    return [
        Step(
            f"kills {lost.name}: kill -9 of its supervisord, its agent and all its programs",
            lost.kill,
            lost.name,
            silent,
            needs_all=True,
        ),
        Step(f"brings {lost.name} back: starts its supervisord", lost.start, lost.name, running),
        Step(
            f"freezes {frozen.name}: SIGSTOP of its supervisord and its agent",
            frozen.freeze,
            frozen.name,
            silent,
            needs_all=True,
        ),
        Step(f"thaws {frozen.name}: SIGCONT of both", frozen.thaw, frozen.name, running),
    ]


class Plan:
    """The steps, and how far they are.

    Args:
        names: the addresses of the system.
        tell: takes a sentence for the one who watches.
        now: time in s, as all times here; monotonic.
    """

    def __init__(
        self, steps: Sequence[Step], names: Sequence[str], tell: Callable[[str], None], now: float
    ) -> None:
        self._steps = list(steps)
        self._tell = tell
        self._states = dict.fromkeys(names, AddressState.UNKNOWN)
        self._supvisors = SupvisorsState.INITIALIZATION
        self._processes: dict[str, ProcessStatus] = {}
        self._awaited: Step | None = None
        self._since_s = now

    def hear(self, body: Body) -> None:
        """Remember what an event tells."""
        match body:
            case AddressStatus():
                self._states[body.address_name] = body.state
            case ProcessStatus():
                self._processes[namespec(body.application_name, body.process_name)] = body
            case SupvisorsStatus():
                self._supvisors = body.state

    def advance(self, now: float) -> None:
        """Go on if what was awaited has been told.

        Raises:
            CommandError: it was not told within `STEP_TIMEOUT_S`.
        """
        step = self._awaited
        if step is not None and self._states[step.address] is step.state:
            after_s = now - self._since_s
            self._tell(f"{step.address} is told to be {step.state.name}, {after_s:.1f} s later")
            self._awaited, self._since_s = None, now
            if not self._steps:
                self._tell("the demo has done all that it does; the hosts go on")
        if self._awaited is None and self._steps and self._may_begin(self._steps[0]):
            step = self._awaited = self._steps.pop(0)
            self._tell(f"the demo {step.says}")
            step.act()
            self._since_s = now
        if now - self._since_s > STEP_TIMEOUT_S and (self._awaited or self._steps):
            raise CommandError(self._what_was_awaited(), "a machine this slow is not meant")

    def _may_begin(self, step: Step) -> bool:
        return not step.needs_all or (
            self._supvisors is SupvisorsState.OPERATION
            and all(state is AddressState.RUNNING for state in self._states.values())
            and self._all_started()
        )

    def _all_started(self) -> bool:
        everywhere = self._processes.get(EVERYWHERE)
        starting = any(p.state is ProcessState.STARTING for p in self._processes.values())
        return (
            everywhere is not None
            and set(everywhere.addresses) >= set(self._states)
            and not starting
        )

    def _what_was_awaited(self) -> str:
        step = self._awaited
        awaited = f"{step.address} {step.state.name}" if step else "OPERATION of all hosts"
        told = ", ".join(f"{name} {state.name}" for name, state in self._states.items())
        return (
            f"the demo waited {STEP_TIMEOUT_S:g} s for {awaited} in vain; told were Supvisors "
            f"{self._supvisors.name}, {told}"
        )
