"""The XML-RPC namespace `supvisors` on supervisord's HTTP servers.

Holds: one method for each command, which forwards it to the agent.
Must not touch: what a command means: the agent's table of commands knows that.
Invariants: every method is listed on every server, and refused where its door is shut.
Tests: tests/plugin/test_rpc.py, tests/live/test_rpc.py.
"""

from __future__ import annotations

from typing import Any

from supervisor.xmlrpc import Faults, RPCError

from supvisors.plugin.calls import Calls
from supvisors.plugin.doors import Door


class SupvisorsRPCInterface:
    """What `supvisors.*` offers. Supervisor lists the methods defined in this very class.

    Args:
        door: what its HTTP server lets through.
    """

    def __init__(self, calls: Calls, door: Door) -> None:
        self._calls = calls
        self._door = door

    def _inform(self, method: str, params: tuple[Any, ...], wait: Any = False) -> Any:
        """Forward what informs, or what controls this address alone."""
        return self._forward(self._door.refusal(method), method, params, wait)

    def _control(self, method: str, params: tuple[Any, ...], wait: Any = False) -> Any:
        """Forward what reaches other hosts."""
        return self._forward(self._door.control_refusal(method), method, params, wait)

    def _forward(self, refusal: str, method: str, params: tuple[Any, ...], wait: Any) -> Any:
        if refusal:
            raise RPCError(Faults.FAILED, refusal)
        return self._calls.forward(method, params, wait=bool(wait))

    # --- what informs ----------------------------------------------------------------------

    def get_api_version(self) -> Any:
        """Return the version of the supvisors namespace.

        @return string result  The version.
        """
        return self._inform("get_api_version", ())

    def get_supvisors_state(self) -> Any:
        """Return the state of Supvisors, with the keys of the `supvisors` status.

        @return struct result  The state.
        """
        return self._inform("get_supvisors_state", ())

    def get_master_address(self) -> Any:
        """Return the name of the address that is the master, empty when there is none.

        @return string result  The name of the address.
        """
        return self._inform("get_master_address", ())

    def get_address_info(self, address_name: Any) -> Any:
        """Return what is known of an address, with the keys of the `address` status.

        @param string address_name  The name of the address.
        @return struct result  The status.
        """
        return self._inform("get_address_info", (address_name,))

    def get_all_addresses_info(self) -> Any:
        """Return what is known of all addresses, in the order of `address_list`.

        @return array result  The statuses.
        """
        return self._inform("get_all_addresses_info", ())

    def get_application_info(self, application_name: Any) -> Any:
        """Return what is known of an application, with the keys of the `application` status.

        @param string application_name  The name of the application.
        @return struct result  The status.
        """
        return self._inform("get_application_info", (application_name,))

    def get_all_applications_info(self) -> Any:
        """Return what is known of all applications, by name.

        @return array result  The statuses.
        """
        return self._inform("get_all_applications_info", ())

    def get_process_info(self, namespec: Any) -> Any:
        """Return what is known of a process, with the keys of the `process` status.

        @param string namespec  The name of the process, or `group:*` for a whole group.
        @return array result  The statuses.
        """
        return self._inform("get_process_info", (namespec,))

    def get_all_process_info(self) -> Any:
        """Return what is known of all processes, by name.

        @return array result  The statuses.
        """
        return self._inform("get_all_process_info", ())

    def get_status(self) -> Any:
        """Return all that is known at one instant, and what an operator should look at.

        Its keys are `supvisors`, `addresses`, `applications` and `processes` with the
        statuses, `master` with the name of the master's address, empty when there is none,
        and `warnings` with sentences.

        @return struct result  The statuses.
        """
        return self._inform("get_status", ())

    def get_strategies(self) -> Any:
        """Return which strategies are in force, and which there are.

        @return struct result  The strategies.
        """
        return self._inform("get_strategies", ())

    def get_application_rules(self, application_name: Any) -> Any:
        """Return what the rules say of an application.

        @param string application_name  The name of the application.
        @return struct result  The rules.
        """
        return self._inform("get_application_rules", (application_name,))

    def get_process_rules(self, namespec: Any) -> Any:
        """Return what the rules say of a process.

        @param string namespec  The name of the process, or `group:*` for a whole group.
        @return array result  The rules.
        """
        return self._inform("get_process_rules", (namespec,))

    def get_conflicts(self) -> Any:
        """Return the processes that run more often than their rules want.

        @return array result  The statuses of the processes.
        """
        return self._inform("get_conflicts", ())

    def get_plans(self) -> Any:
        """Return the plans of the master that are under way, and how far they are.

        @return array result  The plans.
        """
        return self._inform("get_plans", ())

    def why(self, namespec: Any) -> Any:
        """Return why a process is where it is, and why it is nowhere else.

        @param string namespec  The name of the process.
        @return struct result  The rule that applied, refused addresses, last transitions.
        """
        return self._inform("why", (namespec,))

    def get_process_facts(self, namespec: Any) -> Any:
        """Return what each address knows of a process: exit code, signal, run time, restarts.

        @param string namespec  The name of the process, or `group:*` for a whole group.
        @return array result  The facts; those that there are none of are empty.
        """
        return self._inform("get_process_facts", (namespec,))

    # --- what controls this address --------------------------------------------------------

    def start_args(self, namespec: Any, extra_args: Any = "", wait: Any = True) -> Any:
        """Start a process of this address with arguments added to its command line.

        @param string namespec  The name of the process, or `group:*` for a whole group.
        @param string extra_args  The arguments, as in a shell; empty for none.
        @param boolean wait  Return when it runs or has failed, not when it was ordered.
        @return boolean result  Always true unless there is a fault.
        """
        return self._inform("start_args", (namespec, extra_args, wait), wait)

    # --- what reaches other hosts ----------------------------------------------------------

    def tail_process(
        self, namespec: Any, address_name: Any = "", channel: Any = "stdout", length: Any = 1600
    ) -> Any:
        """Return the end of what a process wrote, on whatever address.

        @param string namespec  The name of the process.
        @param string address_name  Where; empty for where it runs.
        @param string channel  What it wrote to: `stdout` or `stderr`.
        @param int length  How many bytes.
        @return string result  The text.
        """
        return self._control("tail_process", (namespec, address_name, channel, length))

    def start_application(self, strategy: Any, application_name: Any, wait: Any = True) -> Any:
        """Start an application in the order of its rules.

        @param string strategy  A starting strategy, by name or number; empty for the rules'.
        @param string application_name  The name of the application.
        @param boolean wait  Return when it runs or has failed, not when it was ordered.
        @return boolean result  Always true unless there is a fault.
        """
        return self._control("start_application", (strategy, application_name, wait), wait)

    def stop_application(self, application_name: Any, wait: Any = True) -> Any:
        """Stop an application in the order of its rules, wherever it runs.

        @param string application_name  The name of the application.
        @param boolean wait  Return when it has stopped, not when it was ordered.
        @return boolean result  Always true unless there is a fault.
        """
        return self._control("stop_application", (application_name, wait), wait)

    def restart_application(self, strategy: Any, application_name: Any, wait: Any = True) -> Any:
        """Stop an application, then start it, both in the order of its rules.

        @param string strategy  A starting strategy, by name or number; empty for the rules'.
        @param string application_name  The name of the application.
        @param boolean wait  Return when it runs again or has failed, not when it was ordered.
        @return boolean result  Always true unless there is a fault.
        """
        return self._control("restart_application", (strategy, application_name, wait), wait)

    def start_process(
        self, strategy: Any, namespec: Any, extra_args: Any = "", wait: Any = True
    ) -> Any:
        """Start a process where its rules and the strategy say.

        @param string strategy  A starting strategy, by name or number; empty for the rules'.
        @param string namespec  The name of the process, or `group:*` for a whole group.
        @param string extra_args  The arguments, as in a shell; empty for none.
        @param boolean wait  Return when it runs or has failed, not when it was ordered.
        @return boolean result  Always true unless there is a fault.
        """
        return self._control("start_process", (strategy, namespec, extra_args, wait), wait)

    def stop_process(self, namespec: Any, wait: Any = True) -> Any:
        """Stop a process on every address where it runs.

        @param string namespec  The name of the process, or `group:*` for a whole group.
        @param boolean wait  Return when it has stopped everywhere, not when it was ordered.
        @return boolean result  Always true unless there is a fault.
        """
        return self._control("stop_process", (namespec, wait), wait)

    def restart_process(
        self, strategy: Any, namespec: Any, extra_args: Any = "", wait: Any = True
    ) -> Any:
        """Stop a process everywhere, then start it where its rules and the strategy say.

        @param string strategy  A starting strategy, by name or number; empty for the rules'.
        @param string namespec  The name of the process, or `group:*` for a whole group.
        @param string extra_args  The arguments, as in a shell; empty for none.
        @param boolean wait  Return when it runs again or has failed, not when it was ordered.
        @return boolean result  Always true unless there is a fault.
        """
        return self._control("restart_process", (strategy, namespec, extra_args, wait), wait)

    def rolling_restart(self, namespec: Any, at_a_time: Any = 1, wait: Any = True) -> Any:
        """Restart processes some at a time, and no more of them after one has failed.

        @param string namespec  The name of the process, or `group:*` for a whole group.
        @param int at_a_time  How many are down at a time.
        @param boolean wait  Return when all run again or one failed, not when it was ordered.
        @return boolean result  Always true unless there is a fault.
        """
        return self._control("rolling_restart", (namespec, at_a_time, wait), wait)

    def conciliate(self, strategy: Any) -> Any:
        """Resolve the conflicts that wait for an operator.

        @param string strategy  A conciliation strategy, by name or number.
        @return boolean result  Always true unless there is a fault.
        """
        return self._control("conciliate", (strategy,))

    def restart(self) -> Any:
        """Stop everything in the order of the rules, and restart every supervisord.

        @return boolean result  Always true unless there is a fault.
        """
        return self._control("restart", ())

    def shutdown(self) -> Any:
        """Stop everything in the order of the rules, and shut every supervisord down.

        @return boolean result  Always true unless there is a fault.
        """
        return self._control("shutdown", ())

    def enable(self, namespec: Any) -> Any:
        """Let a process that was disabled, or stopped by an operator, be started again.

        @param string namespec  The name of the process, or `group:*` for a whole group.
        @return boolean result  Always true unless there is a fault.
        """
        return self._control("enable", (namespec,))

    def disable(self, namespec: Any) -> Any:
        """Let nobody start a process until it is enabled; one that runs goes on.

        @param string namespec  The name of the process, or `group:*` for a whole group.
        @return boolean result  Always true unless there is a fault.
        """
        return self._control("disable", (namespec,))

    def drain(self, address_name: Any, wait: Any = True) -> Any:
        """Move the managed programs of an address elsewhere, and start none there.

        @param string address_name  The name of the address.
        @param boolean wait  Return when all have moved, not when it was ordered.
        @return boolean result  Always true unless there is a fault.
        """
        return self._control("drain", (address_name, wait), wait)

    def undrain(self, address_name: Any) -> Any:
        """Let programs be started on an address again that was drained.

        @param string address_name  The name of the address.
        @return boolean result  Always true unless there is a fault.
        """
        return self._control("undrain", (address_name,))

    def fence(self, address_name: Any) -> Any:
        """Isolate an address from all others until it is unfenced; it goes on by itself.

        @param string address_name  The name of another address than the one that is asked.
        @return boolean result  Always true unless there is a fault.
        """
        return self._control("fence", (address_name,))

    def unfence(self, address_name: Any) -> Any:
        """Let an address that was fenced come back.

        @param string address_name  The name of another address than the one that is asked.
        @return boolean result  Always true unless there is a fault.
        """
        return self._control("unfence", (address_name,))

    def reload_rules(self) -> Any:
        """Let every address read its rules file anew, or go on with what it has.

        @return string result  What became of it, a line for each address.
        """
        return self._control("reload_rules", ())
