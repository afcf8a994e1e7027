"""What holds after any history: the core against a dumb twin, and against its own clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supvisors.core import ClusterView, Core
from supvisors.core.inputs import Input, Loaded, ProcessChanged, Started, TapRecord, Ticked, Wake
from supvisors.core.outputs import Output
from supvisors.core.process import Forced, Process
from supvisors.core.rulebook import FixedRules
from supvisors.model import (
    AddressState,
    AddressStatus,
    ApplicationState,
    ApplicationStatus,
    ExitFacts,
    ProcessEvent,
    ProcessInfo,
    ProcessRule,
    ProcessState,
    ProcessStatus,
)
from tests.core import twin
from tests.core.taps import PATIENT, Tap, bodies, heard, started

S = ProcessState
ADDRESSES = ("alpha", "beta", "gamma")
KEYS = [(group, name) for group in ("shop", "office") for name in ("a", "b", "c")]

# --- histories -------------------------------------------------------------------------------

#: Takes the taps, gives the next input.
Move = Callable[[list[Tap]], Input]

#: Few dates, so that they collide; some of them within one second.
dates_ns = st.sampled_from([0, 1, 999_999_999, 1_000_000_000, 1_000_000_001, 2_500_000_000])
states = st.sampled_from(ProcessState)
exits = st.none() | st.builds(
    ExitFacts, code=st.none() | st.integers(0, 2), signal=st.sampled_from([None, 9])
)
rules_of_a_process = st.builds(
    ProcessRule,
    required=st.booleans(),
    start_sequence=st.integers(-1, 2),
    expected_loading=st.sampled_from([0, 10, 60]),
    single=st.booleans(),
)
rule_books = st.dictionaries(st.sampled_from([f"{g}:{n}" for g, n in KEYS]), rules_of_a_process)


@st.composite
def infos(draw: st.DrawFn, group: str | None = None) -> ProcessInfo:
    key = draw(st.sampled_from([key for key in KEYS if group in (None, key[0])]))
    state = draw(states)
    spawned = state in (S.STARTING, S.RUNNING, S.STOPPING)
    return ProcessInfo(
        *key,
        state,
        draw(st.booleans()) or state is not S.EXITED,
        draw(st.integers(1, 9)) if spawned else 0,
        draw(dates_ns),
        draw(exits),
    )


def lists(group: str | None = None) -> st.SearchStrategy[list[ProcessInfo]]:
    return st.lists(infos(group), max_size=6, unique_by=lambda info: (info.group, info.name))


@st.composite
def changes(draw: st.DrawFn) -> Move:
    index, info, pid = draw(st.integers(0, 2)), draw(infos()), draw(st.integers(0, 9))
    return lambda taps: taps[index % len(taps)].change(
        info.group,
        info.name,
        info.state,
        wall_ns=info.event_ns,
        pid=pid,
        expected=info.expected,
        exit_facts=info.exit,
    )


@st.composite
def group_moves(draw: st.DrawFn) -> Move:
    index, group = draw(st.integers(0, 2)), draw(st.sampled_from(["shop", "office"]))
    added, removed = draw(lists(group)), draw(st.booleans())
    if removed:
        return lambda taps: taps[index % len(taps)].remove(group)
    return lambda taps: taps[index % len(taps)].add(group, added)


@st.composite
def list_moves(draw: st.DrawFn) -> Move:
    """A reset, or a new list after records that were lost, perhaps of another supervisord."""
    index, listed = draw(st.integers(0, 2)), draw(lists())
    kind, boot = draw(st.sampled_from(["reset", "lost", "same"])), draw(st.sampled_from("ab"))

    def move(taps: list[Tap]) -> Input:
        tap = taps[index % len(taps)]
        if kind == "same":
            return tap.loaded()
        reset = tap.reset(listed)
        if kind == "reset":
            return reset
        tap.boot = boot
        return tap.loaded(lost=(reset.seq, reset.seq))

    return move


@st.composite
def other_moves(draw: st.DrawFn) -> Move:
    index, kind = draw(st.integers(0, 2)), draw(st.sampled_from(["beat", "wake", "stranger"]))
    ms = draw(st.integers(1, 3)) * 1_000
    if kind == "wake":
        return lambda taps: Wake()
    if kind == "stranger":
        return lambda taps: Ticked("omega", ms, ms)
    return lambda taps: taps[index % len(taps)].beat(ms)


moves = st.lists(changes() | changes() | group_moves() | list_moves() | other_moves(), max_size=25)


@dataclass
class Step:
    """One input with what came of it."""

    happening: Input
    outputs: list[Output]
    before: ClusterView
    after: ClusterView


@dataclass
class History:
    """A core of one to three addresses that hears a random history, step by step."""

    taps: list[Tap]
    rules: dict[str, ProcessRule]
    moves: list[Move]
    beat_first: bool

    def new_core(self) -> Core:
        names = [tap.address for tap in self.taps]
        return Core(names, "alpha", rules=FixedRules(self.rules), limits=PATIENT)

    def inputs(self) -> Iterator[Input]:
        yield Started()
        for tap in self.taps:
            first = (tap.beat(0), tap.loaded())
            yield from first if self.beat_first or tap.address != "alpha" else reversed(first)
        for move in self.moves:
            yield move(self.taps)

    def steps(self) -> Iterator[Step]:
        core, now = self.new_core(), 0.0
        for happening in self.inputs():
            now += 2.0
            before = core.view()
            outputs = core.handle(now, heard("alpha", happening))
            yield Step(happening, outputs, before, core.view())

    def last_view(self) -> ClusterView:
        return list(self.steps())[-1].after


@st.composite
def histories(draw: st.DrawFn) -> History:
    taps = []
    for address in ADDRESSES[: draw(st.integers(1, 3))]:
        known = {(info.group, info.name): info for info in draw(lists())}
        taps.append(Tap(address, "a", draw(st.integers(0, 5)), known))
    return History(taps, draw(rule_books), draw(moves), draw(st.booleans()))


# --- the dumb twin ---------------------------------------------------------------------------


@given(histories())
def test_statuses_are_what_a_count_from_scratch_gives(history: History) -> None:
    loaded = set()
    for step in history.steps():
        if isinstance(step.happening, Loaded):
            loaded.add(step.happening.address)
        known = [tap if tap.address in loaded else Tap(tap.address) for tap in history.taps]
        processes = [twin.process_status(key, known) for key in sorted(KEYS)]
        expected = [status for status in processes if status is not None]
        applications = sorted({status.application_name for status in expected})

        assert list(step.after.processes) == expected
        assert list(step.after.applications) == [
            twin.application_status(name, expected, history.rules) for name in applications
        ]
        if step.after.addresses:
            assert [status.loading for status in step.after.addresses] == [
                twin.loading(tap, history.rules) for tap in known
            ]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.none() | infos("shop")), max_size=12),
    st.permutations(range(3)),
    st.dictionaries(st.integers(0, 2), st.builds(Forced, st.just(S.FATAL), dates_ns), max_size=2),
)
def test_a_merged_state_depends_on_the_set_of_infos_alone(
    said: list[tuple[int, ProcessInfo | None]], order: list[int], forced: dict[int, Forced]
) -> None:
    """What each address said last is all that counts, not what came before nor who was first."""
    heard, told_at_once = (Process("shop", "web", forced=forced) for _ in range(2))
    for index, info in said:
        heard.put(index, info)
    last = dict(said)
    for index in order:
        if index in last:
            told_at_once.put(index, last[index])
    assert (heard.present, heard.newest) == (told_at_once.present, told_at_once.newest)
    if heard.infos:
        assert heard.body(ADDRESSES) == told_at_once.body(ADDRESSES)


@given(histories(), st.permutations(range(3)))
def test_agents_that_hear_addresses_in_another_order_agree(
    history: History, order: list[int]
) -> None:
    inputs = list(history.inputs())
    by_address = sorted(
        (said for said in inputs if isinstance(said, Ticked | Loaded | TapRecord)),
        key=lambda said: order[ADDRESSES.index(said.address)] if said.address in ADDRESSES else 9,
    )
    views = []
    for said in (inputs[1:], by_address):
        core = history.new_core()
        core.handle(0.0, Started())
        for happening in said:
            core.handle(0.0, heard("alpha", happening))
        views.append(core.view())
    assert views[0].processes == views[1].processes
    assert views[0].applications == views[1].applications
    assert views[0].infos == views[1].infos
    assert views[0].conflicts == views[1].conflicts


@given(histories())
def test_a_list_equals_the_records_that_lead_to_it(history: History) -> None:
    replayed = history.last_view()
    core = started(*history.taps, rules=history.rules)
    loaded = core.view()
    assert loaded.processes == replayed.processes
    assert loaded.applications == replayed.applications
    assert loaded.infos == replayed.infos
    for tap in history.taps:
        assert bodies(core.handle(9.0, heard("alpha", tap.loaded()))) == []


# --- what clients hear -----------------------------------------------------------------------


@given(histories())
def test_what_is_published_folds_to_the_view(history: History) -> None:
    client = twin.Folded()
    for step in history.steps():
        for body in bodies(step.outputs):
            client.fold(body)
        view = step.after
        assert client.supvisors == view.supvisors
        assert tuple(client.addresses.values()) == view.addresses
        processes = {(p.application_name, p.process_name): p for p in view.processes}
        for key, told in client.processes.items():
            removed = ProcessStatus(*key, S.UNKNOWN, True, told.last_event_time_s, ())
            assert told == processes.get(key, removed)
        applications = {a.application_name: a for a in view.applications}
        for name, known in client.applications.items():
            assert known == applications.get(
                name, ApplicationStatus(name, ApplicationState.STOPPED)
            )
        assert processes.keys() <= client.processes.keys()
        assert applications.keys() <= client.applications.keys()


def remember_only(client: twin.Folded, view: ClusterView) -> None:
    """Forget what was removed: it is new when it comes again."""
    processes = {(p.application_name, p.process_name) for p in view.processes}
    applications = {a.application_name for a in view.applications}
    client.processes = {k: v for k, v in client.processes.items() if k in processes}
    client.applications = {k: v for k, v in client.applications.items() if k in applications}


@given(histories())
def test_nothing_is_published_twice_unchanged(history: History) -> None:
    client = twin.Folded()
    for step in history.steps():
        remember_only(client, step.before)
        for body in bodies(step.outputs):
            last = client.last(body)
            if isinstance(body, AddressStatus) and isinstance(last, AddressStatus):
                moved = (body.state, body.loading) != (last.state, last.loading)
                assert moved or isinstance(step.happening, Wake)
            elif not isinstance(body, ProcessEvent):
                assert body != last
            client.fold(body)


@given(histories())
def test_no_process_and_no_application_is_told_twice_in_one_turn(history: History) -> None:
    for step in history.steps():
        told = [
            (body.application_name, getattr(body, "process_name", None))
            for body in bodies(step.outputs)
            if isinstance(body, ProcessStatus | ApplicationStatus)
        ]
        assert len(told) == len(set(told))


ORDER = [ProcessEvent, ProcessStatus, ApplicationStatus, AddressStatus]


@given(histories())
def test_event_then_process_then_application_then_address(history: History) -> None:
    for step in history.steps():
        kinds = [type(body) for body in bodies(step.outputs) if type(body) in ORDER]
        assert kinds == sorted(kinds, key=ORDER.index)
        change = step.happening
        if isinstance(change, ProcessChanged):
            assert kinds.count(ProcessEvent) == 1
            assert len(kinds) == len(set(kinds))
        else:
            assert ProcessEvent not in kinds


@given(histories())
def test_an_address_is_running_once_it_beat_and_its_list_is_loaded(history: History) -> None:
    beaten, loaded = set(), set()
    for step in history.steps():
        if isinstance(step.happening, Ticked):
            beaten.add(step.happening.address)
        if isinstance(step.happening, Loaded):
            loaded.add(step.happening.address)
        for status in step.after.addresses:
            running = status.address_name in beaten & loaded
            assert (status.state is AddressState.RUNNING) == running


# --- whose fault -----------------------------------------------------------------------------


@given(histories(), st.sampled_from([-1, 1, 2]))
def test_a_hole_or_a_repetition_is_never_taken(history: History, shift: int) -> None:
    core = history.new_core()
    for happening in history.inputs():
        core.handle(0.0, heard("alpha", happening))
    for tap in history.taps[:1]:  # a hole in a peer's stream is the bus's to see
        for record in (tap.change("shop", "a", S.RUNNING), tap.remove("shop")):
            view = core.view()
            with pytest.raises(AssertionError):
                core.handle(0.0, replace(record, seq=record.seq + shift))
            with pytest.raises(AssertionError):
                core.handle(0.0, replace(record, boot="neither"))
            assert core.view() == view
            core.handle(0.0, record)
