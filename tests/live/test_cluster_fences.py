"""An operator fences an address, and lifts its fence."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xmlrpc.client import Fault

import pytest

from tests.live.cluster import QUICK, Cluster, cluster, now
from tests.live.harness import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

STATE = f"{QUICK}\nstate_dir = %(here)s/state"


def _order(hosts: Cluster, at: str, method: str, address: str) -> None:
    assert getattr(hosts.sites[at].rpc().supvisors, method)(address) is True


def _refused(hosts: Cluster, at: str, method: str, address: str) -> str:
    with pytest.raises(Fault) as caught:
        _order(hosts, at, method, address)
    return caught.value.faultString


def _wait_isolated(hosts: Cluster, at: str, *addresses: str) -> None:
    """Wait until a host shows these addresses ISOLATED and no other."""
    wait_for(
        lambda: (
            {
                name
                for name, state in hosts.shows(at)["addresses"].items()
                if state in ("ISOLATING", "ISOLATED")
            }
            == set(addresses)
        ),
        lambda: f"{at}: {hosts.shows(at)}\n{hosts.logs()}",
    )


def _restart_agent(hosts: Cluster, name: str) -> None:
    hosts.sites[name].ctl("restart", "supvisors")
    hosts.wait_operation(name)


def test_a_fence_is_mutual_and_outlives_the_agents(tmp_path: Path) -> None:
    with cluster(tmp_path, options=STATE) as hosts:
        hosts.start()
        assert "none is isolated by itself" in _refused(hosts, "alpha", "fence", "alpha")
        assert "known: alpha, beta, gamma" in _refused(hosts, "alpha", "fence", "delta")
        assert "is not fenced" in _refused(hosts, "alpha", "unfence", "beta")

        _order(hosts, "gamma", "fence", "beta")
        assert "is fenced already" in _refused(hosts, "gamma", "fence", "beta")
        _wait_isolated(hosts, "alpha", "beta")
        _wait_isolated(hosts, "gamma", "beta")
        _wait_isolated(hosts, "beta", "alpha", "gamma")
        assert "run 'supvisors unfence beta' at" in _refused(hosts, "beta", "unfence", "alpha")
        warnings = hosts.status("beta")["warnings"]
        assert any("alpha has fenced this address" in warning for warning in warnings), warnings
        hosts.wait_alike("alpha", "gamma")

        fenced = now()
        for name in ("gamma", "alpha", "beta"):
            _restart_agent(hosts, name)
        _wait_isolated(hosts, "alpha", "beta")
        _wait_isolated(hosts, "gamma", "beta")
        _wait_isolated(hosts, "beta", "alpha", "gamma")
        assert "RUNNING" not in hosts.states_of("beta", "alpha", fenced)

        _order(hosts, "alpha", "unfence", "beta")
        for name in hosts.names:
            _wait_isolated(hosts, name)
        hosts.wait_operation()
        assert set(hosts.wait_true()["addresses"].values()) == {"RUNNING"}
        hosts.poke("beta")


@contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """Let nothing more be written to a directory: a full disk for root, else by its mode."""
    path.mkdir()
    if os.getuid() != 0:
        path.chmod(0o500)
        yield
        path.chmod(0o700)
        return
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("root may not mount a file system here")
    try:
        with pytest.raises(OSError, match="No space left"):
            (path / "filler").write_bytes(bytes(1_000_000))
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def test_a_fence_acts_though_the_disk_is_full(tmp_path: Path) -> None:
    with full_disk(tmp_path / "disk"), cluster(tmp_path, options=QUICK) as hosts:
        hosts.write("alpha", hosts.names, f"{QUICK}\nstate_dir = {tmp_path}/disk/state")
        hosts.start()
        _order(hosts, "alpha", "fence", "beta")
        for name in ("alpha", "gamma"):
            _wait_isolated(hosts, name, "beta")
        warnings = "\n".join(hosts.status("alpha")["warnings"])
        assert "cannot be written" in warnings, warnings
        assert "Make room on its disk" in warnings
        assert "cannot be written" in hosts.sites["alpha"].agent_log()
        _order(hosts, "alpha", "unfence", "beta")
        hosts.wait_operation()
        hosts.wait_true()
