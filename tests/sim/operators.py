"""Operators of a simulated site: what they order, where, and whether they are answered.

Holds: `Operators`, the dice for their orders and the book of the responses.
Must not touch: what comes of an order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from supvisors.core.inputs import Inquiry, Order, Plea, RulesRead, Wish
from supvisors.core.messages import Request, RequestVerb, Wanted
from supvisors.core.outputs import Respond
from supvisors.model import ConciliationStrategy, StartingStrategy
from tests.sim.broken import Broken
from tests.sim.host import Agent, Host
from tests.sim.scheduler import Scheduler
from tests.sim.site import Site

Ordered = Order | Plea | Wish | Inquiry

_STRATEGIES: Final = ("", "", *(strategy.value for strategy in StartingStrategy))
#: How likely an operator who starts something does it at two hosts at once.
TWICE: Final = 0.3
#: How often one has everything restarted or shut down, of a thousand orders.
ENDS_OF_1000: Final = 12


@dataclass
class Asked:
    """An order.

    Attributes:
        names: namespecs of the processes that it is about.
        response: None while there is none.
    """

    order: Ordered
    agent: Agent
    at_s: float
    names: tuple[str, ...]
    response: Respond | None = None

    @property
    def starts(self) -> bool:
        """Whether it may start something."""
        match self.order:
            case Order(verb=verb):
                return verb == "start"
            case Plea(wanted=wanted):
                return wanted.verb not in ("stop_application", "restart", "shutdown")
            case Wish():
                return True
        return False

    @property
    def stops(self) -> bool:
        """Whether it says that something shall not run."""
        match self.order:
            case Order(verb=verb):
                return verb == "stop"
            case Plea(wanted=wanted):
                return wanted.verb == "stop_application"
            case Wish(wanted=wanted):
                return wanted == "disabled"
        return False


class Operators:
    """Everybody who orders something at some agent.

    Args:
        gentle: nobody may seem dead in this seed, so that nothing is shut down.

    Attributes:
        book: what was ordered, by the number of the request.
    """

    def __init__(
        self,
        rng: Random,
        scheduler: Scheduler,
        hosts: Mapping[str, Host],
        site: Site,
        *,
        gentle: bool,
    ) -> None:
        self._rng, self._scheduler, self._hosts = rng, scheduler, hosts
        self._site, self._gentle = site, gentle
        self.book: dict[int, Asked] = {}

    # --- what they order -------------------------------------------------------------------

    def act(self) -> None:
        """Let one of them order something somewhere."""
        agent = self._some_agent()
        if agent is None:
            return
        draw = self._rng.random()
        if draw < ENDS_OF_1000 / 1000 and not self._gentle:
            self.plead(agent, Request(self._rng.choice(["restart", "shutdown"])))
            return
        acts = (
            (30, self._start_or_stop),
            (20, self._start_process),
            (15, self._applications),
            (8, self._rolling),
            (8, self._drain),
            (8, self._wish),
            (6, self._conciliate),
            (5, self._ask),
        )
        weights = [weight for weight, _ in acts]
        (act,) = self._rng.choices([act for _, act in acts], weights)
        act(agent)

    def conciliate(self) -> None:
        """Have all conflicts resolved that wait for an operator."""
        agent = self._some_agent()
        if agent is not None:
            self.plead(agent, Request("conciliate", strategy="SENICIDE"))

    def _start_or_stop(self, agent: Agent) -> None:
        name = self._some_process(agent)
        if name is not None:
            if self._rng.random() < 0.8:
                self._order(agent, Order(self._next, "stop", (name,), wait=self._coin()), name)
            elif _knows(agent, name):
                self._order(agent, Order(self._next, "start", (name,), wait=self._coin()), name)

    def _start_process(self, agent: Agent) -> None:
        name = self._some_process(agent, managed=True)
        if name is None:
            return
        verb: RequestVerb = "start_process" if self._rng.random() < 0.8 else "restart_process"
        request = Request(verb, (name,), self._rng.choice(_STRATEGIES))
        self.plead(agent, request)
        other = self._some_agent()
        twice = other is not None and other is not agent and self._rng.random() < TWICE
        if twice and other is not None and name in _names(other):
            self.plead(other, request)

    def _applications(self, agent: Agent) -> None:
        groups = [
            a.application_name
            for a in agent.core.view().applications
            if self._site.rules.is_managed(a.application_name)
        ]
        verbs: list[RequestVerb] = ["start_application", "stop_application", "restart_application"]
        if groups:
            request = Request(self._rng.choice(verbs), (self._rng.choice(groups),))
            self.plead(agent, request)

    def _rolling(self, agent: Agent) -> None:
        names = [name for name in _names(agent) if self._site.is_single(name)]
        if names:
            some = self._rng.sample(names, self._rng.randrange(1, min(4, len(names)) + 1))
            count = self._rng.choice([1, 2])
            self.plead(agent, Request("rolling_restart", tuple(some), at_a_time=count))

    def _drain(self, agent: Agent) -> None:
        address = self._rng.choice(list(self._hosts))
        if self._rng.random() < 0.4:
            self.plead(agent, Request("drain", (address,)))
        else:
            self._order(agent, Wish(self._next, "address", (address,), "auto"))

    def _wish(self, agent: Agent) -> None:
        name = self._some_process(agent, managed=True)
        wanted: Wanted = "disabled" if self._rng.random() < 0.3 else "auto"
        if name is not None:
            self._order(agent, Wish(self._next, "process", (name,), wanted), name)

    def _conciliate(self, agent: Agent) -> None:
        strategy = self._rng.choice([*ConciliationStrategy]).value
        self.plead(agent, Request("conciliate", strategy=strategy))

    def _ask(self, agent: Agent) -> None:
        if self._rng.random() < 0.5:
            delay = RulesRead(self._site.rules, "")  # the same rules: nothing may change
            agent.pause.arrival(lambda: agent.turn(delay))
        else:
            self._order(agent, Inquiry(self._next, "rules", self._rng.choice(["", *self._hosts])))

    # --- the book --------------------------------------------------------------------------

    def plead(self, agent: Agent, request: Request) -> None:
        """Order something of the master, at an agent."""
        names = request.names
        if request.verb.endswith("application"):
            names = tuple(n for n in self._site.ranks if n.startswith(f"{request.names[0]}:"))
        self._order(agent, Plea(self._next, request, wait=self._coin()), *names)

    def responded(self, agent: Agent, response: Respond) -> Asked:
        """Take note of a response; return what it is about.

        Raises:
            Broken: nobody asked for it, or it is the second one.
        """
        asked = self.book.get(response.request)
        if asked is None or asked.agent is not agent or asked.response is not None:
            what = f"{agent.host.address} responded {response} to {asked}"
            raise Broken("every order gets one response", what)
        asked.response = response
        return asked

    def unanswered(self) -> list[Asked]:
        """Return the orders whose operators still wait."""
        return [
            asked
            for asked in self.book.values()
            if asked.response is None and asked.agent.host.agent is asked.agent
        ]

    def _order(self, agent: Agent, order: Ordered, *names: str) -> None:
        self.book[order.request] = Asked(order, agent, self._scheduler.now_s, names)
        agent.pause.arrival(lambda: agent.turn(order))

    # --- small dice ------------------------------------------------------------------------

    @property
    def _next(self) -> int:
        return len(self.book) + 1

    def _coin(self) -> bool:
        return self._rng.random() < 0.5

    def _some_agent(self) -> Agent | None:
        agents = [h.agent for h in self._hosts.values() if h.agent is not None]
        awake = [agent for agent in agents if agent.connected and not agent.pause.frozen]
        return self._rng.choice(awake) if awake else None

    def _some_process(self, agent: Agent, *, managed: bool = False) -> str | None:
        names = [n for n in _names(agent) if not managed or n in self._site.ranks]
        return self._rng.choice(names) if names else None


def _names(agent: Agent) -> list[str]:
    """Return what an operator may name at an agent: what it knows."""
    return [f"{p.application_name}:{p.process_name}" for p in agent.core.view().processes]


def _knows(agent: Agent, name: str) -> bool:
    """Tell whether the supervisord of an agent has a program, as its agent knows."""
    local = agent.host.address
    return any(i.address == local and i.info.namespec == name for i in agent.core.view().infos)
