"""Facts 8 to 10 and 16 of test_plugin_facts.py: the agent as a program of supervisord.

The program is the one that the plugin adds; a stand-in for the agent runs in it.
"""

from __future__ import annotations

import os
import pwd
import signal
import socket
import stat
import sys
import time
from pathlib import Path
from xmlrpc.client import Fault

import pytest

from supvisors.model import ProcessState
from tests.live.harness import Site, alive, wait_for
from tests.live.probe import Probe

STARTING, RUNNING = ProcessState.STARTING, ProcessState.RUNNING
STOPPING, STOPPED = ProcessState.STOPPING, ProcessState.STOPPED

SLEEPER = """
    [program:sleeper]
    command = sleep 1000
    startsecs = 0
"""

TWO = (
    SLEEPER
    + """
    [program:early]
    command = sleep 1000
    startsecs = 0
    priority = 0
"""
)


def tap_of(probe: Probe) -> Path:
    """Return the path of the tap's socket, once there is one."""
    probe.told.wait("Hello")
    (path,) = probe.site.tmpdir.glob("*/tap.sock")
    return path


# --- fact 8: the program without a section ------------------------------------------------


def test_fact_08_the_program_survives_reread_and_update_as_it_is(site: Site, probe: Probe) -> None:
    site.write(SLEEPER)
    site.start()
    pid = site.agent_pid()
    assert "No config updates" in site.ctl("reread")
    assert site.ctl("update") == ""
    site.write(TWO)
    assert site.ctl("update").strip() == "early: added process group"
    probe.told.wait("ProcessChanged", name="early", state=RUNNING)
    assert site.agent_pid() == pid


def test_fact_08_the_program_survives_a_reload(site: Site, probe: Probe) -> None:
    site.write(SLEEPER)
    site.start()
    before = site.agent_pid()
    site.rpc().supervisor.restart()
    probe.told.wait("Hello", 2)
    site.wait_ready()
    assert site.agent_pid() != before
    assert sorted(site.states()) == ["sleeper:sleeper", "supvisors:supvisors"]
    assert "No config updates" in site.ctl("reread")


def test_fact_08_a_program_that_the_user_wrote_wins(site: Site, probe: Probe) -> None:
    site.write(
        f"""
        [program:supvisors]
        command = {sys.executable} -P -m supvisors.agent
        environment = MINE="yes",
        startsecs = 0
        priority = 7
        """
    )
    site.start()
    (config,) = site.rpc().supervisor.getAllConfigInfo()
    assert (config["startsecs"], config["group_prio"]) == (0, 7)
    environ = Path(f"/proc/{site.agent_pid()}/environ").read_bytes().split(b"\0")
    assert b"MINE=yes" in environ
    assert f"SUPVISORS_TAP={tap_of(probe)}".encode() in environ
    assert site.ctl("update") == ""


def test_fact_08_options_are_handed_over_expanded(site: Site, probe: Probe) -> None:
    more = site.directory / "more"
    more.mkdir()
    more.joinpath("site.conf").write_text("[supvisors]\nstate_dir = %(here)s/state\n")
    site.environment["COLOUR"] = "blue"
    site.write(
        supvisors="""
        logfile = %(here)s/agent.log
        loglevel = %(ENV_COLOUR)s
        rules_file = %(nothing)s
        [include]
        files = more/*.conf
        """
    )
    site.start()
    hello = probe.told.wait("Hello")
    assert hello["options"] == {
        "logfile": f"{site.directory}/agent.log",
        "loglevel": "blue",
        "rules_file": "%(nothing)s",
        "state_dir": f"{more}/state",
    }
    assert list(hello["problems"]) == ["rules_file"]
    assert "nothing" in hello["problems"]["rules_file"]


# --- fact 9: first started, last stopped ---------------------------------------------------


