"""What the agent may have supervisord do.

Holds: the table of verbs, each a call of Supervisor's own RPC interface that does not wait,
but `tail`, which reads the end of a log.
Must not touch: whether it should be done; the agent decided that.
Invariants: every verb gets exactly one result: done, or a fault in Supervisor's terms.
Tests: tests/live/test_verbs.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from supervisor.options import split_namespec
from supervisor.rpcinterface import SupervisorNamespaceRPCInterface
from supervisor.states import SupervisorStates
from supervisor.xmlrpc import Faults, RPCError, getFaultDescription

from supvisors.plugin.files import read_end
from supvisors.plugin.held import Held, held_of, monotonic_ns

#: Most that is read of a log.
TAIL_BYTES_MAX = 64 * 1024
CHANNELS = ("stdout", "stderr")


class Verbs:
    """Verbs on one supervisord.

    Args:
        supervisord: Supervisor's `Supervisor` object.
        soon: makes its loop turn once more at once.
    """

    def __init__(self, supervisord: Any, soon: Callable[[], None]) -> None:
        self._supervisord = supervisord
        self._rpc = SupervisorNamespaceRPCInterface(supervisord)
        self._soon = soon
        self._table: dict[str, Callable[..., str | None]] = {
            "start": self._start,
            "stop": self._stop,
            "signal": self._signal,
            "tail": self._tail,
            "restart": self._restart,
            "shutdown": self._shutdown,
        }

    def perform(self, line: dict[str, Any]) -> dict[str, Any]:
        """Perform `{"do": verb, "id": …, **arguments}` and return its result.

        With `until_ns`, a date on the clock of `monotonic_ns`, it is refused after that: what was
        ordered before supervisord was frozen is not done when it goes on.

        Returns:
            `{"type": "done", "id": …}`, with `fault` (a name of Supervisor's `Faults`) and
            `text` when it was refused, with `result` when something was asked for.
        """
        arguments = {k: v for k, v in line.items() if k not in ("do", "id", "until_ns")}
        done = {"type": "done", "id": line.get("id")}
        verb = self._table.get(str(line.get("do")))
        try:
            if verb is None:
                raise RPCError(Faults.UNKNOWN_METHOD, str(line.get("do")))
            until_ns = line.get("until_ns")
            if until_ns is not None and monotonic_ns() > until_ns:
                raise RPCError(Faults.FAILED, "it came too late: supervisord did not run meanwhile")
            result = verb(**arguments)
        except RPCError as error:
            return {**done, "fault": getFaultDescription(error.code), "text": error.text}
        except (TypeError, ValueError) as error:
            return {**done, "fault": "INCORRECT_PARAMETERS", "text": str(error)}
        self._soon()
        return done if result is None else {**done, "result": result}

    def _start(self, namespec: str, extra_args: str = "", cause: str = "") -> None:
        held = self._held(namespec)
        with held.causes.given(cause):
            held.start_with_args(extra_args, lambda: self._rpc.startProcess(namespec, False))

    def _stop(self, namespec: str, cause: str = "") -> None:
        with self._held(namespec).causes.given(cause):
            self._rpc.stopProcess(namespec, False)

    def _signal(self, namespec: str, signal: str | int) -> None:
        self._process(namespec)
        self._rpc.signalProcess(namespec, signal)

    def _tail(self, namespec: str, argument: str) -> str:
        """Return the end of a log; `argument` is the channel and a number of bytes."""
        process = self._process(namespec)
        channel, length = argument.split()
        if channel not in CHANNELS or int(length) < 0:
            raise ValueError(f"'{argument}' is not such as 'stdout 4000' or 'stderr 4000'")
        path = getattr(process.config, f"{channel}_logfile")
        if not isinstance(path, str):
            raise RPCError(Faults.NO_FILE, f"{namespec} has no file of its {channel}")
        try:
            return read_end(path, min(int(length), TAIL_BYTES_MAX)).decode("utf-8", "replace")
        except OSError as error:
            raise RPCError(Faults.NO_FILE, f"{path}: {error.strerror}") from error

    def _restart(self) -> None:
        self._leave(SupervisorStates.RESTARTING)

    def _shutdown(self) -> None:
        self._leave(SupervisorStates.SHUTDOWN)

    def _leave(self, mood: int) -> None:
        # a shutdown that goes on is not turned into a restart
        self._supervisord.options.mood = min(mood, self._supervisord.options.mood)

    def _held(self, namespec: str) -> Held:
        held = held_of(self._process(namespec))
        assert held is not None, "every process is held from its creation on"
        return held

    def _process(self, namespec: str) -> Any:
        group_name, process_name = split_namespec(namespec)
        group = self._supervisord.process_groups.get(group_name)
        process = group.processes.get(process_name) if group else None
        if process is None:
            raise RPCError(Faults.BAD_NAME, namespec)
        return process


def failed(line: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a verb that an error of ours or of Supervisor's ended.

    Without one, the agent would wait for ever.
    """
    text = f"an error in supervisord while it performed '{line.get('do')}': see its log"
    return {"type": "done", "id": line.get("id"), "fault": "FAILED", "text": text}
