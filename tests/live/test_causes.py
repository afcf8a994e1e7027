"""Each change of a process tells why it was started or stopped last, how often Supervisor started
it again by itself, and whether it is about to; its list tells what its configuration says."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from supvisors.model import (
    BY_AUTORESTART,
    BY_AUTOSTART,
    BY_COMMAND,
    BY_RELOAD,
    BY_SHUTDOWN,
    ProcessState,
)
from tests.live.harness import Site
from tests.live.probe import Probe

STARTING, RUNNING, BACKOFF = ProcessState.STARTING, ProcessState.RUNNING, ProcessState.BACKOFF
STOPPING, STOPPED = ProcessState.STOPPING, ProcessState.STOPPED
EXITED, FATAL = ProcessState.EXITED, ProcessState.FATAL

SLEEPER = """
    [program:sleeper]
    command = sleep 1000
    startsecs = 0
    autorestart = {autorestart}
    startretries = 7
    stopwaitsecs = 11
"""


def changes(probe: Probe, name: str) -> list[tuple[int, str, int, bool]]:
    """Return what each change of a process told."""
    lines = probe.told.lines("ProcessChanged", name=name)
    return [(i["state"], i["cause"], i["restarts"], i["again"]) for i in lines]


def cause_of(probe: Probe, count: int = 1, **keys: object) -> str:
    cause: str = probe.told.wait("ProcessChanged", count, **keys)["cause"]
    return cause


def kill(site: Site, probe: Probe, count: int) -> None:
    """Kill the sleeper in the run that is its `count`th."""
    pid = probe.told.wait("ProcessChanged", count, name="sleeper", state=RUNNING)["pid"]
    site.wait_executed()
    os.kill(pid, signal.SIGKILL)


def test_what_supervisor_starts_by_itself(site: Site, probe: Probe) -> None:
    site.write(SLEEPER.format(autorestart="unexpected"))
    site.start()
    kill(site, probe, 1)
    kill(site, probe, 2)
    probe.told.wait("ProcessChanged", 3, name="sleeper", state=RUNNING)
    assert changes(probe, "sleeper") == [
        (STARTING, BY_AUTOSTART, 0, False),
        (RUNNING, BY_AUTOSTART, 0, False),
        (EXITED, BY_AUTOSTART, 0, True),
        (STARTING, BY_AUTORESTART, 1, False),
        (RUNNING, BY_AUTORESTART, 1, False),
        (EXITED, BY_AUTORESTART, 1, True),
        (STARTING, BY_AUTORESTART, 2, False),
        (RUNNING, BY_AUTORESTART, 2, False),
    ]


def test_what_is_ordered_and_what_is_commanded(site: Site, probe: Probe) -> None:
    site.write(SLEEPER.format(autorestart="true"))
    site.start()
    kill(site, probe, 1)
    probe.told.wait("ProcessChanged", 2, name="sleeper", state=RUNNING)
    site.wait_executed()
    assert probe.do("stop", namespec="sleeper", cause="conciliation") == ("", "")
    probe.told.wait("ProcessChanged", name="sleeper", state=STOPPED)
    assert probe.do("start", namespec="sleeper", cause="rule of rank 2") == ("", "")
    probe.told.wait("ProcessChanged", 3, name="sleeper", state=RUNNING)
    site.wait_executed()
    site.ctl("restart", "sleeper")
    probe.told.wait("ProcessChanged", 4, name="sleeper", state=RUNNING)
    assert changes(probe, "sleeper")[3:] == [
        *((state, BY_AUTORESTART, 1, False) for state in (STARTING, RUNNING)),
        *((state, "conciliation", 1, False) for state in (STOPPING, STOPPED)),
        *((state, "rule of rank 2", 0, False) for state in (STARTING, RUNNING)),
        *((state, BY_COMMAND, 0, False) for state in (STOPPING, STOPPED)),
        *((state, BY_COMMAND, 0, False) for state in (STARTING, RUNNING)),
    ]


def test_a_further_try_keeps_the_cause_of_its_start(site: Site, probe: Probe) -> None:
    site.write(
        """
        [program:quick]
        command = sh -c "exit 7"
        startretries = 1
        autostart = false
        autorestart = true
        """
    )
    site.start()
    assert probe.do("start", namespec="quick", cause="a rule") == ("", "")
    probe.told.wait("ProcessChanged", name="quick", state=FATAL)
    assert changes(probe, "quick") == [
        (state, "a rule", 0, False) for state in (STARTING, BACKOFF, STARTING, BACKOFF, FATAL)
    ]


@pytest.mark.parametrize(
    ("autorestart", "code", "again"),
    [("false", 3, False), ("unexpected", 3, True), ("unexpected", 0, False), ("true", 0, True)],
)
def test_who_is_about_to_be_started_again(
    site: Site, probe: Probe, autorestart: str, code: int, again: bool
) -> None:
    site.write(
        f"""
        [program:one]
        command = sh -c "sleep 0.1; exit {code}"
        startsecs = 0
        autorestart = {autorestart}
        stopasgroup = true
        """
    )
    site.start()
    ended = probe.told.wait("ProcessChanged", name="one", state=EXITED)
    assert (ended["again"], ended["cause"]) == (again, BY_AUTOSTART)
    if again:
        probe.told.wait("ProcessChanged", 2, name="one", state=STARTING)
    else:
        site.ctl("start", "one")
        assert cause_of(probe, 2, name="one", state=STARTING) == BY_COMMAND


BACKS_OFF = """
    [program:quick]
    command = sh -c "exit 7"
    startretries = 1000
    autostart = false
"""


@pytest.mark.parametrize(("verb", "cause"), [("restart", BY_RELOAD), ("shutdown", BY_SHUTDOWN)])
def test_a_supervisord_that_leaves(site: Site, probe: Probe, verb: str, cause: str) -> None:
    site.write(SLEEPER.format(autorestart="true") + BACKS_OFF)
    site.start()
    assert probe.do("start", namespec="quick", cause="a rule") == ("", "")
    assert cause_of(probe, name="quick", state=BACKOFF) == "a rule"
    probe.told.wait("ProcessChanged", name="sleeper", state=RUNNING)
    site.wait_executed()
    probe.say({"do": verb})
    for state in (STOPPING, STOPPED):
        assert cause_of(probe, name="sleeper", state=state) == cause
    assert cause_of(probe, name="quick", state=FATAL) == cause, "it is given up, not stopped"
    if verb == "shutdown":
        site.wait_ended()
        return
    reset = probe.told.wait("GroupsReset")
    assert {process["cause"] for process in reset["processes"]} == {""}
    site.wait_ready()


def test_a_list_tells_facts_and_configuration(site: Site, probe: Probe) -> None:
    site.write(SLEEPER.format(autorestart="true"))
    site.start()
    kill(site, probe, 1)
    probe.told.wait("ProcessChanged", 2, name="sleeper", state=RUNNING)
    os.kill(site.agent_pid(), signal.SIGKILL)
    site.wait_ready()
    again = probe.told.wait("Loaded", 2)
    assert _process(again)["timing"] == {"startsecs": 0, "startretries": 7, "stopwaitsecs": 11}
    assert (_process(again)["cause"], _process(again)["restarts"]) == (BY_AUTORESTART, 1)


def _process(loaded: dict[str, Any]) -> dict[str, Any]:
    (found,) = (p for p in loaded["processes"] if p["name"] == "sleeper")
    return dict(found)
