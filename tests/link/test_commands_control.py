"""The commands that control: each asks the core for one input, or is refused in Supervisor's
terms with a text that says why, and what to do."""

from __future__ import annotations

from typing import Any

import pytest
from supervisor.xmlrpc import Faults

from supvisors.commands import Refused, Sight, Strategies, Wait, perform
from supvisors.core.inputs import Input, Inquiry, Order, Plea, Wish
from supvisors.core.messages import Intent, Plan, Request
from supvisors.core.process import ProcessOnAddress
from supvisors.core.rulebook import FixedRules
from supvisors.model import (
    ApplicationRule,
    ConciliationStrategy,
    ProcessInfo,
    ProcessRule,
    ProcessState,
    StartingStrategy,
    SupvisorsState,
    SupvisorsStatus,
)
from tests.link.sights import VIEW, WEB_2, see

RULES = FixedRules(
    {"web:web_1": ProcessRule(start_sequence=1)}, {"web": ApplicationRule(start_sequence=1)}
)
#: web is managed and has a rank, cron is not managed.
SIGHT = see(VIEW, RULES)
CONFLICT = see(VIEW, RULES, conflicts=("web:web_1",))


def of(sight: Sight, **changes: Any) -> Sight:
    """Return a sight with fields of its view changed."""
    return see(sight.view, sight.rules, **changes)


def disabled(*names: str, wanted: Any = "disabled", kind: Any = "process") -> Sight:
    return of(SIGHT, intents=tuple(Intent(kind, name, wanted, 1, "alpha") for name in names))


def knows(*names: str, address: str = "alpha") -> tuple[ProcessOnAddress, ...]:
    infos = []
    for number, name in enumerate(names):
        group, _, process = name.partition(":")
        infos.append(ProcessInfo(group, process, ProcessState.STOPPED, event_ns=number))
    return tuple(ProcessOnAddress(address, info) for info in infos)


def plea(verb: Any, *names: str, wait: bool = True, **wanted: Any) -> Plea:
    return Plea(5, Request(verb, names, **wanted), wait)


# --- what is asked for ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sight", "name", "params", "asked"),
    [
        (SIGHT, "start_application", ["", "web", True], plea("start_application", "web")),
        (
            SIGHT,
            "start_application",
            ["less_loaded", "web", False],
            plea("start_application", "web", strategy="LESS_LOADED", wait=False),
        ),
        (
            SIGHT,
            "restart_application",
            [2, "web", True],
            plea("restart_application", "web", strategy="MOST_LOADED"),
        ),
        (SIGHT, "stop_application", ["web", True], plea("stop_application", "web")),
        (
            SIGHT,
            "start_process",
            ["0", "web:web_2", "-v", False],
            plea("start_process", "web:web_2", strategy="CONFIG", argument="-v", wait=False),
        ),
        (SIGHT, "start_process", ["", "cron", "", True], plea("start_process", "cron:cron")),
        (
            SIGHT,
            "restart_process",
            ["", "web:*", "", True],
            plea("restart_process", "web:web_1", "web:web_2"),
        ),
        (
            SIGHT,
            "rolling_restart",
            ["web:*", 2, True],
            plea("rolling_restart", "web:web_1", at_a_time=2),
        ),
        (SIGHT, "stop_process", ["web:*", True], Order(5, "stop", ("web:web_1", "web:web_2"))),
        (SIGHT, "stop_process", ["cron", False], Order(5, "stop", ("cron:cron",), wait=False)),
        (
            of(SIGHT, infos=knows("web:web_1")),
            "start_args",
            ["web:web_1", "-v", True],
            Order(5, "start", ("web:web_1",), "-v"),
        ),
        (
            CONFLICT,
            "conciliate",
            ["SENICIDE"],
            plea("conciliate", strategy="SENICIDE", wait=False),
        ),
        (CONFLICT, "conciliate", [3], plea("conciliate", strategy="RESTART", wait=False)),
        (SIGHT, "restart", [], plea("restart", wait=False)),
        (SIGHT, "shutdown", [], plea("shutdown", wait=False)),
        (SIGHT, "drain", ["beta", True], plea("drain", "beta")),
        (
            disabled("beta", wanted="drained", kind="address"),
            "undrain",
            ["beta"],
            Wish(5, "address", ("beta",), "auto"),
        ),
        (SIGHT, "disable", ["web:*"], Wish(5, "process", ("web:web_1", "web:web_2"), "disabled")),
        (disabled("web:web_2"), "enable", ["web:*"], Wish(5, "process", ("web:web_2",), "auto")),
        (
            disabled("web:web_2", wanted="stopped"),
            "enable",
            ["web:web_2"],
            Wish(5, "process", ("web:web_2",), "auto"),
        ),
        (SIGHT, "reload_rules", [], Inquiry(5, "rules", "")),
        (
            SIGHT,
            "tail_process",
            ["web:web_1", "", "stdout", 100],
            Inquiry(5, "tail", "alpha", "web:web_1", "stdout 100"),
        ),
        (
            SIGHT,
            "tail_process",
            ["cron", "beta", "stderr", 100],
            Inquiry(5, "tail", "beta", "cron:cron", "stderr 100"),
        ),
    ],
)
def test_a_command_asks_for_one_input(
    sight: Sight, name: str, params: list[object], asked: Input
) -> None:
    wait = perform(sight, name, params)
    assert isinstance(wait, Wait)
    assert wait.order(5) == asked
    gives_text = name in ("tail_process", "reload_rules")
    assert wait.answer("") == ("" if gives_text else True)
    assert wait.answer("a") == ("a" if gives_text else True)


