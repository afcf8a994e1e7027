"""Subscriptions reach the publisher at once, from any thread, before the start and after."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import zmq

from tests.client.conftest import Listen
from tests.client.harness import BODIES, TIMEOUT_S, Publisher, Recorder

HEADERS = {
    "all": b"",
    "supvisors_status": b"supvisors",
    "address_status": b"address",
    "application_status": b"application",
    "process_status": b"process",
    "process_event": b"event",
}

each_kind = pytest.mark.parametrize("kind", HEADERS)
both_holders = pytest.mark.parametrize("holder", ["interface", "subscriber"])


class Patient(Recorder):
    """Sleeps until it is woken: a request that waits for the next turn would wait for ever."""

    _Poll_timeout = int(TIMEOUT_S * 10_000)


def call(interface: Recorder, holder: str, method: str) -> None:
    getattr(interface if holder == "interface" else interface.subscriber, method)()


@each_kind
@both_holders
def test_before_the_start(
    context: zmq.Context[Any], publisher: Publisher, kind: str, holder: str
) -> None:
    interface = Recorder(context, publisher.port)
    call(interface, holder, f"subscribe_{kind}")
    interface.start()
    try:
        assert publisher.next_subscription() == b"\x01" + HEADERS[kind]
    finally:
        interface.stop()


@each_kind
@both_holders
def test_after_the_start_and_back(
    listen: Listen, publisher: Publisher, kind: str, holder: str
) -> None:
    interface = listen(publisher.port, "settled", kind=Patient)
    assert publisher.next_subscription() == b"\x01settled"
    call(interface, holder, f"subscribe_{kind}")
    assert publisher.next_subscription() == b"\x01" + HEADERS[kind]
    call(interface, holder, f"unsubscribe_{kind}")
    assert publisher.next_subscription() == b"\x00" + HEADERS[kind]


@pytest.mark.parametrize("kind", list(HEADERS)[1:])
def test_only_what_is_subscribed_is_heard(listen: Listen, publisher: Publisher, kind: str) -> None:
    header = HEADERS[kind].decode()
    interface = listen(publisher.port, header)
    publisher.next_subscription()
    for body in BODIES.values():
        publisher.publish(body)
    publisher.publish(BODIES[header])
    assert [interface.next_call()[0] for _ in range(2)] == [header, header]
    assert interface.received == 2


def test_what_was_unsubscribed_is_heard_no_more(listen: Listen, publisher: Publisher) -> None:
    interface = listen(publisher.port, "event", "process")
    assert {publisher.next_subscription() for _ in range(2)} == {b"\x01event", b"\x01process"}
    interface.unsubscribe_process_event()
    assert publisher.next_subscription() == b"\x00event"
    publisher.publish(BODIES["event"])
    publisher.publish(BODIES["process"])
    assert interface.next_call()[0] == "process"


def test_unsubscribe_all_takes_back_one_subscribe_all_and_nothing_else(
    listen: Listen, publisher: Publisher
) -> None:
    interface = listen(publisher.port, "", "", "event")
    assert {publisher.next_subscription() for _ in range(2)} == {b"\x01", b"\x01event"}
    interface.unsubscribe_all()
    publisher.publish(BODIES["process"])
    assert interface.next_call()[0] == "process"
    interface.unsubscribe_all()
    assert publisher.next_subscription() == b"\x00"
    publisher.publish(BODIES["process"])
    publisher.publish(BODIES["event"])
    assert interface.next_call()[0] == "event"


def test_taking_back_what_was_not_subscribed_changes_nothing(
    listen: Listen, publisher: Publisher
) -> None:
    interface = listen(publisher.port, "event")
    assert publisher.next_subscription() == b"\x01event"
    interface.unsubscribe_all()
    interface.unsubscribe_process_status()
    publisher.publish(BODIES["event"])
    assert interface.next_call()[0] == "event"


def test_many_threads_at_once(listen: Listen, publisher: Publisher) -> None:
    interface = listen(publisher.port, kind=Patient)
    prefixes = [f"{thread}/{number}" for thread in range(8) for number in range(50)]

    def subscribe(thread: int) -> None:
        for prefix in prefixes[thread * 50 : (thread + 1) * 50]:
            interface.subscribe(prefix)

    threads = [threading.Thread(target=subscribe, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    heard = {publisher.next_subscription() for _ in prefixes}
    assert heard == {b"\x01" + prefix.encode() for prefix in prefixes}


def test_a_callback_may_subscribe(listen: Listen, publisher: Publisher) -> None:
    class Curious(Recorder):
        def on_process_event(self, data: dict[str, Any]) -> None:
            self.subscribe_process_status()

    interface = listen(publisher.port, "event", kind=Curious)
    assert publisher.next_subscription() == b"\x01event"
    publisher.publish(BODIES["event"])
    assert publisher.next_subscription() == b"\x01process"
    publisher.publish(BODIES["process"])
    assert interface.next_call()[0] == "process"
