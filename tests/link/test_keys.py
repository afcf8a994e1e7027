"""The key store: what it makes, takes, refuses and notices, on a real disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st
from zmq.utils import z85

from supvisors.keys import Keys, KeysError, KeyStore, read_key


def new_key() -> str:
    """Return a public key that is nobody's."""
    return zmq.curve_keypair()[0].decode()


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    """A store with a key of its own."""
    store = KeyStore(str(tmp_path / "state"))
    store.init()
    return store


def peer_file(store: KeyStore, name: str) -> Path:
    return Path(store.directory, "peers", f"{name}.pub")


def test_init_makes_a_pair_that_only_its_owner_reads(tmp_path: Path) -> None:
    store = KeyStore(str(tmp_path / "a" / "state"))
    assert not store.has_own()
    public = store.init()
    assert store.has_own()
    keys = store.load()
    assert keys == Keys(public, keys.secret, {}, {})
    assert zmq.curve_public(keys.secret.encode()).decode() == public == store.public()
    assert os.stat(store.own_path).st_mode & 0o777 == 0o600
    assert os.stat(store.directory).st_mode & 0o777 == 0o700
    assert not public.startswith("-")


def test_the_secret_is_not_shown(store: KeyStore) -> None:
    keys = store.load()
    assert keys.secret not in repr(keys)


def test_init_never_overwrites(store: KeyStore) -> None:
    before = Path(store.own_path).read_bytes()
    with pytest.raises(KeysError, match="there is a key already, and it is never overwritten"):
        store.init()
    assert Path(store.own_path).read_bytes() == before
    assert sorted(os.listdir(store.directory)) == ["peers", "self"]


def test_what_an_init_that_was_killed_left_is_no_key(tmp_path: Path) -> None:
    store = KeyStore(str(tmp_path))
    Path(store.directory).mkdir()
    Path(store.directory, ".self.new").write_text("half a k")
    assert not store.has_own()
    assert store.init() == store.public()
    assert sorted(os.listdir(store.directory)) == ["peers", "self"]


def test_keys_of_others_are_added_replaced_and_removed(store: KeyStore) -> None:
    beta, gamma, other = new_key(), new_key(), new_key()
    store.add("beta", beta)
    store.add("::1", f" {gamma}\n")
    assert store.peers() == {"beta": beta, "::1": gamma} == store.load().peers
    store.add("beta", other)
    assert store.peers() == {"beta": other, "::1": gamma}
    store.remove("beta")
    assert store.peers() == {"::1": gamma}
    assert os.listdir(peer_file(store, "x").parent) == ["::1.pub"]


def test_keys_of_clients_are_no_keys_of_peers(store: KeyStore) -> None:
    key = new_key()
    clients = Path(store.directory, "clients")
    clients.mkdir(0o700)
    (clients / "viewer.pub").write_text(key)
    keys = store.load()
    assert (keys.peers, keys.clients) == ({}, {"viewer": key})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a key has 40 characters, and this has 0"),
        ("x" * 41, "a key has 40 characters, and this has 41"),
        ('"' * 40, "a key is written in Z85, and this has other characters"),
        ("\N{GREEK SMALL LETTER ALPHA}" * 40, "a key is written in Z85"),
        ("#" * 40, "a key stands for 32 bytes, and this does not"),
    ],
)
def test_what_is_no_key_is_refused(text: str, said: str, store: KeyStore) -> None:
    with pytest.raises(KeysError) as caught:
        store.add("beta", text)
    assert str(caught.value).startswith(f"{peer_file(store, 'beta')}: {said}")
    assert "'supvisors keys show' prints it" in str(caught.value)
    assert store.peers() == {}


@given(st.text())
def test_any_text_is_a_key_of_32_bytes_or_refused(text: str) -> None:
    try:
        key, problem = read_key(text), ""
    except ValueError as error:
        key, problem = "", str(error)
    assert bool(problem) != (len(z85.decode(key)) == 32)


@given(st.binary(min_size=32, max_size=32))
def test_every_key_is_read(data: bytes) -> None:
    assert z85.decode(read_key(z85.encode(data).decode())) == data


def test_the_own_key_is_refused_both_halves(store: KeyStore) -> None:
    for half in (store.public(), store.load().secret):
        with pytest.raises(KeysError, match="this is this host's own key"):
            store.add("beta", half)


def test_a_key_of_another_address_is_refused(store: KeyStore) -> None:
    key = new_key()
    store.add("beta", key)
    store.add("beta", key)
    with pytest.raises(KeysError, match="this is the key of beta already"):
        store.add("gamma", key)


@pytest.mark.parametrize("name", ["", ".", "..", "../self", "a/b", "a b", "-x", "a\n"])
def test_what_is_no_name_reaches_no_file(name: str, store: KeyStore) -> None:
    with pytest.raises(KeysError, match="is no name of an address"):
        store.add(name, new_key())
    with pytest.raises(KeysError, match="is no name of an address"):
        store.remove(name)
    assert store.has_own()


def test_a_key_that_is_not_there_cannot_be_removed(store: KeyStore) -> None:
    store.add("beta", new_key())
    with pytest.raises(KeysError, match=r"there is no such key. Keys are held for: beta"):
        store.remove("gamma")


