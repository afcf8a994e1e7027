"""A master among peers whose supervisords do as they are told, or fail as a test wants.

Holds: `Managed`: the core of `alpha`, which leads, its rules, and what it had done, in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from supvisors.core import Core, Limits, Policy
from supvisors.core.inputs import Answered, Done, Input, Plea, Started, Wish
from supvisors.core.messages import Answer, Beat, Request, RequestVerb, Vote, Wanted
from supvisors.core.outputs import Ask, Do, Output, Respond
from supvisors.core.rulebook import FixedRules
from supvisors.core.view import Why
from supvisors.model import (
    ApplicationRule,
    ApplicationStatus,
    ProcessInfo,
    ProcessRule,
    ProcessState,
    ProcessStatus,
    SupvisorsState,
)
from tests.core.stage import LOCAL, Peer, Stage
from tests.core.taps import Tap

S = ProcessState
#: What a supervisord tells of an order: of a start, of a stop.
WELL: Mapping[str, tuple[S, ...]] = {
    "start": (S.STARTING, S.RUNNING),
    "stop": (S.STOPPING, S.STOPPED),
}


@dataclass(frozen=True)
class Told:
    """One order to one supervisord."""

    verb: str
    namespec: str
    address: str
    call_id: str
    cause: str = ""
    argument: str = ""

    @property
    def words(self) -> str:
        return f"{self.verb} {self.namespec} at {self.address}"


class Managed(Stage):
    """See the card.

    Args:
        rules: by namespec: every host knows these programs.
        applications: their rules, by default of rank 1.
        only: for some programs, the hosts that know them.
        plain: programs that no rule names.

    Attributes:
        answers: for some namespecs, what becomes of a start in the place of RUNNING.
        refuses: for some namespecs, the fault of an order.
        mute: namespecs whose orders nobody answers and nothing comes of.
        done: every order that was obeyed, in order.
    """

    def __init__(
        self,
        rules: Mapping[str, ProcessRule],
        applications: Mapping[str, ApplicationRule] | None = None,
        *,
        peers: Sequence[str] = ("beta", "gamma"),
        only: Mapping[str, Sequence[str]] | None = None,
        plain: Sequence[str] = (),
        policy: Policy | None = None,
        quorum: int = 1,
        waits: bool = False,
    ) -> None:
        ranked = {name.partition(":")[0]: ApplicationRule(1) for name in rules}
        book = FixedRules(rules, {**ranked, **(applications or {})})
        names = (*rules, *plain)
        self.taps = {
            address: Tap(address, known=_known(names, address, only or {}))
            for address in (LOCAL, *peers)
        }
        beat = Beat(0, SupvisorsState.OPERATION, ready=True, heard=(LOCAL,))
        actors = {name: Peer(name, beat, self.taps[name]) for name in peers}
        core = Core(
            (LOCAL, *peers),
            LOCAL,
            boot="1",
            limits=Limits(),
            rules=book,
            policy=policy or Policy(),
            quorum=quorum,
        )
        super().__init__(core, actors)
        self.answers: dict[str, tuple[S, ...]] = {}
        self.refuses: dict[str, str] = {}
        self.mute: set[str] = set()
        self.done: list[Told] = []
        self._wall_ns, self._request = 10**18, 0
        self._orders: list[Told] = []
        self.turn(Started())
        self.turn(self.taps[LOCAL].loaded())
        if not waits:
            self.meet()

    def meet(self) -> None:
        """Let all peers be RUNNING, and alpha lead in epoch 1."""
        self.seconds(1)
        for peer in self.peers.values():
            if peer.beats:
                self.turn(peer.fetched())
        vote = Vote(1, LOCAL, "1")
        for peer in self.peers.values():
            peer.beat = replace(peer.beat, vote=vote, obeyed=1)
        self.seconds(1)
        assert self.core.view().master == LOCAL

    def turn(self, happening: Input) -> list[Output]:
        outputs = super().turn(happening)
        for output in outputs:
            if isinstance(output, Do):
                told = (output.verb, output.namespec, LOCAL, output.call_id)
                self._orders.append(Told(*told, output.cause, output.argument))
            elif isinstance(output, Ask):
                call = output.call
                where = (call.verb, call.namespec, output.address, call.call_id)
                self._orders.append(Told(*where, call.cause, call.argument))
        return outputs

    # --- what supervisords do --------------------------------------------------------------

    def obey(self) -> list[str]:
        """Let every order be done, and those that follow; return them in words, in order."""
        begin = len(self.done)
        while self._orders:
            told = self._orders.pop(0)
            if told.namespec in self.mute:
                continue
            self.done.append(told)
            self._obey(told)
        return [told.words for told in self.done[begin:]]

    def pending(self) -> list[str]:
        """Return the orders that were not obeyed yet, in words."""
        return [told.words for told in self._orders]

    def obey_first(self) -> str:
        """Let the first order be done."""
        told = self._orders.pop(0)
        self.done.append(told)
        self._obey(told)
        return told.words

    def _obey(self, told: Told) -> None:
        fault = self.refuses.get(told.namespec, "")
        answer = Answer(told.call_id, fault, f"{told.namespec} refused" if fault else "")
        if told.address == LOCAL:
            self.turn(Done(answer.call_id, answer.fault, answer.text))
        else:
            self.turn(Answered(told.address, answer))
        if fault or told.verb not in WELL:
            return
        states = WELL[told.verb]
        if told.verb == "start":
            states = self.answers.get(told.namespec, states)
        self.tell(told.namespec, told.address, *states, cause=told.cause)

    def tell(
        self,
        namespec: str,
        address: str,
        *states: S,
        cause: str = "",
        expected: bool = True,
        again: bool = False,
    ) -> None:
        """Let a supervisord tell changes of a process."""
        group, _, name = namespec.partition(":")
        for state in states:
            self._wall_ns += 1_000_000
            change = self.taps[address].change(
                group,
                name,
                state,
                wall_ns=self._wall_ns,
                expected=expected,
                cause=cause,
                again=again,
            )
            self.turn(change if address == LOCAL else self.peers[address].got(change))

    def lose(self, address: str) -> None:
        """Let a host be lost, and all that its silence brings about happen."""
        self.peers[address].beats = False
        self.seconds(6)

    # --- operators -------------------------------------------------------------------------

    def plead(
        self, verb: RequestVerb, *names: str, strategy: str = "", wait: bool = True, k: int = 1
    ) -> int:
        """Let an operator want something of the master; return the request."""
        self._request += 1
        wanted = Request(verb, names, strategy, "", k)
        self.turn(Plea(self._request, wanted, wait))
        return self._request

    def wish(self, wanted: Wanted, *names: str) -> None:
        """Let an operator set registers of processes, or of an address."""
        self._request += 1
        kind = "address" if wanted == "drained" or names[0] in self.taps else "process"
        self.turn(Wish(self._request, kind, names, wanted))  # type: ignore[arg-type]

    def response(self, request: int) -> Respond | None:
        """Return what an operator was told, None while he waits."""
        found = [o for o in self.outputs if isinstance(o, Respond) and o.request == request]
        assert len(found) <= 1, f"{request} was answered twice: {found}"
        return found[0] if found else None

    # --- what is shown ---------------------------------------------------------------------

    def where(self, namespec: str) -> tuple[str, ...]:
        """Return where a process is."""
        return self.status(namespec).addresses

    def status(self, namespec: str) -> ProcessStatus:
        return self.why(namespec).status

    def why(self, namespec: str) -> Why:
        found = self.core.why(namespec)
        assert found is not None, namespec
        return found

    def application(self, name: str) -> ApplicationStatus:
        (found,) = (a for a in self.core.view().applications if a.application_name == name)
        return found

    @property
    def supvisors(self) -> str:
        return self.core.view().supvisors.state.name


def _known(
    names: Sequence[str], address: str, only: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], ProcessInfo]:
    found = {}
    for each in names:
        if address in only.get(each, (address,)):
            group, _, name = each.partition(":")
            found[group, name] = ProcessInfo(group, name, S.STOPPED)
    return found


def ranks(**numbers: int) -> dict[str, ProcessRule]:
    """Return rules of required processes of `shop` by their start ranks."""
    return {
        f"shop:{name}": ProcessRule(required=True, start_sequence=number)
        for name, number in numbers.items()
    }
