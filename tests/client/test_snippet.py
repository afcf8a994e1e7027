"""The snippet of the specification, run as a program of its own, to the letter."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from supvisors import wire
from tests.client.harness import BODIES, Publisher
from tests.client.program import HEED_CTRL_C, Program, running

#: Specification of the event interface, section "Python Client". Only `port` is ours to give.
SNIPPET = """\
from supvisors.client.subscriber import *

# create the subscriber thread
subscriber = SupvisorsEventInterface(zmq.Context.instance(), port, create_logger())
# subscribe to all messages
subscriber.subscribe_all()
# start the thread
subscriber.start()
"""

#: Callbacks of `atexit` run in reverse order: this one sees what ours has left.
LAST_WORD = """\
import atexit, threading
atexit.register(lambda: print("threads at the end:", threading.active_count()))
"""


@contextmanager
def running_snippet(publisher: Publisher, more: str = "") -> Iterator[Program]:
    script = f"{HEED_CTRL_C}{LAST_WORD}port = {publisher.port}\n{SNIPPET}{more}"
    with running(sys.executable, "-X", "utf8", "-c", script) as program:
        assert publisher.next_subscription() == b"\x01"
        yield program


@pytest.fixture
def snippet(publisher: Publisher) -> Iterator[Program]:
    with running_snippet(publisher) as program:
        yield program


def test_it_prints_and_logs_every_message_after_its_last_line_has_run(
    publisher: Publisher, snippet: Program
) -> None:
    for _ in range(2):
        for header, body in BODIES.items():
            publisher.publish(body)
            printed_header, text = snippet.next_line().split(" ", 1)
            assert printed_header == header
            assert json.loads(text) == wire.body_as_dict(body)
    snippet.interrupt()
    logged = [line for line in snippet.errors.splitlines() if " INFO got " in line]
    assert len(logged) == 2 * len(BODIES)


def ends_in_good_order(publisher: Publisher, program: Program) -> int:
    """Ctrl-C; returns the exit status."""
    publisher.publish(BODIES["event"])
    program.next_line()
    status = program.interrupt()
    assert program.next_line() == "threads at the end: 1\n"
    assert publisher.next_subscription() == b"\x00"
    return status


def test_ctrl_c_ends_it_in_good_order(publisher: Publisher, snippet: Program) -> None:
    # The main thread is over, or about to be: where Ctrl-C meets it decides on the status.
    assert ends_in_good_order(publisher, snippet) in (0, -signal.SIGINT)


def test_ctrl_c_ends_it_when_the_main_thread_still_runs(publisher: Publisher) -> None:
    """Once is enough, although it is the main thread alone that Python interrupts."""
    with running_snippet(publisher, "threading.Event().wait()\n") as program:
        assert ends_in_good_order(publisher, program) == -signal.SIGINT


DIES = """\
import sys
sys.excepthook = lambda *error: print("the main thread dies", flush=True)
raise KeyError
"""


def test_another_error_of_the_main_thread_ends_nothing(publisher: Publisher) -> None:
    with running_snippet(publisher, DIES) as program:
        assert program.next_line() == "the main thread dies\n"
        for _ in range(100):  # each asks the thread whether it is over
            publisher.publish(BODIES["event"])
            assert program.next_line().startswith("event ")
        ends_in_good_order(publisher, program)
