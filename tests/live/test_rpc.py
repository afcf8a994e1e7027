"""The XML-RPC namespace `supvisors`: the real agent's answers through a real supervisord."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any
from xmlrpc.client import Fault

import pytest

from supvisors.commands import API_VERSION, COMMANDS
from tests.live.harness import Site, wait_for


@pytest.fixture
def serving(site: Site) -> Site:
    """A host with one program that runs and one that is stopped."""
    site.write(
        """
        [group:station]
        programs = camera, radio
        [program:camera]
        command = sleep 1000
        startsecs = 0
        [program:radio]
        command = sleep 1000
        autostart = false
        """
    )
    site.start()
    wait_for(lambda: _process(site, "station:camera")["statename"] == "RUNNING", site.log)
    return site


def _process(site: Site, namespec: str) -> dict[str, Any]:
    found: dict[str, Any] = site.rpc().supvisors.get_process_info(namespec)[0]
    return found


def test_every_command(serving: Site) -> None:
    rpc = serving.rpc().supvisors
    assert rpc.get_api_version() == API_VERSION
    assert rpc.get_supvisors_state() == {"statecode": 2, "statename": "OPERATION"}
    assert rpc.get_master_address() == "alpha"
    address = rpc.get_address_info("alpha")
    assert (address["statename"], address["loading"]) == ("RUNNING", 0)
    assert address["local_time"] > 1.6e12, "a date in ms does not fit an integer of XML-RPC"
    assert [a["address_name"] for a in rpc.get_all_addresses_info()] == ["alpha"]
    assert rpc.get_application_info("station") == {
        "application_name": "station",
        "statecode": 2,
        "statename": "RUNNING",
        "major_failure": False,
        "minor_failure": False,
    }
    names = [a["application_name"] for a in rpc.get_all_applications_info()]
    assert names == ["station", "supvisors"]
    camera = rpc.get_process_info("station:camera")
    assert [(p["process_name"], p["addresses"]) for p in camera] == [("camera", ["alpha"])]
    assert [p["process_name"] for p in rpc.get_process_info("station:*")] == ["camera", "radio"]
    assert len(rpc.get_all_process_info()) == 3
    status = rpc.get_status()
    assert status.pop("warnings") == []
    dated = ("remote_time", "local_time")
    for body in status["addresses"]:
        assert all(body.pop(key) > 1.6e12 for key in dated)
    assert status == {
        "supvisors": rpc.get_supvisors_state(),
        "master": "alpha",
        "addresses": [{key: address[key] for key in address if key not in dated}],
        "applications": rpc.get_all_applications_info(),
        "processes": rpc.get_all_process_info(),
        "plans": [],
        "intents": [],
    }


@pytest.mark.parametrize(
    ("call", "fault", "words"),
    [
        (("get_process_info", "station:nobody"), "BAD_NAME", "station:camera"),
        (("get_process_info", "nobody:*"), "BAD_NAME", "nobody"),
        (("get_application_info", "nobody"), "BAD_NAME", "station"),
        (("get_address_info", "nobody"), "BAD_NAME", "alpha"),
        (("fence", "nobody"), "BAD_NAME", "alpha"),
        (("fence", "alpha"), "BAD_NAME", "at another address"),
        (("unfence", "alpha"), "BAD_NAME", "at another address"),
        (("fence",), "INCORRECT_PARAMETERS", ""),
        (("get_address_info", 5), "INCORRECT_PARAMETERS", "string"),
        (("get_address_info",), "INCORRECT_PARAMETERS", ""),
        (("no_such_method",), "UNKNOWN_METHOD", ""),
    ],
)
def test_refusals(serving: Site, call: tuple[Any, ...], fault: str, words: str) -> None:
    method, *params = call
    with pytest.raises(Fault) as error:
        getattr(serving.rpc().supvisors, method)(*params)
    assert fault in error.value.faultString
    assert words in error.value.faultString


def test_supervisor_knows_the_methods(serving: Site) -> None:
    system = serving.rpc().system
    listed = {name for name in system.listMethods() if name.startswith("supvisors.")}
    assert listed == {f"supvisors.{name}" for name in COMMANDS}
    for name in listed:
        assert system.methodHelp(name)
        assert system.methodSignature(name)


def test_a_call_while_the_agent_starts_is_answered_when_it_serves(serving: Site) -> None:
    os.kill(serving.agent_pid(), signal.SIGKILL)
    failures = []

    def ask() -> bool:
        try:
            return bool(serving.rpc().supvisors.get_supvisors_state())
        except Fault as fault:
            failures.append(fault.faultString)
            return False

    wait_for(ask, lambda: str(failures))
    assert _process(serving, "station:camera")["statename"] == "RUNNING"
    for failure in failures:
        assert "the agent does not answer" in failure
        assert "try again" in failure


def test_a_hanging_agent_faults_and_does_not_hold_others(serving: Site) -> None:
    pid = serving.agent_pid()
    os.kill(pid, signal.SIGSTOP)
    faults: list[str] = []

    def ask() -> None:
        try:
            serving.rpc().supvisors.get_supvisors_state()
        except Fault as fault:
            faults.append(fault.faultString)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        while thread.is_alive():
            assert serving.rpc().supervisor.getState()["statename"] == "RUNNING"
            thread.join(0.05)
        assert "the agent does not answer" in faults[0]
    finally:
        os.kill(pid, signal.SIGCONT)
        thread.join()


def test_many_at_once(serving: Site) -> None:
    answers: list[int] = []

    def ask() -> None:
        rpc = serving.rpc().supvisors
        for _ in range(20):
            answers.append(len(rpc.get_all_process_info()))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [3] * 320
