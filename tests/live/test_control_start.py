"""The site of the example starts and stops as its rules say, seen by clients of every host."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.live.cluster import Cluster, now
from tests.live.harness import wait_for
from tests.live.managed import (
    PLAIN,
    application_states,
    changes,
    managed,
    pid_of,
    told,
    wait_copies,
    wait_stages,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

DECODERS: Final = ("ingest:decoder_0", "ingest:decoder_1", "ingest:decoder_2")
STARTS: Final = (
    ("storage:database",),
    ("storage:loader",),
    ("storage:cache",),
    ("ingest:receiver",),
    DECODERS,
    ("ingest:validator",),
    ("shop:basket", "shop:pricing"),
    ("shop:mailer", "shop:web_0", "shop:web_1", "shop:web_2"),
    ("watch:collector",),
    ("watch:alarm", "watch:console"),
)
INGEST_STOPS: Final = (("ingest:receiver", "ingest:validator"), DECODERS)
SHOP_STOPS: Final = (STARTS[7], STARTS[6])
APPLICATIONS: Final = ("storage", "ingest", "shop", "watch")


def test_what_the_rules_say_is_what_happens(tmp_path: Path) -> None:
    with managed(tmp_path) as hosts:
        hosts.start()
        master = hosts.status("beta")["master"]
        started(hosts, master)
        begin = now()
        stopped(hosts, master)
        restarted(hosts, master)
        assert not [change for change in changes(hosts, master, begin) if PLAIN in change[0]]


def started(hosts: Cluster, master: str) -> None:
    # the client of the master hears what the master knows, in the order in which it learns it
    heard = wait_stages(hosts, master, 0.0, STARTS, "STARTING", ("RUNNING", "EXITED"))
    loader = [state for name, _, state in heard if name == "storage:loader"]
    assert loader == ["STARTING", "RUNNING", "EXITED"]
    cache = heard.index(next(c for c in heard if c[0] == "storage:cache"))
    assert ("storage:loader", heard[cache - 1][1], "EXITED") in heard[:cache]
    for index, name in enumerate(DECODERS):
        wait_copies(hosts, name, [hosts.names[index]])
    wait_copies(hosts, "watch:collector", hosts.names)
    wait_copies(hosts, f"{PLAIN}:{PLAIN}", hosts.names)
    never = {"storage:backup", "ingest:replay", "shop:web_admin"}
    assert not never & {name for name, _, _ in heard}
    hosts.wait_true()
    bodies = [body for _, body in told(hosts, master, "application")]
    assert not [body for body in bodies if body["major_failure"] or body["minor_failure"]]
    for witness in hosts.names:
        expected = ["INITIALIZATION", "DEPLOYMENT", "OPERATION"]
        assert hosts.supvisors_of(witness) == expected, witness
        for name in APPLICATIONS:
            states = application_states(hosts, witness, name)
            assert states in (["STOPPED", "STARTING", "RUNNING"], ["STARTING", "RUNNING"]), witness


def stopped(hosts: Cluster, master: str) -> None:
    for name, stages in (("shop", SHOP_STOPS), ("ingest", INGEST_STOPS)):
        begin = now()
        assert hosts.sites["gamma"].rpc().supvisors.stop_application(name, True) is True
        wait_stages(hosts, master, begin, stages, "STOPPING", ("STOPPED",))
        for witness in hosts.names:
            wait_for(lambda w=witness, n=name, b=begin: ended(hosts, w, n, b) == "STOPPED")  # type: ignore[misc]
            states = application_states(hosts, witness, name, begin)
            assert states == ["STOPPING", "STOPPED"], f"{witness}: {states}\n{hosts.logs()}"


def ended(hosts: Cluster, witness: str, application: str, since: float) -> str:
    """Return the state of an application that a client heard last."""
    return (application_states(hosts, witness, application, since) or [""])[-1]


def restarted(hosts: Cluster, master: str) -> None:
    begin = now()
    rpc = hosts.sites["beta"].rpc().supvisors
    assert rpc.start_application("LESS_LOADED", "ingest", True) is True
    wait_stages(hosts, master, begin, STARTS[3:6], "STARTING", ("RUNNING",))
    pids = {name: pid_of(hosts, name, hosts.names[i]) for i, name in enumerate(DECODERS)}
    begin = now()
    assert rpc.restart_application("", "ingest", True) is True
    wait_stages(hosts, master, begin, INGEST_STOPS, "STOPPING", ("STOPPED",))
    heard = wait_stages(hosts, master, begin, STARTS[3:6], "STARTING", ("RUNNING",))
    assert max(i for i, change in enumerate(heard) if change[2] == "STOPPED") < min(
        i for i, change in enumerate(heard) if change[2] == "STARTING"
    )
    for index, name in enumerate(DECODERS):
        wait_copies(hosts, name, [hosts.names[index]])
        assert pid_of(hosts, name, hosts.names[index]) != pids[name]
    for witness in hosts.names:
        wait_for(lambda w=witness, b=begin: ended(hosts, w, "ingest", b) == "RUNNING")  # type: ignore[misc]
        states = application_states(hosts, witness, "ingest", begin)
        expected = ["STOPPING", "STARTING", "RUNNING"]
        assert states == expected, f"{witness}: {states}\n{hosts.logs()}"
