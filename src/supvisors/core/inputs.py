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

from supvisors.core.messages import Answer, Beat, Call, Fence, Found, Lost, Verb
from supvisors.model import ExitFacts, ProcessInfo, ProcessState


@dataclass(frozen=True, slots=True)
class Started:
    """The agent is ready to publish. The first input, once.

    Attributes:
        fences: the fence registers that were saved.
    """

    fences: tuple[Fence, ...] = ()


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
    """

    tap_boot: str
    tap_seq: int
    processes: tuple[ProcessInfo, ...]
    lost: tuple[Lost, ...] = ()
    recent: tuple[ProcessChanged, ...] = ()


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
    verb: Verb
    namespecs: tuple[str, ...]
    argument: str = ""
    wait: bool = True


@dataclass(frozen=True, slots=True)
class Done:
    """The local supervisord has taken, or refused, what `Do` asked for.

    Attributes:
        fault: name of the fault among Supervisor's `Faults`, '' when it was taken.
    """

    call_id: str
    fault: str = ""
    text: str = ""


#: What an agent's stream consists of.
StreamRecord = TapRecord | Lost | Found
BusFact = Ticked | Got | Missed | Fetched | Linked | Asked | Answered
Input = Started | Wake | Loaded | TapRecord | BusFact | FenceOrder | Order | Done | AgentLeaving