def test_fact_09_the_agent_is_started_first_and_hears_every_stop(site: Site, probe: Probe) -> None:
    site.write(TWO)
    site.start()
    probe.told.wait("ProcessChanged", name="sleeper", state=RUNNING)
    site.wait_state("supvisors", "RUNNING")
    assert site.stop() == 0
    changes = [(line["name"], line["state"]) for line in probe.told.lines("ProcessChanged")]
    assert [name for name, state in changes if state == STARTING] == [
        "supvisors",
        "early",
        "sleeper",
    ]
    assert changes[-5:] == [
        ("sleeper", STOPPING),
        ("sleeper", STOPPED),
        ("early", STOPPING),
        ("early", STOPPED),
        ("supvisors", STOPPING),
    ]


def test_fact_09_stop_all_spares_the_agent(site: Site, probe: Probe) -> None:
    site.write(TWO)
    site.start()
    probe.told.wait("ProcessChanged", name="sleeper", state=RUNNING)
    site.wait_executed()
    pid = site.agent_pid()
    assert sorted(site.ctl("stop", "all").split("\n")) == ["", "early: stopped", "sleeper: stopped"]
    for name in ("early", "sleeper"):
        probe.told.wait("ProcessChanged", name=name, state=STOPPED)
    assert site.agent_pid() == pid
    site.ctl("restart", "all")
    probe.told.wait("ProcessChanged", 2, name="sleeper", state=RUNNING)
    assert site.agent_pid() == pid


def test_fact_09_an_agent_that_is_stopped_by_name_stays_stopped(site: Site, probe: Probe) -> None:
    site.write(SLEEPER)
    site.start()
    assert site.ctl("stop", "supvisors") == "supvisors: stopped\n"
    for verb in ("stop", "start"):  # so that supervisord has had something to do since
        site.ctl(verb, "sleeper")
    assert site.info("supvisors")["statename"] == "STOPPED"
    assert site.ctl("start", "supvisors") == "supvisors: started\n"
    probe.told.wait("ProcessChanged", 2, name="sleeper", state=RUNNING)


def test_a_refusal_ends_in_fatal_and_says_why_everywhere(site: Site, probe: Probe) -> None:
    words = "event_port = sixty: it is no number: write one"
    site.write(SLEEPER, supvisors=f"refuse = {words}")
    site.start(ready=False)
    assert words in site.wait_state("supvisors", "FATAL")["spawnerr"]
    assert f"supvisors: {words}" in site.log()
    assert site.info("sleeper")["statename"] == "RUNNING"
    assert len(probe.told.lines("Hello")) == 1, "it is not tried again and again"
    with pytest.raises(Fault, match="event_port = sixty") as fault:
        site.rpc().supvisors.get_supvisors_state()
    assert fault.value.faultString == f"FAILED: {words}"

    again = site.ctl("start", "supvisors")
    assert "supvisors: ERROR" in again
    assert "Traceback" not in again
    site.wait_state("supvisors", "FATAL")
    site.write(SLEEPER)
    assert site.ctl("update") == ""
    assert site.ctl("start", "supvisors") == "supvisors: started\n"
    site.wait_ready()


# --- fact 10: who may connect, and who goes with whom --------------------------------------


def test_fact_10_the_agent_ends_with_a_supervisord_that_was_killed(site: Site) -> None:
    site.write(SLEEPER)
    site.start()  # with the agent itself, which also removes what supervisord cannot
    agent, sleeper = site.agent_pid(), site.info("sleeper")["pid"]
    site.kill()
    wait_for(lambda: not alive(agent), "the agent ends")
    assert list(site.tmpdir.iterdir()) == []
    assert alive(sleeper), "supervised programs are left alone"
    site.end_processes()


