"""`supvisors status`, `fence` and `unfence` ask a real agent through a real supervisord, and
say in one line, with the cure, when they cannot."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from tests.cli.harness import check_one_line, run, start
from tests.live.cluster import cluster
from tests.live.harness import BASE, Site, free_port, wait_for

PROGRAM = "[program:camera]\ncommand = sleep 1000\nstartsecs = 0\n"


@pytest.fixture
def serving(site: Site) -> Site:
    site.write(PROGRAM)
    site.start()
    for name in ("camera", "supvisors"):  # nothing changes any more
        wait_for(partial(_runs, site, name))
    return site


def _runs(site: Site, name: str) -> bool:
    (process,) = site.rpc().supvisors.get_process_info(name)
    return bool(process["statename"] == "RUNNING")


def test_a_status_for_programs_is_what_the_agent_says(serving: Site) -> None:
    done = run("status", "--json", "-c", serving.conf)
    assert (done.returncode, done.stderr) == (0, "")
    status = json.loads(done.stdout)
    assert list(status) == [
        "supvisors",
        "master",
        "addresses",
        "applications",
        "processes",
        "plans",
        "intents",
        "warnings",
    ]
    assert status["supvisors"] == {"statecode": 2, "statename": "OPERATION"}
    assert status["master"] == "alpha"
    assert [(a["address_name"], a["statename"]) for a in status["addresses"]] == [
        ("alpha", "RUNNING")
    ]
    for key in ("remote_time", "local_time"):
        assert isinstance(status["addresses"][0][key], int), "a date in ms is an integer"
    assert status["applications"] == serving.rpc().supvisors.get_all_applications_info()
    assert status["processes"] == serving.rpc().supvisors.get_all_process_info()
    assert status["warnings"] == []


def test_a_status_for_people(serving: Site) -> None:
    done = run("status", "-c", serving.conf)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0] == "Supvisors OPERATION master alpha"
    address = next(line for line in lines if line.startswith("alpha "))
    assert address.startswith("alpha RUNNING 0 % ")
    assert address.endswith(" s ago master")
    assert "camera RUNNING" in lines
    assert "camera:camera RUNNING alpha" in lines


def test_without_a_file_it_asks_where_supervisorctl_would(serving: Site) -> None:
    done = run("status", cwd=serving.directory)
    assert done.stdout.startswith("Supvisors  OPERATION  master alpha\n"), done.stderr


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["fence", "alpha"], ["alpha is this address", "'supvisors fence alpha'"]),
        (["unfence", "alpha"], ["alpha is this address", "'supvisors unfence alpha'"]),
        (["fence", "nobody"], ["no address is named 'nobody'", "known: alpha"]),
    ],
)
def test_a_refusal_is_the_agents_words(serving: Site, command: list[str], words: list[str]) -> None:
    done = run(*command, "-c", serving.conf)
    check_one_line(done, 1, *words)
    assert "BAD_NAME" not in done.stderr, "the name of a fault is for programs"


def test_an_agent_that_is_stopped_is_told_with_the_cure(serving: Site) -> None:
    serving.rpc().supervisor.stopProcess("supvisors")
    done = run("status", "-c", serving.conf)
    check_one_line(done, 1, "the agent does not answer", "'supervisorctl start supvisors'")


def test_an_agent_that_refuses_its_configuration_is_told_in_its_words(site: Site) -> None:
    site.write(PROGRAM, supvisors="address_list = alpha\nevent_port = none\n")
    site.start(ready=False)
    site.wait_state("supvisors", "FATAL")
    check_one_line(run("status", "-c", site.conf), 1, "event_port = 'none'", "supervisord.conf")


def test_a_supervisord_without_the_plugin(site: Site) -> None:
    without = BASE.replace("[rpcinterface:supvisors]", "[nothing]")
    site.write(PROGRAM, base=without)
    site.start(ready=False)
    done = run("status", "-c", site.conf)
    check_one_line(done, 1, "does not know supvisors.get_status", "'supvisors check -c ")


@pytest.fixture
def guarded(site: Site) -> Site:
    """A supervisord whose HTTP server wants a password; `[supervisorctl]` has it."""
    login = "username = me\npassword = %%secret\n"
    server = BASE.replace("supervisor.sock\n\n", f"supervisor.sock\n{login}\n", 1)
    port = free_port()
    site.write(f"[inet_http_server]\nport = 127.0.0.1:{port}\n{login}\n{PROGRAM}", base=server)
    site.launch()
    text = site.conf.read_text()
    site.conf.write_text(
        text.replace("unix://%(here)s/supervisor.sock", f"http://127.0.0.1:{port}")
    )
    wait_for(lambda: "refuses the username" in run("status", "-c", site.conf).stderr, site.log)
    return site


def _log_in(conf: Path, password: str) -> None:
    text = conf.read_text()
    conf.write_text(
        text.replace(
            "[supervisorctl]\n", f"[supervisorctl]\nusername = me\npassword = {password}\n"
        )
    )


def test_a_password_is_used_and_a_wrong_one_is_told(guarded: Site) -> None:
    check_one_line(run("status", "-c", guarded.conf), 1, "refuses the username", "[supervisorctl]")
    right = guarded.conf.read_text()
    _log_in(guarded.conf, "wrong")
    done = run("status", "-c", guarded.conf)
    check_one_line(done, 1, "refuses the username and password", str(guarded.conf))
    assert "wrong" not in done.stderr, "it shows a password"

    guarded.conf.write_text(right)
    _log_in(guarded.conf, "%%secret")
    wait_for(lambda: run("status", "-c", guarded.conf).returncode == 0, guarded.log)


def test_a_reader_that_leaves_is_no_error(serving: Site) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        process = start("status", "--json", "-c", serving.conf, stdout=write_end)
    finally:
        os.close(write_end)
    _, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (0, "")


def test_a_frozen_agent_is_told(serving: Site) -> None:
    pid = serving.agent_pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        done = run("status", "-c", serving.conf)
        check_one_line(done, 1, "the agent does not answer")
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.timeout(120)
def test_an_address_is_fenced_and_comes_back(tmp_path: Path) -> None:
    with cluster(tmp_path) as hosts:
        hosts.start()
        conf = hosts.sites["alpha"].conf
        hosts.wait_address("beta", "RUNNING")

        done = run("fence", "beta", "-c", conf)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "beta is fenced, until 'supvisors unfence beta'\n"
        hosts.wait_address("beta", "ISOLATED", "alpha", "gamma")
        done = run("status", "-c", conf)
        assert (done.returncode, done.stderr) == (0, "")
        assert re.search(r"^beta +ISOLATED ", done.stdout, re.M), done.stdout
        check_one_line(run("fence", "beta", "-c", conf), 1, "fenced already", "'supvisors unfence")

        since = time.monotonic()
        done = run("unfence", "beta", "-c", conf)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "beta is fenced no more: it comes back with its next beat\n"
        hosts.wait_address("beta", "RUNNING", "alpha", "gamma", since=since)
        check_one_line(run("unfence", "beta", "-c", conf), 1, "beta is not fenced", "RUNNING")


@pytest.mark.timeout(120)
def test_a_warning_is_shown_and_is_no_failure(tmp_path: Path) -> None:
    with cluster(tmp_path) as hosts:
        hosts.start()
        conf = hosts.sites["alpha"].conf
        hosts.sites["beta"].stop()
        hosts.sites["gamma"].stop()
        hosts.wait_address("beta", "SILENT", "alpha")
        hosts.wait_address("gamma", "SILENT", "alpha")
        done = run("status", "-c", conf)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-1].startswith("warning: "), done.stdout
        assert "quorum" in done.stdout
        warnings = json.loads(run("status", "--json", "-c", conf).stdout)["warnings"]
        assert any("quorum" in warning for warning in warnings)
