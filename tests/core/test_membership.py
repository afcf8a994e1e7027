"""Semantics, section 3: beats and their absence, checks, good-byes, fences."""

from __future__ import annotations

from dataclasses import replace

import pytest

from supvisors.core import Limits
from supvisors.core.inputs import FenceOrder, Linked, Ticked
from supvisors.core.messages import Fence
from supvisors.core.outputs import Cut, Fetch, Join, Save, Say
from supvisors.model import AddressState
from supvisors.model import ProcessState as S
from tests.core.stage import LOCAL, Stage, changed, of, published, reasons, stage

FENCED = Fence("beta", 0, True, LOCAL)


def silent(stage: Stage, *names: str) -> None:
    """Let peers fall silent, and the others hear them no more."""
    for name in names:
        stage.peers[name].beats = False


def test_a_peer_is_checked_and_runs_once_its_list_is_loaded() -> None:
    it = stage("beta", met=False)
    beta = it.peers["beta"]
    outputs = it.turn(beta.ticked(1_000))
    assert published(outputs, "beta") == ["CHECKING"]
    assert of(Fetch, outputs) == [Fetch("beta", "1", whole=True)]
    assert published(it.turn(beta.fetched()), "beta") == ["RUNNING"]
    assert of(Fetch, it.turn(beta.ticked(2_000))) == []


def test_a_peer_that_has_no_list_yet_is_not_asked() -> None:
    it = stage("beta", met=False)
    assert of(Fetch, it.turn(it.peers["beta"].ticked(1_000, ready=False))) == []
    assert of(Fetch, it.turn(it.peers["beta"].ticked(2_000))) != []


def test_a_list_that_does_not_come_fails_the_check_which_is_tried_again() -> None:
    it = stage("beta", met=False)
    assert published(it.seconds(7), "beta")[:4] == ["CHECKING", "SILENT", "CHECKING"][:4]


def test_who_never_came_is_silent_after_the_synchro_timeout() -> None:
    it = stage("beta", "gamma", limits=Limits(synchro_timeout_s=3.0), met=False)
    silent(it, "beta")
    outputs = it.seconds(2)
    assert "SILENT" not in published(outputs, "beta")
    assert published(it.seconds(2), "beta") == ["SILENT"]


@pytest.mark.parametrize("ticks", [3, 5])
def test_a_peer_is_silent_after_the_inactivity_limit(ticks: int) -> None:
    it = stage("beta", limits=Limits(inactivity_ticks=ticks))
    silent(it, "beta")
    assert "SILENT" not in published(it.seconds(ticks - 1), "beta")
    assert published(it.seconds(1), "beta")[-1] == "SILENT"


def test_a_deadline_is_set_for_the_judgement() -> None:
    it = stage("beta")
    heard_s = it.now
    silent(it, "beta")
    it.seconds(1)
    due_s = it.core.deadline()
    assert due_s is not None
    assert due_s <= heard_s + 5


def test_a_peer_that_another_hears_is_not_judged_but_followed_through_that() -> None:
    it = stage("beta", "gamma")
    silent(it, "beta")
    it.peers["gamma"].beat = replace(it.peers["gamma"].beat, heard=(LOCAL, "beta"))
    outputs = it.seconds(9)
    assert "SILENT" not in published(outputs, "beta")
    assert (
        reasons(outputs).count(
            "a peer is not heard here, but a peer hears it: followed through that"
        )
        == 1
    )
    assert of(Fetch, outputs)[-1] == Fetch("beta", "1", whole=False, via="gamma")
    assert any("gamma hears it" in warning for warning in it.core.view().warnings)

    it.peers["gamma"].beat = replace(it.peers["gamma"].beat, heard=(LOCAL,))
    assert published(it.seconds(1), "beta")[-1] == "SILENT"


def test_what_a_relay_tells_of_a_restarted_peer_is_taken() -> None:
    it = stage("beta", "gamma")
    silent(it, "beta")
    it.peers["gamma"].beat = replace(it.peers["gamma"].beat, heard=(LOCAL, "beta"))
    it.seconds(7)
    beta = it.peers["beta"]
    beta.boot = "2"
    it.turn(beta.fetched())
    it.turn(changed(beta, "web", S.RUNNING, wall_ns=9))
    assert it.process().addresses == ("beta",)


def test_a_pause_of_ours_is_nobodys_death() -> None:
    it = stage("beta")
    it.now += 60.0
    outputs = it.turn(Ticked(LOCAL, 1, 1))
    assert "this agent did not run" in reasons(outputs)
    assert it.state("beta") is AddressState.RUNNING
    silent(it, "beta")
    assert published(it.seconds(6), "beta")[-1] == "SILENT"


def test_an_agent_that_says_good_bye_is_not_judged_within_its_grace() -> None:
    it = stage("beta")
    silent(it, "beta")
    it.turn(it.peers["beta"].ticked(1, leaving="agent", grace_s=15))
    assert "SILENT" not in published(it.seconds(14), "beta")
    assert published(it.seconds(2), "beta")[-1] == "SILENT"


def test_a_peer_that_another_waits_for_is_not_judged_either() -> None:
    """Its good-bye may have been heard by one of us only."""
    it = stage("beta", "gamma")
    silent(it, "beta")
    it.turn(it.peers["beta"].ticked(1, leaving="agent", grace_s=15))
    it.seconds(9)
    assert "beta" in of(Say, it.outputs)[-1].beat.heard
    it.seconds(9)
    assert "beta" not in of(Say, it.outputs)[-1].beat.heard


