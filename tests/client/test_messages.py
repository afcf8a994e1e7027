"""What arrives: callbacks for what is right, counters and log lines for what is wrong."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
import zmq

from supvisors import wire
from supvisors.client.subscriber import CALLBACKS, SupvisorsEventInterface, create_logger
from supvisors.wire import Reason
from tests.client.conftest import Listen
from tests.client.harness import BODIES, Publisher, Recorder
from tests.wire.vectors import CASES

each_header = pytest.mark.parametrize("header", wire.HEADERS)


def test_every_header_has_its_callback() -> None:
    assert tuple(CALLBACKS) == wire.HEADERS
    assert set(BODIES) == set(wire.HEADERS)


@each_header
def test_a_message_calls_its_method_with_the_json_object(
    listen: Listen, publisher: Publisher, header: str
) -> None:
    interface = listen(publisher.port, "")
    publisher.next_subscription()
    publisher.publish(BODIES[header])
    called, data = interface.next_call()
    assert called == header
    assert repr(data) == repr(json.loads(wire.encode(BODIES[header])[1]))
    assert interface.threads == {interface}


def test_all_vectors_over_a_socket(listen: Listen, publisher: Publisher) -> None:
    """Valid ones arrive in order; of the others each is counted, and none ends the thread."""
    interface = listen(publisher.port, "")
    publisher.next_subscription()
    sendable = [case for case in CASES if case.frames]
    for case in sendable:
        publisher.send(*case.frames)
    publisher.publish(BODIES["event"])
    for case in sendable:
        if case.valid:
            assert interface.next_call()[1] == case.decoded
    assert interface.next_call() == ("event", wire.body_as_dict(BODIES["event"]))
    expected = Counter(case.reason for case in sendable if not case.valid)
    assert {reason: n for reason, n in interface.refused.items() if n} == expected
    assert interface.received == sum(case.valid for case in sendable) + 1
    assert interface.callback_errors == 0


BROKEN = {
    Reason.BAD_JSON: (b"event", b"{"),
    Reason.UNKNOWN_HEADER: (b"weather", b"{}"),
    Reason.FRAME_COUNT: (*wire.encode(BODIES["event"]), b"third"),
}


@pytest.mark.parametrize("reason", BROKEN)
def test_a_broken_message_is_counted_and_logged(
    listen: Listen, publisher: Publisher, reason: Reason
) -> None:
    interface = listen(publisher.port, "")
    publisher.next_subscription()
    publisher.send(*BROKEN[reason])
    publisher.publish(BODIES["event"])
    assert interface.next_call()[0] == "event"
    assert interface.refused[reason] == 1
    assert sum(interface.refused.values()) == 1
    (line,) = interface.log.lines
    header = BROKEN[reason][0].decode()
    assert line.startswith(
        f"WARNING dropped a message (1 so far): {reason} in a message with header '{header}'"
    )


def test_the_log_stays_short_whatever_is_sent(listen: Listen, publisher: Publisher) -> None:
    interface = listen(publisher.port, "")
    publisher.next_subscription()
    for _ in range(100):
        publisher.send(b"weather" * 1000, b"{}")
    publisher.publish(BODIES["event"])
    interface.next_call()
    assert interface.refused[Reason.UNKNOWN_HEADER] == 100
    counts = [line.split("(")[1].split()[0] for line in interface.log.lines]
    assert counts == ["1", "2", "4", "8", "16", "32", "64"]
    assert all(len(line) < 400 for line in interface.log.lines)


def test_counters_are_read_only(context: zmq.Context[Any]) -> None:
    interface: Any = SupvisorsEventInterface(context, 60002, create_logger())
    with pytest.raises(TypeError):
        interface.refused[Reason.BAD_JSON] = 1
    for name in ("received", "refused", "callback_errors"):
        with pytest.raises(AttributeError):
            setattr(interface, name, 1)


def test_an_exception_in_a_callback_is_logged_and_counted(
    listen: Listen, publisher: Publisher
) -> None:
    class Clumsy(Recorder):
        def on_process_event(self, data: dict[str, Any]) -> None:
            raise KeyError("my mistake")

    interface = listen(publisher.port, "", kind=Clumsy)
    publisher.next_subscription()
    publisher.publish(BODIES["event"])
    publisher.publish(BODIES["event"])
    publisher.publish(BODIES["process"])
    assert interface.next_call()[0] == "process"
    assert interface.callback_errors == 2
    assert len(interface.log.lines) == 2
    for line in interface.log.lines:
        assert line.startswith("ERROR on_process_event failed; the thread goes on\nTraceback")
        assert line.endswith("KeyError: 'my mistake'")


@each_header
def test_by_default_a_message_is_printed_and_logged(
    context: zmq.Context[Any], capsys: pytest.CaptureFixture[str], header: str
) -> None:
    interface = SupvisorsEventInterface(context, 60002, create_logger())
    data = wire.body_as_dict(BODIES[header])
    getattr(interface, CALLBACKS[header])(data)
    out, err = capsys.readouterr()
    text = json.dumps(data, ensure_ascii=False)
    assert out == f"{header} {text}\n"
    assert err.endswith(f"INFO got {header} {text}\n")


def test_a_logger_of_ours_writes_each_line_once_and_leaves_others_alone(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    create_logger()
    logger = create_logger()
    logger.info("hello")
    logger.debug("not said")
    create_logger(level=10).debug("said")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == ["INFO hello", "DEBUG said"]
    assert not caplog.records
