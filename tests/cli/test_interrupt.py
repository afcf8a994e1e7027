"""Signals that ask a command to end, as a descriptor; how commands end is in their tests."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from supvisors.cli.interrupt import Interrupt, interruptible
from tests.cli.harness import TIMEOUT_S

#: One that nothing else here uses.
NUMBER = signal.SIGUSR1


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = signal.getsignal(NUMBER)
    yield
    signal.signal(NUMBER, before)


def told(interrupt: Interrupt) -> bool:
    """Wait as a command does, for far longer than it may take."""
    ready, _, _ = select.select([interrupt], [], [], TIMEOUT_S)
    return ready == [interrupt]


def test_nobody_asked() -> None:
    with interruptible(NUMBER) as interrupt:
        assert not interrupt.asked


def test_a_signal_is_there_for_every_wait_after_it() -> None:
    with interruptible(NUMBER) as interrupt:
        os.kill(os.getpid(), NUMBER)
        assert told(interrupt)
        assert interrupt.asked
        assert told(interrupt), "it is not used up"


def test_a_signal_ends_a_wait() -> None:
    with interruptible(NUMBER) as interrupt:
        later = threading.Timer(0.05, os.kill, (os.getpid(), NUMBER))
        later.start()
        assert told(interrupt)
        later.join()


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGUSR2])
def test_each_of_several_signals_is_heard(number: signal.Signals) -> None:
    before = signal.getsignal(signal.SIGUSR2)
    try:
        with interruptible(signal.SIGUSR1, signal.SIGUSR2) as interrupt:
            os.kill(os.getpid(), number)
            assert told(interrupt)
    finally:
        signal.signal(signal.SIGUSR2, before)


def test_thousands_of_signals_do_no_harm() -> None:
    with interruptible(NUMBER) as interrupt:
        for _ in range(5000):
            os.kill(os.getpid(), NUMBER)
        assert interrupt.asked


def test_one_that_was_ignored_is_heard() -> None:
    signal.signal(NUMBER, signal.SIG_IGN)
    with interruptible(NUMBER) as interrupt:
        os.kill(os.getpid(), NUMBER)
        assert told(interrupt)


def test_afterwards_a_signal_does_nothing_and_nothing_is_left() -> None:
    descriptors = sorted(os.listdir("/proc/self/fd"))
    threads = threading.active_count()
    with interruptible(NUMBER):
        os.kill(os.getpid(), NUMBER)
    os.kill(os.getpid(), NUMBER)
    assert sorted(os.listdir("/proc/self/fd")) == descriptors
    assert threading.active_count() == threads


def test_output_that_is_taken_is_left_alone() -> None:
    outputs = [os.readlink(f"/proc/self/fd/{output}") for output in (1, 2)]
    with interruptible(NUMBER) as interrupt:
        os.kill(os.getpid(), NUMBER)
        assert told(interrupt)
    assert [os.readlink(f"/proc/self/fd/{output}") for output in (1, 2)] == outputs


@contextmanager
def unread_output() -> Iterator[None]:
    """Let standard output be a pipe that nobody reads."""
    reader, writer = os.pipe()
    kept = os.dup(1)
    os.dup2(writer, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        for descriptor in (reader, writer, kept):
            os.close(descriptor)


@pytest.mark.parametrize("when", ["before the write", "in the write"])
def test_a_write_that_nobody_takes_ends(when: str) -> None:
    asked = threading.Timer(0.1, os.kill, (os.getpid(), NUMBER))
    with (
        unread_output(),
        interruptible(NUMBER) as interrupt,
        open(1, "wb", closefd=False) as output,
    ):
        asked.start()
        if when == "before the write":
            asked.join()
        output.write(bytes(2**20))  # more than a pipe holds
        asked.join()
        assert interrupt.asked