def asked_for(sight: Sight, name: str, *params: object) -> Any:
    wait = perform(sight, name, params)
    assert isinstance(wait, Wait)
    return wait.order(5)


def test_without_a_word_conflicts_are_resolved_as_the_option_says() -> None:
    strategies = Strategies(False, StartingStrategy.CONFIG, ConciliationStrategy.INFANTICIDE)
    asked = asked_for(see(CONFLICT.view, RULES, strategies=strategies), "conciliate", "")
    assert asked.wanted.strategy == "INFANTICIDE"


@pytest.mark.parametrize("name", ["start_process", "restart_process"])
def test_a_disabled_process_is_left_out_of_a_group(name: str) -> None:
    asked = asked_for(disabled("web:web_1"), name, "", "web:*", "", True)
    assert asked.wanted.names == ("web:web_2",)


def test_an_application_that_is_being_started_can_be_stopped() -> None:
    idle = of(SIGHT, processes=(), plans=(Plan("p1", "start", "web"),))
    assert asked_for(idle, "stop_application", "web", True) == plea("stop_application", "web")


def test_what_a_process_wrote_is_read_where_it_ran_last() -> None:
    infos = (*knows("web:web_2", "cron:cron", address="beta"), *knows("cron:cron"))
    asked = asked_for(of(SIGHT, infos=infos), "tail_process", "cron", "", "stdout", 100)
    assert asked.address == "beta"


# --- what is refused -----------------------------------------------------------------------

NO_MASTER = of(SIGHT, master=None, warnings=("a first one", "no master: waiting for beta"))
NO_QUORUM = of(
    SIGHT,
    has_quorum=False,
    warnings=("no quorum: 1 of 2 addresses are RUNNING and 2 are needed, so nothing",),
)
ENDING = of(SIGHT, supvisors=SupvisorsStatus(SupvisorsState.SHUTTING_DOWN))
LONG = "x" * 8001

#: Every command that only a master does, with words that are accepted.
OF_MASTER: list[tuple[str, list[object]]] = [
    ("start_application", ["", "web", True]),
    ("stop_application", ["web", True]),
    ("restart_application", ["", "web", True]),
    ("start_process", ["", "web:web_1", "", True]),
    ("restart_process", ["", "web:web_1", "", True]),
    ("rolling_restart", ["web:*", 1, True]),
    ("conciliate", ["STOP"]),
    ("drain", ["beta", True]),
    ("restart", []),
    ("shutdown", []),
]
STARTING = {
    "start_application",
    "restart_application",
    "start_process",
    "restart_process",
    "rolling_restart",
    "drain",
}


def refusal(sight: Sight, name: str, *params: object) -> tuple[str, str]:
    with pytest.raises(Refused) as error:
        perform(sight, name, params)
    assert hasattr(Faults, error.value.fault), "supervisorctl ends at one that it does not know"
    return error.value.fault, error.value.text


