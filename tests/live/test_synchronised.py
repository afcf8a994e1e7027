"""Agent, client and supervisord killed in bursts of real processes: no event is lost or doubled.

The client saves each event with its cursor and goes on from there. What was published is what
the journal holds; that the journal has everything is seen by the log of supervisord, which
tells of every start and every end of a process.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from supvisors.model import ProcessState
from tests.live.harness import Site, wait_for
from tests.soak.processes import IS_LONG, Id, Reader

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600 if IS_LONG else 120)]

#: How often everybody is killed and started again, for each kind of client.
RUNS = 50 if IS_LONG else 2
#: Events between one kill and the next, at the most.
EVENTS_MAX = 60
#: Starts of one process that a kill of supervisord may cut off: 0.1 s each.
CUT_MAX = 3
PROGRAMS = """
    [program:flip]
    command = sleep 0.1
    process_name = %(process_num)d
    numprocs = 10
    autostart = false
    autorestart = true
    startsecs = 0
    stdout_logfile = NONE
    stderr_logfile = NONE
    """
SUPVISORS = """
    address_list = alpha
    event_port = {port}
    state_dir = %(here)s/state
    """


class Story:
    """A host and a client, and what happens to them."""

    def __init__(self, site: Site, reader: Reader, seed: int) -> None:
        self.site = site
        self.reader = reader
        self.chance = random.Random(seed)

    def start(self) -> None:
        self.site.start()
        self.site.rpc().supervisor.startProcessGroup("flip", False)

    def hear(self) -> None:
        """Let the client have some more events."""
        told = self.reader.told
        count = len(told.ids) + self.chance.randint(1, EVENTS_MAX)
        self.reader.wait(lambda: len(told.ids) >= count, "it hears")

    def happen(self) -> None:
        """Let others make some more events, while the client is away."""
        count = self.last() + self.chance.randint(1, EVENTS_MAX)
        wait_for(lambda: self.last() >= count, "the journal grows")

    def kill_agent(self) -> None:
        os.kill(wait_for(self.site.agent_pid, self.site.log), signal.SIGKILL)

    def kill_client(self) -> None:
        self.reader.kill()

    def journal(self) -> list[dict[str, Any]]:
        """Every event that was published, in order."""
        with closing(sqlite3.connect(self.site.directory / "state/journal/events.db")) as database:
            rows = database.execute("SELECT record FROM event ORDER BY seq").fetchall()
        return [json.loads(record) for (record,) in rows]

    def last(self) -> int:
        """Number of the last event that is on disk."""
        with closing(sqlite3.connect(self.site.directory / "state/journal/events.db")) as database:
            return int(database.execute("SELECT max(seq) FROM event").fetchone()[0])

    def published(self) -> list[Id]:
        return [(record["id"][0], record["id"][1], record["id"][2]) for record in self.journal()]

    def starts(self) -> tuple[Counter[str], Counter[str]]:
        """How often each process was started: by supervisord's log, and by the journal."""
        told = Counter(re.findall(r"spawned: '(\d+)' with pid", self.site.log()))
        bodies = [record["body"] for record in self.journal()]
        starts = (body["name"] for body in bodies if body["state"] == ProcessState.STARTING)
        return told, Counter(name for name in starts if name in told)

    def catch_up(self) -> None:
        """Let the agent tell what has happened: what it has not read dies with supervisord."""
        told = self.starts()[0].total()
        wait_for(lambda: self.starts()[1].total() >= told, "the agent catches up", every_s=0.2)

    def stop_processes(self) -> None:
        """One that is just between two runs goes on, and is stopped the next time."""

        def are_stopped() -> bool:
            self.site.rpc().supervisor.stopProcessGroup("flip")
            states = self.site.states()
            return {states[name] for name in states if name.startswith("flip:")} == {"STOPPED"}

        wait_for(are_stopped, self.site.log)

    def run(self, is_hard: bool) -> None:
        """One life of everybody, with kills in mid-burst.

        Args:
            is_hard: supervisord is killed, too; else it ends as it should.
        """
        self.start()
        self.reader.start()
        self.hear()
        self.kill_agent()
        self.hear()
        self.kill_client()
        self.happen()
        self.kill_agent()
        self.reader.start()
        self.hear()
        if is_hard:
            self.catch_up()
            self.site.kill()
        else:
            self.stop_processes()
            self.check_state()
        self.kill_client()
        if not is_hard:
            assert self.site.stop() == 0
        wait_for(lambda: not self.site.processes(), "all have ended")

    def check_state(self) -> None:
        """The client's state is what supervisord says."""

        def differences() -> list[tuple[str, str]]:
            return sorted(self.site.states().items() ^ self.reader.states().items())

        wait_for(lambda: not differences(), lambda: f"its state is the right one: {differences()}")

    def check_events(self) -> None:
        """Held is what was published since the first join, exactly; nothing had to be reported."""
        told = self.reader.told
        published = self.published()
        assert told.gaps == []
        assert told.ids == published[published.index(told.ids[0]) :]
        for boot in {boot for _, boot, _ in published}:
            numbers = [number for _, its, number in published if its == boot]
            missing = set(range(1, numbers[-1] + 1)) - set(numbers)
            assert len(missing) <= 1, "but the record that supervisord stops, which is no event"


@pytest.fixture(params=["stream", "thread"])
def story(request: pytest.FixtureRequest, site: Site, tmp_path: Path) -> Iterator[Story]:
    site.write(PROGRAMS, SUPVISORS.format(port=site.event_port))
    reader = Reader(request.param, site.event_port, tmp_path / "reader")
    try:
        yield Story(site, reader, len(request.param))
    finally:
        reader.kill()


def test_killed_in_bursts_nothing_is_missed(story: Story) -> None:
    for run in range(RUNS):
        story.run(is_hard=bool(run % 2))
    story.start()
    story.reader.start()
    story.hear()
    story.stop_processes()
    story.check_state()
    told = story.reader.told
    story.reader.wait(lambda: told.ids[-1] == story.published()[-1], "it has the last one")
    story.check_events()
    check_log(story)
    print(f"{RUNS} runs, {len(told.ids)} events")


def check_log(story: Story) -> None:
    """Supervisord's own word: as many starts as it tells of, but for what a kill cut off."""
    told, starts = story.starts()
    for name, count in told.items():
        assert 0 <= count - starts[name] <= RUNS // 2 * CUT_MAX, name
