"""What every engine promises: order, once, no silent loss, nothing before the list, nothing of
dead agents, bounded memory, and that the link says who sent a message."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from supvisors.bus.codec import Ask, Codec, Listed, NotYet, Order, Outcome, Record, Records, Tick
from supvisors.bus.stream import HELD_MAX, LEFT_MAX, OUTBOX_RECORDS_MAX
from supvisors.core.inputs import (
    Answered,
    Asked,
    Fetched,
    Got,
    Linked,
    Missed,
    StreamRecord,
    Ticked,
)
from supvisors.core.messages import Answer, Beat, Call, Found, Lost
from supvisors.model import SupvisorsState
from tests.contract.drivers import (
    CODEC,
    Agent,
    Driver,
    MemoryDriver,
    MeshDriver,
    Puppet,
    a_list,
    changed,
)


@pytest.fixture(params=[MemoryDriver, MeshDriver], ids=["memory", "mesh"])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    driver: Driver = request.param()
    yield driver
    driver.close()


@pytest.fixture
def alpha(driver: Driver) -> Agent:
    return driver.agent("alpha")


@pytest.fixture
def beta(driver: Driver, alpha: Agent) -> Puppet:
    return driver.puppet("beta", alpha)


def met(driver: Driver, alpha: Agent, beta: Puppet, boot: str = "b1", seq: int = 0) -> None:
    """Let alpha hear a beat of beta."""
    count = len(alpha.of(Ticked))
    beta.tick(boot, seq)
    driver.until(lambda: len(alpha.of(Ticked)) > count)


def ask(driver: Driver, alpha: Agent, beta: Puppet, boot: str = "b1", whole: bool = False) -> None:
    """Let alpha's request reach beta."""
    count = len(beta.asks)
    alpha.fetch("beta", boot, whole)
    # the link may not be there yet: ask again, as the core does, and let all that left arrive
    driver.until(lambda: len(beta.asks) > count, lambda: alpha.fetch("beta", boot, whole))
    driver.until(lambda: beta.asks[-1].number == alpha.fetches)


def followed(driver: Driver, alpha: Agent, beta: Puppet, seq: int = 0, boot: str = "b1") -> None:
    """Let alpha follow beta's stream from a list at record `seq`."""
    met(driver, alpha, beta, boot, seq)
    ask(driver, alpha, beta, boot)
    count = len(alpha.of(Fetched))
    beta.give_list(seq, boot)
    driver.until(lambda: len(alpha.of(Fetched)) > count)


def dropped(alpha: Agent, reason: str, peer: str = "beta") -> int:
    return alpha.bus.counts.get((peer, reason), 0)


# --- ticks -----------------------------------------------------------------------------------


def test_a_tick_tells_who_beats_and_when(driver: Driver, alpha: Agent, beta: Puppet) -> None:
    beta.tick(number=7, sent_ms=1234)
    driver.until(lambda: alpha.of(Ticked))
    (tick,) = alpha.of(Ticked)
    beat = Beat(7, SupvisorsState.OPERATION)
    assert tick == Ticked("beta", 1234, tick.local_ms, "b1", beat)
    assert tick.local_ms > 0


def test_a_tick_tells_each_beat_once_and_in_order(
    driver: Driver, alpha: Agent, beta: Puppet
) -> None:
    for number in (1, 2, 2, 1, 4, 3, 5):
        beta.tick(number=number)
    driver.until(lambda: len(alpha.of(Ticked)) == 4)
    assert [tick.beat.number for tick in alpha.of(Ticked)] == [1, 2, 4, 5]
    assert dropped(alpha, "late tick") == 3


# --- a stream --------------------------------------------------------------------------------


def test_records_come_in_order(driver: Driver, alpha: Agent, beta: Puppet) -> None:
    followed(driver, alpha, beta, seq=3)
    beta.record(4, 5, 6)
    driver.until(lambda: len(alpha.of(Got)) == 3)
    assert alpha.of(Got) == [Got("beta", "b1", changed("beta", number)) for number in (4, 5, 6)]
    assert alpha.story() == ["list 3", "got 4", "got 5", "got 6"]


