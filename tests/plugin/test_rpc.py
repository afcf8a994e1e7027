"""The calls of `supvisors.*`: each is answered once, by its result, by the agent's fault, or at
its deadline by a fault that says why nobody answers; callers that hang up or come in crowds
take no unbounded memory; what is returned fits XML-RPC, and faults are Supervisor's own."""

from __future__ import annotations

import inspect
import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xmlrpc.client import loads

import pytest
from supervisor.http import NOT_DONE_YET, deferring_http_channel
from supervisor.xmlrpc import Faults, RPCError, xmlrpc_marshal

from supvisors.plugin.calls import (
    CALL_TIMEOUT_S,
    CALLS_MAX,
    DEFERRED_DELAY_S,
    WAIT_TIMEOUT_S,
    Calls,
    marshallable,
)
from supvisors.plugin.doors import LOCAL, OFF, Door
from supvisors.plugin.records import frame
from supvisors.plugin.rpc import SupvisorsRPCInterface

ABSENT = "the agent does not answer: start it"


class Agent:
    """The connection to an agent that reads while `reads`."""

    def __init__(self) -> None:
        self.closed = False
        self.reads = True
        self.lines: list[dict[str, Any]] = []

    def send(self, line: dict[str, Any]) -> bool:
        data = frame(line)
        if self.reads:
            self.lines.append(json.loads(data))
        return self.reads


def calls_to(agent: Agent | None, timeout_s: float = 30.0) -> Calls:
    calls = Calls(lambda: ABSENT, timeout_s)
    calls.connection = lambda: agent
    return calls


def fault(error: pytest.ExceptionInfo[RPCError]) -> tuple[int, str]:
    return error.value.code, error.value.text


def absent(text: str = ABSENT) -> tuple[int, str]:
    """Return the fault as Supervisor builds it from its code and a text."""
    error = RPCError(Faults.FAILED, text)
    return error.code, error.text


# --- a call --------------------------------------------------------------------------------


def test_a_call_is_answered_when_the_answer_is_there() -> None:
    agent = Agent()
    calls = calls_to(agent)
    ask = calls.forward("get_address_info", ("alpha",))
    [line] = agent.lines
    expected = {"type": "call", "method": "get_address_info", "params": ["alpha"]}
    assert {**line, "id": None} == {**expected, "id": None}
    assert ask() is NOT_DONE_YET
    calls.answered({"type": "answer", "id": line["id"], "result": {"loading": None}})
    assert ask() == {"loading": ""}


def test_answers_find_their_calls_in_any_order() -> None:
    agent = Agent()
    calls = calls_to(agent)
    asks = [calls.forward("method", (str(n),)) for n in range(3)]
    for line in reversed(agent.lines):
        calls.answered({"id": line["id"], "result": line["params"][0]})
    assert [ask() for ask in asks] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("BAD_NAME", Faults.BAD_NAME),
        ("INCORRECT_PARAMETERS", Faults.INCORRECT_PARAMETERS),
        ("UNKNOWN_TO_SUPERVISOR", Faults.FAILED),
    ],
)
def test_a_fault_of_the_agent_becomes_one_of_supervisors(name: str, code: int) -> None:
    agent = Agent()
    calls = calls_to(agent)
    ask = calls.forward("method", ())
    calls.answered({"id": agent.lines[0]["id"], "fault": name, "text": "no such address"})
    with pytest.raises(RPCError, match="no such address") as error:
        ask()
    assert error.value.code == code


# --- nobody answers ------------------------------------------------------------------------


def test_without_an_agent_a_call_says_why() -> None:
    with pytest.raises(RPCError) as error:
        calls_to(None).forward("method", ())
    assert fault(error) == absent()


def test_an_agent_that_does_not_read_is_absent() -> None:
    agent = Agent()
    agent.reads = False
    with pytest.raises(RPCError) as error:
        calls_to(agent).forward("method", ())
    assert fault(error) == absent()


