"""The thread client on dialect 2, on the publisher and the journal of an agent."""

from __future__ import annotations

import contextlib
import io
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import zmq

from supvisors.client import eventsocket
from supvisors.client.subscriber import SupvisorsEventInterface
from supvisors.model import ApplicationStatus, ProcessState, ProcessStatus
from supvisors.wire.cluster import Cluster
from tests.client.harness import BODIES, TIMEOUT_S, Publisher, answer_second_snapshot
from tests.client.site import Site

RUNNING, STOPPED, UNKNOWN = ProcessState.RUNNING, ProcessState.STOPPED, ProcessState.UNKNOWN
MakeSite = Callable[..., Site]


class Listener(SupvisorsEventInterface):
    """Keeps what it is called with, and the cursor at that moment."""

    def __init__(self, context: zmq.Context[Any], port: int, **more: Any) -> None:
        self.calls: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self.cursors: list[tuple[int, str | None]] = []
        super().__init__(context, port, logging.Logger("test"), synchronised=True, **more)

    def next(self) -> tuple[str, Any]:
        return self.calls.get(timeout=TIMEOUT_S)

    def next_event(self) -> int:
        """Number of the next event, whatever comes before."""
        while True:
            name, data = self.next()
            assert name != "gap"
            if name == "event":
                return int(data["now"])

    def on_snapshot(self, cluster: Cluster) -> None:
        self.calls.put(("snapshot", dict(cluster.processes)))

    def on_supvisors_status(self, data: dict[str, Any]) -> None:
        self.calls.put(("supvisors", data))

    def on_address_status(self, data: dict[str, Any]) -> None:
        self.calls.put(("address", data))

    def on_application_status(self, data: dict[str, Any]) -> None:
        self.calls.put(("application", data["statename"]))

    def on_process_status(self, data: dict[str, Any]) -> None:
        self.calls.put(("process", data["statename"]))

    def on_process_event(self, data: dict[str, Any]) -> None:
        self.cursors.append((data["now"], self.cursor))
        self.calls.put(("event", data))

    def on_removed(self, application: str, process: str) -> None:
        self.calls.put(("removed", (application, process)))

    def on_gap(self, header: str, first: int, last: int) -> None:
        self.calls.put(("gap", (header, first, last)))


Listen = Callable[..., Listener]


@pytest.fixture
def listen(context: zmq.Context[Any]) -> Iterator[Listen]:
    started = []

    def listen(port: int, **more: Any) -> Listener:
        started.append(Listener(context, port, **more))
        started[-1].start()
        return started[-1]

    yield listen
    for listener in started:
        listener.stop()


def test_first_the_state_then_every_change_in_order(make_site: MakeSite, listen: Listen) -> None:
    site = make_site()
    for body in BODIES.values():
        site.publish(body, ("alpha", "b0", 1) if body == BODIES["event"] else None)
    listener = listen(site.port)
    assert listener.next() == ("snapshot", {"web:nginx": BODIES["process"]})
    assert listener.cluster.supvisors == BODIES["supvisors"]
    assert dict(listener.cluster.addresses) == {"alpha": BODIES["address"]}
    assert dict(listener.cluster.applications) == {"web": BODIES["application"]}
    site.change(STOPPED)
    assert [listener.next()[0] for _ in range(3)] == ["event", "process", "application"]
    assert listener.cluster.processes["web:nginx"].state is STOPPED
    assert listener.received == 4
    assert listener.callback_errors == 0


def test_what_is_removed_leaves_the_cluster(make_site: MakeSite, listen: Listen) -> None:
    site = make_site()
    site.change(RUNNING)
    listener = listen(site.port)
    assert listener.next()[0] == "snapshot"
    site.publish(ProcessStatus("web", "nginx", UNKNOWN), gone=True)
    assert listener.next() == ("process", "UNKNOWN")
    assert listener.next() == ("removed", ("web", "nginx"))
    site.publish(ApplicationStatus("web", listener.cluster.applications["web"].state), gone=True)
    assert [listener.next()[0] for _ in range(2)] == ["application", "removed"]
    assert not listener.cluster.processes
    assert not listener.cluster.applications


def test_subscriptions_choose_what_is_told(make_site: MakeSite, listen: Listen) -> None:
    site = make_site()
    listener = listen(site.port)
    assert listener.next()[0] == "snapshot"

    def told() -> list[str]:
        """What is told of one change. A status of another process is told in every case."""
        site.change(RUNNING)
        site.publish(ProcessStatus("fence", "fence", UNKNOWN))
        names = []
        while (call := listener.next()) != ("process", "UNKNOWN"):
            names.append(call[0])
        return names

    listener.subscriber.subscribe_process_status()
    assert told() == ["process"]
    listener.subscribe_all()
    listener.unsubscribe_process_status()
    assert told() == ["event", "process", "application"]
    listener.subscribe_process_status()
    listener.subscribe_process_status()
    listener.subscribe_application_status()
    listener.unsubscribe_all()
    listener.unsubscribe_process_status()
    assert told() == ["process", "application"]
    assert listener.cluster.processes["web:nginx"].state is RUNNING


