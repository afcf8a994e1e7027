"""The facts of supervisord that the plugin is built on, each shown to be dealt with.

Their numbers are those of the table "What we know of Supervisor" in ARCHITECTURE.md. Facts 8
to 10 and 16 are in test_agent_program.py, 13 and 14 in test_process_facts.py; 12 (ticks are
late) is the agent's business.
"""

from __future__ import annotations

import os
import signal
import textwrap
import time
from collections.abc import Callable
from xmlrpc.client import Fault, ServerProxy

import pytest
from supervisor.xmlrpc import Faults

from supvisors.model import ProcessState
from tests.live.harness import (
    BASE,
    OneCallTransport,
    Site,
    alive,
    free_port,
    wait_for,
    wait_program,
)
from tests.live.probe import Probe

STARTING, RUNNING, BACKOFF = ProcessState.STARTING, ProcessState.RUNNING, ProcessState.BACKOFF
STOPPED, EXITED, FATAL = ProcessState.STOPPED, ProcessState.EXITED, ProcessState.FATAL

#: It holds none of supervisord's pipes, whose end would wake supervisord as well.
SLEEPER = """
    [program:sleeper]
    command = sh -c "exec sleep 1000 >/dev/null 2>&1"
    startsecs = 0
    autorestart = true
"""

Broken = Callable[[str], None]


@pytest.fixture
def broken(site: Site) -> Broken:
    """Lets methods of the plugin raise, `module:Class.method …`, while a file is there."""

    def break_them(methods: str) -> None:
        site.module_path("breaker.py").write_text(BREAKER)
        site.environment["BREAK"] = methods
        site.directory.joinpath("broken").touch()

    return break_them


BREAKER = """
import functools, importlib, os

def fragile(method):
    @functools.wraps(method)
    def fails(*args, **kwargs):
        if os.path.exists("broken"):
            raise RuntimeError("broken on purpose")
        return method(*args, **kwargs)
    return fails

for path in os.environ["BREAK"].split():
    module, _, name = path.partition(":")
    owner = importlib.import_module("supvisors.plugin." + module)
    *classes, method = name.split(".")
    for attribute in classes:
        owner = getattr(owner, attribute)
    setattr(owner, method, fragile(getattr(owner, method)))

def make_rpcinterface(supervisord):
    return object()
"""

WITH_BREAKER = """
    [rpcinterface:breaker]
    supervisor.rpcinterface_factory = breaker:make_rpcinterface
"""


def assert_exits_are_told_at_once(probe: Probe, started: int) -> None:
    """Kill the sleeper, which was started so often and is restarted, six times."""
    told_after_s = 0.0
    for count in range(6):
        sleeper = {"group": "sleeper", "state": RUNNING}
        pid = probe.told.wait("ProcessChanged", started + count, **sleeper)["pid"]
        wait_program(pid, "sleep")
        killed_s = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        probe.told.wait("ProcessChanged", count + 1, group="sleeper", state=EXITED)
        told_after_s += time.monotonic() - killed_s
    assert told_after_s < 3, "without a wake-up each of six is told after about a second"


def test_fact_01_an_exit_wakes_supervisord(site: Site, probe: Probe) -> None:
    site.write(SLEEPER)
    site.start()
    assert_exits_are_told_at_once(probe, started=1)


def test_fact_02_a_proxied_call_returns_with_its_answer(site: Site, probe: Probe) -> None:
    site.write()
    site.start()
    began_s = time.monotonic()
    for number in range(20):
        answer = site.rpc().supvisors.get_process_info(f"process_{number}")
        assert answer == ["get_process_info", f"process_{number}"]
    assert time.monotonic() - began_s < 5, "each of twenty would take a second"


def test_fact_03_many_groups_stop_in_no_time(site: Site, probe: Probe) -> None:
    site.write(
        "".join(f"[program:idle_{n}]\ncommand = sleep 1000\nautostart = false\n" for n in range(15))
    )
    site.start()
    began_s = time.monotonic()
    assert site.stop() == 0
    assert time.monotonic() - began_s < 5, "each of fifteen would take a second"


