"""How an interface starts, ends, connects again, and that it leaves nothing behind."""

from __future__ import annotations

import gc
import os
import signal
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import zmq

from supvisors.model import ApplicationState, ApplicationStatus
from tests.client.conftest import Listen
from tests.client.harness import BODIES, TIMEOUT_S, Publisher, Recorder

LONG_BODY = ApplicationStatus("n" * 2_000, ApplicationState.RUNNING)


def ends(interface: Recorder) -> bool:
    interface.join(TIMEOUT_S)
    return not interface.is_alive()


@contextmanager
def ctrl_c_heeded() -> Iterator[None]:
    """A shell that starts tests in the background leaves Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Patient(Recorder):
    """Sleeps until it is woken."""

    _Poll_timeout = int(TIMEOUT_S * 10_000)


def test_stop_wakes_and_joins(listen: Listen, publisher: Publisher) -> None:
    interface = listen(publisher.port, "", kind=Patient)
    publisher.next_subscription()
    interface.stop()
    assert not interface.is_alive()


def test_the_socket_is_closed_when_stop_returns(listen: Listen, publisher: Publisher) -> None:
    """The publisher hears that the last subscriber has left."""
    interface = listen(publisher.port, "event")
    assert publisher.next_subscription() == b"\x01event"
    interface.stop()
    assert publisher.next_subscription() == b"\x00event"


def test_stop_twice_and_from_several_threads(listen: Listen, publisher: Publisher) -> None:
    interface = listen(publisher.port, "")
    publisher.next_subscription()
    threads = [threading.Thread(target=interface.stop) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT_S)
        assert not thread.is_alive()
    interface.stop()
    assert not interface.is_alive()


def test_stop_from_a_callback(listen: Listen, publisher: Publisher) -> None:
    class Leaver(Recorder):
        def on_process_event(self, data: dict[str, Any]) -> None:
            self.stop()
            super().on_process_event(data)

    interface = listen(publisher.port, "", kind=Leaver)
    publisher.next_subscription()
    publisher.publish(BODIES["event"])
    publisher.publish(BODIES["event"])
    assert interface.next_call()[0] == "event"
    assert ends(interface)
    assert interface.calls.empty()
    assert interface.callback_errors == 0


def test_stop_waits_even_after_ctrl_c_has_broken_a_join(
    listen: Listen, publisher: Publisher
) -> None:
    """A thread that still prints while the interpreter ends would make it abort."""
    joining, finished = threading.Event(), threading.Event()

    class Slow(Recorder):
        def on_process_event(self, data: dict[str, Any]) -> None:
            joining.wait(TIMEOUT_S)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            self.stop_event.wait(TIMEOUT_S)
            finished.wait(0.1)
            finished.set()

    interface = listen(publisher.port, "", kind=Slow)
    publisher.next_subscription()
    publisher.publish(BODIES["event"])

    def join() -> None:
        joining.set()
        while interface.is_alive():  # in short pieces: a signal just before a wait is seen after
            interface.join(0.1)

    with ctrl_c_heeded(), pytest.raises(KeyboardInterrupt):
        join()
    interface.stop()
    assert finished.is_set()


def test_stop_event_alone_ends_the_thread(listen: Listen, publisher: Publisher) -> None:
    interface = listen(publisher.port, "")
    publisher.next_subscription()
    interface.stop_event.set()
    assert ends(interface)


def test_stop_before_the_start(context: zmq.Context[Any]) -> None:
    interface = Recorder(context, 60002)
    interface.stop()
    interface.start()
    assert ends(interface)


def test_subscribing_after_the_end_is_harmless(listen: Listen, publisher: Publisher) -> None:
    interface = listen(publisher.port, "")
    publisher.next_subscription()
    interface.stop()
    interface.subscribe_all()
    interface.subscriber.wake()
    interface.stop()


def test_the_thread_keeps_a_program_alive_even_if_a_daemon_made_it(
    context: zmq.Context[Any],
) -> None:
    made = []
    daemon = threading.Thread(target=lambda: made.append(Recorder(context, 60002)), daemon=True)
    daemon.start()
    daemon.join(TIMEOUT_S)
    assert [interface.daemon for interface in made] == [False]


def test_a_terminated_context_ends_the_thread(publisher: Publisher) -> None:
    context: zmq.Context[Any] = zmq.Context()
    interface = Recorder(context, publisher.port)
    interface.subscribe_all()
    interface.start()
    publisher.next_subscription()
    context.term()
    assert ends(interface)
    assert interface.log.lines == ["INFO the ZeroMQ context was terminated: no more events"]


def test_it_connects_again_when_the_publisher_restarts(listen: Listen) -> None:
    first = Publisher()
    interface = listen(first.port, "process", "event")
    subscriptions = {b"\x01process", b"\x01event"}
    assert {first.next_subscription() for _ in range(2)} == subscriptions
    first.publish(BODIES["process"])
    assert interface.next_call()[0] == "process"
    first.close()
    second = Publisher(first.port)
    try:
        assert {second.next_subscription() for _ in range(2)} == subscriptions
        second.publish(BODIES["event"])
        assert interface.next_call()[0] == "event"
    finally:
        second.close()


def test_it_may_start_before_the_publisher(listen: Listen) -> None:
    absent = Publisher()
    absent.close()
    interface = listen(absent.port, "event")
    late = Publisher(absent.port)
    try:
        assert late.next_subscription() == b"\x01event"
        late.publish(BODIES["event"])
        assert interface.next_call()[0] == "event"
    finally:
        late.close()


def test_no_thread_and_no_descriptor_is_left(publisher: Publisher) -> None:
    before = set(threading.enumerate()), sorted(os.listdir("/dev/fd"))
    for _ in range(5):
        context: zmq.Context[Any] = zmq.Context()
        interface = Recorder(context, publisher.port)
        interface.subscribe_all()
        interface.start()
        publisher.next_subscription()
        interface.stop()
        publisher.next_subscription()
        context.term()
    after = set(threading.enumerate()), sorted(os.listdir("/dev/fd"))
    assert after == before


def test_it_can_be_forgotten_after_its_end(publisher: Publisher) -> None:
    with zmq.Context() as context:
        interface = Recorder(context, publisher.port)
        interface.start()
        interface.stop()
        trace = weakref.ref(interface)
        del interface
        gc.collect()
        assert trace() is None


def test_it_ends_at_once_without_a_publisher() -> None:
    absent = Publisher()
    absent.close()
    context: zmq.Context[Any] = zmq.Context()
    interface = Recorder(context, absent.port)
    interface.subscribe_all()
    interface.start()
    interface.stop()
    context.term()


def test_waking_a_busy_thread_never_blocks(listen: Listen, publisher: Publisher) -> None:
    release = threading.Event()

    class Slow(Recorder):
        def on_supvisors_status(self, data: dict[str, Any]) -> None:
            super().on_supvisors_status(data)
            assert release.wait(TIMEOUT_S)

    interface = listen(publisher.port, "supvisors", kind=Slow)
    publisher.next_subscription()
    publisher.publish(BODIES["supvisors"])
    interface.next_call()
    for _ in range(10_000):
        interface.subscriber.wake()
    interface.subscribe_process_event()
    release.set()
    assert publisher.next_subscription() == b"\x01event"


def test_a_wake_up_is_heard_once(listen: Listen, publisher: Publisher) -> None:
    """A bell that went on ringing would keep the thread spinning."""
    spins = threading.Event()

    class CountingEvent(threading.Event):
        looks = 0

        def is_set(self) -> bool:
            self.looks += 1
            if self.looks > 1_000:
                spins.set()
            return super().is_set()

    class Counted(Patient):
        def __init__(self, context: zmq.Context[Any], port: int) -> None:
            super().__init__(context, port)
            self.stop_event = CountingEvent()

    interface = listen(publisher.port, "event", kind=Counted)
    publisher.next_subscription()
    interface.subscribe_process_status()
    assert publisher.next_subscription() == b"\x01process"
    assert not spins.wait(0.2)


def test_a_burst_waits_while_a_callback_is_slow(listen: Listen, publisher: Publisher) -> None:
    """Far more than ZeroMQ's default of 1,000 messages, and more than TCP's buffers hold."""
    release = threading.Event()

    class Slow(Recorder):
        def on_supvisors_status(self, data: dict[str, Any]) -> None:
            assert release.wait(TIMEOUT_S)

    interface = listen(publisher.port, "", kind=Slow)
    publisher.next_subscription()
    publisher.publish(BODIES["supvisors"])
    for _ in range(20_000):
        publisher.publish(LONG_BODY)
    release.set()
    for _ in range(20_000):
        assert interface.next_call()[0] == "application"
    assert interface.callback_errors == 0
