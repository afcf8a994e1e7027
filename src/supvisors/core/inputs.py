"""Everything that can happen to the core. Reading this file and outputs.py is reading the system.

Holds: one frozen dataclass for each input.
Must not touch: behaviour.
Tests: tests/core/.

Times: `now` is given to `Core.handle` apart from the input and is monotonic. A wall time that
a message needs comes inside the input, with its unit in its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from supvisors.core.messages import (
    Answer,
    Beat,
    Call,
    Decided,
    Fence,
    Found,
    Intent,
    Lost,
    Plan,
    Request,
    Wanted,
)
from supvisors.core.rulebook import RuleBook
from supvisors.model import ExitFacts, ProcessInfo, ProcessState


@dataclass(frozen=True, slots=True)
class Started:
    """The agent is ready to publish. The first input, once.

    Attributes:
        fences: the fence registers that were saved.
        intents: the registers of operators' wishes that were saved.
    """

    fences: tuple[Fence, ...] = ()
    intents: tuple[Intent, ...] = ()


@dataclass(frozen=True, slots=True)
class Wake:
    """The time that `Core.deadline` named has come."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """A beat of an address arrived, the local one's included.

    Attributes:
        address: name of the address that beats.
        remote_ms: date of the beat on its own clock, in POSIX ms.
        local_ms: date of its arrival here, in POSIX ms.
        boot: identity of the agent that beats, '' for the local address.
        beat: what it says of itself, None for the local address, whose beat is our own timer.
    """

    address: str
    remote_ms: int
    local_ms: int
    boot: str = ""
    beat: Beat | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """The whole process list of an address, true at record `seq` of its tap.

    Attributes:
        boot: identity of the supervisord that numbers the records.
        seq: number of the last record that the list includes.
        lost: first and last number of the records that nobody holds any more, or None.
    """

    address: str
    boot: str
    seq: int
    processes: tuple[ProcessInfo, ...]
    lost: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ProcessChanged:
    """A process changed state on an address.

    Attributes:
        wall_ns: date of the event on the clock of the address, in POSIX ns.
        exit: how the run ended, when this change is an end.
        cause, restarts, again: as in `ProcessInfo`, after the change.
    """

    address: str
    boot: str
    seq: int
    wall_ns: int
    group: str
    name: str
    state: ProcessState
    expected: bool = True
    pid: int = 0
    exit: ExitFacts | None = None
    cause: str = ""
    restarts: int = 0
    again: bool = False


@dataclass(frozen=True, slots=True)
class GroupAdded:
    """A group with its processes came into an address's Supervisor configuration."""

    address: str
    boot: str
    seq: int
    group: str
    processes: tuple[ProcessInfo, ...]


@dataclass(frozen=True, slots=True)
class GroupRemoved:
    """A group left an address's Supervisor configuration."""

    address: str
    boot: str
    seq: int
    group: str


@dataclass(frozen=True, slots=True)
class GroupsReset:
    """A supervisord reloaded: these are its processes now, whatever they were before."""

    address: str
    boot: str
    seq: int
    processes: tuple[ProcessInfo, ...]


@dataclass(frozen=True, slots=True)
class SupervisordLeaving:
    """A supervisord began to stop all its programs, to end or to reload."""

    address: str
    boot: str
    seq: int
    mode: Literal["shutdown", "reload"]


@dataclass(frozen=True, slots=True)
class AgentLeaving:
    """This agent was told to end (SIGTERM). The last input, once."""


# --- from the bus: what other agents tell and how they are reached ------------------------


@dataclass(frozen=True, slots=True)
class PeerList:
    """What an agent knows of one address, for an agent that fetches it.

    Attributes:
        tap_boot, tap_seq: record of that address's tap up to which the list is true.
        processes: every process of that address.
        lost: what the answering agent knows of hosts that are lost; only the master's counts.
        recent: the last changes up to `tap_seq`, for who knew the list before them.
        intents: every register that the answering agent knows.
        plans, decided: its plans under way and its decisions; only the master's count.
    """

    tap_boot: str
    tap_seq: int
    processes: tuple[ProcessInfo, ...]
    lost: tuple[Lost, ...] = ()
    recent: tuple[ProcessChanged, ...] = ()
    intents: tuple[Intent, ...] = ()
    plans: tuple[Plan, ...] = ()
    decided: tuple[Decided, ...] = ()


