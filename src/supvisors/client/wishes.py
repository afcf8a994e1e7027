"""The subscriptions of a synchronised client: they choose what is told, not what is received.

Holds: `Wishes`.
Must not touch: what is subscribed on the socket, which is the synchroniser's.
Invariants: prefixes count as those of ZeroMQ do. Without any call, everything is wanted.
Tests: tests/client/test_synchronised.py.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from supvisors.client.choice import Choice
from supvisors.client.eventsocket import EventSubscriber
from supvisors.wire import HEADERS
from supvisors.wire.happenings import Happening


class Wishes(EventSubscriber):
    """As `EventSubscriber`, but its subscriptions are looked at when something is told."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lock = threading.Lock()
        self._prefixes: Counter[str] = Counter()
        self._choice = Choice()

    def subscribe(self, prefix: str) -> None:
        with self._lock:
            self._prefixes[prefix] += 1
            self._choose()

    def unsubscribe(self, prefix: str) -> None:
        with self._lock:
            if self._prefixes[prefix]:
                self._prefixes[prefix] -= 1
            self._choose()

    def wants(self, happening: Happening) -> bool:
        """Tell whether something is to be told."""
        return self._choice.takes(happening)

    def _choose(self) -> None:
        prefixes = tuple(prefix for prefix, count in self._prefixes.items() if count)
        self._choice = Choice(frozenset(h for h in HEADERS if h.startswith(prefixes)))
