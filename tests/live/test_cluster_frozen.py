"""Hosts, agents and supervisords that stand still for a while."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.live.cluster import LIMIT_S, QUICK, QUICK_LIMIT_S, cluster, now, pause
from tests.live.harness import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

#: Shorter than the limit, on a busy machine too.
SHORT_S = LIMIT_S / 2


def test_a_frozen_host_is_lost_and_comes_back_by_itself(tmp_path: Path) -> None:
    with cluster(tmp_path, options=QUICK) as hosts:
        hosts.start()
        for name in ("beta", "alpha"):  # alpha is the master
            frozen = now()
            hosts.signal_host(name, signal.SIGSTOP)
            silent = hosts.wait_address(name, "SILENT", since=frozen)
            assert max(silent.values()) - frozen < 3 * QUICK_LIMIT_S
            others = hosts.others(name)
            hosts.wait_operation(*others)
            assert hosts.wait_alike(*others)["master"] == others[0]
            # what happens meanwhile, the frozen host hears later
            supervisor = hosts.sites["gamma"].rpc().supervisor
            supervisor.startProcess("station:radio")
            thawed = now()
            hosts.signal_host(name, signal.SIGCONT)
            hosts.wait_address(name, "RUNNING", since=thawed)
            shown = hosts.wait_true()
            assert shown["addresses"] == dict.fromkeys(hosts.names, "RUNNING")
            supervisor.stopProcess("station:radio")
            hosts.wait_true()
            assert not hosts.lost_since(frozen, name), "it did not run, and so judges nobody"


def test_a_freeze_that_is_shorter_than_the_limit_is_nobodys_death(tmp_path: Path) -> None:
    with cluster(tmp_path) as hosts:
        hosts.start()
        begin = now()
        for freeze in (hosts.signal_host, hosts.signal_agent, hosts.signal_supervisord):
            freeze("beta", signal.SIGSTOP)
            pause(SHORT_S)
            freeze("beta", signal.SIGCONT)
            hosts.poke("beta")
            hosts.poke("gamma")
        wait_for(lambda: hosts.status("beta")["supvisors"]["statename"] == "OPERATION", hosts.logs)
        assert not hosts.lost_since(begin), hosts.logs()
        hosts.wait_true()


def test_a_frozen_supervisord_has_an_agent_that_lives(tmp_path: Path) -> None:
    with cluster(tmp_path, options=QUICK) as hosts:
        hosts.start()
        begin = now()
        hosts.signal_supervisord("beta", signal.SIGSTOP)
        pause(2 * QUICK_LIMIT_S)
        for name in hosts.others("beta"):
            hosts.poke(name)
        hosts.signal_supervisord("beta", signal.SIGCONT)
        hosts.poke("beta")
        assert not hosts.lost_since(begin), hosts.logs()


def test_a_frozen_host_holds_up_nobodys_shutdown(tmp_path: Path) -> None:
    with cluster(tmp_path, options=QUICK) as hosts:
        hosts.start()
        hosts.signal_host("beta", signal.SIGSTOP)
        begin = now()
        assert hosts.sites["gamma"].stop(timeout_s=20) == 0
        took_s = now() - begin
        print("shut down after", round(took_s, 2))
        assert took_s < QUICK_LIMIT_S + 5
        hosts.wait_address("gamma", "SILENT", "alpha", since=begin)
        begin = now()
        assert hosts.sites["alpha"].stop(timeout_s=20) == 0
        assert now() - begin < QUICK_LIMIT_S + 5