def test_nothing_of_a_stream_is_told_before_its_list(
    driver: Driver, alpha: Agent, beta: Puppet
) -> None:
    met(driver, alpha, beta)
    beta.record(1, 2, 3, 5)
    met(driver, alpha, beta, seq=6)
    assert alpha.story() == []
    ask(driver, alpha, beta)
    assert beta.asks[-1].after is None
    beta.give_list(2)
    driver.until(lambda: alpha.of(Missed))
    assert alpha.story() == ["list 2", "got 3", "missed b1"]


def test_a_record_that_comes_twice_is_told_once(driver: Driver, alpha: Agent, beta: Puppet) -> None:
    followed(driver, alpha, beta)
    beta.record(1, 1, 2, 1, 2, 3)
    driver.until(lambda: len(alpha.of(Got)) == 3)
    assert alpha.story() == ["list 0", "got 1", "got 2", "got 3"]
    assert dropped(alpha, "duplicate") == 3


def test_records_that_overtake_each_other_are_told_in_order(
    driver: Driver, alpha: Agent, beta: Puppet
) -> None:
    followed(driver, alpha, beta)
    beta.record(2, 4, 1, 3, 5)
    driver.until(lambda: len(alpha.of(Got)) == 5)
    assert [f for f in alpha.story() if f.startswith("got")] == [f"got {n}" for n in range(1, 6)]


def test_a_hole_is_told_once_and_filled_by_a_fetch(
    driver: Driver, alpha: Agent, beta: Puppet
) -> None:
    followed(driver, alpha, beta)
    beta.record(1, 4, 5, 6)
    met(driver, alpha, beta, seq=6)
    assert alpha.story() == ["list 0", "got 1", "missed b1"]
    ask(driver, alpha, beta)
    assert beta.asks[-1].after == 1
    beta.give_records(1, 2, 3, 4, 5)
    driver.until(lambda: len(alpha.of(Got)) == 6)
    assert alpha.story() == ["list 0", "got 1", "missed b1", *(f"got {n}" for n in range(2, 7))]


def test_a_second_hole_is_told_as_well(driver: Driver, alpha: Agent, beta: Puppet) -> None:
    followed(driver, alpha, beta)
    beta.record(2, 4)
    driver.until(lambda: alpha.of(Missed))
    ask(driver, alpha, beta)
    beta.give_records(0, 1)
    driver.until(lambda: len(alpha.of(Missed)) == 2)
    assert alpha.story() == ["list 0", "missed b1", "got 1", "got 2", "missed b1"]


def test_a_lost_tail_is_noticed_by_a_tick(driver: Driver, alpha: Agent, beta: Puppet) -> None:
    followed(driver, alpha, beta, seq=3)
    beta.tick(seq=5)
    driver.until(lambda: alpha.of(Missed))
    ask(driver, alpha, beta)
    beta.give_records(3, 4, 5)
    driver.until(lambda: len(alpha.of(Got)) == 2)
    assert alpha.story() == ["list 3", "missed b1", "got 4", "got 5"]


def test_a_list_replaces_records_that_are_gone(driver: Driver, alpha: Agent, beta: Puppet) -> None:
    followed(driver, alpha, beta)
    beta.record(9, 11)
    driver.until(lambda: alpha.of(Missed))
    ask(driver, alpha, beta)
    beta.give_list(10)
    driver.until(lambda: alpha.of(Got))
    assert alpha.story() == ["list 0", "missed b1", "list 10", "got 11"]


def test_a_whole_list_that_is_wanted_holds_the_records_back(
    driver: Driver, alpha: Agent, beta: Puppet
) -> None:
    """Else an older list would come after them and undo them."""
    followed(driver, alpha, beta)
    beta.record(1)
    driver.until(lambda: alpha.of(Got))
    ask(driver, alpha, beta, whole=True)
    assert beta.asks[-1].after is None
    beta.record(2, 3)
    met(driver, alpha, beta, seq=3)
    beta.give_list(2)
    driver.until(lambda: len(alpha.of(Got)) == 2)
    assert alpha.story() == ["list 0", "got 1", "list 2", "got 3"]


