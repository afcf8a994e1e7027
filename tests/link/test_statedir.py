"""What `state_dir` must hold: told to the agent and by `supvisors check` in the same words."""

from __future__ import annotations

import os
import pwd
from dataclasses import replace
from pathlib import Path

import pytest
import zmq

from supvisors.config import HostFacts, Settings, parse_settings
from supvisors.keys import KeyStore
from supvisors.startup import Refusal, security_of
from supvisors.statedir import StateDir, examine
from supvisors.tapframes import Hello
from tests.contract.test_curve import Heard

FILE = "/etc/supervisord.conf"
FAR = "<alpha>192.0.2.1, <beta>192.0.2.2"
NEAR = "<alpha>127.0.0.1:7001, <beta>localhost:7011, <gamma>[::1]:7021"


def settings(address_list: str, state_dir: Path | None, user: str | None = None) -> Settings:
    options = {"address_list": address_list}
    if state_dir is not None:
        options["state_dir"] = str(state_dir)
    found, _ = parse_settings(
        options, {}, where=where, identifier="alpha", host=HostFacts(("alpha",), ())
    )
    return replace(found, user=user)


def where(option: str) -> tuple[str, int]:
    return FILE, 7


def look(address_list: str, state_dir: Path | None, user: str | None = None) -> StateDir:
    return examine(settings(address_list, state_dir, user), where)


@pytest.mark.parametrize("addresses", ["<alpha>192.0.2.1", NEAR])
def test_one_address_and_loopback_need_no_keys(addresses: str, tmp_path: Path) -> None:
    assert look(addresses, None) == StateDir(None, (), ())
    assert look(addresses, tmp_path) == StateDir(None, (), ())


@pytest.mark.parametrize("far", ["192.0.2.2", "0.0.0.0", "otherhost", "[2001:db8::1]"])
def test_one_address_off_loopback_needs_them(far: str, tmp_path: Path) -> None:
    found = look(f"<alpha>127.0.0.1, <beta>{far}", None)
    (fault,) = map(str, found.faults)
    assert fault == (
        f"{FILE}:7: [supvisors] state_dir: it is not set, and agents need keys where they leave "
        f"loopback, as for <beta>{far}:65001. Write an absolute path, for example: state_dir = "
        "%(here)s/state; then run 'supvisors keys init'."
    )
    found = look(f"<alpha>127.0.0.1, <beta>{far}", tmp_path)
    (fault,) = map(str, found.faults)
    assert fault == (
        f"{FILE}:7: [supvisors] state_dir = '{tmp_path}': there is no key in "
        f"{tmp_path}/keys/self, and agents need keys where they leave loopback, as for "
        f"<beta>{far}:65001. Run 'supvisors keys init'."
    )


def test_with_a_key_of_our_own_only_the_others_are_missed(tmp_path: Path) -> None:
    store = KeyStore(str(tmp_path))
    store.init()
    found = look(FAR, tmp_path)
    assert found.keys == store.load()
    assert found.faults == ()
    (warning,) = map(str, found.warnings)
    assert warning == (
        f"{FILE}:7: [supvisors] state_dir = '{tmp_path}': no key is held for beta, so the agent "
        "does not talk to them. Run for each 'supvisors keys add ADDRESS KEY', with what "
        "'supvisors keys show' prints there."
    )
    store.add("beta", zmq.curve_keypair()[0].decode())
    assert look(FAR, tmp_path) == StateDir(store.load(), (), ())


def test_keys_are_used_on_loopback_too(tmp_path: Path) -> None:
    KeyStore(str(tmp_path)).init()
    assert look(NEAR, tmp_path).keys is not None
    assert look("<alpha>127.0.0.1", tmp_path).keys is not None


def test_a_key_that_is_not_as_it_must_be_is_a_fault_on_loopback_too(tmp_path: Path) -> None:
    store = KeyStore(str(tmp_path))
    store.init()
    os.chmod(store.own_path, 0o644)
    (fault,) = map(str, look(NEAR, tmp_path).faults)
    assert f"{store.own_path}: others may read or write this secret key" in fault
    assert fault.endswith("make a new key.")


