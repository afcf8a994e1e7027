"""Every state that Supervisor has reaches a plain client, in the order and form promised.

A real supervisord, its agent and a plain SUB client. For one change of a process the client
hears `event`, then `process`, then `application` when that changed too.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from supvisors.model import PRESENT_STATES, ProcessState
from tests.live.harness import Heard, Site, alive, wait_for

#: Keys and types of every body (the specification of the event interface; semantics, 2).
FORMS: dict[str, dict[str, type]] = {
    "supvisors": {"statecode": int, "statename": str},
    "address": {
        "address_name": str,
        "statecode": int,
        "statename": str,
        "remote_time": int,
        "local_time": int,
        "loading": int,
    },
    "application": {
        "application_name": str,
        "statecode": int,
        "statename": str,
        "major_failure": bool,
        "minor_failure": bool,
    },
    "process": {
        "application_name": str,
        "process_name": str,
        "statecode": int,
        "statename": str,
        "expected_exit": bool,
        "last_event_time": int,
        "addresses": list,
    },
    "event": {
        "group": str,
        "name": str,
        "state": int,
        "expected": bool,
        "now": int,
        "pid": int,
        "address": str,
    },
}

BREAKER = """
import errno, os

def make(supervisord):
    real = supervisord.options.kill
    def kill(pid, number):
        if os.path.exists(os.environ["BREAK"]):
            raise OSError(errno.EPERM, "not permitted")
        real(pid, number)
    supervisord.options.kill = kill
    return object()
