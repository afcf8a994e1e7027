"""The link, against a server of the tests that speaks the tap's frames: the core hears a list
first, then every record once and in order, over every loss of the connection; a verb has one
result, or the word that it is unknown; and no answer, no version and no parent is an error that
says so rather than a wait."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from supvisors.core.inputs import (
    GroupRemoved,
    Loaded,
    ProcessChanged,
    SupervisordLeaving,
    TapRecord,
)
from supvisors.link import RECONNECT_DELAY_S, TapError
from supvisors.model import ProcessState
from supvisors.tapframes import TAP_VERSION, Done
from tests.link.tapserver import (
    BOOT,
    Agent,
    Tap,
    event,
    linked,
    snapshot,
    story,
    tap_and_agent,
)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "tap.sock")


# --- opening -------------------------------------------------------------------------------


@story
async def test_it_opens_two_connections_and_returns_the_greeting(path: str) -> None:
    async with tap_and_agent(path) as (tap, agent):
        (stream, commands), greeting = await asyncio.gather(tap.both(), agent.link.open())
        assert stream.opening == {"open": "stream", "v": TAP_VERSION, "after": None}
        assert commands.opening == {"open": "commands", "v": TAP_VERSION}
        assert (greeting.boot, greeting.identifier) == (BOOT, "alpha")
        assert greeting.options == {"event_port": "60002"}


@story
async def test_it_asks_for_what_comes_after_the_cursor(path: str) -> None:
    async with tap_and_agent(path) as (tap, agent):
        agent.cursor.write(BOOT, 41)
        (stream, _), _ = await asyncio.gather(tap.both(), agent.link.open())
        assert stream.opening["after"] == [BOOT, 41]


@story
async def test_no_tap_is_an_error_at_once(path: str) -> None:
    with pytest.raises(TapError, match=r"no answer from supervisord at .*tap\.sock"):
        await Agent(path).link.open()


async def cut_first(tap: Tap) -> None:
    (await tap.opened["stream"].get()).cut()


async def cut_both(tap: Tap) -> None:
    (await tap.opened["stream"].get()).cut()
    (await tap.commands()).cut()


async def cut_commands(tap: Tap) -> None:
    (await tap.commands()).cut()


@pytest.mark.parametrize("cut", [cut_first, cut_both, cut_commands])
@story
async def test_a_tap_that_hangs_up_is_an_error_at_once(
    path: str, cut: Callable[[Tap], Awaitable[None]]
) -> None:
    """A refusal of the plugin looks like this; waiting for the time-out would tell nothing."""

    async with tap_and_agent(path) as (tap, agent):
        opening = asyncio.ensure_future(agent.link.open())
        await cut(tap)
        with pytest.raises(TapError, match="no answer from supervisord"):
            await asyncio.wait_for(opening, 5)


@story
async def test_a_tap_that_hangs_up_at_once_leaves_no_error_behind(path: str) -> None:
    async with tap_and_agent(path) as (tap, agent):
        tap.close()
        server = await asyncio.start_unix_server(lambda _r, w: w.transport.abort(), path)
        for _ in range(50):
            with pytest.raises(TapError):
                await agent.link.open()
        server.close()


@story
async def test_another_version_is_refused_with_the_cure(path: str) -> None:
    async with tap_and_agent(path) as (tap, agent):
        served = asyncio.ensure_future(tap.stream(v=TAP_VERSION + 1))
        with pytest.raises(TapError, match="restart supervisord after an upgrade"):
            await agent.link.open()
        assert await (await served).ended(), "and nothing stays open"


# --- list and records ----------------------------------------------------------------------


@story
async def test_the_core_hears_the_list_and_then_the_records(path: str) -> None:
    async with linked(path, snapshot(0)) as (_, agent, stream, _):
        stream.say(event(1), {"type": "removed", "seq": 2, "group": "g", "was": []})
        stream.say({"type": "stopping", "seq": 3, "mode": "shutdown"})
        assert await agent.hears(4) == [("list", 0, None), 1, 2, 3]
        assert agent.heard[1:] == [
            ProcessChanged(
                "alpha", BOOT, 1, 10, "g", "n", ProcessState.RUNNING, True, 7, None, "a test"
            ),
            GroupRemoved("alpha", BOOT, 2, "g"),
            SupervisordLeaving("alpha", BOOT, 3, "shutdown"),
        ]
        assert agent.cursor.read() == (BOOT, 3)


@story
async def test_what_comes_before_the_core_is_ready_waits_for_it(path: str) -> None:
    async with tap_and_agent(path) as (tap, agent):
        frames = snapshot(2), event(1), event(2)
        stream, _ = (await asyncio.gather(tap.both(*frames), agent.link.open()))[0]
        stream.say(event(3))
        await asyncio.sleep(0.05)
        assert agent.heard == []
        assert agent.cursor.read() is None
        agent.start()
        assert await agent.hears(4) == [("list", 0, None), 1, 2, 3]


@story
async def test_missed_records_come_after_the_list_as_it_was_before_them(path: str) -> None:
    async with linked(path, snapshot(3, after=1), event(2, 10, 0)) as (_, agent, stream, _):
        await asyncio.sleep(0.05)
        assert agent.heard == [], "the list needs all of them"
        stream.say(event(3, 20, 10), event(4, 40, 20))
        assert await agent.hears(4) == [("list", 1, None), 2, 3, 4]
        [before] = agent.heard[0].processes  # type: ignore[union-attr]
        assert before.state is ProcessState.STOPPED


@story
async def test_lost_records_are_told_with_the_list(path: str) -> None:
    frames = snapshot(9, after=2, lost=[3, 7]), event(8), event(9)
    async with linked(path, *frames) as (_, agent, _, _):
        assert await agent.hears(3) == [("list", 7, (3, 7)), 8, 9]


@story
async def test_a_reader_that_was_outrun_hears_the_list_again(path: str) -> None:
    async with linked(path, snapshot(0), event(1)) as (_, agent, stream, _):
        stream.say(snapshot(9, after=1, lost=[2, 8]), event(9), event(10))
        expected = [("list", 0, None), 1, ("list", 8, (2, 8)), 9, 10]
        assert await agent.hears(5) == expected


@story
async def test_frames_that_come_in_pieces_are_whole(path: str) -> None:
    async with linked(path) as (_, agent, stream, _):
        for byte in b"".join(json.dumps(f).encode() + b"\n" for f in (snapshot(1), event(1))):
            stream.send(bytes([byte]))
            await asyncio.sleep(0)
        assert await agent.hears(2) == [("list", 0, None), 1]


@story
async def test_the_cursor_moves_when_a_record_was_handled(path: str) -> None:
    async with tap_and_agent(path) as (tap, agent):
        stood_at = []

        def take(happening: Loaded | TapRecord) -> None:
            stood_at.append(agent.cursor.read())
            agent.heard.append(happening)

        frames = snapshot(2), event(1), event(2)
        await asyncio.gather(tap.both(*frames), agent.link.open())
        agent.link.start("alpha", take)
        await agent.hears(3)
        assert stood_at == [None, (BOOT, 0), (BOOT, 1)]
        assert agent.cursor.read() == (BOOT, 2)


# --- a lost connection ---------------------------------------------------------------------


@pytest.mark.parametrize("which", [0, 1])
@story
async def test_a_lost_connection_is_opened_again_with_the_cursor(path: str, which: int) -> None:
    async with linked(path, snapshot(1), event(1)) as (tap, agent, *connections):
        await agent.hears(2)
        connections[which].cut()
        stream, _ = await tap.both(snapshot(3, after=1), event(2), event(3))
        assert stream.opening["after"] == [BOOT, 1]
        expected = [("list", 0, None), 1, ("list", 1, None), 2, 3]
        assert await agent.hears(5) == expected
        assert await connections[1 - which].ended(), "both are renewed together"


@story
async def test_a_loss_in_mid_line_loses_and_doubles_nothing(path: str) -> None:
    async with linked(path, snapshot(0), event(1)) as (tap, agent, stream, _):
        await agent.hears(2)
        line = json.dumps(event(2)).encode()
        stream.send(line[: len(line) // 2])
        await asyncio.sleep(0.01)
        stream.cut()
        again, _ = await tap.both(snapshot(2, after=1))
        again.send(line + b"\n")
        assert await agent.hears(4) == [("list", 0, None), 1, ("list", 1, None), 2]


@story
async def test_a_loss_amid_missed_records_begins_the_list_anew(path: str) -> None:
    async with linked(path, snapshot(3), event(1), event(2)) as (tap, agent, stream, _):
        await asyncio.sleep(0.01)
        stream.cut()
        again, _ = await tap.both(snapshot(3), event(1), event(2), event(3))
        assert again.opening["after"] is None, "none of them was handled"
        assert await agent.hears(4) == [("list", 0, None), 1, 2, 3]


@story
async def test_a_loss_before_the_core_is_ready_doubles_nothing(path: str) -> None:
    async with tap_and_agent(path) as (tap, agent):
        frames = snapshot(1), event(1)
        stream, _ = (await asyncio.gather(tap.both(*frames), agent.link.open()))[0]
        await asyncio.sleep(0.01)
        stream.cut()
        await tap.both(*frames)
        await asyncio.sleep(0.01)
        agent.start()
        assert await agent.hears(2) == [("list", 0, None), 1]


@story
async def test_it_tries_until_the_tap_is_back(path: str) -> None:
    async with linked(path, snapshot(0)) as (tap, agent, stream, _):
        await agent.hears(1)
        tap.close()
        stream.cut()
        await asyncio.sleep(0.3)
        await tap.open()
        await tap.both(snapshot(0))
        assert await agent.hears(2) == [("list", 0, None)] * 2
        assert not agent.gone


@story
async def test_a_connection_lost_while_it_is_opened_again_is_opened_once_more(path: str) -> None:
    async with linked(path, snapshot(0)) as (tap, agent, stream, _):
        await agent.hears(1)
        stream.cut()
        for _ in range(3):
            again, _ = await tap.both()  # greeted, and lost in the same moment
            again.cut()
        stream, commands = await tap.both(snapshot(0))
        assert await agent.hears(2) == [("list", 0, None)] * 2
        stream.say(event(1))
        await agent.hears(3)
        agent.link.beat()
        assert await commands.line() == {"type": "beat"}
        assert tap.opened["stream"].empty(), "one pair of connections is enough"


@story
async def test_a_tap_that_greets_and_hangs_up_is_not_hammered(path: str) -> None:
    async with linked(path) as (tap, _, stream, _):
        began = asyncio.get_running_loop().time()
        for _ in range(5):
            stream.cut()
            stream, _ = await tap.both()
        assert asyncio.get_running_loop().time() - began >= 5 * RECONNECT_DELAY_S


@story
async def test_after_close_nothing_is_opened_again(path: str) -> None:
    async with linked(path, snapshot(0)) as (tap, agent, stream, commands):
        await agent.hears(1)
        agent.link.close()
        assert await stream.ended()
        assert await commands.ended()
        await asyncio.sleep(0.15)
        assert tap.opened["stream"].empty()
        assert not agent.gone
        agent.link.beat()  # and nothing that is said is an error


# --- verbs, calls, words -------------------------------------------------------------------


@story
async def test_what_the_agent_says_arrives(path: str) -> None:
    async with linked(path) as (_, agent, _, commands):
        agent.link.beat()
        agent.link.serves()
        agent.link.refuse("event_port = x: no port")
        agent.link.answer(5, result=[1, {"a": None}])
        agent.link.answer(6, fault="BAD_NAME", text="x")
        assert [await commands.line() for _ in range(5)] == [
            {"type": "beat"},
            {"type": "serves"},
            {"type": "refused", "text": "event_port = x: no port"},
            {"type": "answer", "id": 5, "result": [1, {"a": None}]},
            {"type": "answer", "id": 6, "fault": "BAD_NAME", "text": "x"},
        ]


@story
async def test_results_find_their_verbs_in_any_order(path: str) -> None:
    async with linked(path) as (_, agent, _, commands):
        first = asyncio.ensure_future(agent.link.do("start", namespec="g:n", extra_args="-v"))
        second = asyncio.ensure_future(agent.link.do("stop", namespec="g:n"))
        lines = [await commands.line(), await commands.line()]
        ids = [line.pop("id") for line in lines]
        assert lines == [
            {"do": "start", "namespec": "g:n", "extra_args": "-v"},
            {"do": "stop", "namespec": "g:n"},
        ]
        commands.say({"type": "done", "id": 999})
        commands.say({"type": "done", "id": ids[1]})
        commands.say({"type": "done", "id": ids[0], "fault": "BAD_NAME", "text": "g:n"})
        assert await second == Done(ids[1])
        assert await first == Done(ids[0], "BAD_NAME", "g:n")


@story
async def test_a_verb_whose_connection_is_lost_is_unknown_and_not_tried_again(path: str) -> None:
    async with linked(path) as (tap, agent, _, commands):
        verb = asyncio.ensure_future(agent.link.do("start", namespec="g:n"))
        await commands.line()
        commands.cut()
        with pytest.raises(TapError, match="lost"):
            await verb
        _, again = await tap.both()
        agent.link.beat()
        await agent.until(lambda: True)
        assert await again.line() == {"type": "beat"}


@story
async def test_a_verb_without_a_connection_is_refused(path: str) -> None:
    with pytest.raises(TapError, match="not connected"):
        await Agent(path).link.do("stop", namespec="g:n")


@story
async def test_the_result_of_a_verb_that_nobody_awaits_any_more_is_ignored(path: str) -> None:
    async with linked(path, snapshot(0)) as (_, agent, stream, commands):
        verb = asyncio.ensure_future(agent.link.do("stop", namespec="g:n"))
        line = await commands.line()
        verb.cancel()
        commands.say({"type": "done", "id": line["id"]})
        other = asyncio.ensure_future(agent.link.do("stop", namespec="g:n"))
        line = await commands.line()
        commands.say({"type": "done", "id": line["id"]})
        assert await other == Done(line["id"])
        stream.say(event(1))
        assert await agent.hears(2) == [("list", 0, None), 1]


@story
async def test_calls_are_handed_over_and_early_ones_wait(path: str) -> None:
    async with tap_and_agent(path) as (tap, agent):
        (_, commands), _ = await asyncio.gather(tap.both(), agent.link.open())
        commands.say({"type": "call", "id": 1, "method": "early", "params": ["a", 1]})
        await asyncio.sleep(0.01)
        assert agent.calls == []
        agent.start()
        commands.say({"type": "call", "id": 2, "method": "late", "params": []})
        await agent.until(lambda: len(agent.calls) == 2)
        assert [(call.id, call.method) for call in agent.calls] == [(1, "early"), (2, "late")]
        assert [bytes(param) for param in agent.calls[0].params] == [b'"a"', b"1"]


# --- supervisord is gone -------------------------------------------------------------------

#: A parent that ends when it reads its input's end, and the agent that is its child.
PARENT = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]], stdin=subprocess.DEVNULL)
sys.stdin.read()
"""
CHILD = """
import asyncio, sys
from supvisors.cursor import Cursor
from supvisors.link import Link
from supvisors.log import Log
async def main():
    gone = asyncio.get_running_loop().create_future()
    link = Link(sys.argv[1], Cursor(sys.argv[1] + ".cursor"), Log(), print,
                lambda: gone.set_result(None))
    await link.open()
    await gone
    print("gone")
asyncio.run(main())
"""


def end(parent: subprocess.Popen[str]) -> None:
    assert parent.stdin is not None
    parent.stdin.close()
    parent.wait()


@story
async def test_the_end_of_its_parent_is_the_end(path: str) -> None:
    async with tap_and_agent(path) as (tap, _):
        command = [sys.executable, "-c", PARENT, CHILD, path]
        parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stream, _ = await tap.both()
        await asyncio.to_thread(end, parent)
        tap.close()
        stream.cut()
        assert parent.stdout is not None
        words = await asyncio.to_thread(parent.stdout.read)  # to the end of the child
        assert words.split()[-1] == "gone"
        parent.stdout.close()
        await tap.open()