def test_fact_10_the_socket_is_the_agents_alone(site: Site, probe: Probe) -> None:
    site.write(SLEEPER)
    site.start()
    path = tap_of(probe)
    for entry, mode in ((path, 0o600), (path.parent, 0o700)):
        status = entry.stat()
        assert stat.S_IMODE(status.st_mode) == mode
        assert status.st_uid == os.getuid()
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(str(path))
        stranger.settimeout(10)
        assert stranger.recv(1) == b""
    assert f"refused a connection of process {os.getpid()}: it is not the agent" in site.log()
    assert probe.do("stop", namespec="sleeper") == ("", "")


def test_fact_10_the_agent_runs_as_the_user_that_is_named(site: Site, probe: Probe) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    site.tmpdir.chmod(0o711)
    site.write(SLEEPER, supvisors="user = nobody")
    site.start(ready=False)
    site.wait_state("sleeper", "RUNNING")
    if os.getuid() == 0:
        (path,) = site.tmpdir.glob("*/tap.sock")
        assert path.stat().st_uid == path.parent.stat().st_uid == nobody
        configs = {config["name"]: config for config in site.rpc().supervisor.getAllConfigInfo()}
        assert configs["supvisors"]["uid"] == nobody
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    else:
        problem = probe.told.wait("Hello")["problems"]["user"]
        assert "supervisord does not run as root" in problem


def test_fact_10_a_user_that_does_not_exist_stops_nothing(site: Site, probe: Probe) -> None:
    site.write(SLEEPER, supvisors="user = nobody-of-this-name")
    site.start()
    site.wait_state("sleeper", "RUNNING")
    assert "nobody-of-this-name" in probe.told.wait("Hello")["problems"]["user"]


#: Puts a directory where the socket is to be.
SPOIL = """
import os
from supvisors.plugin import options

def make_rpcinterface(supervisord):
    os.makedirs(options.TAP_PATH, exist_ok=True)
    return object()
"""

WITH_SPOIL = """
    [rpcinterface:spoil]
    supervisor.rpcinterface_factory = spoil:make_rpcinterface
"""


@pytest.mark.parametrize("reload", [False, True])
def test_a_socket_that_cannot_be_made_is_said_and_leaves_nothing(
    site: Site, probe: Probe, reload: bool
) -> None:
    site.module_path("spoil.py").write_text(SPOIL)
    site.write(WITH_SPOIL + SLEEPER)
    site.start(ready=False)
    if reload:
        site.rpc().supervisor.restart()
        wait_for(lambda: site.log().count("cannot make the socket") == 2, "it reloads")
        wait_for(site.answers, "supervisord answers")
    site.wait_state("sleeper", "RUNNING")
    site.wait_state("supvisors", "FATAL")
    with pytest.raises(Fault, match="let TMPDIR name a directory"):
        site.rpc().supvisors.get_supvisors_state()
    os.kill(site.info("sleeper")["pid"], signal.SIGKILL)
    site.wait_state("sleeper", "RUNNING")
    assert site.stop() == 0
    assert "inside the plugin" not in site.log()
    assert list(site.tmpdir.iterdir()) == []


# --- fact 16: the watchdog -----------------------------------------------------------------


def test_fact_16_a_hanging_agent_is_replaced(site: Site, probe: Probe) -> None:
    site.write(SLEEPER)
    site.start()
    site.wait_state("supvisors", "RUNNING")
    agent = site.agent_pid()
    began_s = time.monotonic()
    os.kill(agent, signal.SIGSTOP)
    # supervisord does all its work meanwhile, and calls of the agent get a fault in time
    site.rpc().supervisor.stopProcess("sleeper")
    site.rpc().supervisor.startProcess("sleeper")
    with pytest.raises(Fault, match="the agent does not answer"):
        site.rpc().supvisors.get_process_info("sleeper")
    assert time.monotonic() - began_s < 15
    probe.told.wait("Hello", 2)
    assert time.monotonic() - began_s < 30
    assert site.agent_pid() != agent
    probe.told.wait("ProcessChanged", 2, name="sleeper", state=RUNNING)
    assert f"the agent (pid {agent}) has not answered" in site.log()
