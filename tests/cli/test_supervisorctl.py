"""The commands in supervisorctl: the words that each takes become the parameters of its method,
what it does not take is said with its usage, a fault is printed with its reason, and what comes
back is readable. Supervisor's real Controller runs them; what it calls is recorded."""

from __future__ import annotations

import inspect
import io
from types import SimpleNamespace
from typing import Any
from xmlrpc.client import Fault

import pytest
from supervisor import rpcinterface
from supervisor.supervisorctl import Controller, DefaultControllerPlugin, LSBInitExitStatuses
from supervisor.xmlrpc import Faults

from supvisors.plugin.rpc import SupvisorsRPCInterface
from supvisors.supervisorctl import make_supvisors_controller_plugin
from supvisors.supervisorctl.table import COMMANDS
from supvisors.supervisorctl.texts import table, tree
from supvisors.supervisorctl.words import usage


class Server:
    """What stands for supervisord: it knows the answers and records the calls."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.calls: list[tuple[Any, ...]] = []
        self.supervisor = SimpleNamespace(getVersion=lambda: rpcinterface.API_VERSION)
        self.supvisors = self

    def __getattr__(self, method: str) -> Any:
        def call(*params: Any) -> Any:
            self.calls.append((method, *params))
            answer = self.answers.get(method, True)
            if isinstance(answer, Fault):
                raise answer
            return answer

        return call


@pytest.fixture
def server() -> Server:
    return Server()


def run(server: Server, line: str, interactive: bool = False) -> tuple[str, int]:
    """Run a line of supervisorctl; return what it prints, and its exit status."""
    options = SimpleNamespace(
        prompt="supervisor",
        plugin_factories=[
            ("default", DefaultControllerPlugin, {}),
            ("supvisors", make_supvisors_controller_plugin, {}),
        ],
        interactive=interactive,
        getServerProxy=lambda: server,
    )
    printed = io.StringIO()
    controller = Controller(options, stdout=printed)
    controller.onecmd(line)
    return printed.getvalue(), controller.exitstatus


# --- words ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "call", "printed"),
    [
        ("sstart_application eyes", ("start_application", "", "eyes", True), "eyes: started"),
        (
            "sstart_application --nowait --strategy=LESS_LOADED eyes",
            ("start_application", "LESS_LOADED", "eyes", False),
            "eyes: to be started",
        ),
        (
            "srestart_application --strategy=1 eyes",
            ("restart_application", 1, "eyes", True),
            "eyes: restarted",
        ),
        ("sstop_application eyes", ("stop_application", "eyes", True), "eyes: stopped"),
        (
            "sstart_process g:n  --more 'two  words' ",
            ("start_process", "", "g:n", "--more 'two  words'", True),
            "g:n: started",
        ),
        ("sstart_process g:n", ("start_process", "", "g:n", "", True), "g:n: started"),
        ("srestart_process n", ("restart_process", "", "n", "", True), "n: restarted"),
        (
            "sstart_args --nowait n -v",
            ("start_args", "n", "-v", False),
            "n: to be started",
        ),
        ("sstop_process g:*", ("stop_process", "g:*", True), "g:*: stopped"),
        (
            "srolling_restart --at-a-time=2 g:*",
            ("rolling_restart", "g:*", 2, True),
            "g:*: restarted",
        ),
        ("sconciliate 3", ("conciliate", 3), "3: conciliation begins"),
        ("sconciliate", ("conciliate", ""), "conciliation begins"),
        ("sconciliate STOP", ("conciliate", "STOP"), "STOP: conciliation begins"),
        ("senable g:n", ("enable", "g:n"), "g:n: enabled"),
        ("sdisable g:n", ("disable", "g:n"), "g:n: disabled"),
        ("sdrain --nowait beta", ("drain", "beta", False), "beta: to be drained"),
        ("sundrain beta", ("undrain", "beta"), "beta: undrained"),
        ("sfence beta", ("fence", "beta"), "beta: fenced"),
        ("sunfence beta", ("unfence", "beta"), "beta: unfenced"),
        ("sreload_rules", ("reload_rules",), "rules reloaded"),
        ("srestart", ("restart",), "restarting"),
        ("sshutdown", ("shutdown",), "shutting down"),
    ],
)
def test_a_command_calls_its_method(
    server: Server, line: str, call: tuple[Any, ...], printed: str
) -> None:
    assert run(server, line) == (f"{printed}\n", LSBInitExitStatuses.SUCCESS)
    assert server.calls == [call]


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("stail g:n", ("tail_process", "g:n", "", "stdout", 1600)),
        (
            "stail --bytes=99 --address=beta g:n stderr",
            ("tail_process", "g:n", "beta", "stderr", 99),
        ),
    ],
)
def test_a_tail_is_printed_as_it_is(server: Server, line: str, call: tuple[Any, ...]) -> None:
    server.answers["tail_process"] = "one\n  two\n"
    assert run(server, line) == ("one\n  two\n", LSBInitExitStatuses.SUCCESS)
    assert server.calls == [call]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("sstart_application", "<application> is missing"),
        ("sstart_application --nowait", "<application> is missing"),
        ("sstart_application eyes ears", "'ears' is too much"),
        ("sstate now", "'now' is too much"),
        ("sstop_process --strategy=STOP n", "there is no --strategy"),
        ("sstop_process --nowait=1 n", "write --nowait, not --nowait=1"),
        ("sstart_process --strategy n", "write --strategy=STRATEGY, not --strategy"),
        ("srolling_restart --at-a-time=two n", "--at-a-time=two: invalid literal"),
    ],
)
def test_other_words_are_refused_with_the_usage(server: Server, line: str, why: str) -> None:
    name = line.split()[0]
    printed, status = run(server, line)
    assert f"Error: {name}: {why}" in printed
    assert f"{usage(COMMANDS[name].params)}\t" in printed
    assert (status, server.calls) == (LSBInitExitStatuses.INVALID_ARGS, [])


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_fits_its_method_and_explains_itself(server: Server, name: str) -> None:
    command = COMMANDS[name]
    method = inspect.signature(getattr(SupvisorsRPCInterface, command.method))
    assert len(command.params.split()) == len(method.parameters) - 1
    if command.one:
        assert len(inspect.signature(getattr(SupvisorsRPCInterface, command.one)).parameters) == 2
    printed, _ = run(server, f"help {name}")
    assert printed.splitlines()[-1].startswith(name)
    assert command.text in printed


def test_every_method_has_a_command_and_no_name_is_supervisors_own(server: Server) -> None:
    methods = {name for name in vars(SupvisorsRPCInterface) if not name.startswith("_")}
    commands = COMMANDS.values()
    assert {c.method for c in commands} | {c.one for c in commands if c.one} == methods
    own = {name[3:] for name in dir(DefaultControllerPlugin) if name.startswith("do_")}
    assert own.isdisjoint(COMMANDS)
    assert "No help" not in run(server, "help status")[0]
    printed, _ = run(server, "help")
    assert "supvisors commands" in printed
    assert set(COMMANDS) <= set(printed.split())


@pytest.mark.parametrize(("answer", "asked"), [("y", 1), ("yes", 1), ("n", 0), ("", 0)])
@pytest.mark.parametrize("name", ["srestart", "sshutdown"])
def test_what_ends_everything_is_confirmed_interactively(
    server: Server, monkeypatch: pytest.MonkeyPatch, name: str, answer: str, asked: int
) -> None:
    monkeypatch.setattr("builtins.input", lambda _question: answer)
    run(server, name, interactive=True)
    assert len(server.calls) == asked


# --- faults --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("BAD_NAME", LSBInitExitStatuses.GENERIC),
        ("FAILED", LSBInitExitStatuses.GENERIC),
        ("NOT_RUNNING", LSBInitExitStatuses.NOT_RUNNING),
        ("ABNORMAL_TERMINATION", LSBInitExitStatuses.NOT_RUNNING),
        ("UNKNOWN_METHOD", LSBInitExitStatuses.UNIMPLEMENTED_FEATURE),
    ],
)
def test_a_fault_is_printed_with_its_reason(server: Server, fault: str, status: int) -> None:
    server.answers["stop_process"] = Fault(getattr(Faults, fault), f"{fault}: a reason")
    assert run(server, "sstop_process g:n") == (f"g:n: ERROR ({fault}: a reason)\n", status)


def test_a_supervisord_without_the_plugin_is_named(server: Server) -> None:
    server.answers["get_plans"] = Fault(Faults.UNKNOWN_METHOD, "UNKNOWN_METHOD")
    printed, status = run(server, "splans")
    assert "does not know supvisors.get_plans: add [rpcinterface:supvisors]" in printed
    assert status == LSBInitExitStatuses.UNIMPLEMENTED_FEATURE


def test_an_unknown_option_is_told() -> None:
    printed: list[str] = []
    make_supvisors_controller_plugin(SimpleNamespace(output=printed.append), colour="red")
    assert "'colour'" in printed[0]


# --- results -------------------------------------------------------------------------------

ADDRESS = {"address_name": "alpha", "statename": "RUNNING", "loading": 12}
APPLICATION = {
    "application_name": "eyes",
    "statename": "STARTING",
    "major_failure": True,
    "minor_failure": True,
}
PROCESS = {
    "application_name": "eyes",
    "process_name": "left",
    "statename": "RUNNING",
    "addresses": ["alpha", "beta"],
}


def test_statuses_are_tables(server: Server) -> None:
    server.answers = {
        "get_all_addresses_info": [ADDRESS, {**ADDRESS, "address_name": "b", "loading": 0}],
        "get_address_info": ADDRESS,
        "get_all_applications_info": [APPLICATION],
        "get_process_info": [PROCESS],
        "get_all_process_info": [],
    }
    assert run(server, "saddresses")[0] == (
        "alpha  RUNNING  loading 12%\nb      RUNNING  loading 0%\n"
    )
    assert run(server, "saddresses alpha beta")[0] == "alpha  RUNNING  loading 12%\n" * 2
    assert server.calls[-2:] == [("get_address_info", "alpha"), ("get_address_info", "beta")]
    assert run(server, "sapplications")[0] == "eyes  STARTING  major and minor failure\n"
    assert run(server, "sprocesses eyes:left")[0] == "eyes:left  RUNNING  alpha, beta\n"
    assert run(server, "sprocesses")[0] == "none\n"


def test_the_whole_status(server: Server) -> None:
    server.answers["get_status"] = {
        "supvisors": {"statename": "OPERATION"},
        "master": "",
        "addresses": [ADDRESS],
        "applications": [APPLICATION],
        "processes": [PROCESS],
        "warnings": ["beta and alpha differ"],
    }
    printed, _ = run(server, "sstatus")
    assert printed.splitlines()[0] == "OPERATION, master none"
    for line in ("eyes:left  RUNNING  alpha, beta", "WARNING: beta and alpha differ"):
        assert line in printed.splitlines()


def test_any_value_is_readable() -> None:
    value = {
        "rule": {"addresses": ["a", "b"], "required": False, "none": []},
        "last": [{"state": "FATAL", "why": "two\nlines"}, {"state": "STOPPED", "refused": {}}],
        "text": "two\nlines",
        "empty": "",
    }
    assert tree(value) == [
        "rule:",
        "  addresses: a, b",
        "  required: False",
        "  none: none",
        "last:",
        "  - state: FATAL",
        "    why:",
        "      two",
        "      lines",
        "  - state: STOPPED",
        "    refused:",
        "text:",
        "  two",
        "  lines",
        "empty: -",
    ]
    assert tree([]) == table([]) == ["none"]
    assert tree(["a", "b"]) == ["- a", "- b"]
    assert tree("1.1") == ["1.1"]
    assert tree({"date_ms": 1_769_860_800_123.0}) == ["date_ms: 1769860800123"]
    assert tree(0.5) == ["0.5"]
