"""Every public name, exactly as the specification of the event interface spells it."""

from __future__ import annotations

import inspect
import logging
import threading
from typing import Any

import pytest
import zmq

from supvisors.client import subscriber as module
from supvisors.client.subscriber import SupvisorsEventInterface, create_logger
from supvisors.utils import (
    ADDRESS_STATUS_HEADER,
    APPLICATION_STATUS_HEADER,
    PROCESS_EVENT_HEADER,
    PROCESS_STATUS_HEADER,
    SUPVISORS_STATUS_HEADER,
)

KINDS = [
    "all",
    "supvisors_status",
    "address_status",
    "application_status",
    "process_status",
    "process_event",
]


@pytest.fixture
def interface(context: zmq.Context[Any]) -> SupvisorsEventInterface:
    return SupvisorsEventInterface(context, 60002, create_logger())


def test_headers() -> None:
    assert SUPVISORS_STATUS_HEADER == "supvisors"
    assert ADDRESS_STATUS_HEADER == "address"
    assert APPLICATION_STATUS_HEADER == "application"
    assert PROCESS_STATUS_HEADER == "process"
    assert PROCESS_EVENT_HEADER == "event"


def test_headers_are_subscribed_as_shown(context: zmq.Context[Any]) -> None:
    with context.socket(zmq.SUB) as socket:
        socket.setsockopt(zmq.SUBSCRIBE, SUPVISORS_STATUS_HEADER.encode("utf-8"))
        socket.setsockopt(zmq.SUBSCRIBE, PROCESS_STATUS_HEADER.encode("utf-8"))


def test_star_brings_what_the_snippet_uses_and_nothing_unasked() -> None:
    namespace: dict[str, object] = {}
    exec("from supvisors.client.subscriber import *", namespace)
    del namespace["__builtins__"]
    assert namespace == {name: getattr(module, name) for name in module.__all__}
    assert {"SupvisorsEventInterface", "zmq", "create_logger"} <= set(namespace)


def test_the_interface_is_a_thread_made_of_three_things(interface: SupvisorsEventInterface) -> None:
    assert isinstance(interface, threading.Thread)
    names = list(inspect.signature(SupvisorsEventInterface).parameters)
    assert names[:3] == ["zmq_context", "event_port", "logger"]


def test_attributes_and_constant(context: zmq.Context[Any]) -> None:
    logger = logging.getLogger("mine")
    interface = SupvisorsEventInterface(zmq_context=context, event_port=60002, logger=logger)
    assert interface.logger is logger
    assert isinstance(interface.subscriber, module.EventSubscriber)
    assert interface.subscriber.endpoint == "tcp://127.0.0.1:60002"
    assert isinstance(interface.stop_event, threading.Event)
    assert not interface.stop_event.is_set()
    assert SupvisorsEventInterface._Poll_timeout == 500


@pytest.mark.parametrize("kind", KINDS)
def test_subscriptions_on_the_interface_and_on_its_subscriber(
    interface: SupvisorsEventInterface, kind: str
) -> None:
    for holder in (interface, interface.subscriber):
        for verb in ("subscribe", "unsubscribe"):
            assert getattr(holder, f"{verb}_{kind}")() is None


@pytest.mark.parametrize("kind", KINDS[1:])
def test_callbacks_take_data(kind: str) -> None:
    callback = getattr(SupvisorsEventInterface, f"on_{kind}")
    assert list(inspect.signature(callback).parameters) == ["self", "data"]


@pytest.mark.parametrize("port", [0, 65536, -1, "60002", None])
def test_a_port_that_is_none_is_refused_at_once(context: zmq.Context[Any], port: Any) -> None:
    with pytest.raises(ValueError, match="event_port must be an integer in"):
        SupvisorsEventInterface(context, port, create_logger())


@pytest.mark.parametrize("host", ["", "a b", "*", "tcp://alpha", "[::1]"])
def test_a_host_that_is_none_is_refused_at_once(context: zmq.Context[Any], host: str) -> None:
    with pytest.raises(ValueError, match="host must be a name or an address"):
        SupvisorsEventInterface(context, 60002, create_logger(), host=host)


def test_an_ipv6_host_is_bracketed(context: zmq.Context[Any]) -> None:
    interface = SupvisorsEventInterface(context, 60002, create_logger(), host="::1")
    assert interface.subscriber.endpoint == "tcp://[::1]:60002"