def test_without_an_own_key_the_cure_is_init(tmp_path: Path) -> None:
    store = KeyStore(str(tmp_path))
    with pytest.raises(KeysError) as caught:
        store.load()
    assert str(caught.value) == (
        f"{store.own_path}: this host has no key yet. Run 'supvisors keys init'."
    )
    assert store.peers() == {}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_an_own_key_that_others_may_read_is_refused(mode: int, store: KeyStore) -> None:
    os.chmod(store.own_path, mode)
    with pytest.raises(KeysError) as caught:
        store.load()
    assert str(caught.value) == (
        f"{store.own_path}: others may read or write this secret key (mode {mode:04o}). "
        f"Run 'chmod 600 {store.own_path}'; if others had access, make a new key."
    )
    os.chmod(store.own_path, 0o600)
    store.load()


@pytest.mark.parametrize("folder", ["", "peers"])
def test_a_directory_that_others_may_write_to_is_refused(folder: str, store: KeyStore) -> None:
    directory = os.path.join(store.directory, folder).rstrip("/")
    os.chmod(directory, 0o770)
    with pytest.raises(
        KeysError, match=r"others may write to this directory .mode 0770."
    ) as caught:
        store.load()
    assert caught.value.file == directory


@pytest.mark.parametrize("content", [b"", b"\xff" * 40, b"x", b"#" * 40])
def test_an_own_key_that_is_none_is_refused(content: bytes, store: KeyStore) -> None:
    Path(store.own_path).write_bytes(content)
    with pytest.raises(KeysError, match=r"so it is no key. Restore the file, or remove it"):
        store.load()


def test_a_directory_in_the_place_of_a_key_is_told(tmp_path: Path) -> None:
    store = KeyStore(str(tmp_path))
    os.makedirs(store.own_path)
    with pytest.raises(KeysError, match=r"cannot be read .Is a directory."):
        store.load()


def test_a_bad_file_of_one_peer_takes_no_other_its_key(store: KeyStore) -> None:
    key = new_key()
    store.add("beta", key)
    peer_file(store, "gamma").write_text("rubbish")
    peer_file(store, "delta").mkdir()
    peer_file(store, "epsilon").write_text(store.public())
    keys = store.load()
    assert keys.peers == {"beta": key}
    assert [problem for problem, _ in keys.problems] == [
        f"{peer_file(store, 'delta')} gives no key: Is a directory",
        f"{peer_file(store, 'epsilon')} gives no key: this is our own key",
        f"{peer_file(store, 'gamma')} gives no key: a key has 40 characters, and this has 7",
    ]
    assert keys.problems[2][1] == "Run 'supvisors keys add gamma KEY' again"


def test_a_key_that_two_files_hold_belongs_to_neither(store: KeyStore) -> None:
    key, other = new_key(), new_key()
    for name, its in (("beta", key), ("gamma", key), ("delta", other)):
        peer_file(store, name).write_text(its)
    keys = store.load()
    assert keys.peers == {"delta": other}
    assert len(keys.problems) == 2
    assert keys.problems[0][0].endswith("beta.pub gives no key: it is also the key of gamma")


def test_other_files_are_left_alone(store: KeyStore) -> None:
    for name in (".beta.pub.new", "beta.pub~", "README", ".pub", ".x.pub"):
        peer_file(store, "x").with_name(name).write_text(new_key())
    assert store.load().peers == {}


# --- changes under a running agent ---------------------------------------------------------


def test_nothing_is_told_while_nothing_changes(store: KeyStore) -> None:
    store.add("beta", new_key())
    keys = store.load()
    assert [store.reload(keys) for _ in range(3)] == [None] * 3


def test_every_change_is_noticed(store: KeyStore) -> None:
    keys = store.load()
    beta = new_key()
    store.add("beta", beta)
    changed = store.reload(keys)
    assert changed is not None
    assert changed.peers == {"beta": beta}
    other = new_key()
    peer_file(store, "beta").write_text(other)  # in place, as an editor may
    again = store.reload(changed)
    assert again is not None
    assert again.peers == {"beta": other}
    store.remove("beta")
    last = store.reload(again)
    assert last is not None
    assert last.peers == {}
    assert store.reload(last) is None


def test_a_change_between_load_and_the_first_look_is_noticed(store: KeyStore) -> None:
    store.add("beta", new_key())
    keys = store.load()
    store.remove("beta")
    changed = store.reload(keys)
    assert changed is not None
    assert changed.peers == {}


def test_the_own_pair_stays_while_the_agent_runs(store: KeyStore) -> None:
    keys = store.load()
    os.unlink(store.own_path)
    store.init()
    store.add("beta", new_key())
    changed = store.reload(keys)
    assert changed is not None
    assert (changed.public, changed.secret) == (keys.public, keys.secret)


def test_without_its_directory_no_peer_has_a_key(store: KeyStore) -> None:
    store.add("beta", new_key())
    keys = store.load()
    os.rename(store.directory, f"{store.directory}.gone")
    changed = store.reload(keys)
    assert changed is not None
    assert changed.peers == {}
