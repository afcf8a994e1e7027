"""The plan of the demo: each step is done when the events have told the one before."""

from __future__ import annotations

import dataclasses

import pytest

from supvisors.cli.demoplan import STEP_TIMEOUT_S, Plan, steps_for
from supvisors.cli.errors import CommandError
from supvisors.model import (
    AddressState,
    AddressStatus,
    Body,
    ProcessState,
    ProcessStatus,
    SupvisorsState,
    SupvisorsStatus,
)

OPERATION = SupvisorsStatus(SupvisorsState.OPERATION)
RUNNING, SILENT = AddressState.RUNNING, AddressState.SILENT
CAMERA = ProcessStatus(
    "station", "camera", ProcessState.RUNNING, addresses=("alpha", "beta", "gamma")
)
PROBE = ProcessStatus("survey", "probe", ProcessState.STARTING)
BOTH_RUN = (AddressStatus("alpha", RUNNING), AddressStatus("beta", RUNNING))


class Host:
    """Keeps what is done to it in a list that all hosts share."""

    def __init__(self, name: str, done: list[str]) -> None:
        self.name = name
        self._done = done

    def start(self) -> None:
        self._done.append(f"start {self.name}")

    def kill(self) -> None:
        self._done.append(f"kill {self.name}")

    def freeze(self) -> None:
        self._done.append(f"freeze {self.name}")

    def thaw(self) -> None:
        self._done.append(f"thaw {self.name}")


class Show:
    """A plan for some hosts, what it has done and what it has told."""

    def __init__(self, *names: str) -> None:
        self.done: list[str] = []
        self.told: list[str] = []
        hosts = [Host(name, self.done) for name in names]
        self.plan = Plan(steps_for(hosts), names, self.told.append, 0.0)

    def hear(self, now: float, *bodies: Body) -> list[str]:
        """Let the plan hear events and go on; return what it has done since."""
        count = len(self.done)
        for body in bodies:
            self.plan.hear(body)
        self.plan.advance(now)
        return self.done[count:]


def test_the_whole_plan() -> None:
    show = Show("alpha", "beta", "gamma")
    all_run = [AddressStatus(name, RUNNING) for name in ("alpha", "beta", "gamma")]
    assert show.hear(0.5, OPERATION) == []
    assert show.hear(1.0, *all_run) == []
    assert show.hear(1.1, dataclasses.replace(CAMERA, addresses=("alpha", "gamma"))) == []
    assert show.hear(1.2, CAMERA, PROBE) == []
    probe = dataclasses.replace(PROBE, state=ProcessState.RUNNING)
    assert show.hear(2.0, probe) == ["kill beta"]
    assert show.hear(3.0) == []
    assert show.hear(6.0, AddressStatus("beta", SILENT)) == ["start beta"]
    assert show.hear(7.0, AddressStatus("beta", AddressState.CHECKING)) == []
    assert show.hear(8.0, AddressStatus("beta", RUNNING)) == ["freeze gamma"]
    assert show.hear(9.0, AddressStatus("beta", SILENT)) == []
    assert show.hear(11.5, AddressStatus("gamma", SILENT)) == ["thaw gamma"]
    assert show.hear(12.0, AddressStatus("gamma", RUNNING)) == []
    assert show.hear(12.0 + 2 * STEP_TIMEOUT_S) == []
    assert [line.partition(":")[0] for line in show.told] == [
        "the demo kills beta",
        "beta is told to be SILENT, 4.0 s later",
        "the demo brings beta back",
        "beta is told to be RUNNING, 2.0 s later",
        "the demo freezes gamma",
        "gamma is told to be SILENT, 3.5 s later",
        "the demo thaws gamma",
        "gamma is told to be RUNNING, 0.5 s later",
        "the demo has done all that it does; the hosts go on",
    ]


def test_a_host_is_frozen_only_when_supvisors_operates_again() -> None:
    show = Show("alpha", "beta")
    show.hear(1.0, OPERATION, CAMERA, *BOTH_RUN)
    show.hear(2.0, SupvisorsStatus(SupvisorsState.INITIALIZATION), AddressStatus("beta", SILENT))
    assert show.hear(3.0, AddressStatus("beta", RUNNING)) == []
    assert show.hear(4.0, OPERATION) == ["freeze beta"]


def test_one_host_is_left_alone() -> None:
    show = Show("alpha")
    assert show.hear(1.0, OPERATION, AddressStatus("alpha", RUNNING)) == []
    assert show.hear(2 * STEP_TIMEOUT_S) == []
    assert show.told == []


def test_hosts_that_never_become_one_system_end_it() -> None:
    show = Show("alpha", "beta")
    show.hear(STEP_TIMEOUT_S, AddressStatus("alpha", RUNNING))
    with pytest.raises(CommandError, match=r"OPERATION of all hosts in vain.*beta UNKNOWN"):
        show.hear(STEP_TIMEOUT_S + 0.1)


def test_a_loss_that_nobody_tells_ends_it() -> None:
    show = Show("alpha", "beta")
    show.hear(50.0, OPERATION, CAMERA, *BOTH_RUN)
    show.hear(50.0 + STEP_TIMEOUT_S)
    with pytest.raises(CommandError, match=r"for beta SILENT in vain.*OPERATION, alpha RUNNING"):
        show.hear(50.1 + STEP_TIMEOUT_S)
