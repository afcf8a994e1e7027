"""The commands of Supvisors in a real supervisorctl, with the real agent behind them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from supervisor.supervisorctl import LSBInitExitStatuses

from supvisors.model import BY_AUTOSTART
from tests.live.harness import BASE, Site, wait_for

PLUGIN = """
[ctlplugin:supvisors]
supervisor.ctl_factory = supvisors.supervisorctl:make_supvisors_controller_plugin
"""
PROGRAMS = """
    [program:camera]
    command = sh -c "echo seen; exec sleep 1000"
    startsecs = 0
    [program:radio]
    command = sleep 1000
    startsecs = 0
    autostart = false
"""


@pytest.fixture
def serving(site: Site) -> Site:
    """A host with a program that runs and one that does not."""
    site.write(PROGRAMS, base=BASE + PLUGIN)
    site.start()
    wait_for(lambda: "camera:camera  RUNNING  alpha" in ctl(site, "sprocesses", "camera"))
    return site


def ctl(site: Site, *words: str, status: int = LSBInitExitStatuses.SUCCESS) -> str:
    """Run supervisorctl, which ends with this exit status; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "supervisor.supervisorctl", "-c", str(site.conf), *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (status, "")
    return done.stdout


def test_what_informs(serving: Site) -> None:
    assert ctl(serving, "sversion")[0].isdigit()
    assert ctl(serving, "sstate") == "OPERATION\n"
    assert ctl(serving, "smaster") == "alpha\n"
    assert ctl(serving, "saddresses").startswith("alpha  RUNNING")
    assert "camera     RUNNING" in ctl(serving, "sapplications")
    assert ctl(serving, "sapplications", "radio") == "radio  STOPPED\n"
    processes = ctl(serving, "sprocesses")
    assert "camera:camera        RUNNING  alpha" in processes
    status = ctl(serving, "sstatus")
    assert status.startswith("OPERATION, master alpha")
    assert processes in status
    assert "starting_strategy: CONFIG" in ctl(serving, "sstrategies")
    assert "application_name: camera" in ctl(serving, "sapplication_rules", "camera")
    assert "process_name: camera" in ctl(serving, "sprocess_rules", "camera")
    assert ctl(serving, "splans") == ctl(serving, "sconflicts") == "none\n"
    assert f"why: {BY_AUTOSTART}" in ctl(serving, "swhy", "camera")
    assert f"cause: {BY_AUTOSTART}" in ctl(serving, "sprocess_facts", "camera")
    serving.wait_output("camera", "seen")
    assert ctl(serving, "stail", "--bytes=5", "camera") == "seen\n"
    assert "supvisors commands" in ctl(serving, "help")


def test_what_controls(serving: Site) -> None:
    serving.wait_executed()
    assert ctl(serving, "sstop_process", "camera") == "camera: stopped\n"
    assert serving.info("camera")["statename"] == "STOPPED"
    assert ctl(serving, "sstart_args", "radio") == "radio: started\n"
    assert serving.info("radio")["statename"] == "RUNNING"
    assert ctl(serving, "sdisable", "camera") == "camera: disabled\n"
    assert ctl(serving, "senable", "camera") == "camera: enabled\n"


def test_what_is_refused(serving: Site) -> None:
    unknown = ctl(serving, "sstop_process", "nobody", status=LSBInitExitStatuses.GENERIC)
    assert unknown.startswith("nobody: ERROR (BAD_NAME: no process is named 'nobody'")
    stopped = ctl(serving, "sstop_process", "radio", status=LSBInitExitStatuses.NOT_RUNNING)
    assert "NOT_RUNNING" in stopped
    words = ctl(serving, "sfence", status=LSBInitExitStatuses.INVALID_ARGS)
    assert "<address> is missing" in words