def test_a_supervisord_that_says_good_bye_is_silent_at_once_and_stays_so() -> None:
    it = stage("beta")
    beta = it.peers["beta"]
    late = beta.ticked(1)
    assert published(it.turn(beta.ticked(1, leaving="supervisord")), "beta") == ["SILENT"]
    assert it.turn(late) == []
    assert it.turn(beta.ticked(2)) == []
    beta.boot = "2"
    assert published(it.turn(beta.ticked(3)), "beta") == ["CHECKING"]


def test_beats_that_come_late_or_twice_change_nothing() -> None:
    it = stage("beta")
    late, newer = it.peers["beta"].ticked(1_000), it.peers["beta"].ticked(2_000)
    it.turn(newer)
    assert it.turn(late) == []
    assert it.turn(newer) == []


def test_an_agent_that_was_started_again_is_loaded_again_and_stays_running() -> None:
    it = stage("beta")
    it.peers["beta"].boot, it.peers["beta"].number = "2", 0
    outputs = it.turn(it.peers["beta"].ticked(1))
    assert of(Fetch, outputs) == [Fetch("beta", "2", whole=True)]
    it.turn(it.peers["beta"].fetched())
    assert published(it.outputs, "beta") == []
    assert it.state("beta") is AddressState.RUNNING


# --- fences ----------------------------------------------------------------------------------


def test_an_operators_fence_is_saved_cuts_the_link_and_is_spread() -> None:
    it = stage("beta", "gamma")
    outputs = it.turn(FenceOrder("beta", True))
    assert [o for o in outputs if isinstance(o, Save | Cut)] == [Save((FENCED,)), Cut("beta")]
    assert published(outputs, "beta") == ["ISOLATING"]
    assert published(it.turn(Linked("beta", up=False)), "beta") == ["ISOLATED"]
    it.seconds(1)
    assert of(Say, it.outputs)[-1].beat.fences == (FENCED,)


def test_what_an_isolated_address_says_changes_nothing_and_is_counted() -> None:
    it = stage("beta", "gamma")
    it.turn(FenceOrder("beta", True))
    it.turn(Linked("beta", up=False))
    before = it.core.view()
    beta = it.peers["beta"]
    for happening in (beta.ticked(1), beta.fetched(), changed(beta, "web", S.RUNNING)):
        it.turn(happening)
    after = it.core.view()
    assert (after.addresses, after.processes) == (before.addresses, before.processes)
    assert dict(after.dropped)["beta"] == 3


def test_a_fence_that_a_peer_tells_of_is_obeyed_and_saved() -> None:
    it = stage("beta", "gamma")
    fence = Fence("beta", 3, True, "gamma")
    outputs = it.turn(it.peers["gamma"].ticked(1, fences=(fence,)))
    assert of(Save, outputs) == [Save((fence,))]
    assert of(Cut, outputs) == [Cut("beta")]


def test_a_fence_outlives_a_restart() -> None:
    it = stage("beta", fences=[FENCED], met=False)
    assert of(Cut, it.outputs) == [Cut("beta")]
    assert it.state("beta") is AddressState.ISOLATING


def test_unfence_joins_the_link_and_lets_the_peer_in() -> None:
    it = stage("beta", fences=[FENCED], met=False)
    it.turn(Linked("beta", up=False))
    outputs = it.turn(FenceOrder("beta", False))
    assert of(Join, outputs) == [Join("beta")]
    assert published(outputs, "beta") == ["UNKNOWN"]
    assert published(it.turn(it.peers["beta"].ticked(1)), "beta") == ["CHECKING"]


def test_isolation_is_mutual_and_ends_when_the_other_side_lifts_its_fence() -> None:
    it = stage("beta")
    naming = (Fence(LOCAL, 0, True, "beta"),)
    beta = it.peers["beta"]
    assert published(it.turn(beta.ticked(1, fences=naming)), "beta") == ["ISOLATED"]
    assert published(it.turn(beta.ticked(2, fences=naming)), "beta") == []
    silent(it, "beta")
    it.seconds(1)
    assert of(Say, it.outputs)[-1].beat.fences == ()
    lifted = (Fence(LOCAL, 1, False, "beta"),)
    outputs = it.turn(beta.ticked(3, fences=lifted))
    assert published(outputs, "beta") == ["UNKNOWN", "CHECKING"]


def test_nobody_isolates_himself() -> None:
    it = stage("beta", "gamma")
    it.turn(FenceOrder(LOCAL, True))
    assert it.state(LOCAL) is AddressState.RUNNING
    assert it.core.view().fences == ()


def test_auto_fence_fences_who_is_silent_but_not_who_said_good_bye() -> None:
    it = stage("beta", "gamma", limits=Limits(auto_fence=True))
    silent(it, "beta", "gamma")
    it.turn(it.peers["gamma"].ticked(1, leaving="supervisord"))
    it.seconds(6)
    assert it.core.view().fences == (replace(FENCED, auto=True),)
    assert it.state("gamma") is AddressState.SILENT


def test_what_another_side_holds_against_a_peer_that_runs_here_does_not_count() -> None:
    it = stage("beta", "gamma")
    auto = Fence("beta", 0, True, "gamma", auto=True)
    it.turn(it.peers["gamma"].ticked(1, fences=(auto,)))
    assert it.state("beta") is AddressState.RUNNING
    silent(it, "beta")
    it.seconds(6)
    it.turn(it.peers["gamma"].ticked(9_000, fences=(auto,)))
    assert it.state("beta") is AddressState.ISOLATING