@pytest.mark.parametrize(("name", "params"), OF_MASTER)
def test_what_a_master_does_needs_one(name: str, params: list[object]) -> None:
    without = of(NO_MASTER, conflicts=("web:web_1",))
    assert refusal(without, name, *params) == ("FAILED", "no master: waiting for beta")
    silent = of(without, warnings=())
    assert "supvisors status" in refusal(silent, name, *params)[1]


@pytest.mark.parametrize(("name", "params"), OF_MASTER)
def test_nothing_is_begun_while_everything_ends(name: str, params: list[object]) -> None:
    fault, text = refusal(of(ENDING, conflicts=("web:web_1",)), name, *params)
    assert fault == "SHUTDOWN_STATE"
    assert text.startswith("Supvisors is SHUTTING_DOWN, so nothing else is begun: ")


@pytest.mark.parametrize(("name", "params"), OF_MASTER)
def test_what_starts_something_needs_a_quorum(name: str, params: list[object]) -> None:
    sight = of(NO_QUORUM, conflicts=("web:web_1",))
    if name in STARTING:
        fault, text = refusal(sight, name, *params)
        assert fault == "FAILED"
        assert text.startswith("no quorum: 1 of 2 addresses are RUNNING and 2 are needed")
        assert "lower quorum" in text
    else:
        assert isinstance(perform(sight, name, params), Wait)


@pytest.mark.parametrize("sight", [NO_MASTER, NO_QUORUM, ENDING])
def test_what_acts_directly_needs_neither(sight: Sight) -> None:
    assert asked_for(sight, "stop_process", "web:web_1", True)
    assert asked_for(of(sight, infos=knows("web:web_1")), "start_args", "web:web_1", "", True)
    assert asked_for(sight, "disable", "web:web_1")


UNMANAGED = (
    "cron is not managed: no rule says in which order its processes start and stop. Name it in "
    "the rules file, or start and stop its processes, 'cron:*'"
)
UNRANKED = see(VIEW, FixedRules(applications={"web": ApplicationRule()}))


