"""What agents say to each other: the values inside beats, records and lists.

Holds: `Beat`, `Lost`, `Found`, `Call`, `Answer` and the values they are made of.
Must not touch: bytes (the bus turns these into envelopes), behaviour.
Tests: tests/core/, tests/contract/.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from supvisors.model import ProcessInfo, ProcessState, SupvisorsState


@dataclass(frozen=True, slots=True)
class Vote:
    """Whom an agent wants as master.

    Attributes:
        epoch: rises with every election; a master's commands carry it.
        address: the candidate.
        boot: identity of the candidate's agent: mastership ends with it.
    """

    epoch: int
    address: str
    boot: str


@dataclass(frozen=True, slots=True)
class Fence:
    """The register of one address: is it fenced? The highest generation wins, then `fenced`.

    Attributes:
        generation: raised by each `unfence`, which voids the fences of lower ones.
        by: address whose agent wrote it.
        auto: it was written because the address was silent, not because an operator said so.
    """

    address: str
    generation: int
    fenced: bool
    by: str = ""
    auto: bool = False


@dataclass(frozen=True, slots=True)
class Digests:
    """Short hashes of what must be the same everywhere; '' for what an agent does not have."""

    addresses: str = ""
    settings: str = ""
    rules: str = ""


@dataclass(frozen=True, slots=True)
class Beat:
    """What an agent says of itself at every beat.

    Attributes:
        number: rises by one with every beat of this agent's life.
        state: the Supvisors state that it publishes.
        leads: it is the master, by its own vote.
        vote: whom it votes for, None before its first vote.
        obeyed: the highest epoch of a master that it has obeyed.
        unknown: as the master, the hosts that are gone and whose list it never had.
        ready: its own process list is loaded, so that it can be fetched.
        heard: addresses that it vouches for, without its own, in its list order: it hears their
            beats itself, or they have said that they will be back.
        running: addresses that it sees RUNNING, in its list order.
        fences: every fence register it knows, by address.
        leaving: this is its good-bye: the agent ends and will be back within `grace_s`, or
            its supervisord ends.
        grace_s: how long nobody shall judge it after its good-bye, in s.
    """

    number: int
    state: SupvisorsState
    leads: bool = False
    vote: Vote | None = None
    obeyed: int = 0
    unknown: tuple[str, ...] = ()
    ready: bool = False
    heard: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    fences: tuple[Fence, ...] = ()
    digests: Digests = Digests()
    leaving: Literal["agent", "supervisord"] | None = None
    grace_s: int = 0


@dataclass(frozen=True, slots=True)
class Lost:
    """A record of the master: a host is lost, and this is what was known of it.

    Attributes:
        address: the host.
        boot: identity of its agent.
        beat: number of the last beat that was heard of that agent; whoever heard a later one
            knows better.
        at_ns: date of the decision in POSIX ns.
        processes: what it said of its processes last, not what is concluded from its loss.
        left: its supervisord said good-bye, so that what ran there was stopped.
    """

    address: str
    boot: str
    beat: int
    at_ns: int
    processes: tuple[ProcessInfo, ...]
    left: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A record of the master: a host that was lost tells of itself again."""

    address: str


# --- what operators want, and what the master does about it ---------------------------------

#: What is wanted of a process, or, as `drained` and `auto`, of an address.
#: `auto`: rules decide. `started`: it was started by a plan or an operator. `stopped`: an
#: operator stopped it, and nothing but an operator starts it again. `disabled`: the same, and
#: operators are refused until it is enabled.
Wanted = Literal["auto", "started", "stopped", "disabled", "drained"]


@dataclass(frozen=True, slots=True)
class Intent:
    """A register: what is wanted of a process or an address. The highest stamp wins, then `by`.

    Attributes:
        kind: of what `name` is the name: a namespec, or an address.
        stamp: hybrid time: POSIX ns, and above every stamp that its writer had seen.
        by: address whose agent wrote it.
        why: in words, for `why`.
    """

    kind: Literal["process", "address"]
    name: str
    wanted: Wanted
    stamp: int
    by: str
    why: str = ""


#: What only a master does.
RequestVerb = Literal[
    "start_application",
    "stop_application",
    "restart_application",
    "start_process",
    "restart_process",
    "rolling_restart",
    "conciliate",
    "drain",
    "restart",
    "shutdown",
]


@dataclass(frozen=True, slots=True)
class Request:
    """What an operator wants of the master.

    Attributes:
        names: of one application, of processes, of one address, or of nothing, as `verb` says.
        strategy: name of a starting or conciliation strategy, '' for the one of the rules.
        argument: extra arguments of a start.
        at_a_time: how many processes a rolling restart has down at a time.
        by: who wants it, for reasons: the entry address and the number of the request.
    """

    verb: RequestVerb
    names: tuple[str, ...] = ()
    strategy: str = ""
    argument: str = ""
    at_a_time: int = 1
    by: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A record of the master: a plan begins, comes forward, or is over.

    Attributes:
        plan_id: unique; for a plan that was requested the `call_id` of the request.
        verb: which way it goes now.
        application: the application that it starts or stops as a whole, '' for single processes.
        waiting: namespecs whose turn has not come.
        active: namespecs of those under way.
        why: what it is made for.
        over: it has come to its end: well when `fault` is ''.
        fault: name of the fault among Supervisor's `Faults`.
        text: what went wrong.
        heard: of one that is over, how far the streams of the others had been heard: of each its
            name, the boot of its supervisord and the number of its last record.
    """

    plan_id: str
    verb: Literal["start", "stop"]
    application: str = ""
    waiting: tuple[str, ...] = ()
    active: tuple[str, ...] = ()
    why: str = ""
    over: bool = False
    fault: str = ""
    text: str = ""
    heard: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """A record of the master: the state of a process that runs nowhere is this one.

    It counts until anything newer is heard of the process.

    Attributes:
        namespec: of the process.
        state: None when the decision is taken back.
        why: in words: a start that timed out, no address that fits, too many restarts.
        after_ns, after: date and address of the newest info of the process that the master knew.
    """

    namespec: str
    state: ProcessState | None
    why: str = ""
    after_ns: int = 0
    after: str = ""


#: What a supervisord can be made to do by an agent: the processes, the whole, and the end of
#: an output of a process. What an agent can be made to do: read its rules anew, take a request
#: as the master, keep registers before it answers.
Verb = Literal["start", "stop", "restart", "shutdown", "tail", "rules", "request", "intend"]


@dataclass(frozen=True, slots=True)
class Call:
    """What one agent asks another to have its supervisord do.

    Attributes:
        call_id: unique over all agents and their lives.
        namespec: of the process.
        argument: of the verb: extra arguments of a start.
        leader: the mastership by which it is ordered, None for an operator's order.
        agent_boot: identity of the agent that is asked; its successor does not do it.
        beat: number of the last beat that was heard of that agent, which dates the call on
            its own clock.
        timeout_s: how long after that beat it may still be done.
        cause: why a process is started or stopped, in words; see `ProcessInfo.cause`.
        request: what is wanted of the master, with the verb `request`.
        intents: the registers to keep, with the verb `intend`.
    """

    call_id: str
    verb: Verb
    namespec: str
    argument: str
    leader: Vote | None
    agent_boot: str
    beat: int
    timeout_s: int
    cause: str = ""
    request: Request | None = None
    intents: tuple[Intent, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a call.

    Attributes:
        fault: name of the fault among Supervisor's `Faults`, '' when it was done.
        text: why not.
        result: what was asked for, with the verb `tail`.
    """

    call_id: str
    fault: str = ""
    text: str = ""
    result: str = ""
