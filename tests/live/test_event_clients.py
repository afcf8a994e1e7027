"""Synchronised clients of a real agent: over its kill, from its journal, and from elsewhere.

The reference is the list of records that the tap gave, which the agent's trace holds.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import zmq

from supvisors.keys import KeyKind, KeyStore
from tests.cli.harness import check_one_line, run
from tests.live.harness import Site, wait_for
from tests.publisher.test_events import Client

PROGRAMS = """
    [program:flip]
    command = sleep 0.2
    process_name = %(process_num)d
    numprocs = 10
    autostart = false
    autorestart = true
    startsecs = 0
    stdout_logfile = NONE
    stderr_logfile = NONE
    """


def section(site: Site, *more: str) -> str:
    lines = (
        "address_list = alpha",
        f"event_port = {site.event_port}",
        "state_dir = %(here)s/state",
        *more,
    )
    return "\n".join(lines) + "\n"


@pytest.fixture
def clients() -> Iterator[list[Client]]:
    clients: list[Client] = []
    yield clients
    for client in clients:
        client.close()


def agrees(site: Site, client: Client) -> bool:
    mirror = {name: state.name for name, state in client.states().items()}
    truth = site.states()
    return mirror == {name: truth[name] for name in mirror} and len(mirror) >= len(truth) - 1


def is_stopped(site: Site) -> bool:
    """Stop all; one that is just between two runs goes on, and is stopped the next time."""
    site.ctl("stop", "flip:*")
    states = {state for name, state in site.states().items() if name.startswith("flip:")}
    return states == {"STOPPED"}


def have_last(site: Site, client: Client) -> bool:
    """Tell whether a client has the last event that the journal holds."""
    with closing(sqlite3.connect(site.directory / "state" / "journal" / "events.db")) as db:
        ((last,),) = db.execute("SELECT max(number) FROM high").fetchall()
    return bool(client.events) and client.events[-1][2] == last


def has_more_than(client: Client, count: int) -> bool:
    return len(client.events) > count


def reading(client: Client, condition: Callable[[], object]) -> Callable[[], object]:
    def is_so() -> object:
        client.read()
        return condition()

    return is_so


def test_killed_and_killed_again_nothing_is_missed(site: Site, clients: list[Client]) -> None:
    """Three kills of the agent while programs come and go; then a client that was away."""
    site.write(PROGRAMS, section(site))
    site.start()
    client = Client(site.event_port)
    clients.append(client)
    wait_for(reading(client, lambda: client.has_joined), "a snapshot")
    site.ctl("start", "flip:*")
    for _ in range(3):
        wait_for(
            reading(client, functools.partial(has_more_than, client, len(client.events) + 40)),
            "events",
        )
        os.kill(wait_for(site.agent_pid, site.log), signal.SIGKILL)
    cursor = client.sync.cursor
    had = len(client.events)
    site.wait_ready()
    away = Client(site.event_port, cursor)
    clients.append(away)
    wait_for(lambda: is_stopped(site), "an end of all")
    for one in (client, away):
        wait_for(reading(one, functools.partial(agrees, site, one)), "it agrees with supervisord")
    wait_for(
        reading(client, reading(away, lambda: have_last(site, client) and have_last(site, away))),
        "who stayed and who was away have the last event",
    )
    assert client.events[had:] == away.events
    assert client.gaps == []
    assert away.gaps == []
    numbers = [number for _, _, number in client.events]
    assert numbers == sorted(set(numbers)), "each once, in order"


def test_a_client_elsewhere_comes_in_by_its_key(site: Site) -> None:
    site.write(PROGRAMS, section(site, "event_host = 127.0.0.9"))
    store = KeyStore(str(site.directory / "state"))
    server = store.init()
    public, secret = zmq.curve_keypair()
    store.add("viewer", public.decode(), KeyKind.CLIENT)
    site.start()
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = context.socket(zmq.SUB)
    socket.curve_publickey, socket.curve_secretkey = public, secret
    socket.curve_serverkey = server.encode()
    socket.subscribe(b"")
    socket.connect(f"tcp://127.0.0.9:{site.event_port}")
    try:
        wait_for(lambda: socket.poll(100), "an address status")
        store.remove("viewer", KeyKind.CLIENT)
        wait_for(
            lambda: "other keys of clients are in force clients=0 gone=1" in site.agent_log(),
            "the key is out of force",
        )
        while socket.poll(100):  # what was on its way
            socket.recv_multipart()
        site.ctl("start", "flip:*")
        assert not socket.poll(500)
    finally:
        socket.close()
        context.term()


def test_the_tools_listen_elsewhere_with_keys(site: Site, tmp_path: Path) -> None:
    """The words of the command line, with what the words for keys print."""
    site.write(PROGRAMS, section(site, "event_host = 127.0.0.9"))
    conf = ("-c", str(site.conf))
    file, recording = tmp_path / "viewer.key", tmp_path / "day.jsonl"
    assert run("keys", "init", *conf).returncode == 0
    server_key = run("keys", "show", *conf).stdout.strip()
    public = run("keys", "client", "make", str(file)).stdout.strip()
    assert run("keys", "client", "add", "viewer", public, *conf).returncode == 0
    site.start()
    there = ("--host", "127.0.0.9", "--port", str(site.event_port))
    keys = ("--server-key", server_key, "--key", str(file))
    one = ("--json", "--count", "1")
    done = run("events", "address", *there, *keys, *one)
    assert json.loads(done.stdout)["header"] == "address", done.stderr
    site.ctl("start", "flip:0")
    done = run("events", "--since", "1h", "--application", "flip", *there, *keys, *one)
    assert json.loads(done.stdout)["body"]["group"] == "flip", done.stderr
    done = run("record", str(recording), *there, *keys, "--seconds", "1")
    assert '"header":"address"' in recording.read_text(), done.stderr
    check_one_line(run("events", *there, "--key", str(file)), 1, "--key needs --server-key")
    check_one_line(
        run("events", *there, "--key", str(tmp_path / "none"), "--server-key", server_key),
        1,
        "No such file",
        "supvisors keys client make",
    )
    check_one_line(
        run("record", str(tmp_path / "new"), *there, "--key", str(file), "--server-key", "short"),
        1,
        "40 characters",
        "supvisors keys show",
    )
    wrong = ("--key", str(file), "--server-key", zmq.curve_keypair()[0].decode())
    done = run("events", *there, *wrong, "--seconds", "4")
    assert "nobody lets us in at 127.0.0.9" in done.stderr


def test_without_keys_event_host_is_refused_with_the_cure(site: Site) -> None:
    site.write(PROGRAMS, section(site, "event_host = 127.0.0.9"))
    site.start(ready=False)
    wait_for(lambda: "supvisors keys init" in site.log(), "the cure")


def test_the_journal_is_where_the_state_is(site: Site, tmp_path: Path) -> None:
    site.write(PROGRAMS, section(site))
    site.start()
    assert (site.directory / "state" / "journal" / "events.db").exists()
