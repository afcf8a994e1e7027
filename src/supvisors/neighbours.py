"""The other agents, as this one reaches them: the bus, its keys, and what it asks of it.

Holds: `Neighbours`.
Must not touch: what is said, and what becomes of it.
Invariants: a key that was removed acts at the next beat: nothing is taken from its holder any
more, and nothing is told to it.
Tests: tests/live/test_cluster.py, tests/live/test_netns.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import zmq

from supvisors.bus import PeerLists
from supvisors.bus.curve import Security
from supvisors.bus.endpoint import Endpoint
from supvisors.bus.mesh import Mesh
from supvisors.config import AddressEntry, Settings
from supvisors.core.inputs import BusFact
from supvisors.core.outputs import Ask, BusOutput, Cut, Fetch, Join, Record, Reply, Say
from supvisors.keys import Keys, KeysError, KeyStore
from supvisors.log import Log

#: Why messages are dropped in a healthy system too: agents start again, and lines are slow.
#: They are counted and logged, and are nothing to look at.
_USUAL: Final = frozenset(
    {"cut", "doubtful boot", "duplicate", "late answer", "late tick", "old boot", "unknown boot"}
)
_REFUSED: Final = "refused for their key"
#: How long an operator is told of a message that was dropped.
RECENT_S: Final = 60.0


class Neighbours:
    """The bus of one agent.

    Args:
        context: ZeroMQ context; the caller ends it.
        keys: None to talk in the clear, on loopback only.
        boot: identity of this life of the agent.
        lists: asked when a peer fetches.
        take: gets what peers say.

    Raises:
        PortTaken: another process listens on `internal_port`.
    """

    def __init__(
        self,
        context: zmq.Context[Any],
        settings: Settings,
        keys: Keys | None,
        boot: str,
        lists: PeerLists,
        take: Callable[[BusFact], None],
        log: Log,
    ) -> None:
        self._log = log
        self._counted: dict[tuple[str, str], tuple[int, float]] = {}
        self._keys = keys
        self._store = KeyStore(settings.state_dir) if keys and settings.state_dir else None
        local = settings.local.name
        self._peers = [e.name for e in settings.addresses if e.name != local]
        self._security = Security(context, keys, local, log) if keys is not None else None
        try:
            self._mesh = Mesh(
                context,
                _endpoint(settings.local),
                boot,
                [_endpoint(e) for e in settings.addresses if e.name != local],
                lists,
                take,
                log,
                self._security,
            )
        except Exception:
            self._close_security()
            raise

    def perform(self, output: BusOutput) -> None:
        """Do what the core asks of the bus."""
        match output:
            case Say(beat):
                self._mesh.tick(beat)
            case Record(record):
                self._mesh.record(record)
            case Fetch(address, boot, whole, via):
                self._mesh.fetch(address, boot, whole, via)
            case Ask(address, call):
                self._mesh.call(address, call)
            case Reply(address, answer):
                self._mesh.answer(address, answer)
            case Cut(address):
                self._mesh.cut(address)
            case Join(address):
                self._mesh.join(address)

    def look(self) -> None:
        """Take note of what was dropped since, and of other keys. Called at every beat."""
        refused = self._security.refused if self._security is not None else 0
        counts = {**self._mesh.counts, ("", _REFUSED): refused}
        now = time.monotonic()
        for what, count in counts.items():
            if count != self._counted.get(what, (0, 0.0))[0]:
                self._counted[what] = (count, now)
        self._look_at_keys()

    def _look_at_keys(self) -> None:
        """Put the keys in force that are there now."""
        if self._store is None or self._keys is None or self._security is None:
            return
        try:
            keys = self._store.reload(self._keys)
        except KeysError as error:
            self._log.write("warn", "the keys stay as they were", [("why", error)])
            return
        if keys is None:
            return
        self._keys = keys
        gone = self._security.reload(keys)
        self._log.write(
            "info", "other keys are in force", [("peers", len(keys.peers)), ("gone", len(gone))]
        )
        if gone:
            self._mesh.rebind_publisher()

    def warnings(self) -> list[str]:
        """Return what an operator should look at."""
        found = []
        if self._keys is not None:
            found += [
                f"no key of {name} is known here, so it is not heard: run "
                f"'supvisors keys show' there and 'supvisors keys add {name} KEY' here"
                for name in self._peers
                if name not in self._keys.peers
            ]
        since_s = time.monotonic() - RECENT_S
        for (peer, reason), (count, last_s) in sorted(self._counted.items()):
            if last_s < since_s or reason in _USUAL or not count:
                continue
            if reason == _REFUSED:
                found.append(
                    f"{count} connections were {_REFUSED}: the log says which and the cure"
                )
            else:
                found.append(f"{count} messages of {peer or 'nobody known'} were dropped: {reason}")
        return found

    def close(self) -> None:
        """Let go of everything; the last beat still leaves."""
        self._mesh.close()
        self._close_security()

    def _close_security(self) -> None:
        if self._security is not None:
            self._security.close()


def _endpoint(entry: AddressEntry) -> Endpoint:
    assert entry.port is not None, f"settings leave {entry} without a port"
    return Endpoint(entry.name, entry.host, entry.port)
