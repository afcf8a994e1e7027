"""Calls of `supvisors.*` on their way to the agent and back.

Holds: `Calls`, what waits for the agent's answers; `marshallable`, what they are returned as.
Must not touch: what a command means: the agent's table of commands knows that.
Invariants: never blocks; every call is answered, by a fault at its deadline at the latest;
fault codes are Supervisor's own, since supervisorctl ends at one that it does not know.
Tests: tests/plugin/test_rpc.py, tests/live/test_rpc.py.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from supervisor.http import NOT_DONE_YET, deferring_http_channel
from supervisor.xmlrpc import Faults, RPCError

#: How long the agent may take to answer.
CALL_TIMEOUT_S = 10.0
#: How long a command may take that waits for processes: longer than the agent lets it wait.
WAIT_TIMEOUT_S = 610.0
#: Calls that may wait at a time, so that a hanging agent does not fill supervisord.
CALLS_MAX = 1000
#: Supervisor asks a deferred answer at each turn of its loop, but not more often than this.
DEFERRED_DELAY_S = 1.0

XMLRPC_INT_MAX = 2**31 - 1
#: Characters that XML does not have; a caller could not read an answer that holds one.
NOT_IN_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


class Connection(Protocol):
    """The connection to the agent."""

    closed: bool

    def send(self, line: dict[str, Any]) -> bool: ...


@dataclass(slots=True)
class Call:
    """A call under way: until when it may wait, on `time.monotonic`, and its answer."""

    deadline_s: float
    answer: dict[str, Any] | None = None


class Calls:
    """Calls under way to the agent.

    Args:
        why_absent: tells why nobody answers.
        timeout_s: how long an answer may take.
    """

    def __init__(self, why_absent: Callable[[], str], timeout_s: float = CALL_TIMEOUT_S) -> None:
        self.connection: Callable[[], Connection | None] = lambda: None
        self.socket_map: dict[int, Any] = {}
        self._why_absent = why_absent
        self._timeout_s = timeout_s
        self._last_id = 0
        self._calls: dict[int, Call] = {}

    def forward(
        self, method: str, params: tuple[Any, ...], wait: bool = False
    ) -> Callable[[], Any]:
        """Send a call to the agent; return what Supervisor asks until the answer is there.

        Args:
            wait: the answer comes when processes have come to their end.

        Raises:
            RPCError: there is no agent, it does not read, or a parameter is no JSON value.
        """
        self._forget_abandoned()
        if len(self._calls) >= CALLS_MAX:
            raise RPCError(Faults.FAILED, f"{CALLS_MAX} calls wait already: try again later")
        self._last_id += 1
        number = self._last_id
        content = {"type": "call", "id": number, "method": method, "params": params}
        connection = self._send(content)
        call = self._calls[number] = Call(
            time.monotonic() + (WAIT_TIMEOUT_S if wait else self._timeout_s)
        )

        def answer() -> Any:
            line = call.answer
            if line is None:
                if not connection.closed and time.monotonic() < call.deadline_s:
                    return NOT_DONE_YET
                line = {"fault": "FAILED", "text": self._why_absent()}
            self._calls.pop(number, None)
            if "fault" in line:
                code = getattr(Faults, str(line["fault"]), Faults.FAILED)
                raise RPCError(code, line.get("text"))
            return marshallable(line.get("result"))

        answer.delay = DEFERRED_DELAY_S  # type: ignore[attr-defined]
        return answer

    def _send(self, content: dict[str, Any]) -> Connection:
        connection = self.connection()
        try:
            sent = connection is not None and connection.send(content)
        except (TypeError, ValueError) as error:  # a date, bytes, or not a number
            raise RPCError(Faults.INCORRECT_PARAMETERS, str(error)) from error
        if connection is None or not sent:
            raise RPCError(Faults.FAILED, self._why_absent())
        return connection

    def _forget_abandoned(self) -> None:
        """Drop the calls whose callers hung up: nobody asks for their answers any more."""
        asked_last_s = time.monotonic() - 2 * DEFERRED_DELAY_S
        abandoned = [n for n, call in self._calls.items() if call.deadline_s <= asked_last_s]
        for number in abandoned:
            del self._calls[number]

    def answered(self, line: dict[str, Any]) -> None:
        """Take an answer of the agent and let the waiting channels look at once."""
        call = self._calls.get(line.get("id", 0))
        if call is not None:  # else its caller was told that the deadline had passed
            call.answer = line
            self.look_again()

    def look_again(self) -> None:
        """Let every waiting channel ask for its answer in the next turn of the loop."""
        for channel in self.socket_map.values():
            if isinstance(channel, deferring_http_channel) and channel.delay:
                channel.last_writable_check = 0


def marshallable(value: Any) -> Any:
    """Return `value` in the types of XML-RPC: its integers have 32 bits, and it has no null.

    Larger integers, such as dates in ms, become doubles, which hold them exactly. Characters
    that XML does not have, such as those that colour the output of a program, become U+FFFD.
    """
    if isinstance(value, str):
        return value if value.isprintable() else NOT_IN_XML.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: marshallable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [marshallable(item) for item in value]
    if isinstance(value, int) and abs(value) > XMLRPC_INT_MAX:
        return float(value)
    return "" if value is None else value
