"""The agent as a program of supervisord: who it is, whether it lives, what it refused.

Holds: `AgentProgram`: finding the agent's process, its watchdog, its refusal.
Must not touch: sockets; what a refusal means.
Invariants: the agent is started again after it hangs or dies, and not after it refused the
configuration; an operator's start always tries again.
Tests: tests/live/test_agent_program.py.
"""

from __future__ import annotations

import copy
import functools
import os
import signal
import time
from collections.abc import Callable
from typing import Any

from supervisor import events
from supervisor.process import ProcessStates
from supervisor.rpcinterface import SupervisorNamespaceRPCInterface
from supervisor.states import getProcessStateDescription

from supvisors.plugin.guard import Guard
from supvisors.plugin.options import TAP_PATH, TAP_VARIABLE

#: TICK_5 events in a row without a beat of the agent after which it is replaced. Ticks are
#: counted, not seconds: a pause of supervisord itself yields one tick, and by then its
#: sockets were read.
SILENT_TICKS_MAX = 3
#: States of a program that runs, or that Supervisor starts again without being asked.
COMING_BACK = (
    ProcessStates.STARTING,
    ProcessStates.RUNNING,
    ProcessStates.BACKOFF,
    ProcessStates.EXITED,
)


class AgentProgram:
    """The agent's process in one supervisord.

    Attributes:
        refusal: why the agent does not serve, in one line for the operator; '' when it does.
    """

    def __init__(self, guard: Guard) -> None:
        self.refusal = ""
        self._guard = guard
        self._supervisord: Any = None
        self._silent_ticks = 0

    def subscribe(self, supervisord: Any) -> None:
        """Watch the agent in a supervisord that starts or reloads."""
        self._supervisord = supervisord
        self.refusal, self._silent_ticks = "", 0
        events.subscribe(events.Tick5Event, self._guard.wrap(self._on_tick, None))
        events.subscribe(events.ProcessStateEvent, self._guard.wrap(self._on_state, None))

    def process(self) -> Any:
        """Return the agent's `Subprocess`, None when the configuration has none."""
        for group in self._supervisord.process_groups.values():
            for process in group.processes.values():
                if is_agent(process):
                    return process
        return None

    def pid(self) -> int:
        """Process id of the agent, 0 when it does not run."""
        process = self.process()
        return process.pid if process is not None else 0

    def uid(self) -> int:
        """User that the agent runs as."""
        process = self.process()
        uid = process.config.uid if process is not None else None
        return os.getuid() if uid is None else int(uid)

    def beat(self) -> None:
        """The agent has said something."""
        self._silent_ticks = 0

    def serves(self) -> None:
        """The agent accepted its configuration."""
        self.refusal = ""

    def refuse(self, text: str) -> None:
        """Note why the agent does not serve, and say it in supervisord's log."""
        self.refusal = text
        self._supervisord.options.logger.error(f"supvisors: {text}")

    def why_absent(self) -> str:
        """Return one line that tells why no agent answers, and what to do."""
        if self.refusal:
            return self.refusal
        process = self.process()
        if process is None:
            return "there is no [program:supvisors]: run 'supervisorctl update'"
        state = getProcessStateDescription(process.state)
        cure = "run 'supervisorctl start supvisors'"
        if process.state in COMING_BACK:
            cure = "try again in some seconds"
        return f"the agent does not answer, its program is {state}: {cure}, " + (
            "or look at 'supervisorctl tail supvisors'"
        )

    def may_spawn(self, process: Any) -> bool:
        """Hold back automatic restarts of an agent that refused its configuration.

        It goes FATAL instead, with the refusal where `supervisorctl status` shows it.
        """
        if not is_agent(process) or not self.refusal:
            return True
        if process.state == ProcessStates.FATAL:  # an operator's start
            self.serves()
            return True
        process.spawnerr = self.refusal
        process.delay = process.backoff = 0
        process.system_stop = True
        process.laststart = process.laststart or time.time()
        process.change_state(ProcessStates.FATAL)
        return False

    def _on_state(self, event: Any) -> None:
        if not is_agent(event.process):
            return
        self._silent_ticks = 0
        if event.process.state == ProcessStates.BACKOFF and self.refusal:
            event.process.delay = 0  # nothing to wait for: the next turn makes it FATAL
        if event.process.state == ProcessStates.STOPPED:
            self.serves()  # stopped by an operator, who may start it with a corrected file

    def _on_tick(self, _event: Any) -> None:
        process = self.process()
        if process is None or process.state != ProcessStates.RUNNING:
            return
        self._silent_ticks += 1
        if self._silent_ticks <= SILENT_TICKS_MAX:
            return
        self._silent_ticks = 0
        self._supervisord.options.logger.warn(
            f"supvisors: the agent (pid {process.pid}) has not answered for "
            f"{SILENT_TICKS_MAX} ticks of 5 s: replacing it"
        )
        os.kill(process.pid, signal.SIGKILL)


def is_agent(process: Any) -> bool:
    """Tell whether a process was given this tap's address."""
    environment = process.config.environment
    return bool(environment) and environment.get(TAP_VARIABLE) == TAP_PATH


def leave_agent_out_of_stop_all(guard: Guard) -> None:
    """Make `stopAllProcesses` spare the agent, so that it tells every STOPPED.

    Supervisor would stop it with the rest, and its clients would hear nothing of the end of
    the others. `supervisorctl stop supvisors` stops it, and it stays stopped.
    """
    interface = SupervisorNamespaceRPCInterface
    original: Callable[..., Any] = interface.stopAllProcesses
    if hasattr(original, "supvisors"):
        return

    def without_agent(rpc: Any) -> Any:
        spared = copy.copy(rpc)
        spared._getAllProcesses = lambda lexical=False: [
            pair for pair in rpc._getAllProcesses(lexical) if not is_agent(pair[1])
        ]
        return spared

    spare = guard.wrap(without_agent, None)

    @functools.wraps(original)  # Supervisor shows the doc string to its users
    def stopAllProcesses(self: Any, wait: bool = True) -> Any:  # noqa: N802
        return original(spare(self) or self, wait)

    stopAllProcesses.supvisors = True  # type: ignore[attr-defined]
    interface.stopAllProcesses = stopAllProcesses