def test_an_answer_that_comes_twice_is_taken_once(
    driver: Driver, alpha: Agent, beta: Puppet
) -> None:
    followed(driver, alpha, beta)
    beta.give_list(0)
    beta.give_list(7)
    driver.until(lambda: dropped(alpha, "late answer") == 2)
    assert alpha.story() == ["list 0"]


def test_not_yet_is_no_fact(driver: Driver, alpha: Agent, beta: Puppet) -> None:
    met(driver, alpha, beta)
    ask(driver, alpha, beta)
    beta.give_nothing()
    ask(driver, alpha, beta)
    beta.give_list(4)
    driver.until(lambda: alpha.of(Fetched))
    assert alpha.story() == ["list 4"]


def test_a_peer_that_announces_what_it_does_not_have_is_not_asked_without_a_pause(
    driver: Driver, alpha: Agent, beta: Puppet
) -> None:
    followed(driver, alpha, beta)
    beta.record(900)
    beta.tick(seq=2**60)
    driver.until(lambda: alpha.of(Missed))
    ask(driver, alpha, beta)
    beta.give_records(0)
    beta.record(1)
    driver.until(lambda: alpha.of(Got))
    assert alpha.story() == ["list 0", "missed b1", "got 1"]
    beta.tick(seq=2**60)
    driver.until(lambda: len(alpha.of(Missed)) == 2)


# --- boots -----------------------------------------------------------------------------------


def test_an_agent_that_was_started_again_is_followed_from_its_list(
    driver: Driver, alpha: Agent, beta: Puppet
) -> None:
    followed(driver, alpha, beta)
    beta.record(1)
    met(driver, alpha, beta, boot="b2")
    beta.record(1, boot="b2")
    ask(driver, alpha, beta, "b2")
    assert beta.asks[-1].after is None
    beta.give_list(0, "b2")
    driver.until(lambda: len(alpha.of(Got)) == 2)
    assert [(got.boot, got.record.seq) for got in alpha.of(Got)] == [("b1", 1), ("b2", 1)]
    assert alpha.story() == ["list 0", "got 1", "list 0", "got 1"]


def test_late_messages_of_a_dead_agent_change_nothing(
    driver: Driver, alpha: Agent, beta: Puppet
) -> None:
    followed(driver, alpha, beta)
    followed(driver, alpha, beta, boot="b2")
    facts = list(alpha.facts)
    beta.record(1, 2, boot="b1")
    beta.tick("b1", seq=9)
    driver.until(lambda: dropped(alpha, "old boot") == 3)
    assert alpha.facts == facts
    beta.record(1, boot="b2")
    driver.until(lambda: alpha.of(Got))
    assert alpha.story() == ["list 0", "list 0", "got 1"]


def test_the_last_boots_that_were_left_are_remembered(
    driver: Driver, alpha: Agent, beta: Puppet
) -> None:
    for number in range(LEFT_MAX + 1):
        met(driver, alpha, beta, boot=f"b{number}")
    for number in range(LEFT_MAX):
        beta.tick(f"b{number}")
    driver.until(lambda: dropped(alpha, "old boot") == LEFT_MAX)
    assert len(alpha.of(Ticked)) == LEFT_MAX + 1
    met(driver, alpha, beta, boot="c")
    met(driver, alpha, beta, boot="b0")  # the first one is forgotten: memory is bounded


def test_a_new_agent_may_answer_what_its_predecessor_was_asked(
    driver: Driver, alpha: Agent, beta: Puppet
) -> None:
    met(driver, alpha, beta, "b1")
    ask(driver, alpha, beta, "b1")
    met(driver, alpha, beta, "b2")
    beta.give_list(3, "b2")
    driver.until(lambda: alpha.of(Fetched) == [Fetched("beta", "b2", a_list(3))])