@pytest.mark.parametrize("journal", [True, False])
def test_a_publisher_that_restarts(make_site: MakeSite, listen: Listen, journal: bool) -> None:
    """It tells again what it told before; the client hears each event once."""
    site = make_site(journal=journal)
    listener = listen(site.port)
    assert listener.next()[0] == "snapshot"
    site.change(RUNNING)
    assert [listener.next()[0] for _ in range(3)] == ["event", "process", "application"]
    site.stop()
    site.start()
    site.repeat(1)
    site.change(STOPPED)
    told: list[tuple[str, Any]] = []
    while not told or told[-1] != ("application", "STOPPED"):
        told.append(listener.next())
    events = [data["now"] for name, data in told if name == "event"]
    gaps = [data for name, data in told if name == "gap"]
    if journal:
        assert (events, gaps) == ([2], []) or listener.next_event() == 2
    else:
        assert ("event", 2, 0) in gaps
    assert listener.cluster.processes["web:nginx"].state is STOPPED


def test_a_client_goes_on_where_it_was(make_site: MakeSite, listen: Listen) -> None:
    """Saved in a callback, a cursor is behind the event that was told, and not further."""
    site = make_site()
    first = listen(site.port)
    assert first.next()[0] == "snapshot"
    for _ in range(5):
        site.change(RUNNING)
        site.change(STOPPED)
    assert [first.next_event() for _ in range(10)] == list(range(1, 11))
    first.stop()
    site.stop()
    site.start()
    site.repeat(3)
    site.change(RUNNING)
    for number, cursor in first.cursors:
        assert cursor is not None
        again = listen(site.port, cursor=cursor)
        assert again.next()[0] == "snapshot"
        told = [again.next_event() for _ in range(11 - number)]
        assert told == list(range(number + 1, 12))
        again.stop()
    final = first.cursor
    assert isinstance(final, str)


def test_a_snapshot_that_is_lost_is_asked_for_again(publisher: Publisher, listen: Listen) -> None:
    listener = listen(publisher.port)
    answer_second_snapshot(publisher)
    assert listener.next()[0] == "snapshot"
    assert listener.cluster.supvisors == BODIES["supvisors"]


def test_what_is_no_cursor_is_refused(context: zmq.Context[Any]) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        Listener(context, 1, cursor="nonsense")
    with pytest.raises(ValueError, match="synchronised"):
        SupvisorsEventInterface(context, 1, logging.Logger("test"), cursor="x")


class Said(io.StringIO):
    """A standard output that can be waited for, whichever thread writes."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: queue.SimpleQueue[str] = queue.SimpleQueue()

    def write(self, text: str) -> int:
        self.texts.put(text)
        return len(text)

    def rest(self) -> str:
        """Return what is there and was not taken."""
        found = []
        while not self.texts.empty():
            found.append(self.texts.get())
        return "".join(found)


def test_without_overriding_it_prints(make_site: MakeSite, context: zmq.Context[Any]) -> None:
    site = make_site()
    site.change(RUNNING)
    client = SupvisorsEventInterface(context, site.port, logging.Logger("test"), synchronised=True)
    said, seen = Said(), ""
    with contextlib.redirect_stdout(said):
        client.start()
        while '"processes": 1' not in seen:
            seen += said.texts.get(timeout=TIMEOUT_S)
        client.stop()
        client.join(TIMEOUT_S)
        said.rest()
        client.on_gap("event", 1, 2)
        client.on_removed("web", "")
    assert said.rest().splitlines() == [
        'gap {"header": "event", "first": 1, "last": 2}',
        'removed {"application": "web", "process": ""}',
    ]


CHANGES, PROCESSES = 20_000, 500


class Sleeper(Listener):
    """Reads nothing until it is told to."""

    def __init__(self, context: zmq.Context[Any], port: int, **more: Any) -> None:
        self.awake = threading.Event()
        super().__init__(context, port, **more)

    def on_snapshot(self, cluster: Cluster) -> None:
        super().on_snapshot(cluster)
        self.awake.wait(TIMEOUT_S)


@pytest.mark.slow
@pytest.mark.parametrize("journal", [True, False])
def test_a_flood_at_a_reader_that_sleeps(
    make_site: MakeSite,
    context: zmq.Context[Any],
    monkeypatch: pytest.MonkeyPatch,
    journal: bool,
) -> None:
    """With small buffers most of it is lost: all of it is mended, or told."""
    monkeypatch.setitem(eventsocket.SOCKET_OPTIONS, zmq.RCVHWM, 100)
    monkeypatch.setattr("supvisors.publisher.port.MESSAGES_MAX", 100)
    site = make_site(journal=journal)
    sleeper = Sleeper(context, site.port)
    sleeper.start()
    try:
        assert sleeper.next()[0] == "snapshot"
        site.flood(CHANGES, PROCESSES)
        sleeper.awake.set()
        held, reported, gaps = 0, 0, 0
        while held + reported < CHANGES:
            name, data = sleeper.next()
            held += name == "event"
            gaps += name == "gap"
            if name == "gap" and data[0] == "event":
                reported += data[2] - data[1] + 1
        assert held + reported == CHANGES
        assert gaps > 0  # else nothing was lost, and nothing is shown
        assert (reported == 0) is journal
        expected = {f"web:{name}": status for name, status in site.statuses.items()}
        while dict(sleeper.cluster.processes) != expected:
            sleeper.next()
        assert [now for now, _ in sleeper.cursors] == sorted({now for now, _ in sleeper.cursors})
    finally:
        sleeper.awake.set()
        sleeper.stop()
