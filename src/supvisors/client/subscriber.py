"""The Python client of the event interface, as its specification names it.

Holds: `SupvisorsEventInterface`, a thread that calls one method for each message;
    `create_logger`; and, for `import *`, all that the specification's snippet uses.
Must not touch: the socket, but through `EventSubscriber`; how holes are mended (`follower.py`).
Invariants: neither a message nor a callback ends the loop; the caller's ZeroMQ context is
    never terminated here.
Tests: tests/client/.
"""

from __future__ import annotations

import atexit
import json
import logging
import math
import sys
import threading
from collections.abc import Mapping
from contextlib import closing
from types import MappingProxyType
from typing import Any, Final

import zmq

from supvisors import wire
from supvisors.client.eventsocket import LOCALHOST, Curve, EventSubscriber, Subscriptions
from supvisors.client.follower import Follower
from supvisors.client.wishes import Wishes
from supvisors.utils import (
    ADDRESS_STATUS_HEADER,
    APPLICATION_STATUS_HEADER,
    PROCESS_EVENT_HEADER,
    PROCESS_STATUS_HEADER,
    SUPVISORS_STATUS_HEADER,
)
from supvisors.wire.cluster import Cluster
from supvisors.wire.happenings import Event, Gap, Happening, Joined, Status, Vanished

__all__ = ["EventSubscriber", "SupvisorsEventInterface", "create_logger", "zmq"]

#: Which method is called for which header.
CALLBACKS: Final = {
    SUPVISORS_STATUS_HEADER: "on_supvisors_status",
    ADDRESS_STATUS_HEADER: "on_address_status",
    APPLICATION_STATUS_HEADER: "on_application_status",
    PROCESS_STATUS_HEADER: "on_process_status",
    PROCESS_EVENT_HEADER: "on_process_event",
}


def create_logger(level: int = logging.INFO) -> logging.Logger:
    """A logger that writes lines with date and level to stderr.

    Each call makes one of its own, outside the tree of `logging.getLogger`: it doubles no line
    of a program that configures logging. Such a program passes its own logger instead.
    """
    logger = logging.Logger("supvisors.client", level)
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    return logger


def _main_thread_was_interrupted() -> bool:
    """Ctrl-C ended the main thread: its user wants the whole program to end.

    Without a look at this, the interpreter would wait for the other threads until a second
    Ctrl-C.
    """
    if getattr(sys, "last_type", None) is not KeyboardInterrupt:
        return False
    return not threading.main_thread().is_alive()


