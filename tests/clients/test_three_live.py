"""Synchronised clients of three languages at once, while everybody is killed.

Beside a real agent, and in a flood. A supervisord cannot start processes so fast: the flood is
that of `tests/soak/source.py`, the publisher and the journal of an agent in a process of their
own, told of changes by a synthetic tap.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from supvisors.utils import PROCESS_EVENT_HEADER, PROCESS_STATUS_HEADER
from tests.clients.followers import Follower, Followers, Told
from tests.clients.test_cpp import PLAIN, build
from tests.clients.test_java import FOLLOW_CLUSTER, jar
from tests.live.harness import Site, wait_for
from tests.live.test_event_clients import PROGRAMS, is_stopped, section
from tests.soak.processes import Source

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        shutil.which("mvn") is None or shutil.which("cmake") is None,
        reason="not all languages are here: tools/setup.sh cpp; tools/setup.sh java",
    ),
]

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
#: Messages that the publisher lets wait for one client.
BUFFERS: Final = 100
#: Far less than a flood, in bytes.
JOURNAL_BYTES: Final = 600_000
FLOOD: Final = 6_000
#: So many a second can be heard while they come.
FLOW_PER_S: Final = 1_000

Make = Callable[[int], Followers]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes three followers of a port; they are killed at the end."""
    made: list[Followers] = []
    cpp = build(PLAIN, "-DCMAKE_BUILD_TYPE=RelWithDebInfo") / "examples" / "follow_cluster"
    commands = {
        "python": (sys.executable, str(EXAMPLES / "follow_cluster.py")),
        "java": ("java", "-cp", str(jar()), FOLLOW_CLUSTER),
        "cpp": (str(cpp),),
    }

    def make(port: int) -> Followers:
        each = (Follower(name, words, port, tmp_path) for name, words in commands.items())
        made.append(Followers(each))
        return made[-1]

    yield make
    for followers in made:
        followers.kill()


# --- a real agent -----------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    try:
        yield site
    finally:
        site.clean()


def have_heard(followers: Followers, count: int) -> None:
    """Wait until each has so many events more than it had."""
    had = [len(told.ids) for told in followers.told()]
    followers.wait(
        lambda: all(
            len(told.ids) >= before + count
            for told, before in zip(followers.told(), had, strict=True)
        ),
        f"{count} events more",
    )


def journal(site: Site) -> list[tuple[str, str, int]]:
    """The events of `flip` that the agent has kept."""
    with closing(sqlite3.connect(site.directory / "state" / "journal" / "events.db")) as db:
        rows = db.execute("SELECT record FROM event ORDER BY seq").fetchall()
    records = [json.loads(record) for (record,) in rows]
    return [tuple(record["id"]) for record in records if record["body"]["group"] == "flip"]


def test_beside_a_real_agent_that_is_killed(site: Site, make: Make) -> None:
    site.write(PROGRAMS, section(site))
    site.start()
    followers = make(site.event_port)
    followers.start()
    site.ctl("start", "flip:*")
    have_heard(followers, 40)
    os.kill(wait_for(site.agent_pid, site.log), signal.SIGKILL)
    have_heard(followers, 40)
    followers.kill()
    os.kill(wait_for(site.agent_pid, site.log), signal.SIGKILL)
    site.wait_ready()
    followers.start()
    have_heard(followers, 40)
    wait_for(lambda: is_stopped(site), "an end of all")

    def flips() -> list[list[tuple[str, str, int]]]:
        return [
            [source for source, name in zip(told.ids, told.names, strict=True) if "flip:" in name]
            for told in followers.told()
        ]

    followers.wait(
        lambda: all(held == journal(site) for held in flips()),
        "each holds each event, once, in its order",
    )
    truth = {name: state for name, state in site.states().items() if name.startswith("flip:")}
    followers.wait(
        lambda: all(truth.items() <= told.states().items() for told in followers.told()),
        "each agrees with supervisord",
    )
    python, java, cpp = followers.told()
    followers.wait(lambda: python.state == java.state == cpp.state, "the same final state")
    assert [told.gaps for told in followers.told()] == [[], [], []]


def test_without_a_journal_all_tell_the_same_gaps(site: Site, make: Make) -> None:
    """The agent is killed while nothing happens; what happens then is lost for all of them."""
    site.write(PROGRAMS, section(site, "journal_max_mb = 0"))
    site.start()
    followers = make(site.event_port)
    followers.start()
    site.ctl("start", "flip:*")
    have_heard(followers, 40)
    wait_for(lambda: is_stopped(site), "an end of all")

    def agree() -> bool:
        truth = {name: state for name, state in site.states().items() if "flip:" in name}
        python, java, cpp = followers.told()
        return truth.items() <= python.states().items() and python.state == java.state == cpp.state

    followers.wait(agree, "the same state")
    os.kill(wait_for(site.agent_pid, site.log), signal.SIGKILL)
    site.ctl("start", "flip:*")
    followers.wait(lambda: all(told.gaps for told in followers.told()), "gaps")
    wait_for(lambda: is_stopped(site), "an end of all")
    followers.wait(agree, "the same final state")
    python, java, cpp = followers.told()
    assert python.gaps == java.gaps == cpp.gaps