ENTRIES = {
    "records": "tap:Tap._on_state tap:Tap._on_group_added tap:Tap._on_group_removed",
    "stopping": "tap:Tap._on_stopping inside:Inside._group_to_pop",
    "agent": "program:AgentProgram._on_state program:AgentProgram._on_tick",
    "spawn": "program:AgentProgram.may_spawn tap:Tap._flush_starting",
    "causes": "causes:Causes.starts causes:Causes.stops held:Held._stays_stopped",
    "intents": "intents:Intents.read",
    "poll": "wake:Wakeups.shorten wake:Wakeups.at wake:Wakeups.soon",
    "connections": "server:Connection._read server:Connection._write",
    "listener": "server:Listener._accept",
    "list": "tap:Tap.processes inside:Inside._hello",
    "lines": "inside:Inside._line_of_agent calls:Calls.answered",
    "options": "options:collect options:add_agent_program",
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_fact_04_no_error_in_the_plugin_ends_supervisord(
    site: Site, probe: Probe, broken: Broken, entry: str
) -> None:
    broken(ENTRIES[entry])
    site.write(WITH_BREAKER + SLEEPER)
    site.start(ready=False)
    site.wait_state("sleeper", "RUNNING")
    site.write(WITH_BREAKER + SLEEPER.replace("sleeper", "dozer"))
    site.ctl("update")
    assert site.wait_state("dozer", "RUNNING")
    assert "sleeper:sleeper" not in site.states()
    site.ctl("stop", "all")
    assert site.info("dozer")["statename"] == "STOPPED"
    assert site.stop() == 0
    assert "broken on purpose" in site.log(), "the entry was used"


def test_fact_05_commands_pass_a_stream_that_is_not_read(site: Site, probe: Probe) -> None:
    long_name = "n" * 4000  # so that few records fill what the kernel holds for a reader
    site.write(
        f"""
        [program:{long_name}]
        command = sleep 1000
        startsecs = 0
        autostart = false
        autorestart = false
        stdout_logfile = NONE
        stderr_logfile = NONE
        """
    )
    site.start()
    before = len(probe.told.numbered())
    probe.say({"order": "stop reading"})
    cycles = 40
    for _ in range(cycles):
        assert probe.do("start", namespec=long_name) == ("", "")
        assert probe.do("signal", namespec=long_name, signal="KILL") == ("", "")
        site.wait_state(long_name, "EXITED")
    assert len(probe.told.numbered()) < before + cycles * 3, "the stream was blocked"
    probe.say({"order": "read again"})
    probe.told.wait("ProcessChanged", cycles, name=long_name, state=EXITED)
    assert probe.told.states(long_name) == [STARTING, RUNNING, EXITED] * cycles


def test_fact_06_two_http_servers_have_one_plugin(site: Site, probe: Probe) -> None:
    port = free_port()
    inet = f"[inet_http_server]\nport = 127.0.0.1:{port}\n"
    site.write(inet + textwrap.dedent(SLEEPER))
    site.start()
    probe.told.wait("ProcessChanged", name="sleeper", state=RUNNING)
    assert probe.told.states("sleeper") == [STARTING, RUNNING], "not once for each server"
    over_tcp = ServerProxy(
        "http://127.0.0.1", transport=OneCallTransport(None, None, f"http://127.0.0.1:{port}")
    )
    assert over_tcp.supvisors.get_process_info("a") == ["get_process_info", "a"]
    assert site.rpc().supvisors.get_process_info("b") == ["get_process_info", "b"]


def test_fact_06_the_tap_serves_the_process_that_daemonised(site: Site, probe: Probe) -> None:
    site.write(SLEEPER, base=BASE.replace("nodaemon = true", "nodaemon = false"))
    site.launch()
    assert site.wait_ended() == 0, "the process that was started is not the daemon"
    daemon = probe.told.wait("Hello")["supervisord_pid"]
    assert site.directory.joinpath("supervisord.pid").read_text() == f"{daemon}\n"
    probe.told.wait("ProcessChanged", name="sleeper", state=RUNNING)
    site.wait_executed(daemon)
    site.rpc().supervisor.shutdown()
    wait_for(lambda: not alive(daemon), "the daemon ends")


def test_fact_06_without_an_http_server_there_is_no_plugin(site: Site, probe: Probe) -> None:
    unix_server = "[unix_http_server]\nfile = %(here)s/supervisor.sock\n"
    site.write(SLEEPER, base=BASE.replace(unix_server, ""))
    site.launch()
    wait_for(lambda: "success: sleeper" in site.log(), "the program runs")
    assert site.stop() == 0
    assert "spawned: 'supvisors'" not in site.log()
    assert "add [unix_http_server]" in site.log()


def test_fact_07_reloads_leave_no_descriptor_behind_and_all_works(site: Site, probe: Probe) -> None:
    site.write(SLEEPER)
    site.start()

    def reload(number: int) -> None:
        site.rpc().supervisor.restart()
        probe.told.wait("GroupsReset", number)
        probe.told.wait("Hello", number + 1)
        site.wait_ready()
        site.wait_state("sleeper", "RUNNING")

    reload(1)
    count = len(site.fds())  # one of them may be a connection of ours that just ended
    for number in range(2, 5):
        reload(number)
    wait_for(lambda: len(site.fds()) <= count, lambda: f"no more than {count}: {site.fds()}")
    assert_exits_are_told_at_once(probe, started=5)


def test_fact_11_every_fault_is_one_that_supervisorctl_knows(site: Site, probe: Probe) -> None:
    site.write(SLEEPER)
    site.start()
    with pytest.raises(Fault) as of_the_agent:
        site.rpc().supvisors.get_application_info("any")
    site.rpc().supervisor.stopProcess("supvisors")
    with pytest.raises(Fault) as of_the_plugin:
        site.rpc().supvisors.get_process_info("any")
    assert of_the_agent.value.faultCode == of_the_plugin.value.faultCode == Faults.FAILED
    assert of_the_agent.value.faultString == "FAILED: of no known code"
    assert "supervisorctl start supvisors" in of_the_plugin.value.faultString
    with pytest.raises(Fault) as unknown:
        site.rpc().supvisors.dance()
    assert unknown.value.faultCode == Faults.UNKNOWN_METHOD


def test_fact_15_identity_and_numbers_survive_a_reload(site: Site, probe: Probe) -> None:
    site.write(SLEEPER)
    site.start()
    for number in (1, 2):
        site.rpc().supervisor.restart()
        probe.told.wait("GroupsReset", number)
        probe.told.wait("ProcessChanged", number + 1, name="sleeper", state=RUNNING)
        site.wait_ready()
    assert len({hello["boot"] for hello in probe.told.lines("Hello")}) == 1
    numbers = [record["seq"] for record in probe.told.numbered()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [leaving["mode"] for leaving in probe.told.lines("SupervisordLeaving")] == ["reload"] * 2


@pytest.mark.parametrize(
    "method", ["inside:Inside.attach", "inside:Inside._on_running", "inside:Inside.next_door"]
)
@pytest.mark.parametrize("when", ["start", "reload"])
def test_fact_17_an_error_in_the_factory_stops_neither_start_nor_reload(
    site: Site, probe: Probe, broken: Broken, method: str, when: str
) -> None:
    broken(method)
    flag = site.directory / "broken"
    if when == "reload":
        flag.unlink()
    site.write(WITH_BREAKER + SLEEPER)
    site.start(ready=when == "reload")
    site.wait_state("sleeper", "RUNNING")
    if when == "reload":
        flag.touch()
        pid = site.info("sleeper")["pid"]
        site.rpc().supervisor.restart()
        wait_for(lambda: not alive(pid), "the reload stops all")
        wait_for(lambda: "broken on purpose" in site.log(), "the error is logged")
        wait_for(site.answers, "supervisord answers")
        site.wait_state("sleeper", "RUNNING")
    assert "broken on purpose" in site.log()
    with pytest.raises(Fault, match="FAILED: "):
        site.rpc().supvisors.get_process_info("any")
    flag.unlink()
    site.rpc().supervisor.restart()
    site.wait_ready()