def test_a_call_ends_at_its_deadline() -> None:
    agent = Agent()
    assert calls_to(agent, timeout_s=30.0).forward("method", ())() is NOT_DONE_YET
    calls = calls_to(agent, timeout_s=0.0)
    ask = calls.forward("method", ())
    with pytest.raises(RPCError) as error:
        ask()
    assert fault(error) == absent()
    calls.answered({"id": agent.lines[1]["id"], "result": 1})  # too late, and no error


def test_a_call_ends_with_the_connection_that_it_went_out_on() -> None:
    agent, successor = Agent(), Agent()
    calls = calls_to(agent)
    ask = calls.forward("method", ())
    agent.closed = True
    calls.connection = lambda: successor
    with pytest.raises(RPCError) as error:
        ask()
    assert fault(error) == absent()
    assert calls.forward("method", ())() is NOT_DONE_YET


def test_an_answer_to_no_call_is_ignored() -> None:
    calls = calls_to(Agent())
    ask = calls.forward("method", ())
    for line in ({"id": 99, "result": 1}, {"id": "x", "result": 1}, {"result": 1}):
        calls.answered(line)
    assert ask() is NOT_DONE_YET


# --- limits --------------------------------------------------------------------------------


def test_a_crowd_is_refused_until_some_are_answered() -> None:
    agent = Agent()
    calls = calls_to(agent)
    asks = [calls.forward("method", ()) for _ in range(CALLS_MAX)]
    with pytest.raises(RPCError, match=f"{CALLS_MAX} calls wait already"):
        calls.forward("method", ())
    calls.answered({"id": agent.lines[0]["id"], "result": 1})
    assert asks[0]() == 1
    calls.forward("method", ())


def test_callers_that_hung_up_do_not_keep_others_out() -> None:
    """Supervisor asks for an answer only while the connection of its caller lives."""
    calls = calls_to(Agent(), timeout_s=-3 * DEFERRED_DELAY_S)
    for _ in range(CALLS_MAX + 1):
        calls.forward("method", ())


def test_a_caller_that_is_still_there_is_not_taken_for_one_that_hung_up() -> None:
    agent = Agent()
    calls = calls_to(agent, timeout_s=0.0)
    ask = calls.forward("method", ())
    calls.forward("method", ())
    calls.answered({"id": agent.lines[0]["id"], "result": "before it was asked for again"})
    assert ask() == "before it was asked for again"


@pytest.mark.parametrize("value", [datetime(2026, 1, 1, tzinfo=UTC), b"bytes", float("nan")])
def test_a_parameter_that_the_agent_cannot_be_told_is_the_callers_mistake(value: object) -> None:
    agent = Agent()
    with pytest.raises(RPCError) as error:
        calls_to(agent).forward("method", (value,))
    assert error.value.code == Faults.INCORRECT_PARAMETERS
    assert agent.lines == []


# --- the HTTP channels of supervisord ------------------------------------------------------


@pytest.fixture
def channels() -> Iterator[list[Any]]:
    """Two channels of Supervisor: one waits for a deferred answer, one does not."""
    ends = socket.socketpair()
    opened = [deferring_http_channel(None, end, "peer") for end in ends]
    opened[0].delay = DEFERRED_DELAY_S
    for channel in opened:
        channel.last_writable_check = time.time()
    yield opened
    for channel in opened:
        channel.del_channel()
        channel.socket.close()


def test_an_answer_lets_the_waiting_channels_look_in_the_next_turn(channels: list[Any]) -> None:
    agent = Agent()
    calls = calls_to(agent)
    calls.socket_map = {3: Agent(), **dict(enumerate(channels, 4))}
    waiting, other = channels
    looked_at = other.last_writable_check
    calls.forward("method", ())
    assert not waiting.writable()
    calls.answered({"id": agent.lines[0]["id"], "result": 1})
    assert waiting.writable()
    assert other.last_writable_check == looked_at


