"""Upkeep of a site that runs: an address is drained, processes are restarted a few at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from xmlrpc.client import Fault

import pytest

from tests.live.cluster import Cluster, now
from tests.live.managed import (
    STAYS,
    Change,
    changes,
    copies,
    managed,
    pid_of,
    programs,
    wait_changes,
    wait_copies,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

#: What of the shop runs, in the order of a rolling restart.
SHOP: Final = ("basket", "mailer", "pricing", "web_0", "web_1", "web_2")


def test_an_address_is_drained_and_processes_are_restarted(tmp_path: Path) -> None:
    flag = tmp_path / "mailer-is-broken"
    written = programs(
        commands={"mailer": f"sh -c 'test ! -e {flag} && exec {STAYS}'"},
        lines={"mailer": "startsecs = 1"},
    )
    with managed(tmp_path, written=written) as hosts:
        hosts.start()
        drained(hosts)
        undrained(hosts)
        restarted(hosts)
        flag.touch()
        restarted_until_one_fails(hosts)


def drained(hosts: Cluster) -> None:
    """What may run elsewhere is moved, one after the other; what may not stays and is named."""
    wait_copies(hosts, "ingest:validator", ["gamma"])
    begin = now()
    rpc = hosts.sites["beta"].rpc().supvisors
    with pytest.raises(Fault, match=r"decoder_2 stays on gamma: .*alpha is not an address of its"):
        rpc.drain("gamma", True)
    wait_copies(hosts, "ingest:decoder_2", ["gamma"])
    wait_copies(hosts, "ingest:validator", ["beta"])
    wait_copies(hosts, "watch:console", ["alpha"])
    wait_copies(hosts, "watch:collector", ["alpha", "beta"])
    moved_to = (("ingest:validator", "beta", "RUNNING"), ("watch:console", "alpha", "RUNNING"))
    heard = wait_changes(hosts, "alpha", begin, moved_to)
    for name, there in (("ingest:validator", "beta"), ("watch:console", "alpha")):
        # each is at its new place before the next one is touched
        first = heard.index((name, "gamma", "STOPPING"))
        moved = [
            ("gamma", "STOPPING"),
            ("gamma", "STOPPED"),
            (there, "STARTING"),
            (there, "RUNNING"),
        ]
        assert heard[first : first + 4] == [(name, *step) for step in moved], heard
    with pytest.raises(Fault, match="is drained already"):
        rpc.drain("gamma", True)


def undrained(hosts: Cluster) -> None:
    """Nothing is placed on a drained address; it is again when the drain is lifted."""
    rpc = hosts.sites["beta"].rpc().supvisors
    begin = now()
    assert rpc.start_process("LESS_LOADED", "ingest:replay", "", True) is True
    assert copies(hosts, "ingest:replay") == ["beta"]
    assert rpc.restart_process("", "watch:collector", "", True) is True
    assert not [c for c in changes(hosts, "alpha", begin) if c[1:] == ("gamma", "STARTING")]
    assert rpc.undrain("gamma") is True
    assert rpc.restart_process("LESS_LOADED", "ingest:replay", "", True) is True
    assert rpc.start_process("", "watch:collector", "", True) is True
    wait_copies(hosts, "ingest:replay", ["gamma"])
    wait_copies(hosts, "watch:collector", hosts.names)


def down_at_once(heard: list[Change]) -> int:
    """Return how many processes were down together at most."""
    down: set[str] = set()
    most = 0
    for name, _, state in heard:
        if state == "RUNNING":
            down.discard(name)
        else:
            down.add(name)
        most = max(most, len(down))
    return most


def shop(hosts: Cluster) -> dict[str, tuple[str, int]]:
    """Return where each process of the shop runs, and its process id."""
    return {
        name: (where, pid_of(hosts, f"shop:{name}", where))
        for name in SHOP
        for where in copies(hosts, f"shop:{name}")
    }


def restarted(hosts: Cluster) -> None:
    before, begin = shop(hosts), now()
    assert hosts.sites["gamma"].rpc().supvisors.rolling_restart("shop:*", 2, True) is True
    after = shop(hosts)
    assert {n: where for n, (where, _) in before.items()} == {
        n: where for n, (where, _) in after.items()
    }
    assert not {pid for _, pid in before.values()} & {pid for _, pid in after.values()}
    ends = [(f"shop:{name}", where, "RUNNING") for name, (where, _) in after.items()]
    assert down_at_once(wait_changes(hosts, "alpha", begin, ends)) == 2


def restarted_until_one_fails(hosts: Cluster) -> None:
    before, begin = shop(hosts), now()
    with pytest.raises(Fault, match=r"ABNORMAL_TERMINATION.*shop:mailer is FATAL"):
        hosts.sites["gamma"].rpc().supvisors.rolling_restart("shop:*", 1, True)
    after = shop(hosts)
    assert after["basket"] != before["basket"]
    assert "mailer" not in after
    assert {name: after[name] for name in SHOP[2:]} == {name: before[name] for name in SHOP[2:]}
    heard = wait_changes(hosts, "alpha", begin, [("shop:mailer", before["mailer"][0], "FATAL")])
    assert {name for name, _, _ in heard} == {"shop:basket", "shop:mailer"}
