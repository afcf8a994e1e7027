"""A mistake in `[supvisors]` stops the agent, never supervisord or a supervised program.

At start and on reload: unknown or misspelt option, bad value, failed expansion, taken port.
The same words are in supervisord's log, in the agent's, in `supervisorctl status` and in the
fault of every `supvisors.*` call (semantics, section 10).
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from xmlrpc.client import Fault

import pytest

from tests.live.harness import Heard, Site, wait_for

CAMERA = "[program:camera]\ncommand = sleep 1000\nstartsecs = 0\n"

#: `[supvisors]` with a mistake -> option, value and cure that must be named
MISTAKES = {
    "misspelt": ("evnt_port = 60002", "evnt_port", "60002", "event_port"),
    "unknown": ("colour = blue", "colour", "blue", "Remove"),
    "bad number": ("event_port = sixty", "event_port", "sixty", "65535"),
    "out of range": ("event_port = 70000", "event_port", "70000", "65535"),
    "bad choice": ("starting_strategy = BEST", "starting_strategy", "BEST", "LESS_LOADED"),
    "no such name": ("logfile = %(nowhere)s/a.log", "logfile", "nowhere", "%(here)s"),
    "no such user": ("user = nobody-of-this-name", "user", "nobody-of-this-name", "user"),
    "no such directory": ("logfile = /no/such/place/a.log", "logfile", "/no/such", "Name a file"),
    "not this host": ("address_list = elsewhere:1", "address_list", "elsewhere", "alpha"),
}


def check_refused(site: Site, *words: str) -> None:
    """Check that the agent is FATAL, the camera runs, and the words are everywhere."""
    wait_for(lambda: site.info("supvisors")["statename"] == "FATAL", lambda: site.ctl("status"), 20)
    assert site.info("camera")["statename"] == "RUNNING"
    with pytest.raises(Fault) as fault:
        site.rpc().supvisors.get_supvisors_state()
    line = next(line for line in site.log().splitlines() if f"[supvisors] {words[0]}" in line)
    agent_line = next(line for line in site.agent_log().splitlines() if "refused" in line)
    status = site.info("supvisors")["spawnerr"]
    for text in (fault.value.faultString, line, agent_line, status, site.ctl("status")):
        for word in (*words, str(site.conf)):
            assert word in text, f"{word!r} is not in {text!r}"


@pytest.mark.parametrize(("written", "option", "value", "cure"), MISTAKES.values(), ids=MISTAKES)
def test_at_start(site: Site, written: str, option: str, value: str, cure: str) -> None:
    site.write(CAMERA, supvisors=written)
    site.start(ready=False)
    check_refused(site, option, value, cure)


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port of loopback on which somebody else listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock.getsockname()[1]


def test_a_taken_port(site: Site, taken_port: int) -> None:
    site.write(CAMERA, supvisors=f"address_list = alpha\nevent_port = {taken_port}\n")
    site.start(ready=False)
    check_refused(site, "event_port", str(taken_port), "another process listens", "Choose another")


def test_on_reload_and_the_cure(site: Site, heard: Heard) -> None:
    site.write(CAMERA)
    site.start()
    pid = site.pid
    site.write(CAMERA, supvisors="event_port = sixty\n")
    site.rpc().supervisor.restart()
    wait_for(lambda: "refused" in site.agent_log(), site.log)
    check_refused(site, "event_port", "sixty")
    assert site.pid == pid

    site.write(CAMERA)
    site.ctl("reread")
    site.ctl("start", "supvisors")
    site.wait_ready()
    heard.wait("supvisors", count=2, statename="OPERATION")


RULES = """<root>
<application name="camera">
<program name="camera"><wait_exit>{}</wait_exit><loading>30</loading></program>
</application></root>
"""


@pytest.fixture
def rules(site: Site) -> Path:
    """The rules file of a site that has just been configured to read one."""
    path = site.directory / "rules.xml"
    port = site.event_port
    site.write(CAMERA, f"address_list = alpha\nevent_port = {port}\nrules_file = {path}\n")
    return path


def check_rules_refused(site: Site, *words: str) -> None:
    """Check that the agent is FATAL, the camera runs, and the words are everywhere."""
    wait_for(lambda: site.info("supvisors")["statename"] == "FATAL", lambda: site.ctl("status"), 20)
    assert site.info("camera")["statename"] == "RUNNING"
    with pytest.raises(Fault) as fault:
        site.rpc().supvisors.get_supvisors_state()
    for text in (fault.value.faultString, site.log(), site.agent_log(), site.ctl("status")):
        for word in words:
            assert word in text, f"{word!r} is not in {text!r}"


def test_a_mistake_in_the_rules_file_at_start(site: Site, rules: Path) -> None:
    rules.write_text(RULES.format("maybe"))
    site.start(ready=False)
    check_rules_refused(
        site, f"{rules}:3: application camera, program camera, wait_exit = 'maybe'", "true or false"
    )


def test_a_rules_file_that_is_not_there(site: Site, rules: Path) -> None:
    site.start(ready=False)
    check_rules_refused(site, f"[supvisors] rules_file = '{rules}'", "No such file")


def test_a_mistake_in_the_rules_file_on_reload_and_the_cure(
    site: Site, rules: Path, heard: Heard
) -> None:
    """Before and after it the rules are in force: the loading is the one they declare."""
    rules.write_text(RULES.format("false"))
    site.start()
    heard.wait("address", loading=30)
    count = len(heard.messages)
    pid = site.pid
    rules.write_text("<root>\n")
    site.rpc().supervisor.restart()
    wait_for(lambda: "refused" in site.agent_log(), site.log)
    check_rules_refused(site, f"{rules}:2: no XML")
    assert site.pid == pid

    rules.write_text(RULES.format("true"))
    site.ctl("start", "supvisors")
    site.wait_ready()
    wait_for(
        lambda: any(
            header == "address" and body["loading"] == 30 for header, body in heard.messages[count:]
        ),
        site.agent_log,
    )


def test_all_mistakes_are_told_at_once(site: Site) -> None:
    site.write(CAMERA, supvisors="event_port = sixty\ncolour = blue\nquorum = none\n")
    site.start(ready=False)
    check_refused(site, "event_port", "colour", "quorum")


def test_an_operator_can_try_again(site: Site) -> None:
    site.write(CAMERA, supvisors="event_port = sixty\n")
    site.start(ready=False)
    check_refused(site, "event_port")
    before = site.agent_log().count("refused")
    site.ctl("start", "supvisors")
    wait_for(lambda: site.agent_log().count("refused") > before, site.agent_log)
    check_refused(site, "event_port")


def test_unknown_options_of_the_interface_are_reported(site: Site) -> None:
    site.write(CAMERA)
    text = site.conf.read_text()
    factory = "supvisors.plugin:make_supvisors_rpcinterface\n"
    site.conf.write_text(text.replace(factory, f"{factory}event_port = 60002\n"))
    site.start()
    assert "option 'event_port' that nobody reads" in site.log()


def test_included_files_and_expansions(site: Site, tmp_path: Path, heard: Heard) -> None:
    site.environment["EVENTS"] = str(site.event_port)
    site.write(CAMERA, supvisors="address_list = alpha\n")
    text = site.conf.read_text()
    site.conf.write_text(text.replace("[supvisors]\naddress_list = alpha\n", "") + INCLUDE)
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "supvisors.conf").write_text(INCLUDED)
    site.start()
    heard.wait("supvisors", statename="OPERATION")
    assert "agent ready" in (tmp_path / "conf.d" / "agent.log").read_text()


INCLUDE = "\n[include]\nfiles = conf.d/*.conf\n"
INCLUDED = """
[supvisors]
address_list = alpha
event_port = %(ENV_EVENTS)s
logfile = %(here)s/agent.log
"""