def test_a_late_beat_of_an_agent_that_we_never_met_does_not_displace_the_living_one(
    driver: Driver, alpha: Agent, beta: Puppet
) -> None:
    beta.tick("b2", number=1, sent_ms=100)
    beta.tick("b1", number=7, sent_ms=98)
    beta.tick("b1", number=8, sent_ms=99)
    beta.tick("b2", number=2, sent_ms=101)
    beta.tick("b1", number=9, sent_ms=99)
    beta.tick("b2", number=3, sent_ms=102)
    driver.until(lambda: len(alpha.of(Ticked)) == 3)
    assert [tick.boot for tick in alpha.of(Ticked)] == ["b2"] * 3
    assert dropped(alpha, "doubtful boot") == 3


def test_a_new_agent_whose_clock_was_set_back_is_heard_soon(
    driver: Driver, alpha: Agent, beta: Puppet
) -> None:
    beta.tick("b1", number=50, sent_ms=9_000_000)
    for number in (1, 1, 2, 3):
        beta.tick("b2", number=number, sent_ms=1000 * number)
    driver.until(lambda: len(alpha.of(Ticked)) == 2)
    assert [(tick.boot, tick.beat.number) for tick in alpha.of(Ticked)] == [("b1", 50), ("b2", 3)]


# --- two agents ------------------------------------------------------------------------------


@pytest.fixture
def other(driver: Driver, alpha: Agent) -> Agent:
    """Return a real agent at beta; alpha and it hear each other."""
    other = driver.agent("beta")
    other.lists["beta"] = a_list(0)
    driver.until(lambda: alpha.of(Ticked, "beta"), other.tick)
    driver.until(lambda: other.of(Ticked, "alpha"), alpha.tick)
    return other


def load(driver: Driver, agent: Agent, address: str, boot: str = "b1", **how: object) -> None:
    """Fetch until there is an answer, as the core does."""
    count = len(agent.of(Fetched, address))
    driver.until(
        lambda: len(agent.of(Fetched, address)) > count,
        lambda: agent.fetch(address, boot, **how),  # type: ignore[arg-type]
    )


def test_two_agents_follow_each_other(driver: Driver, alpha: Agent, other: Agent) -> None:
    load(driver, alpha, "beta")
    other.record(*range(1, 101))
    driver.until(lambda: len(alpha.of(Got)) == 100)
    assert alpha.story() == ["list 0", *(f"got {n}" for n in range(1, 101))]


def test_an_agent_tells_of_hosts_that_are_lost(driver: Driver, alpha: Agent, other: Agent) -> None:
    load(driver, alpha, "beta")
    told: list[StreamRecord] = [Lost("gamma", "b1", 3, 4, (), left=True), Found("gamma")]
    other.say(*told)
    driver.until(lambda: len(alpha.of(Got)) == 2)
    assert [got.record for got in alpha.of(Got)] == told


def test_an_agent_answers_with_its_records_or_with_its_list(driver: Driver, alpha: Agent) -> None:
    beta = driver.puppet("beta", alpha)
    alpha.lists["alpha"] = a_list(7)
    alpha.record(*range(1, 6))

    def answer(boot: str, after: int | None, address: str = "alpha") -> object:
        count = len(beta.answers)
        beta.ask("alpha", CODEC.encode(Ask(count, address, boot, after)))
        driver.until(lambda: len(beta.answers) > count)
        return beta.answers[-1]

    assert answer("b1", 3) == Records(
        0, "alpha", "b1", 3, (changed("alpha", 4), changed("alpha", 5))
    )
    assert answer("b1", 5) == Records(1, "alpha", "b1", 5, ())
    assert answer("b1", None) == Listed(2, "alpha", "b1", 5, a_list(7))
    assert answer("b0", 3) == Listed(3, "alpha", "b1", 5, a_list(7))
    assert answer("", None, "gamma") == NotYet(4, "gamma")
    alpha.lists.clear()
    assert answer("b1", None) == NotYet(5, "alpha")


