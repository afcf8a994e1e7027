"""`supvisors keys client`: from a new pair to a client that may come in, and out again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import zmq

from supvisors.keys import KeyKind, KeyStore
from tests.cli.harness import BASE, check_one_line, run, write

pytestmark = pytest.mark.slow  # each test runs the command

OPTIONS = "address_list = alpha\nevent_host = 127.0.0.9\nstate_dir = %(here)s/state\n"


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    return write(tmp_path, f"{BASE}[supvisors]\n{OPTIONS}")


def store(conf: Path) -> KeyStore:
    return KeyStore(str(conf.parent / "state"))


def test_a_client_is_let_in_and_shut_out(conf: Path, tmp_path: Path) -> None:
    assert run("keys", "init", "-c", conf).returncode == 0
    file = tmp_path / "viewer.key"
    made = run("keys", "client", "make", file)
    assert (made.returncode, made.stderr) == (0, "")
    public = made.stdout.strip()
    secret = file.read_text().strip()
    assert zmq.curve_public(secret.encode()).decode() == public
    assert os.stat(file).st_mode & 0o777 == 0o600
    done = run("keys", "client", "add", "viewer", public, "-c", conf)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert store(conf).load().clients == {"viewer": public}
    assert store(conf).load().peers == {}
    assert run("keys", "client", "list", "-c", conf).stdout == f"viewer  {public}\n"
    listed = json.loads(run("keys", "client", "list", "--json", "-c", conf).stdout)
    assert listed == {"clients": [{"name": "viewer", "key": public}]}
    assert run("keys", "client", "remove", "viewer", "-c", conf).returncode == 0
    assert store(conf).load().clients == {}
    check_one_line(run("keys", "client", "remove", "viewer", "-c", conf), 1, "there is no such key")


def test_a_pair_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "viewer.key"
    file.write_text("mine")
    check_one_line(run("keys", "client", "make", file), 1, "there is a file already")
    assert file.read_text() == "mine"


def test_no_key_opens_both_doors(conf: Path) -> None:
    store(conf).init()
    key = run("keys", "client", "make", conf.parent / "a").stdout.strip()
    store(conf).add("beta", key)
    words = ("this is the key of the address beta already", "'supvisors keys client make'")
    check_one_line(run("keys", "client", "add", "viewer", key, "-c", conf), 1, *words)
    assert store(conf).others(KeyKind.CLIENT) == {}


def test_without_event_host_it_is_said(tmp_path: Path) -> None:
    conf = write(tmp_path, f"{BASE}[supvisors]\nstate_dir = %(here)s/state\n")
    store(conf).init()
    key = run("keys", "client", "make", tmp_path / "a").stdout.strip()
    done = run("keys", "client", "add", "viewer", key, "-c", conf)
    assert done.returncode == 0
    assert "event_host is not set" in done.stderr


def test_event_host_needs_a_key(conf: Path) -> None:
    done = run("check", conf)
    assert done.returncode == 1
    assert "event clients on 127.0.0.9 (event_host) are let in by keys only" in done.stdout
    store(conf).init()
    done = run("check", conf)
    assert done.returncode == 0
    assert "no client has a key, so none is let in on 127.0.0.9" in done.stdout
