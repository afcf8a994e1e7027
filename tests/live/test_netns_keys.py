"""A key that is wrong, missing or removed: what becomes of the link, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import zmq

from tests.cli.harness import run
from tests.live.cluster import QUICK, QUICK_LIMIT_S, now
from tests.live.harness import wait_for
from tests.live.netkeys import NAMES, make_keys
from tests.live.netns import NetCluster, needs_net, net_cluster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

needs_net()

THREE = NAMES[:3]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of all hosts."""
    return make_keys(tmp_path_factory.mktemp("keys"))


def _keys(hosts: NetCluster, name: str, *words: str) -> None:
    done = run("keys", *words, "-c", hosts.sites[name].conf)
    assert done.returncode == 0, done.stderr


def _wait_logged(hosts: NetCluster, name: str, *words: str) -> None:
    """Wait until one line of an agent's log has all these words."""
    wait_for(
        lambda: any(
            all(word in line for word in words)
            for line in hosts.sites[name].agent_log().splitlines()
        ),
        lambda: f"{name}: {words}\n{hosts.logs()}",
    )


def _wait_warned(hosts: NetCluster, name: str, words: str) -> None:
    wait_for(
        lambda: any(words in warning for warning in hosts.status(name)["warnings"]),
        lambda: f"{name}: {words}: {hosts.status(name)['warnings']}",
    )


def _public(hosts: NetCluster, name: str) -> str:
    done = run("keys", "show", "-c", hosts.sites[name].conf)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_key_that_is_removed_acts_at_once_and_so_does_its_return(
    tmp_path: Path, keys: Path
) -> None:
    with net_cluster(tmp_path, keys, THREE, options=QUICK) as hosts:
        hosts.start()
        key = _public(hosts, "gamma")
        removed = now()
        for name in ("alpha", "beta"):
            _keys(hosts, name, "remove", "gamma")
        silent = hosts.wait_address("gamma", "SILENT", since=removed)
        assert max(silent.values()) - removed < 3 * QUICK_LIMIT_S
        for name in ("alpha", "beta"):
            _wait_warned(hosts, name, "no key of gamma is known here")
            _wait_logged(hosts, name, "no key is held for this address", "gamma", "keys add gamma")
        _wait_logged(hosts, "gamma", "a peer refuses our key", "keys add gamma")
        hosts.wait_address("alpha", "SILENT", "gamma", since=removed)
        assert hosts.wait_alike("alpha", "beta")["master"] == "alpha"
        added = now()
        for name in ("alpha", "beta"):
            _keys(hosts, name, "add", "gamma", key)
        hosts.wait_address("gamma", "RUNNING", since=added)
        hosts.wait_operation()
        hosts.wait_true()
        hosts.poke("gamma")


@pytest.mark.parametrize("wrong", [True, False])
def test_a_wrong_and_a_missing_key_are_told_with_their_cure(
    tmp_path: Path, keys: Path, wrong: bool
) -> None:
    """Alpha and beta hold for gamma, from the start, another key than its own, or none."""
    options = f"{QUICK}".replace("synchro_timeout = 5", "synchro_timeout = 2")
    with net_cluster(tmp_path, keys, THREE, options=options) as hosts:
        key = _public(hosts, "gamma")
        for name in ("alpha", "beta"):
            if wrong:
                other = zmq.curve_keypair()[0].decode()
                (hosts.sites[name].directory / "state/keys/peers/gamma.pub").write_text(other)
            else:
                _keys(hosts, name, "remove", "gamma")
        begin = now()
        hosts.start()
        hosts.wait_address("gamma", "SILENT", since=begin)
        for name in ("alpha", "beta"):
            if wrong:
                _wait_logged(hosts, name, "breaks off the handshake", "gamma", "keys add gamma KEY")
                _wait_warned(hosts, name, "connections were refused for their key")
            else:
                _wait_warned(hosts, name, "no key of gamma is known here")
            _wait_logged(hosts, name, "refused a key that is not in the store", key)
            assert "RUNNING" not in hosts.states_of("gamma", name)
            _keys(hosts, name, "add", "gamma", key)
        hosts.wait_address("gamma", "RUNNING", since=begin)
        hosts.wait_operation()
        hosts.wait_true()