def test_an_agent_keeps_its_last_records_only(driver: Driver, alpha: Agent) -> None:
    beta = driver.puppet("beta", alpha)
    alpha.lists["alpha"] = a_list(1)
    alpha.record(*range(1, OUTBOX_RECORDS_MAX + 3))
    for number, after in enumerate((1, 2)):
        beta.ask("alpha", CODEC.encode(Ask(number, "alpha", "b1", after)))
    driver.until(lambda: len(beta.answers) == 2)
    first, second = beta.answers
    assert first == Listed(0, "alpha", "b1", OUTBOX_RECORDS_MAX + 2, a_list(1))
    assert isinstance(second, Records)
    assert len(second.records) == OUTBOX_RECORDS_MAX


def test_a_peer_that_was_cut_is_not_heard_until_it_is_joined(
    driver: Driver, alpha: Agent, other: Agent
) -> None:
    load(driver, alpha, "beta")
    alpha.cut("beta")
    driver.until(lambda: alpha.of(Linked) == [Linked("beta", up=False)])
    facts = list(alpha.facts)
    other.record(1)
    other.tick()
    alpha.fetch("beta", "b1")
    other.fetch("alpha", "b1")
    driver.until(lambda: dropped(alpha, "cut"), lambda: other.fetch("alpha", "b1"))
    assert alpha.facts == facts
    assert other.of(Fetched, "alpha") == []
    alpha.join("beta")
    driver.until(lambda: Linked("beta", up=True) in alpha.facts)
    driver.until(lambda: alpha.facts[-1] != Linked("beta", up=True), other.tick)
    other.record(2)
    driver.until(lambda: len(alpha.of(Ticked)) > 3, other.tick)
    assert alpha.story() == ["list 0"]  # and nothing more before its list was fetched anew
    other.lists["beta"] = a_list(2)
    load(driver, alpha, "beta")
    other.record(3)
    driver.until(lambda: alpha.of(Got))
    assert alpha.story() == ["list 0", "list 2", "got 3"]


def test_who_was_cut_hears_who_cut_it_again_after_the_join(
    driver: Driver, alpha: Agent, other: Agent
) -> None:
    alpha.lists["alpha"] = a_list(0)
    alpha.cut("beta")
    alpha.join("beta")
    load(driver, other, "alpha")
    alpha.record(1)
    driver.until(lambda: other.of(Got, "alpha"))


def test_an_agent_that_was_started_again_takes_its_place(
    driver: Driver, alpha: Agent, other: Agent
) -> None:
    load(driver, alpha, "beta")
    other.record(1)
    driver.until(lambda: alpha.of(Got))
    other.close()
    again = driver.agent("beta", boot="b2")
    again.lists["beta"] = a_list(0)
    alpha.lists["alpha"] = a_list(0)
    driver.until(lambda: alpha.of(Ticked)[-1].boot == "b2", again.tick)
    load(driver, alpha, "beta", "b2")
    again.record(1)
    driver.until(lambda: len(alpha.of(Got)) == 2)
    assert alpha.of(Got)[-1] == Got("beta", "b2", changed("beta", 1))
    driver.until(lambda: again.of(Ticked, "alpha"), alpha.tick)
    load(driver, again, "alpha")


def test_close_lets_the_good_bye_leave(driver: Driver, alpha: Agent, other: Agent) -> None:
    other.tick(leaving="agent", grace_s=15)
    other.close()
    driver.until(lambda: alpha.of(Ticked)[-1].beat.leaving)
    assert alpha.of(Ticked)[-1].beat.grace_s == 15
    other.tick()  # nothing, and no error
    other.record(1)
    other.fetch("alpha", "b1")
    other.close()


def test_an_agent_that_is_closed_is_told_nothing(
    driver: Driver, alpha: Agent, other: Agent
) -> None:

    def cut_and_close() -> None:
        alpha.bus.cut("beta")
        alpha.bus.close()

    alpha.run(cut_and_close)
    gamma = driver.agent("gamma")
    driver.until(lambda: gamma.of(Ticked, "beta"), other.tick)
    assert alpha.of(Linked) == []


# --- calls -----------------------------------------------------------------------------------