# --- values of XML-RPC ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (True, True),
        (False, False),
        (2**31 - 1, 2**31 - 1),
        (2**31, float(2**31)),
        (-(2**31) - 1, float(-(2**31) - 1)),
        (1_769_860_800_123, 1_769_860_800_123.0),
        (0.5, 0.5),
        ("text", "text"),
        ("été\t☃\r\nno end", "été\t☃\r\nno end"),
        ("\x1b[31mred\x1b[0m\x00\udcff\ufffe", "\ufffd[31mred\ufffd[0m\ufffd\ufffd\ufffd"),
        ([1, (None, 2**40)], [1, ["", float(2**40)]]),
        ({"a": {"b": [None]}}, {"a": {"b": [""]}}),
    ],
)
def test_a_value_fits_xml_rpc_and_stays_what_it_is(value: object, expected: object) -> None:
    converted = marshallable(value)
    assert converted == expected
    assert type(converted) is type(expected)
    [received], _ = loads(xmlrpc_marshal(converted))
    # XML has one end of line
    assert received == (expected.replace("\r\n", "\n") if isinstance(expected, str) else expected)


# --- the namespace -------------------------------------------------------------------------

METHODS = [
    name for name in vars(SupvisorsRPCInterface) if not name.startswith("_")
]  # as Supervisor lists them


@pytest.mark.parametrize("name", METHODS)
def test_a_method_forwards_its_name_and_parameters(name: str) -> None:
    agent = Agent()
    method = getattr(SupvisorsRPCInterface(calls_to(agent), Door()), name)
    params = [f"value of {parameter}" for parameter in inspect.signature(method).parameters]
    ask = method(*params)
    assert ask.delay == DEFERRED_DELAY_S
    [line] = agent.lines
    assert (line["method"], line["params"]) == (name, params)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_documents_itself_as_supervisors_help_reads_it(name: str) -> None:
    doc = getattr(SupvisorsRPCInterface, name).__doc__
    documented = [line.split()[2] for line in doc.splitlines() if "@param" in line]
    parameters = inspect.signature(getattr(SupvisorsRPCInterface, name)).parameters
    assert documented == list(parameters)[1:]
    assert doc.count("@return") == 1


def parameters_of(name: str) -> dict[str, inspect.Parameter]:
    method = getattr(SupvisorsRPCInterface, name)
    return dict(list(inspect.signature(method).parameters.items())[1:])


WAITING = [name for name in METHODS if "wait" in parameters_of(name)]


@pytest.mark.parametrize("name", WAITING)
@pytest.mark.parametrize("wait", [True, False])
def test_who_waits_for_processes_may_wait_long(name: str, wait: bool) -> None:
    assert parameters_of(name)["wait"].default is True, "as Supervisor's own do"
    calls = calls_to(Agent(), CALL_TIMEOUT_S)
    before_s = time.monotonic()
    params = {key: wait if key == "wait" else "" for key in parameters_of(name)}
    getattr(SupvisorsRPCInterface(calls, Door()), name)(**params)
    [call] = calls._calls.values()
    timeout_s = WAIT_TIMEOUT_S if wait else CALL_TIMEOUT_S
    assert timeout_s <= call.deadline_s - before_s < timeout_s + 5


#: What a server where strangers may call lets through: it tells, or stays on this address.
NEAR = [name for name in METHODS if name.startswith("get_")] + ["why", "start_args"]


@pytest.mark.parametrize("name", METHODS)
def test_a_door_lets_through_what_it_allows(name: str) -> None:
    agent = Agent()

    def call(allows: str) -> None:
        interface = SupvisorsRPCInterface(calls_to(agent), Door(allows, "a reason"))
        getattr(interface, name)(*parameters_of(name))

    with pytest.raises(RPCError, match=f"{name} is refused: a reason") as off:
        call(OFF)
    assert off.value.code == Faults.FAILED
    if name in NEAR:
        call(LOCAL)
    else:
        with pytest.raises(RPCError, match=f"{name} reaches other hosts, and a reason"):
            call(LOCAL)
    assert len(agent.lines) == (name in NEAR)
