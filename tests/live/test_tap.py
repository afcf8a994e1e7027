"""The tap: nothing that supervisord does is missing, doubled or out of order at its reader.

What a reader was told is judged in two ways: the numbers of its records over all its lives are
1, 2, 3, … without a hole or a repetition, and replayed they give what supervisord says.
"""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from supvisors.model import ProcessState
from tests.live.harness import Site, wait_for
from tests.live.probe import CHANGED, Probe, replayed

RUNNING, STOPPED = ProcessState.RUNNING, ProcessState.STOPPED

SLEEPER = """
    [program:sleeper]
    command = sleep 1000
    startsecs = 0
"""

MANY = """
    [program:many]
    process_name = %(process_num)03d
    numprocs = {count}
    command = sleep 1000
    startsecs = 0
    autostart = false
    redirect_stderr = true
    stdout_logfile = NONE
"""


def states(processes: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {namespec: ProcessState(p["state"]).name for namespec, p in processes.items()}


def facts(processes: dict[str, dict[str, Any]]) -> dict[str, list[Any]]:
    return {namespec: [p[key] for key in CHANGED] for namespec, p in processes.items()}


def wait_told(probe: Probe, count: int) -> None:
    """Wait until so many records were told."""
    wait_for(lambda: len(probe.told.numbered()) >= count, f"{count} records are told")


def wait_settled(site: Site) -> None:
    """Wait until the last burst is over: what still stops cannot be started."""
    wait_for(lambda: set(site.states().values()) <= {"RUNNING", "STOPPED"}, site.log)


def assert_complete(probe: Probe) -> None:
    """The numbers have no hole and no repetition, and lead to what supervisord says."""
    wait_for(
        lambda: states(replayed(probe.told.lines())) == probe.site.states(),
        lambda: f"{states(replayed(probe.told.lines()))} is not {probe.site.states()}",
    )
    numbers = [record["seq"] for record in probe.told.numbered()]
    assert numbers == list(range(1, len(numbers) + 1))


def assert_lists_fit(probe: Probe) -> None:
    """Each list that a later life or connection began with is what was told before it."""
    lines = probe.told.lines()
    for index, line in enumerate(lines):
        if line["input"] == "Loaded" and line["lost"] is None and line["seq"] > 0:
            before = [earlier for earlier in lines[:index] if "seq" in earlier]
            assert before[-1]["seq"] == line["seq"]
            assert facts(replayed([line])) == facts(replayed(before))


def test_the_reader_hears_a_list_and_then_every_record(site: Site, probe: Probe) -> None:
    site.write(SLEEPER + MANY.format(count=1))
    site.start()
    probe.told.wait("ProcessChanged", name="sleeper", state=RUNNING)
    assert probe.do("stop", namespec="sleeper") == ("", "")
    probe.told.wait("ProcessChanged", name="sleeper", state=STOPPED)

    hello, loaded, *_ = probe.told.lines()
    assert (hello["input"], hello["identifier"], hello["supervisord_pid"]) == (
        "Hello",
        "alpha",
        site.pid,
    )
    # the first reader hears all from the very beginning, itself included
    assert (loaded["input"], loaded["seq"], loaded["lost"]) == ("Loaded", 0, None)
    assert states(replayed([loaded])) == {
        "many:000": "STOPPED",
        "sleeper:sleeper": "STOPPED",
        "supvisors:supvisors": "STOPPED",
    }
    assert probe.told.states("sleeper") == [10, 20, 40, 0]
    assert {record["boot"] for record in probe.told.numbered()} == {hello["boot"]}
    assert_complete(probe)


def test_a_new_reader_goes_on_where_the_last_one_ended(site: Site, probe: Probe) -> None:
    site.write(SLEEPER)
    site.start()
    probe.told.wait("ProcessChanged", name="sleeper", state=RUNNING)
    os.kill(site.agent_pid(), signal.SIGKILL)
    # nobody reads at this moment
    site.rpc().supervisor.stopProcess("sleeper")
    probe.told.wait("Loaded", 2)
    probe.told.wait("ProcessChanged", name="sleeper", state=STOPPED)
    assert_complete(probe)
    assert_lists_fit(probe)


def test_a_reader_killed_before_its_cursor_moved_hears_nothing_twice(
    site: Site, probe: Probe
) -> None:
    site.write(SLEEPER)
    site.start()
    probe.told.wait("ProcessChanged", name="sleeper", state=RUNNING)
    site.wait_state("supvisors", "RUNNING")  # so that it is started again at once
    probe.order("die", after=1)
    site.rpc().supervisor.stopProcess("sleeper")
    probe.told.wait("Loaded", 2)
    assert_complete(probe)
    assert_lists_fit(probe)


def test_a_stream_cut_in_a_burst_is_resumed(site: Site, probe: Probe) -> None:
    site.write(MANY.format(count=60))
    site.start()
    probe.order("cut", after=50)
    site.rpc().supervisor.startProcessGroup("many", False)
    probe.told.wait("ProcessChanged", 60, group="many", state=RUNNING)
    probe.told.wait("Loaded", 2)
    assert_complete(probe)
    assert_lists_fit(probe)
    assert len(probe.told.lines("Hello")) == 1, "the reader lived on"


@pytest.mark.timeout(180)
def test_five_kills_in_bursts_of_300_processes_lose_and_double_nothing(
    site: Site, probe: Probe
) -> None:
    site.write(MANY.format(count=300))
    site.start()
    for burst in range(1, 6):
        site.wait_state("supvisors", "RUNNING")  # so that it is started again at once
        wait_settled(site)
        begun = len(probe.told.numbered())
        group = site.rpc().supervisor
        (group.startProcessGroup if burst % 2 else group.stopProcessGroup)("many", False)
        wait_told(probe, begun + 40)
        os.kill(site.agent_pid(), signal.SIGKILL)
        probe.told.wait("Loaded", burst + 1)
    wait_for(
        lambda: len(probe.told.lines("ProcessChanged", group="many", state=RUNNING)) == 900,
        "the last burst is told",
    )
    assert_complete(probe)
    assert_lists_fit(probe)
    assert list(site.states().values()).count("RUNNING") >= 300


SMALL_RING = """
from supvisors import plugin
from supvisors.plugin.records import Ring

plugin._inside._tap.ring = Ring(40)

def make_rpcinterface(supervisord):
    return object()
"""


WITH_SMALL_RING = """
    [rpcinterface:small_ring]
    supervisor.rpcinterface_factory = small_ring:make_rpcinterface
"""


@pytest.fixture
def small_ring(site: Site) -> None:
    """Lets the tap keep 40 records only."""
    site.module_path("small_ring.py").write_text(SMALL_RING)


def test_a_reader_that_the_ring_outran_is_told_what_is_lost(
    site: Site, small_ring: None, probe: Probe
) -> None:
    site.write(WITH_SMALL_RING + MANY.format(count=30))
    site.start()
    site.rpc().supervisor.stopProcess("supvisors")
    stood_at = probe.told.numbered()[-1]["seq"]
    site.rpc().supervisor.startProcessGroup("many", False)
    site.rpc().supervisor.startProcess("supvisors")

    loaded = probe.told.wait("Loaded", 2)
    first, last = loaded["lost"]
    assert first == stood_at + 1
    assert loaded["seq"] == last
    wait_for(lambda: states(replayed(probe.told.lines())) == site.states(), "it knows all again")
    numbers = [record["seq"] for record in probe.told.numbered()]
    kept = [number for number in range(1, numbers[-1] + 1) if not first <= number <= last]
    assert numbers == kept


def test_groups_that_come_go_and_shrink_are_told(site: Site, probe: Probe) -> None:
    site.write(MANY.format(count=3))
    site.start()
    site.write(MANY.format(count=3) + SLEEPER)
    site.ctl("update")
    added = probe.told.wait("GroupAdded", group="sleeper")
    assert [process["name"] for process in added["processes"]] == ["sleeper"]
    probe.told.wait("ProcessChanged", name="sleeper", state=RUNNING)
    assert_complete(probe)

    site.write(MANY.format(count=2))
    site.ctl("update")
    probe.told.wait("GroupRemoved", group="sleeper")
    probe.told.wait("GroupRemoved", group="many")
    added = probe.told.wait("GroupAdded", group="many")
    assert [process["name"] for process in added["processes"]] == ["000", "001"]
    assert_complete(probe)
    assert "many:002" not in replayed(probe.told.lines())


def test_a_reload_is_told_as_an_end_and_a_new_list(site: Site, probe: Probe) -> None:
    site.write(SLEEPER)
    site.start()
    probe.told.wait("ProcessChanged", name="sleeper", state=RUNNING)
    site.write(MANY.format(count=2))
    site.rpc().supervisor.restart()
    leaving = probe.told.wait("SupervisordLeaving")
    reset = probe.told.wait("GroupsReset")
    assert leaving["mode"] == "reload"
    assert leaving["seq"] < reset["seq"]
    assert {process["group"] for process in reset["processes"]} == {"many", "supvisors"}
    site.wait_ready()
    assert_complete(probe)
    assert_lists_fit(probe)
    assert probe.told.states("sleeper") == [10, 20, 40, 0]