class SupvisorsEventInterface(Subscriptions, threading.Thread):
    """A thread that connects to Supvisors and receives the events published.

    Say what you want to hear with the `subscribe_…` methods, here or on `subscriber`, then
    `start()`. Messages arrive in the thread as calls of the `on_…` methods; override those you
    want. By default they print the message to stdout and log it. When the publisher
    restarts, the connection comes back by itself.

    The thread is no daemon: a program whose main thread ends goes on listening. `stop()` ends
    it. Ctrl-C ends the program too, within `_Poll_timeout` and with the socket closed, whether
    its main thread runs still or not; Python then shows that it was interrupted. A main thread
    that wants to end without a word waits in `join()`, and calls `stop()` upon
    KeyboardInterrupt.

    With `synchronised` nothing is missed, and `cluster` is always the present state:
    `on_snapshot` is called first and once, then every change in order; after a restart or a
    loss of messages the state repairs itself, by more calls of the same methods, and `on_gap` tells
    what was published and cannot be had again. The `subscribe_…` methods choose what is
    called; without any call of them, all is.

    Args:
        zmq_context: the caller's, who ends it after `stop()`.
        event_port: the option `event_port` in the section `[supvisors]`.
        logger: where messages, faults and errors are logged.
        host: where Supvisors publishes.
        synchronised: speak dialect 2 (wire/README.md).
        cursor: what `cursor` was in an earlier life of this client: the process events since
            then are told after the snapshot.
        curve: the keys, where `host` is another one.

    Attributes:
        logger: the reference to the logger.
        subscriber: the wrapper of the ZeroMQ socket connected to Supvisors.
        stop_event: when set, breaks the loop of the thread within `_Poll_timeout`.

    Raises:
        ValueError: `event_port` is no port, `host` no host, or `cursor` no cursor.

    Source: specification of the event interface, section "Python Client".
    """

    #: Longest wait for a message in one piece, in ms.
    _Poll_timeout = 500

    def __init__(
        self,
        zmq_context: zmq.Context[Any],
        event_port: int,
        logger: logging.Logger,
        *,
        host: str = LOCALHOST,
        synchronised: bool = False,
        cursor: str | None = None,
        curve: Curve | None = None,
    ) -> None:
        if cursor is not None and not synchronised:
            raise ValueError("a cursor needs synchronised=True: nothing can be told again else")
        threading.Thread.__init__(self, name="supvisors-events", daemon=False)
        self.logger = logger
        kind = Wishes if synchronised else EventSubscriber
        self.subscriber: EventSubscriber = kind(zmq_context, event_port, host, curve)
        self._follower: Follower | None = None
        if synchronised:
            self._follower = Follower(self.subscriber.request, self._refuse, cursor=cursor)
        self.stop_event = threading.Event()
        self._ended = threading.Event()
        self._received = 0
        self._refused = dict.fromkeys(wire.Reason, 0)
        self._callback_errors = 0

    @property
    def cluster(self) -> Cluster:
        """The state of everything; empty without `synchronised`.

        Of its tables `supvisors`, `addresses`, `applications`, `processes` and `facts` take a copy
        before you go through one in another thread than this.
        """
        return self._follower.cluster if self._follower is not None else Cluster()

    @property
    def cursor(self) -> str | None:
        """What to save: a text to go on with after the last method that was called.

        None before the first snapshot, and where the publisher keeps no journal.
        """
        return self._follower.cursor if self._follower is not None else None

    @property
    def received(self) -> int:
        """How many messages were passed to the `on_…` methods."""
        return self._received

    @property
    def refused(self) -> Mapping[wire.Reason, int]:
        """How many messages were dropped, by reason (wire/README.md, section "Reasons")."""
        return MappingProxyType(self._refused)

    @property
    def callback_errors(self) -> int:
        """How many calls of an `on_…` method ended with an exception."""
        return self._callback_errors

    def subscribe(self, prefix: str) -> None:
        self.subscriber.subscribe(prefix)

    def unsubscribe(self, prefix: str) -> None:
        self.subscriber.unsubscribe(prefix)

    def start(self) -> None:
        """Start the thread, which connects and receives until `stop()`."""
        # Interpreters wait for this thread before they end; Ctrl-C breaks that wait only.
        atexit.register(self.stop)
        super().start()

    def stop(self) -> None:
        """End the thread, and with it close the socket. From any thread, any number of times.

        Returns when the thread has ended, except in one of its own `on_…` methods: there the
        loop ends as soon as the method returns.
        """
        self.stop_event.set()
        self.subscriber.wake()
        if self.ident is not None and threading.current_thread() is not self:
            # Up to Python 3.12, a `join` that Ctrl-C breaks takes the thread for ended.
            self._ended.wait()
            self.join()

    def run(self) -> None:
        """Receive until `stop_event` is set. Called by the thread, not by you."""
        try:
            if self._follower is not None:
                self._follower.start()
            with closing(self.subscriber.messages(self._is_over, self._wait_ms)) as messages:
                for frames in messages:
                    self._take(frames)
        except zmq.ContextTerminated:
            self.logger.info("the ZeroMQ context was terminated: no more events")
        finally:
            atexit.unregister(self.stop)
            self._ended.set()

    def on_supvisors_status(self, data: dict[str, Any]) -> None:
        """Just prints and logs the contents of the Supvisors Status message."""
        self._tell(SUPVISORS_STATUS_HEADER, data)

    def on_address_status(self, data: dict[str, Any]) -> None:
        """Just prints and logs the contents of the Address Status message."""
        self._tell(ADDRESS_STATUS_HEADER, data)

    def on_application_status(self, data: dict[str, Any]) -> None:
        """Just prints and logs the contents of the Application Status message."""
        self._tell(APPLICATION_STATUS_HEADER, data)

    def on_process_status(self, data: dict[str, Any]) -> None:
        """Just prints and logs the contents of the Process Status message."""
        self._tell(PROCESS_STATUS_HEADER, data)

    def on_process_event(self, data: dict[str, Any]) -> None:
        """Just prints and logs the contents of the Process Event message."""
        self._tell(PROCESS_EVENT_HEADER, data)

    def on_snapshot(self, cluster: Cluster) -> None:
        """Just prints and logs how much there is. Synchronised only; called once, at first."""
        sizes = {
            "addresses": len(cluster.addresses),
            "applications": len(cluster.applications),
            "processes": len(cluster.processes),
        }
        self._tell("snapshot", sizes)

    def on_removed(self, application: str, process: str) -> None:
        """Just prints and logs what exists no longer. Synchronised only.

        Args:
            process: '' when it is the whole application.
        """
        self._tell("removed", {"application": application, "process": process})

    def on_gap(self, header: str, first: int, last: int) -> None:
        """Just prints and logs what was missed and cannot be had again. Synchronised only.

        The state is repaired, or about to be.

        Args:
            header: one of the five, or `removed`.
            first, last: numbers of the messages, both included; `last` is 0 when it is not
                known how many there were. They are those of the publisher; where its journal
                did not have the events any more, those of the journal.
        """
        self._tell("gap", {"header": header, "first": first, "last": last})

    def _is_over(self) -> bool:
        return self.stop_event.is_set() or _main_thread_was_interrupted()

    def _tell(self, header: str, data: dict[str, Any]) -> None:
        text = json.dumps(data, ensure_ascii=False)
        self.logger.info("got %s %s", header, text)
        print(header, text, flush=True)  # flushed, for whoever reads the other end of a pipe

    def _wait_ms(self) -> int:
        due_s = self._follower.due_s if self._follower is not None else None
        if due_s is None:
            return self._Poll_timeout
        return min(self._Poll_timeout, math.ceil(due_s * 1000))

    def _take(self, frames: list[bytes] | None) -> None:
        follower = self._follower
        if follower is None:
            if frames is not None:
                self._take_plain(frames)
            return
        if frames is None:
            follower.look()
        else:
            follower.take(frames)
        while not self._is_over() and (happening := follower.hand_out()) is not None:
            self._pass_on(happening)

    def _take_plain(self, frames: list[bytes]) -> None:
        try:
            body = wire.decode(frames)
        except wire.WireError as error:
            self._refuse(error)
            return
        self._received += 1
        self._call(CALLBACKS[wire.header_of(body)], wire.body_as_dict(body))

    def _pass_on(self, happening: Happening) -> None:
        assert isinstance(self.subscriber, Wishes)
        if not self.subscriber.wants(happening):
            return
        self._received += 1
        match happening:
            case Joined():
                self._call("on_snapshot", self.cluster)
            case Status(body) | Event(body):
                self._call(CALLBACKS[happening.header], wire.body_as_dict(body))
            case Vanished(application, process):
                self._call("on_removed", application, process)
            case Gap(header, first, last):
                self._call("on_gap", header, first, last)

    def _call(self, callback: str, *arguments: Any) -> None:
        try:
            getattr(self, callback)(*arguments)
        except Exception:
            self._callback_errors += 1
            self.logger.exception("%s failed; the thread goes on", callback)

    def _refuse(self, error: wire.WireError) -> None:
        """Count a message that was dropped, and log the 1st, 2nd, 4th, 8th … of its kind.

        A publisher of a later release may send unknown headers all day: the log stays short.
        """
        self._refused[error.reason] += 1
        count = self._refused[error.reason]
        if count & (count - 1) == 0:
            self.logger.warning("dropped a message (%s so far): %.300s", count, error)
