"""What agents say to each other: the values inside beats, records and lists.

Holds: `Beat`, `Lost`, `Found`, `Call`, `Answer` and the values they are made of.
Must not touch: bytes (the bus turns these into envelopes), behaviour.
Tests: tests/core/, tests/contract/.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from supvisors.model import ProcessInfo, SupvisorsState


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


#: What a supervisord can be made to do by an agent.
Verb = Literal["start", "stop"]


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
    """

    call_id: str
    verb: Verb
    namespec: str
    argument: str
    leader: Vote | None
    agent_boot: str
    beat: int
    timeout_s: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a call.

    Attributes:
        fault: name of the fault among Supervisor's `Faults`, '' when it was done.
        text: why not.
    """

    call_id: str
    fault: str = ""
    text: str = ""
