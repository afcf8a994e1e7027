"""The wake-ups: the poll of supervisord never sleeps past the next thing that is due, is only
ever shortened, and ends at once at a signal; somebody else's signal wake-up descriptor stays
theirs. The poller is Supervisor's own, the signals and the child are real."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from supervisor.poller import Poller

from supvisors.plugin.guard import Guard
from supvisors.plugin.wake import SignalPipe, Wakeups

#: Far above what a wake-up takes, since the machine is shared.
LONG_S = 20.0


def nothing() -> bool:
    return False


def wakeups_with(*offsets_s: float, work: Callable[[], bool] = nothing) -> Wakeups:
    wakeups = Wakeups(Guard(), work)
    for offset_s in offsets_s:
        wakeups.at(time.time() + offset_s)
    return wakeups


# --- shorten -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offsets_s", "lower_s", "upper_s"),
    [
        ((), 1.0, 1.0),
        ((60.0,), 1.0, 1.0),
        ((0.5,), 0.3, 0.51),
        ((60.0, 0.5, 0.8), 0.3, 0.51),
        ((-1.0,), 0.0, 0.0),
        ((-1.0, 0.5), 0.0, 0.0),
        ((-1.0, -2.0, 60.0), 0.0, 0.0),
    ],
)
def test_the_poll_sleeps_to_the_next_deadline(
    offsets_s: tuple[float, ...], lower_s: float, upper_s: float
) -> None:
    assert lower_s <= wakeups_with(*offsets_s).shorten(1.0) <= upper_s


def test_a_deadline_is_slept_past_a_little_since_processes_compare_strictly() -> None:
    deadline = time.time() + 0.05
    wakeups = wakeups_with()
    wakeups.at(deadline)
    assert time.time() + wakeups.shorten(1.0) > deadline


def test_deadlines_that_have_passed_give_one_turn_together() -> None:
    wakeups = wakeups_with(-2.0, -1.0, -0.5)
    assert wakeups.shorten(1.0) == 0
    assert wakeups.shorten(1.0) == 1.0


def test_soon_is_one_turn_however_often_it_was_asked() -> None:
    wakeups = wakeups_with()
    wakeups.soon()
    wakeups.soon()
    assert wakeups.shorten(1.0) == 0
    assert wakeups.shorten(1.0) == 1.0


def test_soon_forgets_no_deadline() -> None:
    wakeups = wakeups_with(0.5)
    wakeups.soon()
    assert wakeups.shorten(1.0) == 0
    assert wakeups.shorten(1.0) <= 0.51


def test_turns_follow_each_other_while_there_is_work() -> None:
    work = [True, True, False]
    wakeups = wakeups_with(work=lambda: work.pop(0))
    assert [wakeups.shorten(1.0) for _ in range(3)] == [0, 0, 1.0]


@given(
    offsets_s=st.lists(st.floats(-1e6, 1e6), max_size=8),
    timeout_s=st.floats(0, 10),
    soon=st.booleans(),
)
def test_the_poll_is_only_ever_shortened(
    offsets_s: list[float], timeout_s: float, soon: bool
) -> None:
    wakeups = wakeups_with(*offsets_s)
    if soon:
        wakeups.soon()
    for _ in range(3):
        assert 0 <= wakeups.shorten(timeout_s) <= timeout_s


# --- the poll ------------------------------------------------------------------------------


@pytest.fixture
def guard(logger: Any) -> Guard:
    guard = Guard()
    guard.log_to(logger)
    return guard


@pytest.fixture
def poller(logger: Any) -> Any:
    return Poller(SimpleNamespace(logger=logger))


@pytest.fixture
def socket_map() -> dict[int, Any]:
    return {}


@pytest.fixture
def wakeups(guard: Guard, poller: Any, socket_map: dict[int, Any]) -> Iterator[Wakeups]:
    wakeups = Wakeups(guard, nothing)
    wakeups.open(poller, socket_map)
    yield wakeups
    wakeups.close()


def poll(poller: Any, socket_map: dict[int, Any], timeout_s: float) -> float:
    """Poll as supervisord does, once; return how long it slept, in seconds."""
    for fd, dispatcher in socket_map.items():
        if dispatcher.readable():
            poller.register_readable(fd)
        assert not dispatcher.writable()
    began = time.monotonic()
    readable, _ = poller.poll(timeout_s)
    slept_s = time.monotonic() - began
    for fd in readable:
        socket_map[fd].handle_read_event()
    return slept_s


def test_the_poll_of_the_instance_is_shortened(
    wakeups: Wakeups, poller: Any, socket_map: dict[int, Any]
) -> None:
    wakeups.soon()
    assert poll(poller, socket_map, LONG_S) < LONG_S / 2
    wakeups.at(time.time() + 0.05)
    assert 0.05 <= poll(poller, socket_map, LONG_S) < LONG_S / 2
    assert poll(poller, socket_map, LONG_S) < LONG_S / 2, "what has passed gets a turn for sure"
    assert poll(poller, socket_map, 0.05) >= 0.045


def test_an_error_of_ours_leaves_the_poll_as_supervisor_has_it(
    guard: Guard, poller: Any, socket_map: dict[int, Any]
) -> None:
    wakeups = Wakeups(guard, lambda: bool(1 / 0))
    wakeups.open(poller, socket_map)
    try:
        assert poll(poller, socket_map, 0.05) >= 0.045
    finally:
        wakeups.close()
    assert guard.failures == {"Wakeups.shorten": 1}


# --- signals -------------------------------------------------------------------------------


@pytest.fixture
def handled() -> Iterator[list[int]]:
    """Signals that arrived; supervisord has a handler for each of these as well."""
    arrived: list[int] = []
    numbers = (signal.SIGCHLD, signal.SIGUSR2)
    before = [signal.signal(number, lambda n, _frame: arrived.append(n)) for number in numbers]
    yield arrived
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def wakeup_fd() -> int:
    """Return the signal wake-up descriptor of this process without changing it."""
    fd = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(fd, warn_on_full_buffer=False)
    return fd


@pytest.fixture
def others_pipe() -> Iterator[tuple[int, int]]:
    """A pipe of another plugin for the wake-up of signals: read and write descriptor."""
    read_fd, write_fd = os.pipe2(os.O_NONBLOCK)
    before = wakeup_fd()
    yield read_fd, write_fd
    signal.set_wakeup_fd(before)
    os.close(read_fd)
    os.close(write_fd)


def test_the_end_of_a_child_ends_the_poll(
    wakeups: Wakeups, poller: Any, socket_map: dict[int, Any], handled: list[int]
) -> None:
    with subprocess.Popen(["sleep", "0.2"]):
        slept_s = poll(poller, socket_map, LONG_S)
        assert slept_s < LONG_S / 2
    assert handled == [signal.SIGCHLD]


def test_a_signal_wakes_once(
    wakeups: Wakeups, poller: Any, socket_map: dict[int, Any], handled: list[int]
) -> None:
    os.kill(os.getpid(), signal.SIGUSR2)
    assert poll(poller, socket_map, LONG_S) < LONG_S / 2
    assert poll(poller, socket_map, 0.05) >= 0.045, "the pipe was drained"


def test_more_signals_than_the_pipe_holds_are_one_wake_up(
    wakeups: Wakeups,
    poller: Any,
    socket_map: dict[int, Any],
    handled: list[int],
    capfd: pytest.CaptureFixture[str],
) -> None:
    for _ in range(70_000):
        signal.raise_signal(signal.SIGUSR2)
    assert len(handled) == 70_000
    assert poll(poller, socket_map, LONG_S) < LONG_S / 2
    assert poll(poller, socket_map, 0.05) >= 0.045
    assert capfd.readouterr().err == "", "a full pipe is no reason for a word"


def test_after_its_end_nothing_is_left(
    guard: Guard, poller: Any, socket_map: dict[int, Any]
) -> None:
    before = sorted(os.listdir("/proc/self/fd"))
    wakeups = Wakeups(guard, nothing)
    wakeups.open(poller, socket_map)
    [pipe] = socket_map.values()
    assert wakeup_fd() != -1
    wakeups.close()
    wakeups.close()
    pipe.close()
    assert wakeup_fd() == -1
    assert socket_map == {}
    assert sorted(os.listdir("/proc/self/fd")) == before
    pipe.handle_read_event()  # in the turn that closed it, supervisord may still call this


def test_a_wake_up_descriptor_that_was_there_first_stays(
    guard: Guard, others_pipe: tuple[int, int], handled: list[int]
) -> None:
    read_fd, write_fd = others_pipe
    signal.set_wakeup_fd(write_fd)
    pipe, socket_map = SignalPipe(guard), dict[int, Any]()
    pipe.open(socket_map)
    assert wakeup_fd() == write_fd
    signal.raise_signal(signal.SIGUSR2)
    assert os.read(read_fd, 8) == bytes([signal.SIGUSR2])
    pipe.close()
    assert wakeup_fd() == write_fd


def test_a_wake_up_descriptor_that_came_later_stays(
    guard: Guard, others_pipe: tuple[int, int]
) -> None:
    _, write_fd = others_pipe
    pipe, socket_map = SignalPipe(guard), dict[int, Any]()
    pipe.open(socket_map)
    signal.set_wakeup_fd(write_fd)
    pipe.close()
    assert wakeup_fd() == write_fd
    assert socket_map == {}
