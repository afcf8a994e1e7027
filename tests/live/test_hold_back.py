"""What an operator wants stopped is not started by `autostart`: not when supervisord starts, not
after a reload, not when a group comes; and a start by anybody works as ever."""

from __future__ import annotations

import json

import pytest

from supvisors.model import BY_AUTORESTART, BY_COMMAND, ProcessState
from tests.live.harness import Site, free_port
from tests.live.probe import Probe

STARTING, RUNNING = ProcessState.STARTING, ProcessState.RUNNING

PROGRAMS = """
    [program:free]
    command = sleep 1000
    startsecs = 0

    [group:band]
    programs = stopped, disabled, other
    [program:stopped]
    command = sh -c "sleep 0.2; exit 3"
    startsecs = 0
    autorestart = true
    stopasgroup = true
    [program:disabled]
    command = sleep 1000
    startsecs = 0
    [program:other]
    command = sleep 1000
    startsecs = 0
"""
WANTED = {"stopped": "stopped", "disabled": "disabled", "other": "auto"}


@pytest.fixture
def held(site: Site, probe: Probe) -> Probe:
    """A host whose operator wants two of its four programs stopped."""
    state_dir = site.directory / "state"
    state_dir.mkdir()
    wishes = [
        {"kind": "process", "name": f"band:{name}", "wanted": wanted, "stamp": 1, "by": "alpha"}
        for name, wanted in WANTED.items()
    ]
    wishes.append({**wishes[0], "name": "supvisors:supvisors"})
    content = {"v": 1, "intents": [{**wish, "why": "a test"} for wish in wishes]}
    (state_dir / "intents.json").write_text(json.dumps(content))
    options = f"address_list = alpha\nevent_port = {free_port()}\nstate_dir = {state_dir}\n"
    site.write(PROGRAMS, options)
    site.start()
    return probe


def wait_others(probe: Probe, count: int) -> None:
    for name in ("free", "other"):
        probe.told.wait("ProcessChanged", count, name=name, state=RUNNING)


def assert_held_back(site: Site, probe: Probe) -> None:
    """The turn of supervisord's loop that started the others would have started them too."""
    states = site.states()
    assert states["band:stopped"] == states["band:disabled"] == "STOPPED"
    assert site.info("band:stopped")["description"] == "Not started"
    for name in ("stopped", "disabled"):
        assert probe.told.states("band", name) == []


def test_at_the_start_of_supervisord(site: Site, held: Probe) -> None:
    wait_others(held, 1)
    assert_held_back(site, held)
    held_back = "autostart of band:stopped is held back, wanted stopped: a test"
    assert held_back in site.log()
    assert site.log().count("is held back") == 2, "the agent is not"


def test_after_a_reload(site: Site, held: Probe) -> None:
    wait_others(held, 1)
    site.wait_executed()
    site.rpc().supervisor.restart()
    held.told.wait("GroupsReset")
    wait_others(held, 2)
    assert_held_back(site, held)


def test_when_a_group_comes(site: Site, held: Probe) -> None:
    wait_others(held, 1)
    site.wait_executed()
    rpc = site.rpc().supervisor
    rpc.stopProcessGroup("band")
    rpc.removeProcessGroup("band")
    rpc.addProcessGroup("band")
    held.told.wait("GroupAdded")
    held.told.wait("ProcessChanged", 2, name="other", state=RUNNING)
    assert_held_back(site, held)


def test_a_stop_in_order_to_remove_is_no_wish(site: Site, held: Probe) -> None:
    """As `supervisorctl update` of a changed program; the agent kept the stop, and no more yet."""
    wait_others(held, 1)
    site.wait_executed()
    rpc = site.rpc().supervisor
    rpc.stopProcessGroup("band")
    path = site.directory / "state" / "intents.json"
    content = json.loads(path.read_text())
    for wish in content["intents"]:
        wish.update(wanted="stopped", why=BY_COMMAND)
    path.write_text(json.dumps(content))
    rpc.removeProcessGroup("band")
    rpc.addProcessGroup("band")
    held.told.wait("ProcessChanged", 2, name="other", state=RUNNING)
    assert_held_back(site, held)  # they did not run, so that an operator's wish it was


def test_a_later_start_works_as_ever(site: Site, held: Probe) -> None:
    wait_others(held, 1)
    site.rpc().supervisor.startProcess("band:disabled")
    started = held.told.wait("ProcessChanged", name="disabled", state=RUNNING)
    assert started["cause"] == BY_COMMAND
    assert held.do("start", namespec="band:stopped", cause="operator") == ("", "")
    assert held.told.wait("ProcessChanged", name="stopped", state=STARTING)["cause"] == "operator"
    again = held.told.wait("ProcessChanged", 2, name="stopped", state=STARTING)
    assert again["cause"] == BY_AUTORESTART, "an automatic restart is not held back"


def test_a_damaged_file_holds_nothing_back(site: Site, held: Probe) -> None:
    wait_others(held, 1)
    site.wait_executed()
    (site.directory / "state" / "intents.json").write_text("{")
    site.rpc().supervisor.restart()
    held.told.wait("GroupsReset")
    held.told.wait("ProcessChanged", name="disabled", state=RUNNING)
    assert "cannot read" in site.log()
    site.wait_ready()