def a_call(number: int) -> Call:
    return Call(str(number), "start", "g:n", "", None, "b1", 1, 5)


def test_a_call_and_its_outcome_come_once(driver: Driver, alpha: Agent, beta: Puppet) -> None:
    order, outcome = Order(a_call(1)), Outcome(Answer("1", "FAILED", "why"))
    for envelope in (order, order, outcome, outcome):
        beta.ask("alpha", CODEC.encode(envelope))
    driver.until(lambda: dropped(alpha, "duplicate") == 2)
    assert alpha.facts == [Asked("beta", order.call), Answered("beta", outcome.answer)]


def test_many_calls_at_once_are_carried(driver: Driver, alpha: Agent, other: Agent) -> None:
    other.lists["beta"] = a_list(0)
    load(driver, alpha, "beta")  # the link is there
    for number in range(100):
        alpha.call("beta", a_call(number))
    driver.until(lambda: len(other.of(Asked, "alpha")) == 100)
    assert [asked.call for asked in other.of(Asked, "alpha")] == [a_call(n) for n in range(100)]
    alpha.lists["alpha"] = a_list(0)
    load(driver, other, "alpha")
    other.answer("alpha", Answer("7"))
    driver.until(lambda: alpha.of(Answered) == [Answered("beta", Answer("7"))])


def test_nobody_is_called_who_was_cut(driver: Driver, alpha: Agent, other: Agent) -> None:
    load(driver, alpha, "beta")
    other.cut("alpha")
    alpha.call("beta", a_call(1))
    driver.until(lambda: dropped(other, "cut", "alpha"))
    alpha.cut("beta")
    alpha.call("beta", a_call(2))
    other.join("alpha")
    gamma = driver.agent("gamma")
    driver.until(lambda: gamma.of(Ticked, "alpha"), alpha.tick)
    assert other.of(Asked, "alpha") == []


# --- through a third host --------------------------------------------------------------------


class Triangle:
    """Alpha and beta do not hear each other; gamma hears both."""

    def __init__(self, driver: Driver) -> None:
        self.alpha = driver.agent("alpha", deaf_to=["beta"])
        self.beta = driver.agent("beta", deaf_to=["alpha"])
        self.gamma = driver.agent("gamma")
        self.beta.lists["beta"] = a_list(0)
        self.gamma.lists["beta"] = a_list(0)
        driver.until(lambda: self.gamma.of(Ticked, "beta"), self.beta.tick)
        load(driver, self.gamma, "beta")
        self.driver = driver

    def told(self, count: int) -> None:
        """Let gamma have been told `count` records of beta."""
        self.driver.until(lambda: len(self.gamma.of(Got, "beta")) == count)

    def ask(self, count: int, boot: str = "b1") -> None:
        """Let alpha fetch through gamma until it was told `count` records of beta."""
        self.driver.until(
            lambda: len(self.alpha.of(Got, "beta")) == count,
            lambda: self.alpha.fetch("beta", boot, via="gamma"),
        )


def test_a_stream_is_followed_through_a_third_host(driver: Driver) -> None:
    three = Triangle(driver)
    load(driver, three.alpha, "beta", "", via="gamma")  # alpha does not know its boot
    three.beta.record(1, 2)
    three.told(2)
    three.ask(2)
    three.beta.record(3)
    three.told(3)
    three.ask(3)
    assert three.alpha.of(Ticked, "beta") == []
    assert three.alpha.story() == ["list 0", "got 1", "got 2", "got 3"]
    assert {got.boot for got in three.alpha.of(Got)} == {"b1"}


def test_a_third_host_knows_of_a_new_agent(driver: Driver) -> None:
    three = Triangle(driver)
    load(driver, three.alpha, "beta", "b1", via="gamma")
    three.beta.close()
    again = driver.agent("beta", boot="b2", deaf_to=["alpha"])
    again.lists["beta"] = a_list(0)
    driver.until(lambda: three.gamma.of(Ticked)[-1].boot == "b2", again.tick)
    load(driver, three.gamma, "beta", "b2")
    three.gamma.lists["beta"] = a_list(5)
    load(driver, three.alpha, "beta", "b1", via="gamma")
    assert three.alpha.of(Fetched)[-1] == Fetched("beta", "b2", a_list(5))
    again.record(1)
    three.told(1)
    three.ask(1, "b2")
    assert three.alpha.story()[-1] == "got 1"


