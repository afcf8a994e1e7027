"""The plugin put together.

Holds: `Inside`, the one object behind all factories over all reloads.
Must not touch: rules of any kind; it only connects.
Tests: tests/live/.
"""

from __future__ import annotations

import os
import shutil
import socket
from typing import Any

from supervisor import events

from supvisors.plugin import doors, options
from supvisors.plugin.calls import Calls
from supvisors.plugin.doors import Door
from supvisors.plugin.guard import Guard
from supvisors.plugin.program import AgentProgram
from supvisors.plugin.records import TAP_VERSION
from supvisors.plugin.server import Commands, Listener
from supvisors.plugin.tap import Tap
from supvisors.plugin.verbs import Verbs, failed
from supvisors.plugin.wake import Wakeups

#: How `Listener` stands in supervisord's list of HTTP servers: `family` is none of theirs.
SERVER_CONFIG = {"family": None, "section": options.SECTION}


class Inside:
    """Tap, socket, wake-ups, agent's program, verbs and calls of one supervisord."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._program = AgentProgram(guard)
        self._tap = Tap(guard, self._program.may_spawn)
        why_absent = guard.wrap(self._program.why_absent, "an error of ours: see supervisord's log")
        self.calls = Calls(why_absent)
        self._supervisord: Any = None
        self._verbs: Verbs | None = None
        self._server_count = 0

    def attach(self, supervisord: Any, unknown_extras: list[str]) -> None:
        """Connect to a supervisord that starts or reloads; later calls do nothing.

        Args:
            unknown_extras: options of `[rpcinterface:supvisors]` that nobody reads.
        """
        if self._supervisord is supervisord:
            return
        self._supervisord = supervisord
        self._server_count = 0
        for name in unknown_extras:
            supervisord.options.logger.warn(
                f"supvisors: [rpcinterface:supvisors] has an option '{name}' that nobody "
                "reads: options of Supvisors belong to [supvisors]"
            )
        events.subscribe(events.SupervisorRunningEvent, self._guard.wrap(self._on_running, None))
        self._program.subscribe(supervisord)
        self._tap.subscribe(supervisord)

    def next_door(self, xmlrpc_commands: str) -> Door:
        """Return of the HTTP servers, one after the other, what they let through.

        Supervisor calls the factory once for each, in the order of its list, and does not say
        for which.
        """
        configs = self._supervisord.options.server_configs
        config = configs[self._server_count % len(configs)]
        self._server_count += 1
        family = doors.UNIX if config["family"] == socket.AF_UNIX else doors.INET
        door = doors.door(xmlrpc_commands, family, bool(config["username"]))
        if door.is_mistake:
            self._supervisord.options.logger.error(f"supvisors: {door.why}")
        return door

    def _on_running(self, _event: Any) -> None:
        supervisord = self._supervisord
        socket_map = supervisord.options.get_socket_map()
        wakeups = Wakeups(self._guard, self._group_to_pop)
        self._verbs = Verbs(supervisord, wakeups.soon)
        self._tap.begin(wakeups)
        listener = Listener(
            self._guard,
            options.TAP_PATH,
            lambda pid: pid == self._program.pid(),
            self._hello,
            self._tap,
            options.BOOT,
            self._line_of_agent,
            lambda: self._on_close(wakeups),
        )
        # from here on supervisord closes it, whatever becomes of the rest
        supervisord.options.httpservers.append((SERVER_CONFIG, listener))
        self._guard.wrap(wakeups.open, None)(supervisord.options.poller, socket_map)
        self.calls.socket_map = socket_map
        self.calls.connection = lambda: listener.commands
        try:
            listener.open(socket_map, self._program.uid())
        except OSError as error:
            self._program.refuse(
                f"cannot make the socket {options.TAP_PATH} ({error}): "
                "let TMPDIR name a directory that supervisord may write to, and restart it"
            )

    def _on_close(self, wakeups: Wakeups) -> None:
        self._guard.wrap(wakeups.close, None)()
        self._tap.end()
        if self._supervisord.options.mood < 0:  # a shutdown: nobody comes back
            self._guard.wrap(_remove_run_directory, None)()
        self._guard.logger = None  # it is closed now; after a reload there is another

    def _hello(self) -> dict[str, Any]:
        supervisor_options = self._supervisord.options
        collected: options.Collected = supervisor_options.supvisors
        return {
            "type": "hello",
            "v": TAP_VERSION,
            "boot": options.BOOT,
            "supervisord_pid": os.getpid(),
            "identifier": supervisor_options.identifier,
            "file": collected.file,
            "options": collected.options,
            "problems": collected.problems,
        }

    def _line_of_agent(self, commands: Commands, line: dict[str, Any]) -> None:
        self._program.beat()
        if "do" in line:
            assert self._verbs is not None
            done = self._guard.wrap(self._verbs.perform, None)(line)
            commands.send(done or failed(line))
            return
        match line.get("type"):
            case "answer":
                self.calls.answered(line)
            case "refused":
                self._program.refuse(str(line.get("text")))
                self.calls.look_again()
            case "serves":
                self._program.serves()

    def _group_to_pop(self) -> bool:
        """Tell that supervisord, which stops, can pass to its next group at once.

        It passes one group per turn; with fifteen that have stopped, fifteen seconds.
        """
        groups = self._supervisord.stop_groups
        return bool(groups) and not groups[-1].get_unstopped_processes()


def _remove_run_directory() -> None:
    if os.path.isdir(options.RUN_DIRECTORY):
        shutil.rmtree(options.RUN_DIRECTORY)