def test_a_wrong_key_of_a_peer_is_a_warning(tmp_path: Path) -> None:
    store = KeyStore(str(tmp_path))
    store.init()
    Path(store.directory, "peers", "beta.pub").write_text("rubbish")
    told = [str(warning) for warning in look(FAR, tmp_path).warnings]
    assert len(told) == 2
    assert "beta.pub gives no key: a key has 40 characters, and this has 7. Run" in told[0]
    assert "no key is held for beta" in told[1]


@pytest.mark.parametrize("parts", [("state",), ("no", "such", "state")])
def test_a_directory_that_can_be_made_is_fine(parts: tuple[str, ...], tmp_path: Path) -> None:
    assert look(NEAR, tmp_path.joinpath(*parts)).warnings == ()


def test_a_file_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    (warning,) = map(str, look(NEAR, tmp_path / "state").warnings)
    assert warning == (
        f"{FILE}:7: [supvisors] state_dir = '{tmp_path}/state': {tmp_path}/state is no "
        "directory, so fences do not outlive a restart of the agent, and there is no journal. "
        "Write the path of a directory."
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may write for others")
def test_a_user_that_may_not_write_there_is_told(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    (warning,) = map(str, look(NEAR, tmp_path, "nobody").warnings)
    assert warning == (
        f"{FILE}:7: [supvisors] state_dir = '{tmp_path}': nobody may not write to {tmp_path}, "
        "so fences do not outlive a restart of the agent, and there is no journal. "
        f"Run 'chown -R nobody {tmp_path}'."
    )
    (inside,) = look(NEAR, tmp_path / "state", "nobody").warnings
    assert inside.cure == f"Make {tmp_path}/state, and let it belong to nobody"
    for mode, owner in ((0o700, nobody.pw_uid), (0o770, 0), (0o777, 0)):
        os.chmod(tmp_path, mode)
        os.chown(tmp_path, owner, nobody.pw_gid)
        assert look(NEAR, tmp_path, str(nobody.pw_uid)).warnings == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may write for others")
def test_a_key_that_is_not_the_users_is_a_fault(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    store = KeyStore(str(tmp_path))
    store.init()
    os.chown(tmp_path, nobody.pw_uid, nobody.pw_gid)
    (fault,) = map(str, look(NEAR, tmp_path, "nobody").faults)
    assert f"{store.own_path}: it does not belong to nobody, as whom the agent runs" in fault
    assert f"Run 'chown -R nobody {tmp_path}'" in fault
    os.unlink(store.own_path)
    KeyStore(str(tmp_path), (nobody.pw_uid, nobody.pw_gid)).init()
    assert look(NEAR, tmp_path, "nobody").faults == ()


def hello() -> Hello:
    return Hello(1, "b", 1, "alpha", FILE, {}, {})


def test_the_agent_refuses_with_these_words() -> None:
    log = Heard()
    with pytest.raises(Refusal, match=f"^{FILE}: .supvisors. state_dir: it is not set, and agents"):
        security_of(settings(FAR, None), hello(), log)
    assert log.lines == []


def test_the_agent_logs_what_is_only_to_be_looked_at(tmp_path: Path) -> None:
    log = Heard()
    KeyStore(str(tmp_path)).init()
    assert security_of(settings(FAR, tmp_path), hello(), log) == KeyStore(str(tmp_path)).load()
    (said,) = log.lines
    assert "no key is held for beta" in said


def test_the_agent_talks_in_the_clear_on_loopback_alone(tmp_path: Path) -> None:
    assert security_of(settings(NEAR, tmp_path), hello(), Heard()) is None


def test_event_host_needs_a_key_of_this_host_and_warns_without_clients(tmp_path: Path) -> None:
    here = replace(settings("alpha", tmp_path), event_host="192.0.2.1")
    (fault,) = map(str, examine(here, where).faults)
    assert "event clients on 192.0.2.1 (event_host) are let in by keys only" in fault
    assert "Run 'supvisors keys init'." in fault
    KeyStore(str(tmp_path)).init()
    found = examine(here, where)
    assert found.faults == ()
    (warning,) = map(str, found.warnings)
    assert "no client has a key, so none is let in on 192.0.2.1" in warning
    assert "client add NAME KEY" in warning