@pytest.mark.parametrize(
    ("sight", "name", "params", "fault", "text"),
    [
        (
            SIGHT,
            "start_application",
            ["", "wep", True],
            "BAD_NAME",
            "no application is named 'wep'; known: cron, web",
        ),
        (SIGHT, "start_application", ["", "cron", True], "FAILED", UNMANAGED),
        (SIGHT, "stop_application", ["cron", True], "FAILED", UNMANAGED),
        (SIGHT, "restart_application", ["", "cron", True], "FAILED", UNMANAGED),
        (
            UNRANKED,
            "start_application",
            ["", "web", True],
            "FAILED",
            "no process of web has a start_sequence above 0, so starting it would start nothing: "
            "write ranks into the rules file, or start 'web:*'",
        ),
        (
            SIGHT,
            "start_process",
            ["FASTEST", "web:web_1", "", True],
            "BAD_ARGUMENTS",
            "no starting strategy is 'FASTEST'; known: 0 CONFIG, 1 LESS_LOADED, 2 MOST_LOADED; "
            "or nothing, for the one in force",
        ),
        (
            SIGHT,
            "start_application",
            [3, "web", True],
            "BAD_ARGUMENTS",
            "no starting strategy is '3'; known: 0 CONFIG, 1 LESS_LOADED, 2 MOST_LOADED; "
            "or nothing, for the one in force",
        ),
        (
            SIGHT,
            "restart_process",
            ["", "web:web_9", "", True],
            "BAD_NAME",
            "no process is named 'web:web_9'; known: cron:cron, web:web_1, web:web_2",
        ),
        (
            SIGHT,
            "start_process",
            ["", "web:web_1", LONG, True],
            "BAD_ARGUMENTS",
            "more than 8000 characters of arguments",
        ),
        (
            of(SIGHT, infos=knows("web:web_1")),
            "start_args",
            ["web:web_1", LONG, True],
            "BAD_ARGUMENTS",
            "more than 8000 characters of arguments",
        ),
        (
            of(SIGHT, infos=knows("web:web_1", address="beta")),
            "start_args",
            ["web:web_1", "", True],
            "BAD_NAME",
            "web:web_1 is not a program of this address, alpha: ask one that has it",
        ),
        (
            disabled("web:web_1"),
            "start_process",
            ["", "web:web_1", "", True],
            "FAILED",
            "web:web_1 is disabled: 'supvisors enable web:web_1' lets it be started",
        ),
        (
            disabled("web:web_1", "web:web_2"),
            "rolling_restart",
            ["web:*", 1, True],
            "FAILED",
            "web:* is disabled: 'supvisors enable web:*' lets it be started",
        ),
        (
            disabled("web:web_1"),
            "start_args",
            ["web:web_1", "", True],
            "FAILED",
            "web:web_1 is disabled: 'supvisors enable web:web_1' lets it be started",
        ),
        (
            SIGHT,
            "rolling_restart",
            ["web:*", 0, True],
            "BAD_ARGUMENTS",
            "0 processes at a time: nothing would be done; say 1 or more",
        ),
        (
            SIGHT,
            "rolling_restart",
            ["web:web_2", 1, True],
            "NOT_RUNNING",
            "web:web_2 runs nowhere: start it with 'supvisors start web:web_2'",
        ),
        (
            of(SIGHT, processes=(WEB_2,)),
            "stop_application",
            ["web", True],
            "NOT_RUNNING",
            "no process of web runs: there is nothing to stop",
        ),
        (
            SIGHT,
            "conciliate",
            ["SENICIDE"],
            "FAILED",
            "no process runs more often than its rule wants: there is nothing to do",
        ),
        (
            CONFLICT,
            "conciliate",
            [""],
            "BAD_ARGUMENTS",
            "USER leaves conflicts to you: say one of SENICIDE, INFANTICIDE, STOP, RESTART, "
            "RUNNING_FAILURE",
        ),
        (
            CONFLICT,
            "conciliate",
            ["x"],
            "BAD_ARGUMENTS",
            "no conciliation strategy is 'x'; known: 0 SENICIDE, 1 INFANTICIDE, 2 STOP, "
            "3 RESTART, 4 RUNNING_FAILURE, 5 USER; or nothing, for the one in force",
        ),
        (
            SIGHT,
            "drain",
            ["omega", True],
            "BAD_NAME",
            "no address is named 'omega'; known: alpha, beta",
        ),
        (
            disabled("beta", wanted="drained", kind="address"),
            "drain",
            ["beta", True],
            "FAILED",
            "beta is drained already: 'supvisors undrain beta' ends it",
        ),
        (
            SIGHT,
            "undrain",
            ["beta"],
            "FAILED",
            "beta is not drained: there is nothing to lift",
        ),
        (
            SIGHT,
            "undrain",
            ["omega"],
            "BAD_NAME",
            "no address is named 'omega'; known: alpha, beta",
        ),
        (
            SIGHT,
            "enable",
            ["web:web_1"],
            "FAILED",
            "web:web_1 is neither disabled nor stopped by an operator: nothing to lift",
        ),
        (
            disabled("web:web_1"),
            "disable",
            ["web:web_1"],
            "FAILED",
            "web:web_1 is disabled already: 'supvisors enable web:web_1' ends that",
        ),
        (
            SIGHT,
            "tail_process",
            ["web:*", "", "stdout", 100],
            "BAD_NAME",
            "'web:*' is a whole group, and one process is asked for: "
            "name one of web:web_1, web:web_2",
        ),
        (
            SIGHT,
            "tail_process",
            ["web:web_1", "omega", "stdout", 100],
            "BAD_NAME",
            "no address is named 'omega'; known: alpha, beta",
        ),
        (
            SIGHT,
            "tail_process",
            ["web:web_1", "", "stdin", 100],
            "BAD_ARGUMENTS",
            "no output is 'stdin': say stdout or stderr",
        ),
        (
            SIGHT,
            "tail_process",
            ["web:web_1", "", "stdout", 65537],
            "BAD_ARGUMENTS",
            "65537 bytes: say 1 to 65536",
        ),
        (
            SIGHT,
            "tail_process",
            ["cron", "", "stdout", 100],
            "BAD_NAME",
            "no address tells of cron:cron: name one",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(
    sight: Sight, name: str, params: list[object], fault: str, text: str
) -> None:
    assert refusal(sight, name, *params) == (fault, text)
