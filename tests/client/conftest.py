"""Fixtures of the client's tests: a context, a publisher, listeners; all ended afterwards."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq

from tests.client.harness import TIMEOUT_S, Publisher, Recorder
from tests.client.site import Site


@pytest.fixture
def context() -> Iterator[zmq.Context[Any]]:
    """The client's context. Terminating it waits for ever if a socket was left open."""
    context: zmq.Context[Any] = zmq.Context()
    yield context
    context.term()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    publisher = Publisher()
    yield publisher
    publisher.close()


Listen = Callable[..., Recorder]


@pytest.fixture
def listen(context: zmq.Context[Any]) -> Iterator[Listen]:
    """Make and start a listener: `listen(port, "event", …)`, with its subscriptions."""
    started = []

    def listen(port: int, *headers: str, kind: type[Recorder] = Recorder) -> Recorder:
        recorder = kind(context, port)
        for header in headers:
            recorder.subscribe(header)
        recorder.start()
        started.append(recorder)
        return recorder

    yield listen
    for recorder in started:
        recorder.stop_event.set()
        recorder.subscriber.wake()
        recorder.join(TIMEOUT_S)


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Make the event interface of an agent: `make_site(journal=True)`."""
    sites = []

    def make(*, journal: bool = True) -> Site:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        sites.append(Site(port, tmp_path / "state" if journal else None))
        return sites[-1]

    yield make
    for site in sites:
        site.stop()
