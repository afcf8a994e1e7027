"""`supvisors events --since` against the publisher and the journal of an agent."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from supvisors.model import ProcessState
from tests.cli.harness import TIMEOUT_S, run, start
from tests.client.conftest import make_site
from tests.client.site import Site

pytestmark = pytest.mark.slow  # each test runs the command
__all__ = ["make_site"]

RUNNING, STOPPED = ProcessState.RUNNING, ProcessState.STOPPED
MakeSite = Callable[..., Site]


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    site = make_site()
    site.change(RUNNING)
    site.change(STOPPED)
    site.change(RUNNING, "pg", "db")
    return site


def events_of(done: subprocess.CompletedProcess[str]) -> list[tuple[str, int]]:
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(line["header"] == "event" for line in lines)
    return [(line["body"]["name"], line["body"]["now"]) for line in lines]


def test_oldest_first_and_then_it_ends(site: Site) -> None:
    done = run("events", "--since", "2h", "--json", "--port", str(site.port))
    assert events_of(done) == [("nginx", 1), ("nginx", 2), ("pg", 3)]
    assert done.stderr == ""


def test_filters_and_count(site: Site) -> None:
    port = str(site.port)
    done = run("events", "--since", "2h", "--json", "--port", port, "--application", "db")
    assert events_of(done) == [("pg", 3)]
    done = run("events", "--since", "2h", "--json", "--port", port, "--process", "web:*")
    assert events_of(done) == [("nginx", 1), ("nginx", 2)]
    done = run("events", "--since", "2h", "--json", "--port", port, "--address", "beta")
    assert events_of(done) == []
    done = run("events", "--since", "2h", "--json", "--port", port, "--count", "2")
    assert events_of(done) == [("nginx", 1), ("nginx", 2)]
    done = run("events", "--since", "2999-01-01", "--json", "--port", port)
    assert events_of(done) == []


def test_a_line_has_the_date_of_its_publication(site: Site) -> None:
    done = run("events", "--since", "1d", "--port", str(site.port))
    date, clock, header, name, state, *_ = done.stdout.splitlines()[0].split()
    assert (date.count("-"), clock.count(":")) == (2, 2)
    assert (header, name, state) == ("event", "web:nginx", "RUNNING")


def test_follow_goes_on(site: Site) -> None:
    args = ["events", "--since", "2h", "--follow", "--json", "--port", str(site.port)]
    process = start(*args)
    try:
        assert process.stdout is not None
        assert [header_of(process) for _ in range(3)] == ["event"] * 3
        site.change(STOPPED)
        assert [header_of(process) for _ in range(3)] == ["event", "process", "application"]
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=TIMEOUT_S)
        assert (process.returncode, stderr) == (0, "")
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=TIMEOUT_S)


def header_of(process: subprocess.Popen[Any]) -> str:
    assert process.stdout is not None
    header: str = json.loads(process.stdout.readline())["header"]
    return header


def test_without_a_journal_it_is_said(make_site: MakeSite) -> None:
    site = make_site(journal=False)
    done = run("events", "--since", "2h", "--port", str(site.port))
    assert (done.returncode, done.stdout) == (0, "")
    assert "lost" in done.stderr


def test_seconds_end_it_where_nobody_publishes(make_site: MakeSite) -> None:
    site = make_site()
    site.stop()
    done = run("events", "--since", "2h", "--seconds", "0.2", "--port", str(site.port))
    assert (done.returncode, done.stdout) == (0, "")


def test_filters_without_since(site: Site) -> None:
    args = ["events", "--json", "--application", "db", "--port", str(site.port)]
    process = start(*args, "--count", "3")
    try:
        while process.poll() is None:
            site.change(RUNNING)
            site.change(RUNNING, "pg", "db")
        stdout, _ = process.communicate(timeout=TIMEOUT_S)
        lines = [json.loads(line)["body"] for line in stdout.splitlines()]
        assert len(lines) == 3
        assert {line.get("application_name", line.get("group")) for line in lines} == {"db"}
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=TIMEOUT_S)