"""


def check_forms(heard: Heard) -> None:
    """Check keys, their order and their types in every message."""
    for header, body in heard.messages:
        form = FORMS[header]
        assert list(body) == list(form), (header, body)
        for key, kind in form.items():
            assert type(body[key]) is kind, (header, key, body)


def check_order(heard: Heard, group: str, name: str | None = None) -> list[str]:
    """Check that each event is followed by the status it makes; return the state names."""
    told = heard.about(group, name)
    states = []
    for at, (header, state) in enumerate(told):
        if header == "event":
            state_name = ProcessState(int(state)).name
            assert told[at + 1] == ("process", state_name), told
            states.append(state_name)
    return states


def test_a_program_that_runs_and_is_stopped(site: Site, heard: Heard) -> None:
    site.write("[program:camera]\ncommand = sleep 1000\nstartsecs = 0\n")
    site.start()
    heard.wait("process", application_name="camera", statename="RUNNING")
    site.ctl("stop", "camera")
    heard.wait("application", count=2, application_name="camera", statename="STOPPED")

    assert heard.about("camera") == [
        ("process", "STOPPED"),
        ("application", "STOPPED"),
        ("event", "10"),
        ("process", "STARTING"),
        ("application", "STARTING"),
        ("event", "20"),
        ("process", "RUNNING"),
        ("application", "RUNNING"),
        ("event", "40"),
        ("process", "STOPPING"),
        ("application", "STOPPING"),
        ("event", "0"),
        ("process", "STOPPED"),
        ("application", "STOPPED"),
    ]
    check_forms(heard)
    running, stopping = heard.bodies("event", name="camera")[1:3]
    assert running["pid"] == stopping["pid"] > 0
    assert running["address"] == "alpha"
    for body in heard.bodies("process", process_name="camera"):
        present = ProcessState(body["statecode"]) in PRESENT_STATES
        assert body["addresses"] == (["alpha"] if present else [])
        assert body["expected_exit"] is True


def test_the_start_is_told_from_initialization_to_operation(site: Site, heard: Heard) -> None:
    site.write()
    site.start()
    heard.wait("address", statename="RUNNING")
    heard.wait("supvisors", statename="OPERATION")

    states = [body["statename"] for body in heard.bodies("supvisors")]
    assert states == ["INITIALIZATION", "DEPLOYMENT", "OPERATION"]
    assert heard.messages[0][0] == "supvisors"
    address_states = [body["statename"] for body in heard.bodies("address")]
    assert [s for i, s in enumerate(address_states) if s not in address_states[:i]] == [
        "UNKNOWN",
        "CHECKING",
        "RUNNING",
    ]


def test_address_dates_are_refreshed(site: Site, heard: Heard) -> None:
    site.write()
    site.start()
    heard.wait("address", count=3, statename="RUNNING")

    first, second, third = heard.bodies("address", statename="RUNNING")[:3]
    assert first["local_time"] < second["local_time"] < third["local_time"]
    assert third["local_time"] == third["remote_time"]
    assert 4000 <= third["local_time"] - second["local_time"] <= 6500


@pytest.mark.parametrize(
    ("code", "expected"), [pytest.param(0, True, id="expected"), pytest.param(3, False, id="not")]
)
def test_an_exit(site: Site, heard: Heard, code: int, expected: bool) -> None:
    site.write(
        f"""
        [program:job]
        command = sh -c "sleep 0.3; exit {code}"
        startsecs = 0
        autorestart = false
        """
    )
    site.start()
    body = heard.wait("process", process_name="job", statename="EXITED")
    heard.wait("application", count=2, application_name="job", statename="STOPPED")

    assert body["expected_exit"] is expected
    assert heard.bodies("event", name="job")[-1]["expected"] is expected
    assert check_order(heard, "job") == ["STARTING", "RUNNING", "EXITED"]
    # a stopped application has no failures
    assert heard.bodies("application", application_name="job")[-1]["minor_failure"] is False
    check_forms(heard)


def test_an_unexpected_exit_in_a_running_application_is_a_minor_failure(
    site: Site, heard: Heard
) -> None:
    site.write(
        """
        [group:station]
        programs = camera, job
        [program:camera]
        command = sleep 1000
        startsecs = 0
        [program:job]
        command = sh -c "sleep 0.3; exit 3"
        startsecs = 0
        autorestart = false
        """
    )
    site.start()
    body = heard.wait("application", application_name="station", minor_failure=True)

    assert (body["statename"], body["major_failure"]) == ("RUNNING", False)


def test_a_death_by_signal_is_told_with_its_facts_in_the_log(site: Site, heard: Heard) -> None:
    site.write(
        "[program:camera]\ncommand = sleep 1000\nstartsecs = 0\nautorestart = false\n",
        supvisors=f"address_list = alpha\nevent_port = {site.event_port}\nloglevel = debug\n",
    )
    site.start()
    heard.wait("event", name="camera", state=ProcessState.RUNNING)
    site.rpc().supervisor.signalProcess("camera", "KILL")
    body = heard.wait("event", name="camera", state=ProcessState.EXITED)

    assert body["expected"] is False
    assert body["pid"] == 0
    wait_for(lambda: "to=EXITED" in site.agent_log(), site.agent_log)
    lines = [line for line in site.agent_log().splitlines() if "to=EXITED" in line]
    assert "process=camera:camera" in lines[0]
    assert "signal=9" in lines[0]


def test_back_off_to_fatal(site: Site, heard: Heard) -> None:
    site.write("[program:loser]\ncommand = false\nstartretries = 1\n")
    site.start()
    heard.wait("process", process_name="loser", statename="FATAL")
    heard.wait("application", count=2, application_name="loser", statename="STOPPED")

    assert check_order(heard, "loser") == ["STARTING", "BACKOFF", "STARTING", "BACKOFF", "FATAL"]
    application_states = [s for header, s in heard.about("loser") if header == "application"]
    assert application_states == ["STOPPED", "STARTING", "STOPPED"], "it does not flap"
    check_forms(heard)


def test_a_start_that_fails_to_spawn(site: Site, heard: Heard) -> None:
    site.write("[program:ghost]\ncommand = ./there-is-no-such-file\nstartretries = 0\n")
    site.start()
    heard.wait("process", process_name="ghost", statename="FATAL")

    assert check_order(heard, "ghost") == ["STARTING", "BACKOFF", "FATAL"]


def test_a_process_that_supervisor_knows_nothing_of(site: Site, heard: Heard) -> None:
    (site.directory / "breaker.py").write_text(BREAKER)
    broken = site.directory / "broken"
    site.environment |= {"PYTHONPATH": str(site.directory), "BREAK": str(broken)}
    site.write(
        """
        [rpcinterface:breaker]
        supervisor.rpcinterface_factory = breaker:make
        [program:camera]
        command = sleep 1000
        startsecs = 0
        """
    )
    site.start()
    pid = heard.wait("event", name="camera", state=ProcessState.RUNNING)["pid"]
    broken.touch()
    assert "not permitted" in site.ctl("stop", "camera")
    heard.wait("process", process_name="camera", statename="UNKNOWN")
    broken.unlink()
    site.stop()
    os.kill(pid, signal.SIGKILL)  # Supervisor no longer cares for it
    wait_for(lambda: not alive(pid), "it ends")

    assert check_order(heard, "camera")[-2:] == ["STOPPING", "UNKNOWN"]
    check_forms(heard)


def test_groups_added_and_removed_by_update(site: Site, heard: Heard) -> None:
    site.write("[program:camera]\ncommand = sleep 1000\nstartsecs = 0\n")
    site.start()
    heard.wait("event", name="camera", state=ProcessState.RUNNING)
    pid = site.agent_pid()

    site.write("[program:radio]\ncommand = sleep 1000\nstartsecs = 0\n")
    site.ctl("update")
    heard.wait("event", name="radio", state=ProcessState.RUNNING)
    removed = heard.wait("process", process_name="camera", statename="UNKNOWN")
    heard.wait("process", process_name="radio", statename="RUNNING")

    assert removed["addresses"] == []
    assert heard.about("camera")[-1] == ("process", "UNKNOWN"), "it was STOPPED before"
    wait_for(lambda: heard.state() == site.states(), lambda: f"{heard.state()} {site.states()}")
    assert site.agent_pid() == pid, "an update of others does not restart the agent"
    names = {p["process_name"] for p in site.rpc().supvisors.get_all_process_info()}
    assert names == {"radio", "supvisors"}


def test_numprocs_reduced(site: Site, heard: Heard) -> None:
    program = "[program:sensor]\ncommand = sleep 1000\nstartsecs = 0\nnumprocs = {}\n"
    program += "process_name = sensor_%(process_num)d\n"
    site.write(program.format(3))
    site.start()
    heard.wait("event", name="sensor_2", state=ProcessState.RUNNING)
    site.write(program.format(1))
    site.ctl("update")
    heard.wait("process", process_name="sensor_2", statename="UNKNOWN")

    wait_for(lambda: heard.state() == site.states(), lambda: f"{heard.state()} {site.states()}")
    assert "sensor:sensor_0" in heard.state()


def test_reload(site: Site, heard: Heard) -> None:
    site.write("[program:camera]\ncommand = sleep 1000\nstartsecs = 0\n")
    site.start()
    heard.wait("event", name="camera", state=ProcessState.RUNNING)
    pid, agent_pid = site.pid, site.agent_pid()
    site.write("[program:radio]\ncommand = sleep 1000\nstartsecs = 0\n")
    site.rpc().supervisor.restart()
    heard.wait("event", name="radio", state=ProcessState.RUNNING)
    heard.wait("supvisors", count=2, statename="OPERATION")

    wait_for(lambda: heard.state() == site.states(), lambda: f"{heard.state()} {site.states()}")
    states = [body["statename"] for body in heard.bodies("supvisors")]
    life = ["INITIALIZATION", "DEPLOYMENT", "OPERATION"]
    assert states == [*life, "RESTARTING", "SHUTDOWN", *life]
    assert check_order(heard, "camera")[-2:] == ["STOPPING", "STOPPED"]
    assert site.pid == pid
    assert site.agent_pid() not in (0, agent_pid)


def test_stop_all_is_told_to_the_end(site: Site, heard: Heard) -> None:
    names = [f"p{number}" for number in range(8)]
    site.write("".join(f"[program:{n}]\ncommand = sleep 1000\nstartsecs = 0\n" for n in names))
    site.start()
    for name in names:
        heard.wait("event", name=name, state=ProcessState.RUNNING)
    agent_pid = site.agent_pid()
    site.ctl("stop", "all")
    for name in names:
        heard.wait("event", name=name, state=ProcessState.STOPPED)

    assert site.agent_pid() == agent_pid
    # the agent's own STARTING lasts a second, which eight stops may not
    site.wait_state("supvisors", "RUNNING")
    wait_for(lambda: heard.state() == site.states(), lambda: f"{heard.state()} {site.states()}")
    assert set(site.states().values()) == {"STOPPED", "RUNNING"}


def test_a_shutdown_is_told_to_the_end(site: Site, heard: Heard) -> None:
    site.write("[program:camera]\ncommand = sleep 1000\nstartsecs = 0\n")
    site.start()
    heard.wait("event", name="camera", state=ProcessState.RUNNING)
    assert site.stop() == 0
    heard.wait("supvisors", statename="SHUTDOWN")

    states = [body["statename"] for body in heard.bodies("supvisors")]
    assert states[-2:] == ["SHUTTING_DOWN", "SHUTDOWN"]
    assert check_order(heard, "camera")[-2:] == ["STOPPING", "STOPPED"]
    assert heard.messages[-1][0] == "supvisors"


def test_the_event_port_listens_on_loopback_alone(site: Site) -> None:
    site.write()
    site.start()
    listening = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{site.agent_pid()}/net/{table}").read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            if state == "0A" and int(local.rpartition(":")[2], 16) == site.event_port:
                listening.append(local.rpartition(":")[0])
    assert listening == ["0100007F"]
