"""What is due at a time is done at that time, not at the next turn of a poll of one second.

The bounds are far above what is needed and far below what Supervisor alone takes.
"""

from __future__ import annotations

import os
import re
import signal
import time

from supvisors.model import ProcessState
from tests.live.harness import Site, wait_for, wait_program
from tests.live.probe import Probe

STARTING, RUNNING, BACKOFF = ProcessState.STARTING, ProcessState.RUNNING, ProcessState.BACKOFF
STOPPING, STOPPED = ProcessState.STOPPING, ProcessState.STOPPED

#: For eight tries together, of which each would be late by half a second on average.
LATE_MAX_S = 2.0
#: Supervisor takes the date that it counts from just before it changes the state, and a busy
#: machine may hold it up between the two.
DATE_ERROR_S = 0.1


def from_to_s(probe: Probe, name: str, first: ProcessState, then: ProcessState) -> float:
    """Return the time between two states of a process, in s."""
    began_ns, ended_ns = (
        probe.told.wait("ProcessChanged", name=name, state=state)["wall_ns"]
        for state in (first, then)
    )
    return float(ended_ns - began_ns) / 1e9


def test_running_is_told_right_after_startsecs(site: Site, probe: Probe) -> None:
    names = [f"sleeper_{number}" for number in range(8)]
    site.write(
        """
        [program:sleeper]
        process_name = %(program_name)s_%(process_num)d
        numprocs = 8
        command = sleep 1000
        startsecs = 1
        autostart = false
        """
    )
    site.start()
    for count, name in enumerate(names, 1):
        # each begins at another time within the second
        site.rpc().supervisor.startProcess(f"sleeper:{name}", False)
        probe.told.wait("ProcessChanged", count, group="sleeper", state=STARTING)
    late_s = [from_to_s(probe, name, STARTING, RUNNING) - 1 for name in names]
    assert min(late_s) >= -DATE_ERROR_S
    assert sum(late_s) < LATE_MAX_S


def test_a_failed_start_is_tried_again_right_after_its_delay(site: Site, probe: Probe) -> None:
    site.write(
        """
        [program:loser]
        process_name = %(program_name)s_%(process_num)d
        numprocs = 9
        command = sh -c 'sleep 0.%(process_num)d; exit 7'
        startretries = 1
        autostart = false
        """
    )
    site.start()
    site.rpc().supervisor.stopProcess("supvisors")  # whose beats make the loop turn as well
    site.rpc().supervisor.startProcessGroup("loser", False)
    wait_for(lambda: site.log().count("gave up: loser_") == 9, "all fail twice")
    site.rpc().supervisor.startProcess("supvisors")
    late_s = 0.0
    for number in range(9):
        probe.told.wait("ProcessChanged", name=f"loser_{number}", state=ProcessState.FATAL)
        of_it = probe.told.lines("ProcessChanged", name=f"loser_{number}")
        _starting, backoff, again, *_ = of_it
        assert (backoff["state"], again["state"]) == (BACKOFF, STARTING)
        late_s += (again["wall_ns"] - backoff["wall_ns"]) / 1e9 - 1
    assert late_s < LATE_MAX_S


def test_a_process_that_does_not_stop_is_killed_right_after_stopwaitsecs(
    site: Site, probe: Probe
) -> None:
    site.write(
        """
        [program:stubborn]
        process_name = %(program_name)s_%(process_num)d
        numprocs = 8
        command = sh -c "trap '' TERM; sleep 0.%(process_num)d; echo ready; sleep 1000"
        startsecs = 0
        stopwaitsecs = 1
        killasgroup = true
        """
    )
    site.start()
    names = [f"stubborn_{number}" for number in range(8)]
    for name in names:
        site.wait_output("stubborn:" + name, "ready")
        site.rpc().supervisor.stopProcess("stubborn:" + name, False)
    late_s = [from_to_s(probe, name, STOPPING, STOPPED) - 1 for name in names]
    assert min(late_s) >= -DATE_ERROR_S
    assert sum(late_s) < LATE_MAX_S


def test_an_automatic_restart_follows_at_once(site: Site) -> None:
    # nothing else may make the loop turn: no agent, no call, no pipe that ends with the program
    site.write(
        """
        [program:sleeper]
        command = sh -c "exec sleep 1000 >/dev/null 2>&1"
        startsecs = 0
        autorestart = true
        """
    )
    site.start()
    site.rpc().supervisor.stopProcess("supvisors")
    site.wait_executed()

    def last_pid(count: int) -> int:
        """Return the pid of the run after so many restarts, by supervisord's log."""
        pattern = r"spawned: 'sleeper' with pid (\d+)"
        wait_for(lambda: len(re.findall(pattern, site.log())) > count, "it is started again")
        return int(re.findall(pattern, site.log())[-1])

    began_s = time.monotonic()
    for count in range(8):
        pid = last_pid(count)
        wait_program(pid, "sleep")
        os.kill(pid, signal.SIGKILL)
    last_pid(8)
    assert time.monotonic() - began_s < 5, "each of eight would take a second or two"
