"""Where agents listen: what is bound, and host names looked up without holding anybody up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest

from supvisors.bus.endpoint import LOOKUPS_MAX, Endpoint, Names, literal, system_lookup, url

TIMEOUT_S = 20.0
Result = Sequence[str] | OSError


@pytest.mark.parametrize(
    ("host", "bound", "is_loopback"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.1.2.3", "127.1.2.3", True),
        ("::1", "::1", True),
        ("localhost", "127.0.0.1", True),
        ("10.1.2.3", "10.1.2.3", False),
        ("fe80::1", "fe80::1", False),
        ("alpha", "*", False),
        ("localhost.example.org", "*", False),
    ],
)
def test_what_is_bound(host: str, bound: str, is_loopback: bool) -> None:
    endpoint = Endpoint("alpha", host, 65001)
    assert endpoint.bind_host == bound
    assert endpoint.is_loopback == is_loopback
    assert endpoint.ask_port == 65003


def test_how_zeromq_writes_it() -> None:
    assert url("127.0.0.1", 1) == "tcp://127.0.0.1:1"
    assert url("::1", 1) == "tcp://[::1]:1"
    assert url("*", 1) == "tcp://*:1"


def test_a_name_is_no_literal() -> None:
    assert literal("alpha") is None
    assert literal("0:0:0:0:0:0:0:1") == "::1"


def test_the_system_knows_the_loopback_address() -> None:
    assert system_lookup("127.0.0.1") == ["127.0.0.1"]


async def found(names: Names, *hosts: str) -> list[Result]:
    results: dict[str, Result] = {}
    all_there = asyncio.Event()

    def tell(host: str) -> Callable[[Result], None]:
        def told(result: Result) -> None:
            results[host] = result
            if len(results) == len(hosts):
                all_there.set()

        return told

    for host in hosts:
        names.find(host, tell(host))
    assert results == {}, "found before the caller went on"
    await asyncio.wait_for(all_there.wait(), TIMEOUT_S)
    return [results[host] for host in hosts]


def test_names_are_looked_up_beside_the_loop() -> None:
    threads = set()

    def lookup(host: str) -> list[str]:
        threads.add(threading.current_thread())
        if host == "nobody":
            raise OSError("no such host")
        if host == "x" * 64:
            "".join(["x" * 64]).encode("idna")  # as the system's does
        return [f"ip of {host}"]

    async def look() -> list[Result]:
        return await found(Names(lookup), "alpha", "nobody", "127.0.0.1", "x" * 64)

    alpha, nobody, ip, long = asyncio.run(look())
    assert alpha == ["ip of alpha"]
    assert str(nobody) == "no such host"
    assert ip == ["127.0.0.1"]
    assert isinstance(long, OSError)
    assert threading.main_thread() not in threads
    assert all(thread.daemon for thread in threads)  # so the end of the process waits for none


def test_few_names_are_looked_up_at_the_same_time() -> None:
    may_end = threading.Event()
    running: list[str] = []

    def lookup(host: str) -> list[str]:
        running.append(host)
        may_end.wait(TIMEOUT_S)
        return [host]

    async def look() -> None:
        names = Names(lookup)
        hosts = [f"host{number}" for number in range(2 * LOOKUPS_MAX)]
        everything = asyncio.ensure_future(found(names, *hosts))
        async with asyncio.timeout(TIMEOUT_S):
            while len(running) < LOOKUPS_MAX:
                await asyncio.sleep(0.001)
        assert len(running) == LOOKUPS_MAX
        assert names._running == LOOKUPS_MAX
        may_end.set()
        assert await everything == [[host] for host in hosts]

    asyncio.run(look())


def test_a_look_up_that_outlives_the_loop_is_let_be() -> None:
    may_end = threading.Event()
    threads: list[threading.Thread] = []

    def lookup(_host: str) -> list[str]:
        threads.append(threading.current_thread())
        may_end.wait(TIMEOUT_S)
        return []

    async def look() -> None:
        Names(lookup).find("alpha", lambda _: None)
        async with asyncio.timeout(TIMEOUT_S):
            while not threads:
                await asyncio.sleep(0.001)

    asyncio.run(look())
    may_end.set()
    threads[0].join(TIMEOUT_S)
    assert not threads[0].is_alive()
