"""Five hosts of which two are cut off, and what heals when they are joined again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.live.cluster import LONG, QUICK, QUICK_LIMIT_S, now, pause
from tests.live.harness import wait_for
from tests.live.netkeys import NAMES, make_keys
from tests.live.netns import NetCluster, needs_net, net_cluster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

needs_net()

FEW, MANY = NAMES[:2], NAMES[2:]
#: Within this time after healing all publish the same.
HEALED_S = 30.0


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of all hosts."""
    return make_keys(tmp_path_factory.mktemp("keys"))


def _part(hosts: NetCluster, state: str) -> None:
    """Cut the network in two; wait until each side goes on without the other."""
    begin = now()
    hosts.net.partition(FEW, MANY)
    for side, others in ((FEW, MANY), (MANY, FEW)):
        for other in others:
            told = hosts.wait_address(other, state, *side, since=begin)
            assert max(told.values()) - begin < 5 * QUICK_LIMIT_S
        hosts.wait_operation(*side)
        shown = hosts.wait_alike(*side)
        assert shown["master"] == side[0]
        expected = {n: "RUNNING" if n in side else state for n in NAMES}
        assert shown["addresses"] == expected
        hosts.poke(side[1], witnesses=side)


def _lacks_quorum(hosts: NetCluster, name: str) -> bool:
    return any("no quorum" in warning for warning in hosts.status(name)["warnings"])


def _wait_healed(hosts: NetCluster) -> None:
    begin = now()
    hosts.net.heal()
    _wait_one(hosts)
    print("healed after", round(now() - begin, 2))


def _wait_one(hosts: NetCluster) -> None:
    """Wait until all are one again."""

    def is_one() -> bool:
        shown = [hosts.shows(name) for name in NAMES]
        running = set(shown[0]["addresses"].values()) == {"RUNNING"}
        return running and all(each == shown[0] for each in shown) and bool(shown[0]["master"])

    wait_for(is_one, hosts.logs, HEALED_S)
    hosts.wait_operation()
    hosts.wait_true()
    for name in (FEW[0], MANY[0]):
        hosts.poke(name)


@pytest.mark.parametrize("quorum", [3, 1] if LONG else [3])
def test_a_partition_heals_by_itself(tmp_path: Path, keys: Path, quorum: int) -> None:
    options = QUICK if quorum == 3 else f"{QUICK}\nquorum = {quorum}"  # 3 is the default
    with net_cluster(tmp_path, keys, NAMES, options=options) as hosts:
        hosts.start()
        hosts.wait_true()
        _part(hosts, "SILENT")
        assert [_lacks_quorum(hosts, name) for name in (FEW[1], MANY[1])] == [quorum == 3, False]
        # connections are given up meanwhile, and tried again ever more rarely
        pause(60 if LONG else 10 if quorum == 1 else 0)
        # what happens on each side is known to all when it is over
        hosts.sites[FEW[1]].rpc().supervisor.startProcess("station:radio")
        hosts.sites[MANY[1]].rpc().supervisor.stopProcess("station:camera")
        _wait_healed(hosts)


def _unfence(hosts: NetCluster, side: Sequence[str], others: Sequence[str]) -> None:
    for other in others:
        assert hosts.sites[side[0]].rpc().supvisors.unfence(other) is True


@pytest.mark.parametrize("order", ["few first", "many first"])
def test_a_fenced_partition_heals_when_it_is_unfenced(
    tmp_path: Path, keys: Path, order: str
) -> None:
    with net_cluster(tmp_path, keys, NAMES, options=f"{QUICK}\nauto_fence = true") as hosts:
        hosts.start()
        hosts.wait_true()
        _part(hosts, "ISOLATED")
        begin = now()
        hosts.net.heal()
        pause(QUICK_LIMIT_S)
        for side, others in ((FEW, MANY), (MANY, FEW)):
            for name in side:
                states = hosts.shows(name)["addresses"]
                assert {states[other] for other in others} == {"ISOLATED"}, hosts.logs()
        assert not [line for line in hosts.lost_since(begin) if "ISOLATED" not in line]
        sides = (FEW, MANY) if order == "few first" else (MANY, FEW)
        _unfence(hosts, sides[0], sides[1])
        for name in sides[0]:  # the other side still fences this one
            states = hosts.shows(name)["addresses"]
            assert "RUNNING" not in {states[other] for other in sides[1]}
        _unfence(hosts, sides[1], sides[0])
        unfenced = now()
        _wait_one(hosts)
        print("one again after", round(now() - unfenced, 2))
