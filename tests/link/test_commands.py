"""The commands: each answers from the view what the bodies of the event interface say, in
values that JSON has, or asks for one input of the core; what cannot be done is refused with a
fault of Supervisor's, and a text that names what was asked and what there is instead."""

from __future__ import annotations

import dataclasses
import inspect
import json

import pytest
from supervisor.xmlrpc import Faults

from supvisors.commands import API_VERSION, COMMANDS, Act, Refused, perform
from supvisors.core import ClusterView
from supvisors.core.inputs import FenceOrder
from supvisors.core.messages import Fence, Intent, Plan
from supvisors.model import AddressState, AddressStatus
from supvisors.plugin.rpc import SupvisorsRPCInterface
from supvisors.wire import body_as_dict
from tests.link.sights import (
    ALPHA,
    BETA,
    CRON,
    CRON_CRON,
    DELTA,
    EMPTY,
    GAMMA,
    VIEW,
    WEB,
    WEB_1,
    WEB_2,
    see,
)

#: gamma is fenced, delta fences us, and beta was fenced once.
FENCED = dataclasses.replace(
    VIEW,
    addresses=(ALPHA, BETA, GAMMA, DELTA),
    fences=(
        Fence("alpha", 0, True, "delta"),
        Fence("beta", 1, False, "alpha"),
        Fence("gamma", 0, True, "alpha"),
    ),
)


def body(*statuses: object) -> list[object]:
    return [body_as_dict(status) for status in statuses]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "params", "expected"),
    [
        ("get_api_version", [], API_VERSION),
        ("get_supvisors_state", [], {"statecode": 2, "statename": "OPERATION"}),
        ("get_master_address", [], "alpha"),
        ("get_address_info", ["alpha"], body_as_dict(ALPHA)),
        ("get_address_info", ["beta"], body_as_dict(BETA)),
        ("get_all_addresses_info", [], body(ALPHA, BETA)),
        ("get_application_info", ["web"], body_as_dict(WEB)),
        ("get_all_applications_info", [], body(CRON, WEB)),
        ("get_process_info", ["web:web_1"], body(WEB_1)),
        ("get_process_info", ["web:*"], body(WEB_1, WEB_2)),
        ("get_process_info", ["web:"], body(WEB_1, WEB_2)),
        ("get_process_info", ["cron:cron"], body(CRON_CRON)),
        ("get_process_info", ["cron"], body(CRON_CRON)),
        ("get_all_process_info", [], body(CRON_CRON, WEB_1, WEB_2)),
        ("get_conflicts", [], []),
        ("get_plans", [], []),
        (
            "get_strategies",
            [],
            {
                "auto_fence": False,
                "starting_strategy": "CONFIG",
                "conciliation_strategy": "USER",
                "starting_strategies": ["CONFIG", "LESS_LOADED", "MOST_LOADED"],
                "conciliation_strategies": [
                    "SENICIDE",
                    "INFANTICIDE",
                    "STOP",
                    "RESTART",
                    "RUNNING_FAILURE",
                    "USER",
                ],
            },
        ),
        (
            "get_status",
            [],
            {
                "supvisors": {"statecode": 2, "statename": "OPERATION"},
                "master": "alpha",
                "addresses": body(ALPHA, BETA),
                "applications": body(CRON, WEB),
                "processes": body(CRON_CRON, WEB_1, WEB_2),
                "plans": [],
                "intents": [],
                "warnings": ["delta is not heard: look at its network"],
            },
        ),
    ],
)
def test_a_command_answers_from_the_view(name: str, params: list[object], expected: object) -> None:
    result = perform(see(VIEW), name, params)
    assert result == expected
    assert json.loads(json.dumps(result)) == expected


def test_a_status_tells_of_plans_and_of_wishes_that_hold_something_back() -> None:
    status = perform(
        see(
            VIEW,
            plans=(Plan("p1", "start", "web", ("web:web_2",), ("web:web_1",), "an operator"),),
            intents=(
                Intent("address", "beta", "drained", 1_769_860_800_123_456_789, "alpha", "repair"),
                Intent("process", "cron:cron", "auto", 3, "alpha"),
                Intent("process", "web:web_1", "started", 3, "alpha"),
                Intent("process", "web:web_2", "disabled", 4, "beta"),
            ),
        ),
        "get_status",
        [],
    )
    assert isinstance(status, dict)
    assert status["plans"] == [
        {
            "plan_id": "p1",
            "verb": "start",
            "application_name": "web",
            "active": ["web:web_1"],
            "waiting": ["web:web_2"],
            "why": "an operator",
        }
    ]
    assert status["intents"] == [
        {
            "kind": "address",
            "name": "beta",
            "wanted": "drained",
            "by": "alpha",
            "why": "repair",
            "date_ms": 1_769_860_800_123,
        },
        {
            "kind": "process",
            "name": "web:web_2",
            "wanted": "disabled",
            "by": "beta",
            "why": "",
            "date_ms": 0,
        },
    ]


def test_a_conflict_is_told_as_a_process() -> None:
    assert perform(see(VIEW, conflicts=("web:web_1",)), "get_conflicts", []) == body(WEB_1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("get_supvisors_state", {"statecode": 0, "statename": "INITIALIZATION"}),
        ("get_master_address", ""),
        ("get_all_addresses_info", []),
        ("get_all_applications_info", []),
        ("get_all_process_info", []),
        (
            "get_status",
            {
                "supvisors": {"statecode": 0, "statename": "INITIALIZATION"},
                "master": "",
                "addresses": [],
                "applications": [],
                "processes": [],
                "plans": [],
                "intents": [],
                "warnings": [],
            },
        ),
    ],
)
def test_a_command_answers_before_anything_is_known(name: str, expected: object) -> None:
    assert perform(see(EMPTY), name, []) == expected