@dataclass(frozen=True, slots=True)
class Got:
    """The next record of a peer's stream. The bus promises order, and each record once.

    Attributes:
        address: whose stream it is; a `TapRecord` in it carries the same address.
        boot: identity of the peer's agent.
    """

    address: str
    boot: str
    record: StreamRecord


@dataclass(frozen=True, slots=True)
class Missed:
    """Records of a peer's stream did not arrive. None of it comes before `Fetch` is asked."""

    address: str
    boot: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """The whole list of a peer, in the place of the records before it.

    Attributes:
        boot: identity of the peer's agent; the records of that agent follow.
    """

    address: str
    boot: str
    peer_list: PeerList


@dataclass(frozen=True, slots=True)
class Linked:
    """The link to a peer was cut or made anew, as `Cut` and `Join` asked."""

    address: str
    up: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A peer asks for something to be done here."""

    address: str
    call: Call


@dataclass(frozen=True, slots=True)
class Answered:
    """A peer says what became of a call of ours."""

    address: str
    answer: Answer


# --- from operators ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FenceOrder:
    """An operator fences or unfences an address. The caller has checked that it is listed."""

    address: str
    fenced: bool


TapRecord = ProcessChanged | GroupAdded | GroupRemoved | GroupsReset | SupervisordLeaving


@dataclass(frozen=True, slots=True)
class Order:
    """An operator wants processes started here or stopped everywhere; `Respond` answers.

    Attributes:
        request: identity of the request.
        namespecs: of the processes; the caller has checked that they are known.
        argument: extra arguments of a start.
        wait: answer when it has come to its end, not when supervisord has taken it.
    """

    request: int
    verb: Literal["start", "stop"]
    namespecs: tuple[str, ...]
    argument: str = ""
    wait: bool = True


@dataclass(frozen=True, slots=True)
class Plea:
    """An operator wants something of the master; `Respond` answers.

    Attributes:
        request: identity of the request.
        wanted: what; the caller has checked its names and its strategy.
        wait: answer when it is done, not when the master has taken it.
    """

    request: int
    wanted: Request
    wait: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """An operator sets registers: enable, disable, undrain; `Respond` answers.

    Attributes:
        request: identity of the request.
        names: of processes or of one address, as `kind` says; the caller has checked them.
    """

    request: int
    kind: Literal["process", "address"]
    names: tuple[str, ...]
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Inquiry:
    """An operator wants a supervisord or an agent somewhere to do something; `Respond` answers.

    Attributes:
        request: identity of the request.
        verb: `tail` or `rules`.
        address: where; the caller has checked that it is listed; '' for every RUNNING one.
        namespec: of the process, '' when it is about none.
        argument: `stdout 4000` or `stderr 4000`: which output and how many bytes of its end.
    """

    request: int
    verb: Literal["tail", "rules"]
    address: str
    namespec: str = ""
    argument: str = ""


@dataclass(frozen=True, slots=True)
class RulesRead:
    """The rules file was read anew: these are in force from now on."""

    rules: RuleBook
    digest: str


@dataclass(frozen=True, slots=True)
class Done:
    """The local supervisord has taken, or refused, what `Do` asked for.

    Attributes:
        fault: name of the fault among Supervisor's `Faults`, '' when it was taken.
        result: what was asked for.
    """

    call_id: str
    fault: str = ""
    text: str = ""
    result: str = ""


#: What an agent's stream consists of.
StreamRecord = TapRecord | Lost | Found | Intent | Plan | Decided
BusFact = Ticked | Got | Missed | Fetched | Linked | Asked | Answered
Operators = FenceOrder | Order | Plea | Wish | Inquiry | RulesRead
Input = Started | Wake | Loaded | TapRecord | BusFact | Operators | Done | AgentLeaving
