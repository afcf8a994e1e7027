"""What operators are warned of, in sentences."""

from __future__ import annotations

from dataclasses import replace

from supvisors.core import Core
from supvisors.core.diagnosis import RECENT_S
from supvisors.core.inputs import FenceOrder, Linked
from supvisors.core.messages import Digests, Fence
from tests.core.stage import LOCAL, Stage, stage


def warnings(it: Stage) -> str:
    return "\n".join(it.core.view().warnings)


def test_nothing_is_said_when_all_is_well() -> None:
    assert warnings(stage("beta", "gamma")) == ""


def test_no_quorum() -> None:
    it = Stage(Core([LOCAL, "beta"], LOCAL, quorum=2), {})
    assert "no quorum: 0 of 2 addresses are RUNNING and 2 are needed" in warnings(it)


def test_a_peer_that_does_not_hear_us() -> None:
    it = stage("beta", "gamma")
    it.peers["beta"].beat = replace(it.peers["beta"].beat, heard=("gamma",))
    it.seconds(6)
    assert "beta is heard here and does not hear this address" in warnings(it)


def test_a_peer_with_other_options_or_another_list() -> None:
    it = stage("beta")
    it.peers["beta"].beat = replace(it.peers["beta"].beat, digests=Digests("other", "other"))
    it.seconds(1)
    assert "beta has other address_list than this address" in warnings(it)
    assert "beta has other options that must be the same everywhere" in warnings(it)


def test_who_is_isolated_because_it_isolates_us() -> None:
    it = stage("beta")
    it.turn(it.peers["beta"].ticked(1, fences=(Fence(LOCAL, 0, True),)))
    assert "beta has fenced this address" in warnings(it)
    assert "supvisors unfence" in warnings(it)


def test_messages_that_were_dropped() -> None:
    it = stage("beta", "gamma")
    it.turn(FenceOrder("beta", True))
    it.turn(Linked("beta", up=False))
    it.turn(it.peers["beta"].ticked(1))
    assert "1 messages of beta were dropped" in warnings(it)
    it.peers["beta"].beats = False
    it.seconds(round(RECENT_S))
    assert "were dropped" not in warnings(it)


def test_a_peer_that_runs_here_and_is_fenced_elsewhere() -> None:
    it = stage("beta", "gamma")
    auto = Fence("beta", 0, True, "gamma", auto=True)
    it.turn(it.peers["gamma"].ticked(1, fences=(auto,)))
    assert "gamma has fenced beta, which runs here" in warnings(it)


def test_why_there_is_no_master() -> None:
    it = stage("beta", "gamma", met=False)
    assert "no master: waiting for" in warnings(it)
