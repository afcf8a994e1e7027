"""A stream over a network that loses, doubles, delays and reorders: what an inbox tells is a
list, then the records after it in order and once, and in the end all that there is."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supvisors.bus.memory import WAITING_MAX, MemoryBus
from supvisors.bus.stream import Outbox
from supvisors.core.inputs import BusFact, Fetched, Got, Missed, PeerList, ProcessChanged, Ticked
from supvisors.core.messages import Beat
from supvisors.model import SupvisorsState
from tests.contract.drivers import MemoryDriver, a_list, changed

BEAT_S = 1.0


class Reality:
    """Beta tells, and is started again; alpha fetches as a core does, and notes what it hears."""

    def __init__(self, rng: random.Random, faults: float) -> None:
        self.driver = MemoryDriver()
        self.rng, self.faults = rng, faults
        self.network = self.driver.network
        self.network._law = self.law
        self.facts: list[BusFact] = []
        self.boots = self.seq = self.number = self.records = 0
        self.heard_boot, self.wants = "", False
        self.alpha = self.network.attach("alpha", "a", ["beta"], lambda _: None, self.take)
        self.restart()
        self.beat()

    def law(self, _sender: str, _receiver: str) -> Sequence[float]:
        copies = self.rng.choices((0, 1, 2), (self.faults, 1, self.faults))[0]
        return [self.rng.uniform(0, 3 * self.faults) for _ in range(copies)]

    # --- beta ------------------------------------------------------------------------------

    def restart(self) -> None:
        if self.boots:
            self.beta.close()
        self.boots += 1
        self.number = self.seq = 0
        boot = f"b{self.boots}"
        self.beta: MemoryBus = self.network.attach(
            "beta", boot, ["alpha"], lambda _: a_list(self.records), lambda _: None
        )

    def record(self) -> None:
        self.records += 1
        self.beta.record(changed("beta", self.records))

    def beat(self) -> None:
        self.number += 1
        self.beta.tick(Beat(self.number, SupvisorsState.OPERATION))
        if self.wants:
            self.fetch()
        self.network._schedule(BEAT_S, self.beat)

    # --- alpha -----------------------------------------------------------------------------

    def take(self, fact: BusFact) -> None:
        self.facts.append(fact)
        match fact:
            case Ticked(boot=boot):
                if boot != self.heard_boot:
                    self.heard_boot = boot
                    self.fetch()
            case Missed():
                self.fetch()
            case Got() | Fetched():
                self.wants = False

    def fetch(self) -> None:
        self.wants = True
        self.alpha.fetch("beta", self.heard_boot, whole=self.rng.random() < 0.2)

    def shown(self) -> int | None:
        """Return the number of the last record that alpha knows of."""
        for fact in reversed(self.facts):
            if isinstance(fact, Got) and isinstance(fact.record, ProcessChanged):
                return fact.record.seq
            if isinstance(fact, Fetched):
                return fact.peer_list.tap_seq
        return None

    def check(self) -> None:
        """The facts of each boot: beats rise; a list, then records without a hole."""
        boot, beat, shown = "", 0, None
        for fact in self.facts:
            match fact:
                case Ticked(boot=ticked, beat=Beat(number=number)):
                    if ticked != boot:
                        assert int(ticked[1:]) > int(boot[1:] or "0"), "a dead agent came back"
                        boot, beat, shown = ticked, 0, None
                    assert number > beat
                    beat = number
                case Fetched(boot=fetched, peer_list=PeerList(tap_seq=seq)):
                    assert fetched == boot
                    assert shown is None or seq >= shown
                    shown = seq
                case Got(boot=got, record=ProcessChanged(seq=seq)):
                    assert got == boot
                    assert shown is not None, "a record came before the list"
                    assert seq == shown + 1
                    shown = seq


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.1, 0.5]))
def test_a_stream_survives_any_network(seed: int, faults: float) -> None:
    rng = random.Random(seed)
    reality = Reality(rng, faults)
    driver = reality.driver
    for _ in range(rng.randrange(60)):
        for _ in range(rng.randrange(4)):
            reality.record()
        if rng.random() < 0.03:
            reality.restart()
        end_s = driver.now_s + rng.uniform(0, 1)
        driver.until(lambda end_s=end_s: driver.now_s >= end_s)  # type: ignore[misc]
    reality.faults = 0.0
    end_s = driver.now_s + 20 * BEAT_S
    driver.until(lambda: driver.now_s >= end_s)
    assert reality.heard_boot == f"b{reality.boots}"
    assert reality.shown() == reality.records
    reality.check()


def test_the_same_seed_gives_the_same_facts() -> None:
    def facts() -> list[BusFact]:
        reality = Reality(random.Random(7), 0.5)
        for _ in range(50):
            reality.record()
            end_s = reality.driver.now_s + 0.5
            reality.driver.until(lambda end_s=end_s: reality.driver.now_s >= end_s)  # type: ignore[misc]
        return reality.facts

    assert facts() == facts()
    assert len(facts()) > 50


def test_an_outbox_keeps_the_last_records() -> None:
    outbox = Outbox("b1", size=3)
    records = [changed("beta", number) for number in range(5)]
    assert outbox.after("b1", 0) == ()
    assert [outbox.append(record) for record in records] == [1, 2, 3, 4, 5]
    assert outbox.after("b1", 2) == tuple(records[2:])
    assert outbox.after("b1", 4) == tuple(records[4:])
    assert outbox.after("b1", 5) == ()
    assert outbox.after("b1", 9) == ()
    assert outbox.after("b1", 1) is None
    assert outbox.after("b0", 4) is None


# --- an agent that is frozen -----------------------------------------------------------------


def test_a_frozen_agent_takes_everything_in_order_when_it_thaws() -> None:
    driver = MemoryDriver()
    alpha, beta = driver.agent("alpha"), driver.agent("beta")
    beta.lists["beta"] = a_list(0)
    driver.until(lambda: alpha.of(Ticked), beta.tick)
    alpha.fetch("beta", "b1")
    driver.until(lambda: alpha.of(Fetched))
    bus = alpha.bus
    assert isinstance(bus, MemoryBus)
    bus.freeze()
    beta.record(*range(1, WAITING_MAX + 11))
    end_s = driver.now_s + 5
    driver.network._schedule(5, lambda: None)
    driver.until(lambda: driver.now_s >= end_s)
    assert alpha.story() == ["list 0"]
    bus.thaw()
    driver.until(lambda: len(alpha.of(Got)) == WAITING_MAX)  # the rest was lost: it is bounded
    assert alpha.story()[1:] == [f"got {n}" for n in range(1, WAITING_MAX + 1)]
    driver.until(lambda: alpha.of(Missed), beta.tick)


@pytest.mark.parametrize("address", ["alpha", "beta"])
def test_an_address_is_attached_once(address: str) -> None:
    driver = MemoryDriver()
    driver.agent(address)
    with pytest.raises(AssertionError, match="still attached"):
        driver.agent(address)
