"""`supvisors keys`: the keys of a site, as an operator makes and hands them on."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path

import pytest
import zmq

from supvisors.keys import KeyStore
from tests.cli.harness import BASE, check_one_line, run, write

pytestmark = pytest.mark.slow  # each test runs the command

OPTIONS = "address_list = <alpha>192.0.2.1, <beta>192.0.2.2\nstate_dir = %(here)s/state\n"


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    return write(tmp_path, f"{BASE}[supvisors]\n{OPTIONS}")


def store(conf: Path) -> KeyStore:
    return KeyStore(str(conf.parent / "state"))


def new_key() -> str:
    """Return a public key as `init` makes them: none that a command takes for an option."""
    key = zmq.curve_keypair()[0].decode()
    return new_key() if key.startswith("-") else key


def test_two_hosts_get_to_know_each_other(conf: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other", f"{BASE}[supvisors]\n{OPTIONS}".replace("= alpha", "= beta"))
    for file in (conf, other):
        assert run("keys", "init", "-c", file).returncode == 0
    shown = run("keys", "show", "-c", other)
    assert (shown.returncode, shown.stderr) == (0, "")
    done = run("keys", "add", "beta", shown.stdout, "-c", conf)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert store(conf).load().peers == {"beta": store(other).public()}


def test_init_says_what_to_do_next(conf: Path) -> None:
    done = run("keys", "init", "-c", conf)
    assert (done.returncode, done.stdout) == (0, "")
    public = store(conf).public()
    assert f"on each other host: supvisors keys add alpha '{public}'" in done.stderr
    assert "supervisorctl restart supvisors" in done.stderr
    assert store(conf).load().secret not in done.stderr
    words = ("never overwritten", store(conf).own_path, "'supvisors keys show'")
    check_one_line(run("keys", "init", "-c", conf), 1, *words)
    assert store(conf).public() == public


@pytest.mark.parametrize("name", ["beta", "gamma"])
def test_remove_forgets_a_key(name: str, conf: Path) -> None:
    store(conf).init()
    store(conf).add(name, new_key())
    assert run("keys", "remove", name, "-c", conf).returncode == 0
    assert store(conf).peers() == {}
    check_one_line(run("keys", "remove", name, "-c", conf), 1, "there is no such key")


def test_list_shows_who_has_a_key_and_who_lacks_one(conf: Path) -> None:
    assert run("keys", "list", "-c", conf).stdout.splitlines() == [
        f"alpha  {'no key':40}  this host",
        "beta   no key",
    ]
    store(conf).init()
    public, key, stranger = store(conf).public(), new_key(), new_key()
    store(conf).add("beta", key)
    store(conf).add("gamma", stranger)
    assert run("keys", "list", "-c", conf).stdout.splitlines() == [
        f"alpha  {public}  this host",
        f"beta   {key}",
        f"gamma  {stranger}  not in address_list",
    ]


def test_json_says_the_same(conf: Path) -> None:
    store(conf).init()
    public = store(conf).public()
    assert json.loads(run("keys", "show", "--json", "-c", conf).stdout) == {
        "address": "alpha",
        "key": public,
    }
    assert json.loads(run("keys", "list", "--json", "-c", conf).stdout) == {
        "local": "alpha",
        "addresses": [
            {"address": "alpha", "key": public, "listed": True},
            {"address": "beta", "key": None, "listed": True},
        ],
    }


def test_a_key_that_looks_like_an_option_follows_two_dashes(conf: Path) -> None:
    """Other tools make such keys, one in 85."""
    key = zmq.curve_keypair()[0].decode()
    while not key.startswith("-"):
        key = zmq.curve_keypair()[0].decode()
    assert run("keys", "add", "beta", key, "-c", conf).returncode == 2
    assert run("keys", "add", "-c", conf, "beta", "--", key).returncode == 0
    assert store(conf).peers() == {"beta": key}


def test_an_address_that_is_not_listed_is_taken_with_a_word(conf: Path) -> None:
    done = run("keys", "add", "gamma", new_key(), "-c", conf)
    assert done.returncode == 0
    assert "gamma is not in address_list" in done.stderr
    assert list(store(conf).peers()) == ["gamma"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["show"], ["keys/self: this host has no key yet", "Run 'supvisors keys init'"]),
        (["add", "beta", "x"], ["beta.pub: a key has 40 characters, and this has 1"]),
        (["add", "alpha", "x"], ["alpha is this host", "add it on the other hosts"]),
        (["add", "../self", "x"], ["'../self' is no name of an address"]),
        (["remove", "beta"], ["beta.pub: there is no such key"]),
    ],
)
def test_what_cannot_be_done_is_one_line_with_the_cure(
    args: list[str], said: list[str], conf: Path
) -> None:
    check_one_line(run("keys", *args, "-c", conf), 1, *said)


def test_the_own_key_is_not_added(conf: Path) -> None:
    store(conf).init()
    done = run("keys", "add", "beta", store(conf).public(), "-c", conf)
    check_one_line(done, 1, "this is this host's own key")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("", ["[supvisors] state_dir is not set", "state_dir = %(here)s/state"]),
        ("state_dir = x\n", ["state_dir = 'x': not an absolute path"]),
        ("event_port = x\n", ["event_port = 'x': not a whole number"]),
    ],
)
def test_a_configuration_without_a_place_for_keys_is_told(
    options: str, said: list[str], tmp_path: Path
) -> None:
    conf = write(tmp_path, f"{BASE}[supvisors]\n{options}")
    check_one_line(run("keys", "list", "-c", conf), 1, str(conf), *said)


@pytest.mark.parametrize("name", ["init", "show", "add", "remove", "list"])
def test_every_command_of_keys_explains_itself(name: str) -> None:
    done = run("keys", name, "--help")
    assert done.returncode == 0
    assert f"supvisors keys {name}" in done.stdout
    assert "-c, --conf CONF" in done.stdout
    assert f"  {name}" in run("keys").stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["frob"], ["'frob'", "See 'supvisors keys --help'"]),
        (["add", "beta"], ["KEY", "See 'supvisors keys add --help'"]),
        (["show", "x"], ["(x)", "See 'supvisors keys show --help'"]),
    ],
)
def test_wrong_usage_is_one_line(args: list[str], said: list[str]) -> None:
    check_one_line(run("keys", *args), 2, *said)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may write for others")
def test_what_root_makes_belongs_to_the_agents_user(conf: Path) -> None:
    conf.write_text(f"{conf.read_text()}user = nobody\n")
    nobody = pwd.getpwnam("nobody").pw_uid
    assert run("keys", "init", "-c", conf).returncode == 0
    assert run("keys", "add", "beta", new_key(), "-c", conf).returncode == 0
    state = conf.parent / "state"
    assert {path.stat().st_uid for path in (state, *state.rglob("*"))} == {nobody}
