"""What the agent has supervisord do: each verb, and each refusal in Supervisor's own words."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from supvisors.model import ProcessState
from supvisors.plugin.verbs import TAIL_BYTES_MAX
from tests.live.harness import Site, alive, command_line, wait_for
from tests.live.probe import Probe

RUNNING, STOPPED = ProcessState.RUNNING, ProcessState.STOPPED

PROGRAMS = """
    [program:sleeper]
    command = sleep 1000
    startsecs = 0

    [program:idle]
    command = sh -c "sleep 1000; true"
    startsecs = 0
    autostart = false
    stopasgroup = true

    [program:talker]
    command = sh -c "printf 'first\\nl\\303\\251st\\n'; exec sleep 1000"
    startsecs = 0
    redirect_stderr = true

    [program:missing]
    command = /no/such/program
    autostart = false

    [program:quiet]
    command = sleep 1000
    autostart = false
    stdout_logfile = %(here)s/quiet.log

    [program:directory]
    command = %(here)s
    autostart = false
"""

SLOW_TO_STOP = """
    [program:slow]
    command = sh -c "trap '' TERM; echo ready; sleep 1000"
    startsecs = 0
    stopwaitsecs = 2
    killasgroup = true
"""


@pytest.fixture
def ready(site: Site, probe: Probe) -> Probe:
    """A site that runs the programs above."""
    site.write(PROGRAMS)
    site.start()
    probe.told.wait("ProcessChanged", name="sleeper", state=RUNNING)
    return probe


def test_a_process_is_started_with_extra_arguments(site: Site, ready: Probe) -> None:
    assert ready.do("start", namespec="idle", extra_args="one 'two three'") == ("", "")
    pid = ready.told.wait("ProcessChanged", name="idle", state=RUNNING)["pid"]
    wait_for(
        lambda: command_line(pid)[1:] == ["-c", "sleep 1000; true", "one", "two three"],
        lambda: f"the arguments arrive: {command_line(pid)}",
    )


def test_a_process_is_stopped(site: Site, ready: Probe) -> None:
    assert ready.do("stop", namespec="sleeper:sleeper") == ("", "")
    ready.told.wait("ProcessChanged", name="sleeper", state=STOPPED)
    assert site.info("sleeper")["statename"] == "STOPPED"


@pytest.mark.parametrize("number", ["KILL", "9", 9])
def test_a_process_is_signalled(site: Site, ready: Probe, number: str | int) -> None:
    assert ready.do("signal", namespec="sleeper", signal=number) == ("", "")
    ended = ready.told.wait("ProcessChanged", name="sleeper", state=ProcessState.EXITED)
    assert ended["exit"]["signal"] == signal.SIGKILL


def test_the_end_of_an_output_is_told(site: Site, ready: Probe) -> None:
    site.wait_output("talker", "lést")

    def end(argument: str) -> str:
        done = ready.done("tail", namespec="talker", argument=argument)
        assert done["fault"] == ""
        text: str = done["result"]
        return text

    assert end("stdout 4000") == "first\nlést\n"
    assert end("stdout 5") == "ést\n"
    assert end("stdout 4") == "\ufffdst\n", "a character is cut"
    assert end("stdout 0") == ""


def test_the_end_of_an_output_is_bounded(site: Site, ready: Probe) -> None:
    path = site.rpc().supervisor.getProcessInfo("talker")["stdout_logfile"]
    with open(path, "w") as log:
        log.write("x" * 200_000)
    done = ready.done("tail", namespec="talker", argument="stdout 200000")
    assert done["result"] == "x" * TAIL_BYTES_MAX


#: why -> verb, its arguments, name of the fault
REFUSED: dict[str, tuple[str, dict[str, object], str]] = {
    "unknown process": ("start", {"namespec": "nobody"}, "BAD_NAME"),
    "unknown process of a group": ("stop", {"namespec": "sleeper:nobody"}, "BAD_NAME"),
    "a whole group": ("start", {"namespec": "sleeper:*"}, "BAD_NAME"),
    "runs already": ("start", {"namespec": "sleeper"}, "ALREADY_STARTED"),
    "runs not": ("stop", {"namespec": "idle"}, "NOT_RUNNING"),
    "signal to none": ("signal", {"namespec": "idle", "signal": "HUP"}, "NOT_RUNNING"),
    "no signal": ("signal", {"namespec": "sleeper", "signal": "NONE"}, "BAD_SIGNAL"),
    "too late": ("start", {"namespec": "idle", "until_ns": 1}, "FAILED"),
    "no file": ("start", {"namespec": "missing"}, "NO_FILE"),
    "no program": ("start", {"namespec": "directory"}, "NOT_EXECUTABLE"),
    "tail of nobody": ("tail", {"namespec": "nobody", "argument": "stdout 9"}, "BAD_NAME"),
    "tail of stderr": ("tail", {"namespec": "talker", "argument": "stderr 9"}, "NO_FILE"),
    "tail of nothing": ("tail", {"namespec": "quiet", "argument": "stdout 9"}, "NO_FILE"),
    "tail of stdin": (
        "tail",
        {"namespec": "talker", "argument": "stdin 9"},
        "INCORRECT_PARAMETERS",
    ),
    "tail of less": (
        "tail",
        {"namespec": "talker", "argument": "stdout -9"},
        "INCORRECT_PARAMETERS",
    ),
    "tail without": (
        "tail",
        {"namespec": "talker", "argument": "stdout"},
        "INCORRECT_PARAMETERS",
    ),
    "odd quotes": ("start", {"namespec": "idle", "extra_args": "'"}, "INCORRECT_PARAMETERS"),
    "no namespec": ("start", {}, "INCORRECT_PARAMETERS"),
    "one too many": ("stop", {"namespec": "sleeper", "wait": True}, "INCORRECT_PARAMETERS"),
    "no text": ("start", {"namespec": 1}, "FAILED"),
    "unknown verb": ("dance", {"namespec": "sleeper"}, "UNKNOWN_METHOD"),
}


def test_refusals_are_in_the_terms_of_supervisor(site: Site, ready: Probe) -> None:
    def told() -> list[dict[str, Any]]:
        """Return what was told of others than the agent, which becomes RUNNING meanwhile."""
        return [record for record in ready.told.numbered() if record["group"] != "supvisors"]

    before = told()
    faults = {why: ready.do(verb, **words)[0] for why, (verb, words, _) in REFUSED.items()}
    assert faults == {why: fault for why, (_, _, fault) in REFUSED.items()}
    assert told() == before, "a refused verb changes nothing"


def test_supervisord_is_restarted(site: Site, ready: Probe) -> None:
    assert ready.do("restart") == ("", "")
    assert ready.told.wait("SupervisordLeaving")["mode"] == "reload"
    ready.told.wait("GroupsReset")
    site.wait_ready()
    assert alive(site.pid)


def test_supervisord_is_shut_down_and_does_nothing_else_then(site: Site, probe: Probe) -> None:
    site.write(PROGRAMS + SLOW_TO_STOP)
    site.start()
    site.wait_output("slow", "ready")
    probe.say({"do": "shutdown"}, {"do": "restart"}, {"do": "start", "namespec": "idle"})
    assert site.wait_ended() == 0
    assert [done["fault"] for done in probe.told.lines("Done")] == ["", "", "SHUTDOWN_STATE"]
    assert [leaving["mode"] for leaving in probe.told.lines("SupervisordLeaving")] == ["shutdown"]
