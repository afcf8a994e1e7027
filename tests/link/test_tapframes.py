"""The frames of the tap, as the plugin's ring writes them and the agent reads them: every frame
becomes the core input that says the same, and a list rewound by the records that led to it is
the list before them, at each of them. A dumb list that records are applied to is the twin."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supvisors.core.inputs import (
    GroupAdded,
    GroupRemoved,
    GroupsReset,
    Loaded,
    ProcessChanged,
    SupervisordLeaving,
    TapRecord,
)
from supvisors.model import ExitFacts, ProcessInfo, ProcessState, Timing
from supvisors.plugin import records as plugin
from supvisors.tapframes import (
    TAP_VERSION,
    Call,
    Done,
    Hello,
    Record,
    Snapshot,
    decode_command,
    decode_stream,
    loaded,
    record_input,
    rewind,
)

BOOT = "0123456789abcdef"
EXIT = {"code": 3, "signal": None, "run_time_ms": 12, "spawn_error": ""}
RUNNING = {
    "group": "g",
    "name": "n",
    "state": 20,
    "expected": True,
    "pid": 7,
    "event_ns": 9,
    "exit": EXIT,
    "cause": "a rule",
    "restarts": 2,
    "again": False,
    "timing": [5, 6, 7],
}
RUNNING_INFO = ProcessInfo(
    "g",
    "n",
    ProcessState.RUNNING,
    True,
    7,
    9,
    ExitFacts(3, None, 12, ""),
    "a rule",
    2,
    timing=Timing(startsecs=5, startretries=6, stopwaitsecs=7),
)


def read(kind: str, seq: int = 5, **content: Any) -> Any:
    """Return a frame as the agent reads what the plugin wrote."""
    return decode_stream(plugin.frame({"type": kind, "seq": seq, **content}))


# --- one frame -----------------------------------------------------------------------------


def test_plugin_and_agent_speak_one_version() -> None:
    assert plugin.TAP_VERSION == TAP_VERSION


def test_hello_is_read() -> None:
    content = {
        "v": TAP_VERSION,
        "boot": BOOT,
        "supervisord_pid": 8,
        "identifier": "alpha",
        "file": "a.conf",
        "options": {"event_port": "60002"},
        "problems": {},
    }
    hello = decode_stream(plugin.frame({"type": "hello", **content}))
    assert isinstance(hello, Hello)
    assert msgspec.structs.asdict(hello) == content


def event(**changed: Any) -> dict[str, Any]:
    content: dict[str, Any] = {
        "wall_ns": 11,
        "mono_ns": 12,
        "group": "g",
        "name": "n",
        "state": 20,
        "expected": True,
        "pid": 7,
        "exit": None,
        "cause": "a rule",
        "restarts": 2,
        "again": False,
        "was": [10, True, 7, 9, None, "a wish", 1, True],
    }
    return {**content, **changed}


@pytest.mark.parametrize("state", list(ProcessState))
def test_a_change_to_every_state_is_an_input(state: ProcessState) -> None:
    record = read("event", **event(state=int(state)))
    assert record_input("alpha", BOOT, record) == ProcessChanged(
        "alpha", BOOT, 5, 11, "g", "n", state, True, 7, None, "a rule", 2, again=False
    )


@pytest.mark.parametrize(
    ("written", "facts"),
    [
        (EXIT, ExitFacts(3, None, 12, "")),
        ({**EXIT, "code": None, "signal": 9}, ExitFacts(None, 9, 12, "")),
        ({"spawn_error": "no such file"}, ExitFacts(None, None, None, "no such file")),
    ],
)
def test_an_end_carries_how_it_ended(written: dict[str, Any], facts: ExitFacts) -> None:
    ended = event(state=100, expected=False, pid=0, exit=written, again=True)
    told = record_input("alpha", BOOT, read("event", **ended))
    assert isinstance(told, ProcessChanged)
    assert (told.state, told.expected, told.pid) == (ProcessState.EXITED, False, 0)
    assert (told.exit, told.again) == (facts, True)


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        (
            "added",
            {"group": "g", "processes": [RUNNING]},
            GroupAdded("alpha", BOOT, 5, "g", (RUNNING_INFO,)),
        ),
        ("added", {"group": "g", "processes": []}, GroupAdded("alpha", BOOT, 5, "g", ())),
        ("removed", {"group": "g", "was": [RUNNING]}, GroupRemoved("alpha", BOOT, 5, "g")),
        (
            "reset",
            {"was": [], "processes": [RUNNING]},
            GroupsReset("alpha", BOOT, 5, (RUNNING_INFO,)),
        ),
        ("stopping", {"mode": "reload"}, SupervisordLeaving("alpha", BOOT, 5, "reload")),
        ("stopping", {"mode": "shutdown"}, SupervisordLeaving("alpha", BOOT, 5, "shutdown")),
    ],
)
def test_a_record_is_an_input(kind: str, content: dict[str, Any], expected: TapRecord) -> None:
    assert record_input("alpha", BOOT, read(kind, **content)) == expected


@pytest.mark.parametrize(
    ("after", "lost", "base_seq"), [(0, None, 0), (3, None, 3), (3, [4, 6], 6)]
)
def test_a_snapshot_is_the_list_before_the_records_that_follow(
    after: int, lost: list[int] | None, base_seq: int
) -> None:
    snapshot = read("snapshot", 7, after=after, lost=lost, processes=[RUNNING])
    assert isinstance(snapshot, Snapshot)
    assert snapshot.base_seq == base_seq
    before = replace(
        RUNNING_INFO,
        state=ProcessState.STARTING,
        exit=None,
        cause="a wish",
        restarts=1,
        again=True,
    )
    told = tuple(lost) if lost else None
    assert loaded("alpha", BOOT, snapshot, [read("event", 7, **event())]) == Loaded(
        "alpha",
        BOOT,
        base_seq,
        (before,),
        told,  # type: ignore[arg-type]
    )


def test_calls_and_results_are_read() -> None:
    call = decode_command(
        plugin.frame({"type": "call", "id": 4, "method": "m", "params": ("a", 1)})
    )
    assert isinstance(call, Call)
    assert (call.id, call.method) == (4, "m")
    assert [msgspec.json.decode(param) for param in call.params] == ["a", 1]
    assert decode_command(b'{"type": "done", "id": 2}') == Done(2, "", "", "")
    told = plugin.frame({"type": "done", "id": 4, "result": "a line\n"})
    assert decode_command(told) == Done(4, "", "", "a line\n")
    refused = plugin.frame({"type": "done", "id": 3, "fault": "BAD_NAME", "text": "x:y"})
    assert decode_command(refused) == Done(3, "BAD_NAME", "x:y")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"garbage",
        b'{"type": "unheard of"}',
        b'{"type": "event", "seq": 1}',
        b'{"type": "snapshot", "seq": "1", "after": 0, "lost": null, "processes": []}',
    ],
)
def test_what_no_plugin_writes_is_an_error(line: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_stream(line)


# --- a list and its records ----------------------------------------------------------------


#: What an event replaces of a process, in the order of its `was`.
WAS = ("state", "expected", "pid", "event_ns", "exit", "cause", "restarts", "again")


class World:
    """The processes of one supervisord; each change is applied and recorded, as the tap does."""

    def __init__(self) -> None:
        self.ring = plugin.Ring()
        self.groups: dict[str, dict[str, dict[str, Any]]] = {}

    def processes(self) -> list[dict[str, Any]]:
        return copy.deepcopy([told for group in self.groups.values() for told in group.values()])

    def group(self, name: str) -> list[dict[str, Any]]:
        return copy.deepcopy(list(self.groups[name].values()))

    def make(self, names: list[tuple[str, str]]) -> None:
        for group, name in names:
            self.groups.setdefault(group, {})[name] = {
                **RUNNING,
                "group": group,
                "name": name,
                "state": 0,
                "pid": 0,
                "event_ns": 0,
                "exit": None,
                "cause": "",
                "restarts": 0,
                "timing": [len(name), len(group), self.ring.last],
            }

    def change(
        self, group: str, name: str, state: int, pid: int, exit_facts: dict[str, Any] | None
    ) -> None:
        told = self.groups.get(group, {}).get(name)
        if told is None:
            return
        was = [told[key] for key in WAS]
        told.update(
            state=state,
            expected=pid != 1,
            pid=pid,
            event_ns=1000 + self.ring.last,
            exit=exit_facts or told["exit"],
            cause=f"cause {self.ring.last}",
            restarts=pid,
            again=pid == 2,  # one of the pids that a step has
        )
        content = {key: told[key] for key in ("group", "name", *WAS) if key != "event_ns"}
        times = {"wall_ns": told["event_ns"], "mono_ns": 1}
        self.ring.append("event", {**content, **times, "exit": exit_facts, "was": was})

    def add(self, group: str, names: list[str]) -> None:
        if group not in self.groups:
            self.make([(group, name) for name in names])
            told = self.group(group) if group in self.groups else []
            self.ring.append("added", {"group": group, "processes": told})

    def remove(self, group: str) -> None:
        if group in self.groups:
            was = self.group(group)
            del self.groups[group]
            self.ring.append("removed", {"group": group, "was": was})

    def reset(self, names: list[tuple[str, str]]) -> None:
        was, self.groups = self.processes(), {}
        self.make(names)
        self.ring.append("reset", {"was": was, "processes": self.processes()})

    def stop(self) -> None:
        self.ring.append("stopping", {"mode": "shutdown"})


GROUPS, NAMES = st.sampled_from("abc"), st.sampled_from("xy")
LISTS = st.lists(st.tuples(GROUPS, NAMES), max_size=5)
EXITS = st.sampled_from([None, EXIT, {"spawn_error": "no such file"}])
STATES = st.sampled_from([int(state) for state in ProcessState])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("change"), GROUPS, NAMES, STATES, st.integers(0, 3), EXITS),
        st.tuples(st.just("add"), GROUPS, st.lists(NAMES, max_size=2)),
        st.tuples(st.just("remove"), GROUPS),
        st.tuples(st.just("reset"), LISTS),
        st.tuples(st.just("stop")),
    ),
    max_size=25,
)


def infos(processes: list[dict[str, Any]]) -> list[ProcessInfo]:
    snapshot = read("snapshot", 0, after=0, lost=None, processes=processes)
    return list(loaded("alpha", BOOT, snapshot, []).processes)


def by_name(processes: list[ProcessInfo]) -> list[ProcessInfo]:
    return sorted(processes, key=lambda info: (info.group, info.name))


@given(LISTS, STEPS)
def test_a_list_rewound_by_its_records_is_the_list_before_them(
    base: list[tuple[str, str]], steps: list[tuple[Any, ...]]
) -> None:
    world = World()
    world.make(base)
    lists = [world.processes()]  # by the number of the last record applied
    for verb, *arguments in steps:
        getattr(world, verb)(*arguments)
        if world.ring.last == len(lists):
            lists.append(world.processes())
    lines = list(world.ring.from_number(1, 10**9))
    frames = [decode_stream(line) for line in lines]
    records = [frame for frame in frames if isinstance(frame, Record)]
    assert records == frames
    last = infos(lists[-1])
    for seq, processes in enumerate(lists):
        assert by_name(rewind(last, records[seq:])) == by_name(infos(processes))
    assert [json.loads(line)["seq"] for line in lines] == list(range(1, len(lists)))
