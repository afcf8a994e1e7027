"""The asyncio client, on the publisher and the journal of an agent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import zmq

from supvisors.client import Curve, Event, Gap, Status, connect
from supvisors.client.stream import as_posix_ms
from supvisors.model import ProcessState
from supvisors.wire.high import Cursor
from tests.client.harness import BODIES, TIMEOUT_S, Publisher, answer_second_snapshot
from tests.client.site import Site

RUNNING, STOPPED = ProcessState.RUNNING, ProcessState.STOPPED
MakeSite = Callable[..., Site]


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, TIMEOUT_S))


def test_first_the_state_then_every_change_in_order(make_site: MakeSite) -> None:
    site = make_site()
    site.change(RUNNING)

    async def story() -> None:
        async with connect(port=site.port) as stream:
            assert stream.cluster.processes["web:nginx"].state is RUNNING
            site.change(STOPPED)
            told = [await anext(stream) for _ in range(3)]
            assert [event.header for event in told] == ["event", "process", "application"]
            assert isinstance(told[0], Event)
            assert told[0].id == ("alpha", "b1", 2)
            assert stream.cluster.processes["web:nginx"].state is STOPPED
            assert stream.refused == 0
        with pytest.raises(StopAsyncIteration):
            await anext(stream)

    run(story())


def test_many_events_while_the_user_is_busy(make_site: MakeSite) -> None:
    site = make_site()

    async def story() -> None:
        async with connect(port=site.port, headers=["event"]) as stream:
            for _ in range(1_000):
                site.change(RUNNING)  # this blocks the loop
            seen = []
            async for event in stream:
                assert isinstance(event, Event)
                seen.append(event.id)
                if len(seen) == 1_000:
                    break
            assert seen == site.published

    run(story())


def test_the_cluster_is_right_while_nobody_iterates(make_site: MakeSite) -> None:
    site = make_site()

    async def story() -> None:
        async with connect(port=site.port) as stream:
            for _ in range(300):
                site.change(RUNNING)
            site.change(STOPPED)
            while "web:nginx" not in stream.cluster.processes or (
                stream.cluster.processes["web:nginx"].state is RUNNING
            ):
                await asyncio.sleep(0.001)

    run(story())


def test_filters(make_site: MakeSite) -> None:
    site = make_site()

    async def story() -> None:
        async with (
            connect(port=site.port, application="db") as by_application,
            connect(port=site.port, process="web:*", headers=["process"]) as by_process,
            connect(port=site.port, address=["beta", "alpha"]) as by_address,
        ):
            site.publish(BODIES["supvisors"])
            site.change(RUNNING, "pg", "db")
            site.change(RUNNING)
            told = [await anext(by_application) for _ in range(3)]
            assert [event.header for event in told] == ["event", "process", "application"]
            status = await anext(by_process)
            assert isinstance(status, Status)
            assert status.body == by_process.cluster.processes["web:nginx"]
            told = [await anext(by_address) for _ in range(4)]
            assert [event.header for event in told] == ["event", "process", "event", "process"]

    run(story())


def test_since_and_cursor_over_a_restart(make_site: MakeSite) -> None:
    site = make_site()
    site.change(RUNNING)
    site.change(STOPPED)

    async def story() -> None:
        async with connect(port=site.port, since=timedelta(hours=1), headers=["event"]) as stream:
            first = await anext(stream)
            cursor = stream.cursor
        assert isinstance(first, Event)
        assert first.id == site.published[0]
        assert cursor is not None
        await asyncio.to_thread(site.stop)
        await asyncio.to_thread(site.start)
        site.repeat(2)
        site.change(RUNNING)
        async with connect(port=site.port, cursor=cursor, headers=["event"]) as stream:
            seen = [await anext(stream) for _ in range(2)]
        assert [event.id for event in seen if isinstance(event, Event)] == site.published[1:]

    run(story())


def test_without_a_journal_the_past_is_a_gap(make_site: MakeSite) -> None:
    site = make_site(journal=False)

    async def story() -> None:
        async with connect(port=site.port, since=0) as stream:
            assert await anext(stream) == Gap("event", 1, 0)
            assert stream.cursor is None

    run(story())


def test_it_waits_for_a_publisher_and_can_be_given_up(make_site: MakeSite) -> None:
    site = make_site()
    site.stop()

    async def story() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), connect(port=site.port):
                pass
        waiting = asyncio.create_task(_joined(site.port))
        await asyncio.sleep(0)
        await asyncio.to_thread(site.start)
        await waiting

    run(story())


def test_a_snapshot_that_is_lost_is_asked_for_again(publisher: Publisher) -> None:
    async def story() -> None:
        answer = asyncio.create_task(asyncio.to_thread(answer_second_snapshot, publisher))
        async with connect(port=publisher.port) as stream:
            assert stream.cluster.supvisors == BODIES["supvisors"]
        await answer

    run(story())


async def _joined(port: int) -> None:
    async with connect(port=port):
        pass


def test_what_cannot_be_is_refused() -> None:
    cases: list[dict[str, Any]] = [
        {"headers": ["weather"]},
        {"headers": []},
        {"port": 0},
        {"host": "a b"},
        {"cursor": "nonsense"},
        {"headers": ["process"], "since": 0},
    ]
    for arguments in cases:
        with pytest.raises(ValueError, match=r"\w"):
            connect(**arguments)


def test_times() -> None:
    assert as_posix_ms(12.5) == 12_500
    assert as_posix_ms(datetime(1970, 1, 2, tzinfo=UTC)) == 86_400_000
    assert as_posix_ms(timedelta(days=100_000)) == 0


def test_keys() -> None:
    public, secret = (key.decode() for key in zmq.curve_keypair())
    assert secret not in repr(Curve(public, secret))
    with pytest.raises(ValueError, match="40 characters"):
        Curve(public[1:], secret)
    with pytest.raises(ValueError, match="not the client's own"):
        Curve(secret, secret)

    async def story() -> None:
        with pytest.raises(ValueError, match="no keys"):
            async with connect(port=1, curve=Curve(40 * "é", secret)):
                pass

    run(story())


def test_a_cursor_that_is_saved_at_once_misses_nothing(make_site: MakeSite) -> None:
    """A client that is killed before its first event goes on from where it joined."""
    site = make_site()

    async def story() -> None:
        async with connect(port=site.port, headers=["event"]) as stream:
            cursor = stream.cursor
        assert cursor is not None
        site.change(STOPPED)
        async with connect(port=site.port, cursor=cursor, headers=["event"]) as stream:
            event = await anext(stream)
            assert isinstance(event, Event)
            assert event.id == site.published[0]

    run(story())


def test_a_cursor_behind_the_last_of_many_is_behind_all(make_site: MakeSite) -> None:
    """Nothing of what it holds is asked for again, or taken for lost."""
    site = make_site()
    for _ in range(5):
        site.change(STOPPED)

    async def story() -> None:
        async with connect(port=site.port, since=timedelta(hours=1), headers=["event"]) as stream:
            for _ in range(5):
                await anext(stream)
            cursor = stream.cursor
        assert cursor is not None
        assert Cursor.decode(cursor).seq == 5

    run(story())
