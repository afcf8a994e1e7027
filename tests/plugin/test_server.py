"""The tap's socket, over a real unix socket and a loop that treats it as supervisord's does:
a reader hears every record once and in order, or is told which ones nobody holds any more;
nothing that the other end does, or leaves undone, blocks the loop, ends it, makes it spin or
takes unbounded memory; only the agent is served."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supvisors.plugin.records import TAP_VERSION
from supvisors.plugin.server import (
    CHUNK_BYTES,
    CONNECTIONS_MAX,
    LINE_BYTES_MAX,
    OUT_BYTES_MAX,
)
from tests.plugin.tapserver import BOOT, SOCKET_BYTES_MAX, Reader, Tap, open_tap, shape


@pytest.fixture
def tap(tmp_path: Path) -> Iterator[Tap]:
    with open_tap(tmp_path) as tap:
        yield tap


# --- the stream ----------------------------------------------------------------------------


def test_a_first_reader_gets_all_there_is_and_then_what_happens(tap: Tap) -> None:
    tap.append(2)
    peer = tap.stream()
    frames = tap.hear(peer)
    assert shape(frames) == ["hello", (0, 2, None), 1, 2]
    assert frames[0] == {"type": "hello", "boot": BOOT}
    assert frames[1]["processes"] == tap.source.listed
    tap.append(2)
    assert shape(tap.hear(peer)) == [3, 4]


def test_a_reader_before_any_record_gets_the_list(tap: Tap) -> None:
    assert shape(tap.hear(tap.stream())) == ["hello", (0, 0, None)]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ([BOOT, 3], [(3, 5, None), 4, 5]),
        ([BOOT, 5], [(5, 5, None)]),
        ([BOOT, 0], [(0, 5, None), 1, 2, 3, 4, 5]),
        (["another boot 123", 3], [(0, 5, None), 1, 2, 3, 4, 5]),
        ([BOOT, 6], [(0, 5, None), 1, 2, 3, 4, 5]),
        ([BOOT, -1], [(0, 5, None), 1, 2, 3, 4, 5]),
        (None, [(0, 5, None), 1, 2, 3, 4, 5]),
    ],
)
def test_a_reader_goes_on_where_it_stood(tap: Tap, after: object, expected: list[object]) -> None:
    tap.append(5)
    assert shape(tap.hear(tap.stream(after))) == ["hello", *expected]


@pytest.mark.parametrize(
    ("after", "snapshot"),
    [
        (None, (0, 25, [1, 15])),
        ([BOOT, 3], (3, 25, [4, 15])),
        ([BOOT, 14], (14, 25, [15, 15])),
        ([BOOT, 15], (15, 25, None)),
    ],
)
def test_a_reader_is_told_which_records_nobody_holds(
    tmp_path: Path, after: object, snapshot: object
) -> None:
    with open_tap(tmp_path, capacity=10) as tap:
        tap.append(25)
        frames = tap.hear(tap.stream(after))
        assert shape(frames) == ["hello", snapshot, *range(16, 26)]


def test_two_readers_do_not_disturb_each_other(tap: Tap) -> None:
    tap.append(3)
    first, second = tap.stream([BOOT, 2]), tap.stream()
    assert shape(tap.hear(first)) == ["hello", (2, 3, None), 3]
    assert shape(tap.hear(second)) == ["hello", (0, 3, None), 1, 2, 3]


def test_a_reader_that_the_ring_outran_gets_the_list_again(tmp_path: Path) -> None:
    with open_tap(tmp_path, capacity=20) as tap:
        peer, reader = tap.stream(), Reader()
        tap.loop.until_idle()
        for _ in range(100):  # 4 MB, of which the ring holds 0.4 MB
            tap.append(2, fill="x" * 20_000)
            tap.loop.until_idle()
        reader.take(tap.hear(peer))
        tap.append(1)
        reader.take(tap.hear(peer))
        assert reader.lost, "the socket holds less than was sent"
        assert sorted(reader.heard + reader.lost) == list(range(1, 202))
        assert reader.heard[-20:] == list(range(182, 202))


def test_memory_is_bounded_while_the_reader_is_frozen(tmp_path: Path) -> None:
    with open_tap(tmp_path, capacity=20) as tap:
        peer = tap.stream()
        for _ in range(1000):  # 20 MB
            tap.append(1, fill="x" * 20_000)
            tap.loop.turn()
        tap.loop.until_idle()
        kept, frames = 0, list[dict[str, Any]]()
        while not any(frame["type"] == "snapshot" and frame["lost"] for frame in frames):
            frames = peer.read(65536)
            kept = peer.bytes_read
            tap.loop.turn()
        assert kept < SOCKET_BYTES_MAX + 2 * CHUNK_BYTES


def test_a_blocked_reader_does_not_make_the_loop_spin(tap: Tap) -> None:
    tap.stream()
    tap.append(500, fill="x" * 20_000)
    tap.loop.until_idle()
    began = time.monotonic()
    assert tap.loop.turn(0.1) == 0
    assert time.monotonic() - began >= 0.09


@settings(max_examples=60, deadline=None)
@given(
    capacity=st.integers(1, 30),
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.integers(1, 40)),
            st.tuples(st.just("read"), st.integers(1, 300_000)),
            st.tuples(st.just("turn"), st.integers(1, 3)),
            st.tuples(st.just("reconnect"), st.just(0)),
        ),
        max_size=25,
    ),
)
def test_every_record_is_heard_once_or_told_lost(
    capacity: int, steps: list[tuple[str, int]]
) -> None:
    with tempfile.TemporaryDirectory() as directory, open_tap(Path(directory), capacity) as tap:
        reader = Reader()
        peer = tap.stream()
        for step, size in steps:
            match step:
                case "append":
                    tap.append(size, fill="x" * 5000)
                case "read":
                    reader.take(peer.read(size))
                case "turn":
                    for _ in range(size):
                        tap.loop.turn()
                case "reconnect":
                    peer.close()
                    peer = tap.stream(reader.cursor)
        reader.take(tap.hear(peer))
        assert reader.stands_at == tap.source.ring.last
        assert sorted(reader.heard + reader.lost) == list(range(1, tap.source.ring.last + 1))


# --- the commands --------------------------------------------------------------------------


def test_lines_go_both_ways(tap: Tap) -> None:
    peer = tap.commands()
    peer.say({"type": "beat"}, {"do": "stop", "id": 1})
    tap.loop.until(lambda: len(tap.received) == 2)
    commands, line = tap.received[1]
    assert line == {"do": "stop", "id": 1}
    assert commands.send({"type": "done", "id": 1})
    assert tap.hear(peer) == [{"type": "done", "id": 1}]


def test_a_line_that_comes_in_pieces_is_one_line(tap: Tap) -> None:
    peer = tap.commands()
    for byte in json.dumps({"type": "beat", "text": "é"}).encode() + b"\n":
        assert tap.received == []
        peer.send(bytes([byte]))
        tap.loop.until_idle()
    assert [line for _, line in tap.received] == [{"type": "beat", "text": "é"}]


def test_what_comes_with_the_first_line_is_heard(tap: Tap) -> None:
    peer = tap.connect()
    opening = json.dumps({"open": "commands", "v": TAP_VERSION}).encode()
    peer.send(opening + b'\n{"n": 1}\n{"n"')
    tap.loop.until(lambda: len(tap.received) == 1)
    peer.send(b": 2}\n")
    tap.loop.until(lambda: len(tap.received) == 2)
    assert [line for _, line in tap.received] == [{"n": 1}, {"n": 2}]


def test_a_long_line_leaves_in_parts_as_the_agent_reads(tap: Tap) -> None:
    peer = tap.commands()
    text = "x" * (6 * 1024 * 1024)
    assert tap.listener.commands is not None
    assert tap.listener.commands.send({"text": text})
    assert tap.hear(peer) == [{"text": text}]


def test_memory_is_bounded_while_the_agent_does_not_read_its_commands(tap: Tap) -> None:
    peer = tap.commands()
    commands, sent = tap.listener.commands, 0
    assert commands is not None
    while commands.send({"type": "call", "fill": "x" * 10_000}):
        sent += 1
        assert sent * 10_000 < OUT_BYTES_MAX + SOCKET_BYTES_MAX
    assert len(tap.hear(peer)) == sent, "what was accepted arrives"
    assert commands.send({"type": "call"}), "and then there is room again"


def test_a_second_connection_replaces_the_first(tap: Tap) -> None:
    first = tap.commands()
    second = tap.commands()
    tap.loop.until(lambda: tap.is_ended(first))
    assert tap.listener.commands is not None
    assert tap.listener.commands.send({"n": 1})
    assert tap.hear(second) == [{"n": 1}]


def test_without_an_agent_nothing_is_sent(tap: Tap) -> None:
    peer = tap.commands()
    commands = tap.listener.commands
    assert commands is not None
    peer.close()
    tap.loop.until(lambda: tap.listener.commands is None)
    assert not commands.send({"n": 1})


def test_a_verb_is_heard_while_the_stream_is_blocked(tap: Tap) -> None:
    tap.stream()
    tap.append(500, fill="x" * 20_000)
    tap.loop.until_idle()
    peer = tap.commands()
    peer.say({"do": "stop"})
    tap.loop.until(lambda: bool(tap.received))


# --- what the other end does wrong ---------------------------------------------------------


@pytest.mark.parametrize(
    "garbage",
    [
        b"no JSON\n",
        b"\xff\xfe\n",
        b"\n",
        b"[]\n",
        b"null\n",
        b"1\n",
        b'"text"\n',
        b"[" * 100_000 + b"\n",
        b'{"open": "stream", "v": 1, "after": 7}\n',
        b'{"open": "stream", "v": 1, "after": ["' + BOOT.encode() + b'", "x"]}\n',
    ],
)
@pytest.mark.parametrize("opened", [False, True])
def test_garbage_ends_its_connection_alone(tap: Tap, garbage: bytes, opened: bool) -> None:
    if opened and b"open" in garbage:
        garbage = b"{} {}\n"
    others = tap.stream()
    peer = tap.commands() if opened else tap.connect()
    peer.send(garbage)
    tap.loop.until(lambda: tap.is_ended(peer))
    assert tap.received == []
    tap.append(1)
    assert shape(tap.hear(others))[-1] == 1


def test_garbage_behind_the_first_line_ends_the_connection(tap: Tap) -> None:
    peer = tap.connect()
    opening = json.dumps({"open": "commands", "v": TAP_VERSION}).encode()
    peer.send(opening + b"\nno JSON\n")
    tap.loop.until(lambda: tap.is_ended(peer))
    assert tap.listener.commands is None


def test_a_line_without_end_is_ended(tap: Tap) -> None:
    peer = tap.commands()
    chunk, sent = b"x" * CHUNK_BYTES, 0
    while not tap.is_ended(peer):
        with contextlib.suppress(BrokenPipeError):
            sent += peer.send(chunk)
        assert sent <= LINE_BYTES_MAX + SOCKET_BYTES_MAX
        tap.loop.turn()
    assert sent >= LINE_BYTES_MAX


@pytest.mark.parametrize("version", [0, TAP_VERSION + 1, "1", None])
def test_another_version_is_not_served(tap: Tap, version: object) -> None:
    peer = tap.connect()
    peer.say({"open": "stream", "v": version, "after": None})
    tap.loop.until(lambda: tap.is_ended(peer))
    assert peer.bytes_read == 0


def test_an_end_that_hangs_up_is_forgotten(tap: Tap) -> None:
    for peer in [tap.connect(), tap.stream(), tap.commands()]:
        peer.close()
    tap.append(500, fill="x" * 20_000)
    tap.loop.until(lambda: len(tap.loop.socket_map) == 1)
    tap.loop.until_idle()


def test_a_blocked_reader_that_hangs_up_is_forgotten(tap: Tap) -> None:
    peer = tap.stream()
    tap.append(500, fill="x" * 20_000)
    tap.loop.until_idle()
    peer.close()
    tap.loop.until(lambda: len(tap.loop.socket_map) == 1)


CONNECT = """
import socket, sys
sock = socket.socket(socket.AF_UNIX)
sock.connect(sys.argv[1])
sys.exit(len(sock.recv(1)))
"""


def test_a_stranger_is_refused(tap: Tap) -> None:
    command = [sys.executable, "-S", "-c", CONNECT, tap.path]
    with subprocess.Popen(command) as stranger:
        tap.loop.until(lambda: stranger.poll() is not None)
    assert stranger.returncode == 0, "it reads the end of the connection"
    assert tap.listener.refused_connections == 1
    logged = tap.loop.logger.getvalue().decode()
    assert f"refused a connection of process {stranger.pid}: it is not the agent" in logged


def test_more_connections_than_an_agent_needs_are_refused(tap: Tap) -> None:
    peers = [tap.stream() for _ in range(CONNECTIONS_MAX)]
    for peer in peers:
        assert shape(tap.hear(peer)) == ["hello", (0, 0, None)]
    one_more = tap.connect()
    tap.loop.until(lambda: tap.is_ended(one_more))
    assert "it is not the agent" not in tap.loop.logger.getvalue().decode()
    peers[0].close()
    tap.loop.until(lambda: len(tap.loop.socket_map) == CONNECTIONS_MAX)
    assert shape(tap.hear(tap.stream())) == ["hello", (0, 0, None)]


# --- our own mistakes ----------------------------------------------------------------------


def test_an_error_while_writing_ends_the_connection_and_not_the_loop(tap: Tap) -> None:
    tap.source.listed = [{"name": object()}]  # which JSON does not have
    peer = tap.stream()
    tap.loop.until(lambda: tap.is_ended(peer))
    tap.loop.until_idle()
    assert sum(tap.guard.failures.values()) == 1


def test_an_error_while_a_line_is_handled_ends_the_connection(tmp_path: Path) -> None:
    """The agent then knows that no result comes, rather than waiting for it for ever."""
    with open_tap(tmp_path) as tap:
        peer = tap.commands()
        tap.received = ()  # type: ignore[assignment]  # which has no `append`
        peer.say({"do": "stop", "id": 1})
        tap.loop.until(lambda: tap.is_ended(peer))
        assert sum(tap.guard.failures.values()) == 1


# --- begin and end -------------------------------------------------------------------------


def test_the_socket_is_its_owners_alone(tap: Tap) -> None:
    directory = os.path.dirname(tap.path)
    assert stat.S_IMODE(os.stat(directory).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(tap.path).st_mode) == 0o600
    assert os.stat(tap.path).st_uid == os.getuid()


def test_a_reload_opens_the_socket_again(tmp_path: Path) -> None:
    with open_tap(tmp_path) as before:
        before.listener.close()
        with open_tap(tmp_path) as after:
            assert shape(after.hear(after.stream())) == ["hello", (0, 0, None)]


def test_a_socket_that_a_crash_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as left:
        left.bind(str(tmp_path / "run" / "tap.sock"))
    with open_tap(tmp_path) as tap:
        assert shape(tap.hear(tap.stream())) == ["hello", (0, 0, None)]


def test_a_socket_that_cannot_be_made_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "tap.sock").mkdir()
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match=r"tap\.sock"), open_tap(tmp_path):
        pass
    assert len(os.listdir("/proc/self/fd")) == before


def test_close_ends_everything_once(tap: Tap) -> None:
    peers = [tap.stream(), tap.commands(), tap.connect()]
    tap.loop.until(lambda: len(tap.loop.socket_map) == 4)
    tap.listener.close()
    tap.listener.close()
    assert tap.closed == 1
    assert tap.loop.socket_map == {}
    assert not os.path.exists(tap.path)
    assert all(tap.is_ended(peer) for peer in peers)
    assert tap.listener.commands is None
    assert not tap.listener.readable()
    tap.listener.handle_read_event()  # supervisord may still call it in the turn that closed it
    assert tap.guard.failures == {}
