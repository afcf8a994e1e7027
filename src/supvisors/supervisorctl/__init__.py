"""Commands of Supvisors in supervisorctl.

Holds: the factory that `[ctlplugin:supvisors]` names; what runs the commands of `table.py`,
whose words `words.py` reads and whose results `texts.py` forms.
Must not touch: anything but the standard library and `supervisor`; what a command means.
Invariants: every fault is printed with its reason, and sets the exit status that Supervisor's
own commands set for it.
Tests: tests/cli/test_supervisorctl.py, tests/live/test_supervisorctl.py.
"""

from __future__ import annotations

from typing import Any
from xmlrpc.client import Fault

from supervisor.supervisorctl import ControllerPluginBase, LSBInitExitStatuses
from supervisor.xmlrpc import Faults

from supvisors.supervisorctl.table import COMMANDS, Command
from supvisors.supervisorctl.texts import Lines, tree
from supvisors.supervisorctl.words import UsageError, read, usage

__all__ = ["make_supvisors_controller_plugin"]


class SupvisorsControllerPlugin(ControllerPluginBase):  # type: ignore[misc]  # it has no types
    """The commands above, as supervisorctl looks for them: `do_NAME` and `help_NAME`."""

    def do_help(self, arg: str) -> None:
        """Explain a command of ours; of others, others know."""
        if not arg or arg in COMMANDS:
            super().do_help(arg)

    def _do(self, name: str, line: str) -> None:
        command = COMMANDS[name]
        try:
            about, params = ("", []) if command.one else read(command.params, line)
        except UsageError as error:
            self.ctl.output(f"Error: {name}: {error}")
            self.ctl.exitstatus = LSBInitExitStatuses.INVALID_ARGS
            self._help(name)
            return
        if not self.ctl.upcheck() or not self._confirmed(command):
            return
        if command.one and line.split():
            for word in line.split():
                self._call(name, command.one, word, [word])
        else:
            self._call(name, command.method, about, params)

    def _confirmed(self, command: Command) -> bool:
        if not command.asks or not self.ctl.options.interactive:
            return True
        return input(command.asks).lower().startswith("y")

    def _call(self, name: str, method: str, about: str, params: list[object]) -> None:
        try:
            result = getattr(self.ctl.get_server_proxy("supvisors"), method)(*params)
        except Fault as fault:
            self._say_fault(about or name, method, fault)
            return
        for line in self._lines(COMMANDS[name], about, params, result):
            self.ctl.output(line)

    def _lines(self, command: Command, about: str, params: list[object], result: Any) -> Lines:
        if command.done and result is True:
            waits = dict(zip(command.params.split(), params, strict=True)).get("wait", True)
            done = command.done if waits else f"to be {command.done}"
            return [f"{about}: {done}" if about else done]
        if command.lines is None:
            return tree(result)
        return command.lines([result] if command.one and isinstance(result, dict) else result)

    def _say_fault(self, about: str, method: str, fault: Fault) -> None:
        text = fault.faultString
        if text == "UNKNOWN_METHOD":
            text = (
                f"this supervisord does not know supvisors.{method}: add [rpcinterface:supvisors] "
                "to its configuration, or restart it after an upgrade"
            )
        self.ctl.output(f"{about}: ERROR ({text})")
        if fault.faultCode == Faults.UNKNOWN_METHOD:
            self.ctl.exitstatus = LSBInitExitStatuses.UNIMPLEMENTED_FEATURE
        else:
            self.ctl.set_exitstatus_from_xmlrpc_fault(fault.faultCode)

    def _help(self, name: str) -> None:
        command = COMMANDS[name]
        takes = "[<name> …]" if command.one else usage(command.params)
        self.ctl.output(f"{' '.join([name, takes]).rstrip()}\t{command.text}")


def _add_methods(name: str) -> None:
    def do(plugin: SupvisorsControllerPlugin, line: str) -> None:
        plugin._do(name, line)

    def explain(plugin: SupvisorsControllerPlugin) -> None:
        plugin._help(name)

    setattr(SupvisorsControllerPlugin, f"do_{name}", do)
    setattr(SupvisorsControllerPlugin, f"help_{name}", explain)


for _name in COMMANDS:
    _add_methods(_name)


def make_supvisors_controller_plugin(controller: Any, **options: str) -> SupvisorsControllerPlugin:
    """Return the commands of Supvisors for one supervisorctl.

    Args:
        controller: Supervisor's `Controller`.
        options: further options of `[ctlplugin:supvisors]`: none is known.
    """
    for name in sorted(options):
        controller.output(f"supvisors: nobody reads '{name}' of [ctlplugin:supvisors]: remove it")
    return SupvisorsControllerPlugin(controller)
