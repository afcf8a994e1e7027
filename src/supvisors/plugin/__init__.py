"""What runs inside supervisord.

Holds: the factory that `[rpcinterface:supvisors]` names, and the composition of the tap
(`tap.py`, `records.py`, `held.py`), its socket (`server.py`), the wake-ups (`wake.py`), the
agent's program (`program.py`), the verbs (`verbs.py`), the XML-RPC namespace (`rpc.py`) and
what forwards it (`calls.py`, `doors.py`).
Must not touch: anything but the standard library and `supervisor`; any decision.
Invariants: nothing here ever ends, blocks or slows supervisord; what is not understood is
logged and lived with. Module globals survive a reload.
Tests: tests/plugin/, tests/live/.

Supervisor imports this module while it reads its configuration; that is when the hook of
`options.py` is set. It calls the factory once for each HTTP server, before it daemonises;
sockets are therefore opened at its `SupervisorRunningEvent`.
"""

from __future__ import annotations

from typing import Any

from supvisors.plugin import doors, options
from supvisors.plugin.guard import Guard
from supvisors.plugin.inside import Inside
from supvisors.plugin.program import leave_agent_out_of_stop_all
from supvisors.plugin.rpc import SupvisorsRPCInterface

__all__ = ["make_supvisors_rpcinterface"]

_guard = Guard()
_guard.wrap(options.install, None)(_guard)
_guard.wrap(leave_agent_out_of_stop_all, None)(_guard)
_inside = Inside(_guard)


def make_supvisors_rpcinterface(supervisord: Any, **extras: str) -> SupvisorsRPCInterface:
    """Return the namespace `supvisors` for one HTTP server of supervisord.

    Args:
        supervisord: Supervisor's `Supervisor` object.
        extras: further options of `[rpcinterface:supvisors]`: `xmlrpc_commands`; any other is
            reported, since an exception here would end supervisord.
    """
    _guard.log_to(supervisord.options.logger)
    xmlrpc_commands = extras.pop(doors.OPTION, "")
    _guard.wrap(_inside.attach, None)(supervisord, sorted(extras))
    door = _guard.wrap(_inside.next_door, doors.SHUT)(xmlrpc_commands)
    return SupvisorsRPCInterface(_inside.calls, door)