@pytest.mark.parametrize(
    ("name", "address", "happening"),
    [
        ("fence", "beta", FenceOrder("beta", fenced=True)),
        ("fence", "delta", FenceOrder("delta", fenced=True)),
        ("unfence", "gamma", FenceOrder("gamma", fenced=False)),
    ],
)
def test_an_order_is_one_input_and_then_answered(
    name: str, address: str, happening: FenceOrder
) -> None:
    act = perform(see(FENCED), name, [address])
    assert isinstance(act, Act)
    assert act.happening == happening
    assert act.result(FENCED) is True


@pytest.mark.parametrize(
    ("view", "name", "params", "fault", "text"),
    [
        (VIEW, "get_everything", [], "UNKNOWN_METHOD", "get_everything"),
        (
            VIEW,
            "get_address_info",
            ["gamma"],
            "BAD_NAME",
            "no address is named 'gamma'; known: alpha, beta",
        ),
        (
            VIEW,
            "get_application_info",
            ["web:web_1"],
            "BAD_NAME",
            "no application is named 'web:web_1'; known: cron, web",
        ),
        (
            VIEW,
            "get_process_info",
            ["web"],
            "BAD_NAME",
            "no process is named 'web'; known: cron:cron, web:web_1, web:web_2",
        ),
        (
            VIEW,
            "get_process_info",
            ["gone:*"],
            "BAD_NAME",
            "no process is named 'gone:*'; known: cron:cron, web:web_1, web:web_2",
        ),
        (
            EMPTY,
            "get_process_info",
            [""],
            "BAD_NAME",
            "no process is named ''; known: none",
        ),
        (
            VIEW,
            "get_master_address",
            ["x"],
            "INCORRECT_PARAMETERS",
            "get_master_address takes nothing",
        ),
        (
            VIEW,
            "get_address_info",
            [],
            "INCORRECT_PARAMETERS",
            "get_address_info takes string",
        ),
        (
            VIEW,
            "get_address_info",
            [1],
            "INCORRECT_PARAMETERS",
            "get_address_info takes string",
        ),
        (
            VIEW,
            "get_address_info",
            [["alpha"]],
            "INCORRECT_PARAMETERS",
            "get_address_info takes string",
        ),
        (
            FENCED,
            "fence",
            ["omega"],
            "BAD_NAME",
            "no address is named 'omega'; known: alpha, beta, delta, gamma",
        ),
        (
            FENCED,
            "unfence",
            ["omega"],
            "BAD_NAME",
            "no address is named 'omega'; known: alpha, beta, delta, gamma",
        ),
        (
            FENCED,
            "fence",
            ["alpha"],
            "BAD_NAME",
            "alpha is this address, and none is isolated by itself: "
            "run 'supvisors fence alpha' at another address",
        ),
        (
            FENCED,
            "unfence",
            ["alpha"],
            "BAD_NAME",
            "alpha is this address, and none is isolated by itself: "
            "run 'supvisors unfence alpha' at another address",
        ),
        (
            FENCED,
            "fence",
            ["gamma"],
            "FAILED",
            "gamma is fenced already: 'supvisors unfence gamma' ends it",
        ),
        (
            FENCED,
            "unfence",
            ["beta"],
            "FAILED",
            "beta is not fenced, it is SILENT: there is nothing to lift",
        ),
        (
            FENCED,
            "unfence",
            ["delta"],
            "FAILED",
            "delta is not fenced here: it is ISOLATED since it fences alpha; "
            "run 'supvisors unfence alpha' at delta",
        ),
        (FENCED, "fence", [], "INCORRECT_PARAMETERS", "fence takes string"),
        (
            VIEW,
            "start_process",
            [True, "web:web_1", "", True],
            "INCORRECT_PARAMETERS",
            "start_process takes string or int, string, string, boolean",
        ),
        (
            VIEW,
            "rolling_restart",
            ["web:*", "2", True],
            "INCORRECT_PARAMETERS",
            "rolling_restart takes string, int, boolean",
        ),
        (EMPTY, "fence", ["beta"], "BAD_NAME", "no address is named 'beta'; known: none"),
    ],
)
def test_what_cannot_be_done_is_refused(
    view: ClusterView, name: str, params: list[object], fault: str, text: str
) -> None:
    with pytest.raises(Refused) as error:
        perform(see(view), name, params)
    assert (error.value.fault, error.value.text) == (fault, text)
    assert hasattr(Faults, fault), "supervisorctl ends at a fault that it does not know"


def test_a_refusal_does_not_list_a_whole_site() -> None:
    addresses = tuple(AddressStatus(f"host_{n:02}", AddressState.RUNNING) for n in range(50))
    with pytest.raises(Refused) as error:
        perform(see(VIEW, addresses=addresses), "get_address_info", ["x"])
    known = ", ".join(f"host_{n:02}" for n in range(8))
    assert error.value.text == f"no address is named 'x'; known: {known} …"


def test_the_door_offers_every_command_with_its_parameters() -> None:
    """The plugin cannot import the table, so its methods are compared with it."""
    offered = {
        name: len(inspect.signature(method).parameters)
        for name, method in vars(SupvisorsRPCInterface).items()
        if not name.startswith("_")
    }
    assert offered == {
        name: len(inspect.signature(command).parameters) for name, command in COMMANDS.items()
    }
