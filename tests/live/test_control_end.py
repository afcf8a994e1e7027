"""Everything is restarted, and everything is shut down: in order, and heard by all clients."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from xmlrpc.client import Fault

import pytest

from tests.live.cluster import EVERY_S, Cluster, now
from tests.live.doors import Call, Door, through
from tests.live.harness import Site, alive, wait_for
from tests.live.managed import (
    PLAIN,
    changes,
    check_stages,
    everywhere,
    managed,
    wait_copies,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

RESTART: Final = Call("restart", (), "site restart --yes")
SHUTDOWN: Final = Call("shutdown", (), "site shutdown --yes")
#: The reverse of the start, and `watch` last.
STOPS: Final = (
    ("shop:mailer", "shop:web_0", "shop:web_1", "shop:web_2"),
    ("shop:basket", "shop:pricing"),
    ("ingest:receiver", "ingest:validator"),
    ("ingest:decoder_0", "ingest:decoder_1", "ingest:decoder_2"),
    ("storage:cache",),
    ("storage:database",),
    ("watch:alarm", "watch:console"),
    ("watch:collector",),
)


def test_everything_is_restarted_then_shut_down(tmp_path: Path) -> None:
    with managed(tmp_path) as hosts:
        hosts.start()
        begin = now()
        agents = {name: hosts.sites[name].agent_pid() for name in hosts.names}
        outcome = through(Door.COMMAND_LINE, hosts.sites["beta"], RESTART)
        assert outcome.is_done, outcome.text
        ended(hosts, begin, "RESTARTING")
        wait_for(lambda: restarted(hosts, agents), hosts.logs, every_s=EVERY_S)
        hosts.wait_operation()
        back(hosts, begin)

        begin = now()
        pids = {name: hosts.sites[name].pid for name in hosts.names}
        assert through(Door.XML_RPC, hosts.sites["gamma"], SHUTDOWN).is_done
        with pytest.raises(Fault, match="SHUTDOWN_STATE"):
            hosts.sites["alpha"].rpc().supvisors.start_process("CONFIG", "ingest:replay", "", True)
        ended(hosts, begin, "SHUTTING_DOWN")
        with ThreadPoolExecutor(len(hosts.names)) as pool:
            assert set(pool.map(Site.wait_ended, everywhere(hosts))) == {0}
        assert not [name for name, pid in pids.items() if alive(pid)]


def ended(hosts: Cluster, begin: float, state: str) -> None:
    """Wait until all clients heard the end; check what they heard of it, and its order."""
    for witness in hosts.names:
        wait_for(
            lambda w=witness: "SHUTDOWN" in hosts.supvisors_of(w, begin),  # type: ignore[misc]
            lambda w=witness: f"{w}: {hosts.supvisors_of(w, begin)}\n{hosts.logs()}",  # type: ignore[misc]
        )
        assert hosts.supvisors_of(witness, begin)[:2] == [state, "SHUTDOWN"], witness
    heard = changes(hosts, "alpha", begin)
    check_stages(heard[: stop_of_the_rest(hosts, heard)], STOPS, "STOPPING", ("STOPPED",))
    local_is_last(hosts, "restart" if state == "RESTARTING" else "shutdown")


def stop_of_the_rest(hosts: Cluster, heard: list[tuple[str, str, str]]) -> int:
    """Return where supervisord's own stop of what no rule names began, after all else."""
    return min(
        i for i, (name, _, state) in enumerate(heard) if PLAIN in name and state == "STOPPING"
    )


def local_is_last(hosts: Cluster, verb: str) -> None:
    """The master tells every supervisord, and its own one last."""
    told = re.findall(rf"ordered address=(\w+) verb={verb} ", hosts.sites["alpha"].agent_log())
    assert sorted(told) == sorted(hosts.names)
    assert told[-1] == "alpha"


def restarted(hosts: Cluster, agents: dict[str, int]) -> bool:
    """Tell whether every host has another agent, which answers."""
    return all(
        _asked(site.agent_pid) not in (0, agents[name]) for name, site in hosts.sites.items()
    )


def _asked(question: Callable[[], int]) -> int:
    try:
        return question()
    except (OSError, Fault):  # it reloads
        return 0


def back(hosts: Cluster, begin: float) -> None:
    """All that the rules start runs again, each where it was or elsewhere."""
    hosts.wait_true()
    for names in STOPS:
        for name in names:
            if name != "watch:collector":
                assert (
                    len(
                        [
                            1
                            for n, _, s in changes(hosts, "alpha", begin)
                            if (n, s) == (name, "RUNNING")
                        ]
                    )
                    == 1
                )
    wait_copies(hosts, "watch:collector", hosts.names)
    wait_copies(hosts, f"{PLAIN}:{PLAIN}", hosts.names)
    for witness in hosts.names:
        states = hosts.supvisors_of(witness, begin)
        assert states == ["RESTARTING", "SHUTDOWN", "INITIALIZATION", "DEPLOYMENT", "OPERATION"]