# --- a flood ----------------------------------------------------------------------------------


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where the publisher of the flood keeps its journal."""
    return tmp_path / "source"


@pytest.fixture
def source(directory: Path) -> Iterator[Source]:
    source = Source(directory, JOURNAL_BYTES, BUFFERS)
    try:
        source.start()
        yield source
    finally:
        source.kill()


def check_all_is_told(source: Source, followers: Followers) -> None:
    """Wait until all is held or reported; what is held and what is lost make what was published."""
    last = source.number()
    followers.wait(
        lambda: all(told.last == last for told in followers.told()), f"{last} is held or reported"
    )
    for told in followers.told():
        assert told.numbers == sorted(set(told.numbers)), "each once, in order"
        assert sorted(told.numbers + told.lost) == list(range(1, last + 1)), followers.summary()


def check_state(source: Source, followers: Followers) -> None:
    followers.wait(
        lambda: all(told.states() == source.states() for told in followers.told()),
        "the state is the right one",
    )
    python, java, cpp = followers.told()
    assert python.state == java.state == cpp.state


def wait_settled(source: Source, directory: Path) -> None:
    """Wait until the journal has written everything, and forgotten what is too much."""
    with closing(sqlite3.connect(directory / "journal" / "events.db")) as db:

        def value_of(statement: str) -> int:
            ((value,),) = db.execute(statement).fetchall()
            return int(value)

        def is_settled() -> bool:
            pages = value_of("PRAGMA page_count") - value_of("PRAGMA freelist_count")
            used = pages * value_of("PRAGMA page_size")
            written = value_of("SELECT max(number) FROM high")
            return written == source.number() and used <= JOURNAL_BYTES

        wait_for(is_settled, "the journal settles", every_s=0.1)


def flood_with_a_kill(source: Source) -> None:
    half = source.number() + FLOOD // 2
    last = source.number() + FLOOD
    source.begin(FLOOD)
    wait_for(lambda: source.number() >= half, f"change {half}")
    source.kill()
    source.start()
    source.change(last - source.number())


def new(lost_before: list[list[int]], followers: Followers) -> list[list[int]]:
    """What each has lost since then."""
    return [
        told.lost[len(before) :] for told, before in zip(followers.told(), lost_before, strict=True)
    ]


def event_gaps(told: Told) -> list[tuple[str, int, int]]:
    return [gap for gap in told.gaps if gap[0] == PROCESS_EVENT_HEADER]


def check_all(source: Source, followers: Followers) -> None:
    check_all_is_told(source, followers)
    check_state(source, followers)
    print(f"{source.number()} published\n{followers.summary()}")


def pause_in_a_flood(source: Source, directory: Path, followers: Followers) -> None:
    """With a kill of the publisher. Where a loss begins is a matter of what sockets hold."""
    followers.send(signal.SIGSTOP)
    flood_with_a_kill(source)
    wait_settled(source, directory)
    followers.send(signal.SIGCONT)
    check_all(source, followers)
    lost = [told.lost for told in followers.told()]
    assert all(each == list(range(each[0], each[-1] + 1)) for each in lost)
    assert len({each[-1] for each in lost}) == 1, "it ends where the journal begins"
    headers = [{header for header, *_ in told.gaps} for told in followers.told()]
    assert headers == [{PROCESS_EVENT_HEADER, PROCESS_STATUS_HEADER}] * 3


def be_away_in_a_flood(source: Source, directory: Path, followers: Followers) -> None:
    """All go at the same place, so all miss the same."""
    lost = [told.lost for told in followers.told()]
    followers.kill()
    first = source.number() + 1
    source.change(FLOOD)
    wait_settled(source, directory)
    followers.start()
    check_all(source, followers)
    python, java, cpp = new(lost, followers)
    assert python == java == cpp == list(range(first, python[-1] + 1))
    python_gap, java_gap, cpp_gap = (event_gaps(told)[-1] for told in followers.told())
    assert python_gap == java_gap == cpp_gap


def be_killed_in_a_flow(source: Source, followers: Followers) -> None:
    """The journal holds what they miss."""
    lost = [told.lost for told in followers.told()]
    source.begin(2 * FLOW_PER_S, FLOW_PER_S)
    have_heard(followers, FLOW_PER_S // 2)
    followers.kill()
    followers.start()
    source.end()
    check_all(source, followers)
    assert new(lost, followers) == [[], [], []]


def test_a_flood_at_clients_that_pause_and_are_killed(
    source: Source, directory: Path, make: Make
) -> None:
    followers = make(source.port)
    followers.start()
    source.change(10)
    check_all(source, followers)
    pause_in_a_flood(source, directory, followers)
    be_away_in_a_flood(source, directory, followers)
    be_killed_in_a_flow(source, followers)
