"""Hosts with a network between them: they come late, have bad lines, and go round a cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.cluster import LIMIT_S, LONG, QUICK, QUICK_LIMIT_S, now, pause
from tests.live.harness import wait_for
from tests.live.netkeys import NAMES, make_keys
from tests.live.netns import INTERNAL_PORT, NetCluster, needs_net, net_cluster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

needs_net()

THREE = NAMES[:3]
#: How long a line is bad: three times the limit, and 30 s with `make live-long`.
BAD_LINE_S = 30.0 if LONG else 3 * LIMIT_S
LATENCY_S, LOSS = 0.2, 0.05
#: What was dropped is told to operators for a minute.
WARNED_S = 100.0


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of all hosts."""
    return make_keys(tmp_path_factory.mktemp("keys"))


def _warned(hosts: NetCluster, name: str, words: str) -> bool:
    return any(words in warning for warning in hosts.status(name)["warnings"])


def _warnings(hosts: NetCluster) -> dict[str, list[str]]:
    found = {name: hosts.status(name)["warnings"] for name in THREE}
    return {name: warnings for name, warnings in found.items() if warnings}


def _wait_warned(hosts: NetCluster, name: str, words: str) -> None:
    wait_for(
        lambda: _warned(hosts, name, words),
        lambda: f"{name}: {words}: {hosts.status(name)['warnings']}\n{hosts.logs()}",
    )


def test_five_hosts_agree_and_a_late_one_joins(tmp_path: Path, keys: Path) -> None:
    late = "epsilon"
    options = f"{QUICK}\nsynchro_timeout = 2".replace("synchro_timeout = 5\n", "")
    with net_cluster(tmp_path, keys, NAMES, without=[late], options=options) as hosts:
        four = hosts.others(late)
        hosts.sites[late].launch()  # its own interface is not there yet
        hosts.start(*four)
        shown = hosts.wait_alike(*four)
        assert (shown["master"], shown["addresses"][late]) == ("alpha", "SILENT")
        wait_for(lambda: "bus not bound yet" in hosts.sites[late].agent_log(), hosts.logs)
        hosts.wait_operation(late)  # alone
        plugged = now()
        hosts.net.attach(late)
        hosts.wait_address(late, "RUNNING", since=plugged)
        shown = hosts.wait_true()
        print("joined after", round(now() - plugged, 2))
        assert shown["addresses"] == dict.fromkeys(NAMES, "RUNNING")
        assert shown["master"] in NAMES
        for name in NAMES:
            hosts.poke(name)
        wait_for(
            lambda: not any(hosts.status(name)["warnings"] for name in NAMES), hosts.logs, WARNED_S
        )


@pytest.mark.parametrize("both_ways", [False, True] if LONG else [True])
def test_two_that_do_not_hear_each_other_go_through_a_third(
    tmp_path: Path, keys: Path, both_ways: bool
) -> None:
    with net_cluster(tmp_path, keys, THREE, options=QUICK) as hosts:
        hosts.start()
        hosts.wait_true()
        begin = now()
        if both_ways:
            hosts.net.cut = {("alpha", "beta"), ("beta", "alpha")}
        else:  # beta does not hear alpha, but alpha hears beta
            hosts.net.mute = {("alpha", "beta", INTERNAL_PORT)}
        _wait_warned(hosts, "beta", "alpha is not heard here since")
        _wait_warned(hosts, "alpha", "beta is " + ("not heard here" if both_ways else "heard here"))
        delays = hosts.poke("alpha")
        print("heard after", {name: round(delay, 2) for name, delay in delays.items()})
        hosts.poke("beta")
        pause(2 * QUICK_LIMIT_S)
        hosts.poke("alpha")
        hosts.poke("beta")
        assert not hosts.lost_since(begin), hosts.logs()
        for name in THREE:
            status = hosts.status(name)
            assert status["master"] or any("no master" in w for w in status["warnings"]), status
        hosts.net.heal()
        healed = now()
        wait_for(
            lambda: not _warnings(hosts), lambda: f"{_warnings(hosts)}\n{hosts.logs()}", WARNED_S
        )
        print("healed after", round(now() - healed, 2))
        hosts.wait_operation()
        hosts.wait_true()
        assert not hosts.lost_since(begin), hosts.logs()


def test_latency_and_loss_are_nobodys_death(tmp_path: Path, keys: Path) -> None:
    with net_cluster(tmp_path, keys, NAMES) as hosts:
        hosts.net.delay_s, hosts.net.loss = LATENCY_S, LOSS
        hosts.start()
        for name in NAMES:
            hosts.wait_address(name, "RUNNING")
        hosts.wait_true(timeout_s=60)
        begin = now()
        slowest = 0.0
        while now() - begin < BAD_LINE_S:
            for name in NAMES:
                slowest = max(slowest, *hosts.poke(name).values())
        print("the slowest event came after", round(slowest, 2))
        assert not hosts.lost_since(begin), hosts.logs()
        assert slowest < 2 * LIMIT_S
        hosts.wait_true()
