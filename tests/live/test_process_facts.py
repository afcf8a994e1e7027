"""Facts 13 and 14 of test_plugin_facts.py: what is told of a run, and its extra arguments."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from supvisors.model import ProcessState
from tests.live.harness import Site, command_line, wait_for
from tests.live.probe import Probe

STARTING, RUNNING, BACKOFF = ProcessState.STARTING, ProcessState.RUNNING, ProcessState.BACKOFF
STOPPING, STOPPED = ProcessState.STOPPING, ProcessState.STOPPED
EXITED, FATAL = ProcessState.EXITED, ProcessState.FATAL

ENDS = {
    "stopped": ("sleep 1000", None, signal.SIGTERM, STOPPED),
    "unexpected": ("sh -c 'sleep 0.3; exit 3'", 3, None, EXITED),
    "expected": ("sh -c 'sleep 0.3; exit 0'", 0, None, EXITED),
    "killed": ("sh -c 'sleep 0.3; kill -KILL $$'", None, signal.SIGKILL, EXITED),
}


@pytest.mark.parametrize("end", ENDS)
def test_fact_13_events_tell_pid_exit_code_signal_and_run_time(
    site: Site, probe: Probe, end: str
) -> None:
    command, code, number, state = ENDS[end]
    site.write(f"[program:one]\ncommand = {command}\nstartsecs = 0\nautorestart = false\n")
    site.start()
    starting = probe.told.wait("ProcessChanged", name="one", state=STARTING)
    if end == "stopped":
        site.wait_executed()
        site.rpc().supervisor.stopProcess("one")
    ended = probe.told.wait("ProcessChanged", name="one", state=state)
    assert starting["pid"] > 0
    assert {record["pid"] for record in probe.told.lines("ProcessChanged", name="one")} == {
        starting["pid"]
    }
    assert (ended["exit"]["code"], ended["exit"]["signal"]) == (code, number)
    assert ended["expected"] is (code == 0 or end == "stopped")
    ran_ms = (ended["wall_ns"] - starting["wall_ns"]) / 1e6
    assert abs(ended["exit"]["run_time_ms"] - ran_ms) < 250


def test_fact_13_a_failed_start_tells_why(site: Site, probe: Probe) -> None:
    site.write(
        """
        [program:quick]
        command = sh -c 'exit 7'
        startretries = 0

        [program:missing]
        command = /no/such/program
        startretries = 0
        """
    )
    site.start()
    quick = probe.told.wait("ProcessChanged", name="quick", state=BACKOFF)["exit"]
    missing = probe.told.wait("ProcessChanged", name="missing", state=BACKOFF)["exit"]
    assert (quick["code"], quick["signal"]) == (7, None)
    assert "Exited too quickly" in quick["spawn_error"]
    assert (missing["code"], missing["signal"], missing["run_time_ms"]) == (None, None, None)
    assert "can't find command" in missing["spawn_error"]
    for name in ("quick", "missing"):
        probe.told.wait("ProcessChanged", name=name, state=FATAL)
        assert probe.told.states(name) == [STARTING, BACKOFF, FATAL]


def test_fact_14_extra_arguments_hold_until_the_next_plain_start(site: Site, probe: Probe) -> None:
    site.write(
        """
        [program:shell]
        command = sh -c "sleep 1000; true" plain
        startsecs = 0
        autostart = false
        autorestart = true
        stopasgroup = true
        killasgroup = true
        """
    )
    site.start()

    def arguments_of_run(number: int) -> list[str]:
        pid = probe.told.wait("ProcessChanged", number, name="shell", state=RUNNING)["pid"]
        site.wait_executed()
        return command_line(pid)[3:]

    assert probe.do("start", namespec="shell", extra_args="--more") == ("", "")
    assert arguments_of_run(1) == ["plain", "--more"]
    assert "No config updates" in site.ctl("reread")
    assert site.ctl("update") == ""
    os.killpg(site.info("shell")["pid"], signal.SIGKILL)
    assert arguments_of_run(2) == ["plain", "--more"], "an automatic restart keeps them"
    site.rpc().supervisor.stopProcess("shell")
    site.rpc().supervisor.startProcess("shell")
    assert arguments_of_run(3) == ["plain"]


def test_fact_14_fastcgi_programs_and_event_listeners_work(site: Site, probe: Probe) -> None:
    site.directory.joinpath("listener.py").write_text(LISTENER)
    site.write(
        f"""
        [fcgi-program:fast]
        socket = unix://%(here)s/fast.sock
        command = sh -c "test -S /proc/self/fd/0 && echo a socket; sleep 1000" plain
        startsecs = 0
        stopasgroup = true
        killasgroup = true

        [eventlistener:ear]
        command = {sys.executable} %(here)s/listener.py
        events = PROCESS_STATE
        startsecs = 0
        """
    )
    site.start()
    heard = site.directory / "heard"
    site.wait_output("fast", "a socket")
    site.wait_executed()
    site.rpc().supervisor.stopProcess("fast")
    assert probe.do("start", namespec="fast", extra_args="more") == ("", "")
    pid = probe.told.wait("ProcessChanged", 2, name="fast", state=RUNNING)["pid"]
    site.wait_executed()
    assert command_line(pid)[3:] == ["plain", "more"]
    wait_for(heard.exists, "the listener hears")
    wait_for(lambda: heard.read_text().count("processname:fast") >= 5, "the listener hears all")
    os.kill(site.info("ear")["pid"], signal.SIGKILL)
    ended = probe.told.wait("ProcessChanged", name="ear", state=EXITED)
    assert ended["exit"]["signal"] == signal.SIGKILL
    probe.told.wait("ProcessChanged", 2, name="ear", state=RUNNING)
    assert probe.told.states("fast") == [
        *(STARTING, RUNNING, STOPPING, STOPPED),
        *(STARTING, RUNNING),
    ]


LISTENER = """
import sys

while True:
    print("READY", flush=True)
    header = dict(word.split(":") for word in sys.stdin.readline().split())
    with open("heard", "a") as file:
        print(sys.stdin.read(int(header["len"])), file=file)
    print("RESULT 2", end="\\nOK", flush=True)
"""