def test_a_third_host_that_has_no_list_says_not_yet(driver: Driver) -> None:
    gamma = driver.agent("gamma")
    alpha = driver.puppet("alpha", gamma)
    alpha.ask("gamma", CODEC.encode(Ask(1, "beta", "b1")))
    driver.until(lambda: alpha.answers)
    assert alpha.answers == [NotYet(1, "beta")]


def test_an_answer_about_a_peer_counts_only_from_whom_it_was_asked(
    driver: Driver, alpha: Agent, beta: Puppet
) -> None:
    gamma = driver.puppet("gamma", alpha)
    met(driver, alpha, beta)
    ask(driver, alpha, beta)
    count = len(gamma.asks)
    driver.until(lambda: len(gamma.asks) > count, lambda: alpha.fetch("gamma", "b1"))
    gamma.asks.append(beta.asks[-1])  # the number of what beta was asked
    gamma.give_list(9, address="beta")
    driver.until(lambda: dropped(alpha, "late answer"))
    assert alpha.of(Fetched) == []


# --- strangers and nonsense ------------------------------------------------------------------


def test_a_stranger_gets_no_answer_and_is_counted_under_no_name(
    driver: Driver, alpha: Agent
) -> None:
    alpha.lists["alpha"] = a_list(0)
    driver.stranger_asks(CODEC.encode(Ask(1, "alpha", "b1")))
    driver.stranger_asks(b"nonsense")
    driver.until(lambda: dropped(alpha, "unknown sender", peer="") == 2)
    assert list(alpha.bus.counts) == [("", "unknown sender")]


def test_nonsense_is_dropped_and_counted(driver: Driver, alpha: Agent, beta: Puppet) -> None:
    followed(driver, alpha, beta)
    beta.tell(b"nonsense")
    beta.tell(Codec(9).encode(Tick("b1", 0, 0, Beat(99, SupvisorsState.OPERATION))))
    beta.tell(CODEC.encode(Record("b1", 1, changed("gamma", 1))))
    beta.tell(CODEC.encode(Ask(1, "alpha", "b1")))
    beta.record(1, boot="b7")
    beta.reply(CODEC.encode(Ask(1, "alpha", "b1")))
    beta.reply(CODEC.encode(Listed(1, "omega", "b1", 1, a_list(1))))
    beta.ask("alpha", CODEC.encode(Tick("b1", 0, 0, Beat(99, SupvisorsState.OPERATION))))
    beta.ask("alpha", CODEC.encode(Ask(1, "omega", "b1")))
    facts = len(alpha.facts)
    driver.until(lambda: sum(alpha.bus.counts.values()) == 9)
    assert dict(alpha.bus.counts) == {
        ("beta", "not an envelope"): 1,
        ("beta", "version"): 1,
        ("beta", "foreign record"): 1,
        ("beta", "wrong kind"): 3,
        ("beta", "unknown boot"): 1,
        ("beta", "unknown address"): 2,
    }
    assert len(alpha.facts) == facts


def test_a_flood_before_the_list_is_bounded(driver: Driver, alpha: Agent, beta: Puppet) -> None:
    met(driver, alpha, beta)
    numbers = range(2, HELD_MAX + 12)
    for number in numbers:
        beta.record(number)
        if number % 100 == 0:  # what is in the socket is bounded as well
            met(driver, alpha, beta)
    driver.until(lambda: dropped(alpha, "held too many") == 10)
    ask(driver, alpha, beta)
    beta.give_list(1)
    met(driver, alpha, beta, seq=numbers[-1])
    driver.until(lambda: alpha.of(Missed))
    assert len(alpha.of(Got)) == HELD_MAX
