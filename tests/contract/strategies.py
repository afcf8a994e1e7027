"""Any envelope that an agent may send."""

from __future__ import annotations

from typing import Final, Literal, TypeVar, get_args

from hypothesis import strategies as st

from supvisors.bus.checks import NUMBER_MAX
from supvisors.bus.codec import (
    Ask,
    Envelope,
    Listed,
    NotYet,
    Order,
    Outcome,
    Record,
    Records,
    Tick,
)
from supvisors.core.inputs import (
    GroupAdded,
    GroupRemoved,
    GroupsReset,
    PeerList,
    ProcessChanged,
    StreamRecord,
    SupervisordLeaving,
)
from supvisors.core.messages import (
    Answer,
    Beat,
    Call,
    Decided,
    Digests,
    Fence,
    Found,
    Intent,
    Lost,
    Plan,
    Request,
    RequestVerb,
    Verb,
    Vote,
    Wanted,
)
from supvisors.model import ExitFacts, ProcessInfo, ProcessState, SupvisorsState, Timing

T = TypeVar("T")

_counts: Final = st.integers(0, NUMBER_MAX)
_texts: Final = st.text(max_size=8)
_words: Final = st.text(min_size=1, max_size=8)
_states: Final = st.sampled_from(ProcessState)
_modes: Final[st.SearchStrategy[Literal["shutdown", "reload"]]] = st.sampled_from(
    ["shutdown", "reload"]
)
_verbs: Final[st.SearchStrategy[Verb]] = st.sampled_from(get_args(Verb))
_leavings: Final[st.SearchStrategy[Literal["agent", "supervisord"] | None]] = st.sampled_from(
    ["agent", "supervisord", None]
)


def _few(of: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(of, max_size=3).map(tuple)


_exits = st.none() | st.builds(
    ExitFacts, st.none() | _counts, st.none() | _counts, st.none() | _counts, _texts
)
_timings = st.builds(Timing, _counts, _counts, _counts)
_processes = _few(
    st.builds(
        ProcessInfo,
        _words,
        _words,
        _states,
        st.booleans(),
        _counts,
        _counts,
        _exits,
        _texts,
        _counts,
        st.booleans(),
        _timings,
    )
)
_lost = st.builds(Lost, _words, _texts, _counts, _counts, _processes, st.booleans())
_changes = st.builds(
    ProcessChanged,
    _words,
    _words,
    _counts,
    _counts,
    _words,
    _words,
    _states,
    st.booleans(),
    _counts,
    _exits,
    _texts,
    _counts,
    st.booleans(),
)
_beats = st.builds(
    Beat,
    number=_counts,
    state=st.sampled_from(SupvisorsState),
    leads=st.booleans(),
    vote=st.none() | st.builds(Vote, _counts, _words, _words),
    obeyed=_counts,
    unknown=_few(_words),
    ready=st.booleans(),
    heard=_few(_words),
    running=_few(_words),
    fences=_few(st.builds(Fence, _words, _counts, st.booleans(), _texts)),
    digests=st.builds(Digests, _texts, _texts, _texts),
    leaving=_leavings,
    grace_s=_counts,
)


_intents = st.builds(
    Intent,
    st.sampled_from(["process", "address"]),
    _words,
    st.sampled_from(get_args(Wanted)),
    _counts,
    _words,
    _texts,
)
_plans = st.builds(
    Plan,
    _words,
    st.sampled_from(["start", "stop"]),
    _texts,
    _few(_texts),
    _few(_texts),
    _texts,
    st.booleans(),
    _texts,
    _texts,
)
_decided = st.builds(Decided, _words, st.none() | _states, _texts, _counts, _texts)
_requests = st.builds(
    Request,
    st.sampled_from(get_args(RequestVerb)),
    _few(_texts),
    _texts,
    _texts,
    _counts,
    _texts,
)


def _call(verb: Verb) -> st.SearchStrategy[Call]:
    """Return calls of a verb: with a request where it is one."""
    return st.builds(
        Call,
        _words,
        st.just(verb),
        _words,
        _texts,
        st.none() | st.builds(Vote, _counts, _words, _words),
        _words,
        _counts,
        _counts,
        _texts,
        _requests if verb == "request" else st.none(),
        _few(_intents),
    )


_calls = _verbs.flatmap(_call)


def records() -> st.SearchStrategy[StreamRecord]:
    """Every record of a stream."""
    return st.one_of(
        _changes,
        st.builds(GroupAdded, _words, _words, _counts, _words, _processes),
        st.builds(GroupRemoved, _words, _words, _counts, _words),
        st.builds(GroupsReset, _words, _words, _counts, _processes),
        st.builds(SupervisordLeaving, _words, _words, _counts, _modes),
        _lost,
        st.builds(Found, _words),
        _intents,
        _plans,
        _decided,
    )


def envelopes() -> st.SearchStrategy[Envelope]:
    """Every envelope."""
    lists = st.builds(
        PeerList,
        _texts,
        _counts,
        _processes,
        _few(_lost),
        _few(_changes),
        _few(_intents),
        _few(_plans),
        _few(_decided),
    )
    return st.one_of(
        st.builds(Tick, _words, _counts, _counts, _beats),
        st.builds(Record, _words, st.integers(1, NUMBER_MAX), records()),
        st.builds(Ask, _counts, _words, _texts, st.none() | _counts),
        st.builds(Records, _counts, _words, _words, _counts, _few(records())),
        st.builds(Listed, _counts, _words, _words, _counts, lists),
        st.builds(NotYet, _counts, _words),
        st.builds(Order, _calls),
        st.builds(Outcome, st.builds(Answer, _words, _texts, _texts, _texts)),
    )
