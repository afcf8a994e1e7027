"""Ctrl-C, and whatever else asks a command to end.

Holds: `interruptible`, which makes signals a descriptor to wait for.
Must not touch: what a command does when it ends.
Invariants: such a signal raises nothing, so nothing is left half done, and it is never lost:
not one that comes just before a wait begins, and not while nobody takes the output.
Tests: tests/cli/test_interrupt.py, tests/cli/test_events.py.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: Output that nobody takes for so long after the signal is thrown away.
OUTPUT_PATIENCE_S: Final = 1.0
#: How often that is looked at, and a write that hangs is interrupted.
LOOK_PERIOD_S: Final = 0.05
#: Descriptors of standard output and standard error.
OUTPUTS: Final = (1, 2)


class Interrupt:
    """What is heard of the signals; readable, as a descriptor, from the first of them on."""

    def __init__(self, heard: socket.socket) -> None:
        self._heard = heard

    def fileno(self) -> int:
        return self._heard.fileno()

    @property
    def asked(self) -> bool:
        """Whether the command was asked to end."""
        return _ready(self.fileno(), select.POLLIN, 0)


@contextmanager
def interruptible(*numbers: signal.Signals) -> Iterator[Interrupt]:
    """Let signals ask for an end instead of forcing it; only for the main thread.

    They are heeded even if they were ignored, as a shell without job control leaves Ctrl-C to
    what it runs in the background. Afterwards they are ignored: the command is at its end, and
    a second Ctrl-C must not make that a bad one.
    """
    heard, told = socket.socketpair()
    told.setblocking(False)
    over = threading.Event()
    # The interpreter's own handler, in C, writes there at once: unlike a flag or an exception
    # it also ends a wait that begins between the signal and the next line of Python.
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    for number in numbers:
        signal.signal(number, _note)
    interrupt = Interrupt(heard)
    freer = threading.Thread(
        target=_free_output, args=(interrupt, over, numbers[0]), name="output", daemon=True
    )
    freer.start()
    try:
        yield interrupt
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(before)
        over.set()
        told.close()  # which is readable at the other end
        freer.join()
        heard.close()


def _note(_number: int, _frame: object) -> None:
    """Do nothing: that there is a handler is what makes the interpreter write."""


def _free_output(interrupt: Interrupt, over: threading.Event, number: signal.Signals) -> None:
    """After the signal, free a main thread that waits in a write until somebody reads.

    The interpreter goes on with a write that a signal interrupted. So what its descriptor
    stands for is changed first.
    """
    _ready(interrupt.fileno(), select.POLLIN, None)
    freed = False
    while not over.wait(LOOK_PERIOD_S):
        for output in OUTPUTS:
            if not _ready(output, select.POLLOUT, OUTPUT_PATIENCE_S):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, output)
                os.close(nowhere)
                freed = True
        if freed:  # again and again, since a write may begin after the signal that is to end it
            signal.pthread_kill(threading.main_thread().ident or 0, number)


def _ready(descriptor: int, events: int, timeout_s: float | None) -> bool:
    poll = select.poll()
    poll.register(descriptor, events)
    return bool(poll.poll(None if timeout_s is None else timeout_s * 1000))
