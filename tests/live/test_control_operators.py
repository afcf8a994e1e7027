"""Two operators at once, and an operator who changes the rules."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Final
from xmlrpc.client import Fault

import pytest

from tests.live.cluster import Cluster, now
from tests.live.harness import wait_for
from tests.live.managed import Change, changes, copies, managed, wait_copies

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

ROUNDS: Final = 5
NAME: Final = "ingest:replay"


def test_operators(tmp_path: Path) -> None:
    with managed(tmp_path) as hosts:
        hosts.start()
        for _ in range(ROUNDS):
            two_start_the_same(hosts)
        rules = tmp_path / "rules.xml"
        changed_rules(hosts, rules)
        broken_rules(hosts, rules)


def two_start_the_same(hosts: Cluster) -> None:
    barrier, begin = Barrier(2), now()

    def start(name: str) -> str:
        rpc = hosts.sites[name].rpc().supvisors
        barrier.wait()
        try:
            assert rpc.start_process("LESS_LOADED", NAME, "", True) is True
        except Fault as fault:
            return str(fault.faultString)
        return ""

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(start, ("beta", "gamma")))
    assert told[0] == ""
    assert "conflicting request is under way" in told[1] or "ALREADY_STARTED" in told[1]
    assert len(copies(hosts, NAME)) == 1

    def starts() -> list[Change]:
        return [c for c in changes(hosts, "alpha", begin) if c[0] == NAME and c[2] == "STARTING"]

    wait_for(starts, hosts.logs)
    assert len(starts()) == 1
    assert hosts.sites["alpha"].rpc().supvisors.stop_process(NAME, True) is True
    wait_copies(hosts, NAME, [])


def loadings(hosts: Cluster) -> list[int]:
    """Return what each agent says that a process loads its host with."""
    return [
        hosts.sites[name].rpc().supvisors.get_process_rules(NAME)[0]["expected_loading"]
        for name in hosts.names
    ]


def changed_rules(hosts: Cluster, rules: Path) -> None:
    begin = now()
    assert loadings(hosts) == [0, 0, 0]
    changed = '<program name="replay"><expected_loading>7</expected_loading></program>'
    text = rules.read_text()
    assert '<program name="replay"/>' in text
    rules.write_text(text.replace('<program name="replay"/>', changed))
    assert loadings(hosts) == [0, 0, 0]  # not before somebody says so
    told = hosts.sites["beta"].rpc().supvisors.reload_rules()
    assert [line.partition(":")[0] for line in told.splitlines()] == [*hosts.names]
    assert loadings(hosts) == [7, 7, 7]
    assert not changes(hosts, "alpha", begin)  # what runs goes on
    wait_for(lambda: not hosts.status("alpha")["warnings"], lambda: str(hosts.status("alpha")))


def broken_rules(hosts: Cluster, rules: Path) -> None:
    """A file with a mistake is refused whole, by every host, and the rules before stay."""
    text = rules.read_text()
    line = next(i for i, each in enumerate(text.splitlines(), 1) if 'name="replay"' in each)
    broken = text.replace(">7</expected_loading>", ">seven</expected_loading>")
    rules.write_text(broken.replace("<start_sequence>4<", "<start_sequence>9<"))
    with pytest.raises(Fault) as refused:
        hosts.sites["gamma"].rpc().supvisors.reload_rules()
    said = refused.value.faultString
    for name in hosts.names:
        assert f"{name}: " in said
    assert f"{rules}, line {line}" in said or f"{rules}:{line}" in said, said
    assert "seven" in said
    assert loadings(hosts) == [7, 7, 7]
    application = hosts.sites["alpha"].rpc().supvisors.get_application_rules("watch")
    assert application["start_sequence"] == 4
