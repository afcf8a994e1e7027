"""What an operator is told about a connection that does not come about.

Holds: `Trouble`, the table of what can be the matter; `trouble_of`, which reads libzmq's
events; `Complaints`, which tells each once in a while.
Must not touch: sockets, keys.
Invariants: memory and lines are bounded, whoever knocks how often; what is left out is counted.
Tests: tests/contract/test_curve.py.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final

import zmq

from supvisors.log import Facts, Log

#: The same trouble of the same one is told again after this long.
REPEAT_S: Final = 60.0
#: Different ones that are told within that time.
SUBJECTS_MAX: Final = 20
#: Handshakes in a row that break off before a word is lost about it: any restart breaks one.
BROKEN_OFF_MIN: Final = 2

_LEFT: Final = (errno.EPIPE, errno.ECONNRESET)


#: What lets in a key that knocked, for each door.
_ADD_PEER: Final = "if you know that host: supvisors keys add ADDRESS '{key}'"
_ADD: Final = {"events": "if you know that client: supvisors keys client add NAME '{key}'"}


class Trouble(Enum):
    """What is the matter: a reason, and a cure with the values that it names."""

    NO_KEY = (
        "no key is held for this address, so it cannot be talked to",
        "on this host: supvisors keys add {peer} KEY, with what 'supvisors keys show' prints there",
    )
    REFUSED = (
        "a peer refuses our key",
        "on that host: supvisors keys add {local} '{own_key}'",
    )
    BROKEN_OFF = (
        "a peer breaks off the handshake: the key held for it is not its own, or it has none",
        "on that host: supvisors keys show, or without a key supvisors keys init; on this host: "
        "supvisors keys add {peer} KEY, with what that prints",
    )
    NO_ANSWER = (
        "a peer does not finish the handshake: it hangs, or is far away",
        "look at its agent: 'supervisorctl status supvisors' on that host",
    )
    IN_THE_CLEAR = (
        "a peer talks in the clear, and here only keys are let in",
        "on that host: supvisors keys init, then supvisors keys add {local} '{own_key}', and "
        "start its agent again",
    )
    LEFT = (
        "somebody broke off the handshake: an agent without keys does that",
        IN_THE_CLEAR[1],
    )
    OTHER_KEY_OF_OURS = (
        "somebody called with another key for us than ours, or with none",
        "on the host that calls: supvisors keys add {local} '{own_key}'",
    )


def trouble_of(event: int, value: int, connects: bool, failures: int) -> Trouble | None:
    """Return what an event of libzmq means, None when it is not worth a word.

    Args:
        event, value: as the monitor of a socket has them.
        connects: whether the socket connects, or is bound.
        failures: how many handshakes failed in a row, this one included.
    """
    if event == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
        if value == zmq.PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
            return Trouble.IN_THE_CLEAR
        if value == zmq.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC:
            return Trouble.BROKEN_OFF if connects else Trouble.OTHER_KEY_OF_OURS
        return None  # whoever scans ports
    if not connects:
        # which side sees first that the other is in the clear is a matter of chance; of a key
        # that was refused the handler of ZAP has told
        is_left = event == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL and value in _LEFT
        return Trouble.LEFT if is_left else None
    if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
        return Trouble.REFUSED
    if failures < BROKEN_OFF_MIN:
        return None
    return Trouble.NO_ANSWER if value == errno.EAGAIN else Trouble.BROKEN_OFF


class Complaints:
    """Lines of the log about connections that do not come about.

    Attributes:
        refused: how many connections were refused for their key.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, log: Log, clock: Callable[[], float]) -> None:
        self.refused = 0
        self._log = log
        self._clock = clock
        self._told: set[tuple[str, str]] = set()
        self._since = clock()
        self._left_out = 0

    def tell(self, trouble: Trouble, peer: str, values: Mapping[str, str]) -> None:
        """Tell a trouble with one peer, '' when it is not known who it is."""
        reason, cure = trouble.value
        facts = [("address", peer)] if peer else []
        self._write(trouble.name, peer, reason, [*facts, ("cure", cure.format(**values))])

    def refuse(self, domain: str, key: str, ip: str, whose: str) -> None:
        """Tell that a key was refused.

        Args:
            domain: where it knocked.
            whose: name that the key has elsewhere, '' for a key that nobody knows.
        """
        self.refused += 1
        facts = [("key", key), ("from", ip), ("door", domain)]
        if whose:
            cure = "a key opens one door only: give each host and each client a key of its own"
            reason = "refused a key that belongs elsewhere"
            self._write(domain, key, reason, [*facts, ("belongs_to", whose), ("cure", cure)])
        else:
            cure = _ADD.get(domain, _ADD_PEER).format(key=key)
            reason = "refused a key that is not in the store"
            self._write(domain, key, reason, [*facts, ("cure", cure)])

    def forget(self) -> None:
        """Tell all of it again if it is still so: the keys have changed."""
        self._told.clear()

    def _write(self, kind: str, subject: str, reason: str, facts: Facts) -> None:
        now = self._clock()
        if now - self._since >= REPEAT_S:
            self._begin_anew(now)
        if (kind, subject) in self._told:
            return
        if len(self._told) >= SUBJECTS_MAX:
            self._left_out += 1
            return
        self._told.add((kind, subject))
        self._log.write("warn", reason, facts)

    def _begin_anew(self, now: float) -> None:
        self._since = now
        self._told.clear()
        if self._left_out:
            facts = [("count", self._left_out), ("seconds", int(REPEAT_S))]
            self._log.write("warn", "more connections were refused than are told", facts)
            self._left_out = 0
