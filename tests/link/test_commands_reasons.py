"""The commands that tell rules, facts and reasons."""

from __future__ import annotations

import json
from typing import Any

import pytest

from supvisors.commands import Refused, perform
from supvisors.core.messages import Intent
from supvisors.core.process import ProcessOnAddress
from supvisors.core.rulebook import FixedRules
from supvisors.core.view import Why
from supvisors.model import (
    AddressMarker,
    ApplicationRule,
    ExitFacts,
    ProcessInfo,
    ProcessRule,
    ProcessState,
    RunningFailureStrategy,
    StartingFailureStrategy,
    StartingStrategy,
    Transition,
)
from supvisors.rules.table import OF_APPLICATION, OF_PROGRAM
from tests.link.sights import VIEW, WEB_1, see

MS = 1_000_000
RULE = ProcessRule(
    required=True,
    start_sequence=2,
    expected_loading=30,
    single=False,
    addresses=("alpha", "beta"),
    stop_sequence=5,
    wait_exit=True,
    starting_failure_strategy=StartingFailureStrategy.STOP,
    running_failure_strategy=RunningFailureStrategy.RESTART_PROCESS,
)
APPLICATION_RULE = ApplicationRule(1, 7, StartingStrategy.LESS_LOADED)
SIGHT = see(
    VIEW,
    FixedRules(
        {"web:web_1": RULE, "web:web_2": ProcessRule(addresses=AddressMarker.OWN_INDEX)},
        {"web": APPLICATION_RULE},
    ),
)
RULE_WORDS = {
    "addresses": ["alpha", "beta"],
    "instances": "each",
    "required": True,
    "start_sequence": 2,
    "stop_sequence": 5,
    "wait_exit": True,
    "expected_loading": 30,
    "starting_failure_strategy": "STOP",
    "running_failure_strategy": "RESTART_PROCESS",
}
APPLICATION_WORDS = {
    "start_sequence": 1,
    "stop_sequence": 7,
    "starting_strategy": "LESS_LOADED",
    "starting_failure_strategy": "ABORT",
    "running_failure_strategy": "CONTINUE",
}


def listed(answer: object) -> list[Any]:
    assert isinstance(answer, list)
    return answer


def test_the_rule_of_an_application() -> None:
    assert perform(SIGHT, "get_application_rules", ["web"]) == {
        "application_name": "web",
        "managed": True,
        **APPLICATION_WORDS,
    }


def test_what_no_rule_names_has_what_holds_by_default() -> None:
    assert perform(SIGHT, "get_application_rules", ["cron"]) == {
        "application_name": "cron",
        "managed": False,
        "start_sequence": 0,
        "stop_sequence": 0,
        "starting_strategy": "CONFIG",
        "starting_failure_strategy": "ABORT",
        "running_failure_strategy": "CONTINUE",
    }


def test_the_rules_of_a_group() -> None:
    first, second = listed(perform(SIGHT, "get_process_rules", ["web:*"]))
    assert first == {
        "application_name": "web",
        "process_name": "web_1",
        "managed": True,
        **RULE_WORDS,
    }
    assert (second["process_name"], second["addresses"]) == ("web_2", ["#"])
    assert second["instances"] == "one"


def test_rules_have_the_names_of_their_elements() -> None:
    assert {row.field for row in OF_APPLICATION} == set(APPLICATION_WORDS)
    assert {row.field for row in OF_PROGRAM} - {"reference"} == set(RULE_WORDS)


INFOS = (
    ProcessOnAddress("beta", ProcessInfo("cron", "cron", ProcessState.STOPPED)),
    ProcessOnAddress(
        "alpha",
        ProcessInfo(
            "web",
            "web_1",
            ProcessState.EXITED,
            expected=False,
            event_ns=1_769_860_800_123 * MS,
            exit=ExitFacts(code=3, run_time_ms=1200),
            cause="rule: rank 2",
            restarts=4,
        ),
    ),
    ProcessOnAddress("beta", ProcessInfo("web", "web_1", ProcessState.RUNNING, pid=77)),
)


def test_the_facts_of_a_process_on_each_address() -> None:
    facts = perform(see(VIEW, infos=INFOS), "get_process_facts", ["web:web_1"])
    exited, running = listed(facts)
    assert exited == {
        "application_name": "web",
        "process_name": "web_1",
        "address": "alpha",
        "statecode": 100,
        "statename": "EXITED",
        "expected": False,
        "pid": 0,
        "event_time_ms": 1_769_860_800_123,
        "exit_code": 3,
        "signal": None,
        "run_time_ms": 1200,
        "spawn_error": "",
        "restarts": 4,
        "cause": "rule: rank 2",
    }
    assert (running["address"], running["pid"], running["exit_code"]) == ("beta", 77, None)


WHY = Why(
    status=WEB_1,
    managed=True,
    rule=RULE,
    application_rule=APPLICATION_RULE,
    wanted=Intent("process", "web:web_1", "stopped", 5, "beta", "an operator, request 3"),
    decided="no address fits",
    places=(("alpha", "has it already"), ("beta", "")),
    restarts=2,
    transitions=(
        Transition(5 * MS, "alpha", None, ProcessState.STARTING, "rank 1"),
        Transition(7 * MS, "alpha", ProcessState.STARTING, ProcessState.RUNNING, ""),
    ),
)


def test_why_a_process_is_as_it_is() -> None:
    told = perform(see(VIEW, why=WHY), "why", ["web:web_1"])
    assert json.loads(json.dumps(told)) == told
    assert told == {
        "namespec": "web:web_1",
        "statecode": 20,
        "statename": "RUNNING",
        "expected_exit": True,
        "addresses": ["alpha"],
        "managed": True,
        "rule": RULE_WORDS,
        "application_rule": APPLICATION_WORDS,
        "wanted": "stopped",
        "wanted_by": "beta",
        "wanted_why": "an operator, request 3",
        "decided": "no address fits",
        "places": [
            {"address": "alpha", "refused": "has it already"},
            {"address": "beta", "refused": ""},
        ],
        "restarts": 2,
        "transitions": [
            {"date_ms": 5, "address": "alpha", "from": "", "to": "STARTING", "why": "rank 1"},
            {"date_ms": 7, "address": "alpha", "from": "STARTING", "to": "RUNNING", "why": ""},
        ],
    }


@pytest.mark.parametrize("name", ["why", "get_process_facts", "get_process_rules"])
def test_an_unknown_process_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="no process is named 'web:web_9'; known: cron:cron") as error:
        perform(SIGHT, name, ["web:web_9"])
    assert error.value.fault == "BAD_NAME"


def test_why_is_asked_of_one_process() -> None:
    with pytest.raises(Refused, match="'web:\\*' is a whole group"):
        perform(SIGHT, "why", ["web:*"])


def test_a_process_that_has_just_gone_is_refused() -> None:
    with pytest.raises(Refused, match="no process is named 'web:web_1'"):
        perform(see(VIEW, why=None), "why", ["web:web_1"])


def test_an_unknown_application_is_refused() -> None:
    with pytest.raises(Refused, match="no application is named 'wep'; known: cron, web"):
        perform(SIGHT, "get_application_rules", ["wep"])
