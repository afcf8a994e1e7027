"""The journal: what was taken is read, once, over restarts; whatever the disk does, it is said."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from supvisors.journal import Limits
from supvisors.journal import journal as module
from tests.journal.harness import LARGE, Desk, now_ms, numbers, sources

Open = Callable[..., Desk]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens the journal anew, as another agent would."""
    desks: list[Desk] = []

    def opened(limits: Limits = LARGE) -> Desk:
        if desks:
            desks.pop().close()
        desks.append(Desk(tmp_path, limits))
        return desks[0]

    yield opened
    for desk in desks:
        desk.close()


def test_what_was_taken_is_read_at_once(desk: Open) -> None:
    it = desk()
    assert it.take(5)
    assert it.take(6)
    assert it.take(1, "beta")
    page = it.read()
    assert sources(page) == [(1, "alpha", "b1", 5), (2, "alpha", "b1", 6), (3, "beta", "b1", 1)]
    assert (page.next, page.gone, page.identity) == (None, None, it.journal.safe[0])


def test_pages_join(desk: Open) -> None:
    it = desk()
    for number in range(1, 11):
        it.take(number)
    first = it.read(0, count=4)
    second = it.read(first.next or 0, count=4)
    last = it.read(second.next or 0, count=4)
    assert [numbers(page) for page in (first, second, last)] == [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
        [9, 10],
    ]
    assert last.next is None
    assert numbers(it.read(10)) == []


def test_what_another_agent_publishes_again_is_not_doubled(desk: Open) -> None:
    it = desk()
    assert it.take(5)
    assert it.take(9)
    assert not it.take(9)
    again = desk()
    assert not again.take(5)
    assert not again.take(9)
    assert again.take(10)
    assert again.take(1, boot="b2")
    assert not again.take(10)  # of the life before, late
    assert [source[2:] for source in sources(again.read())] == [
        ("b1", 5),
        ("b1", 9),
        ("b1", 10),
        ("b2", 1),
    ]
    assert again.journal.safe[0] == it.journal.safe[0]


def test_the_number_of_an_event_is_told_and_told_again(desk: Open) -> None:
    it = desk()
    assert [it.number(5), it.number(6), it.number(1, "beta")] == [1, 2, 3]
    assert [it.number(6), it.number(1, "beta")] == [2, 3], "the latest of each address"
    assert it.number(5) is None


def test_the_number_of_an_event_that_is_not_in_the_database_yet_outlives_the_agent(
    desk: Open,
) -> None:
    it = desk()
    it.take(1)
    it.settle()
    with locked(it, wait_ms=10):
        it.take(2)
        it.close()
    assert desk().number(2) == 2


def test_what_is_asked_for_is_gone(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRIM_S", 0.05)
    it = desk(Limits(bytes_max=1, age_max_days=7))
    for number in range(1, 301):
        it.take(number)
    it.settle()
    first = 300  # the last row stays
    it.until(lambda: it.read(0).gone == first)
    assert numbers(it.read(first - 1)) == [first]
    assert it.read(first - 2).gone == first
    assert it.read(since_ms=0).gone == first
    assert it.read(301).gone is not None, "it was never there"
    assert it.read(first, identity="another").gone == first


def test_records_since_a_time(desk: Open) -> None:
    it = desk()
    start_ms = now_ms()
    for number, t_ms in enumerate([100, 200, 150, 300], start=1):
        it.take(number, t_ms=start_ms + t_ms)
    it.settle()
    assert numbers(it.read(since_ms=0)) == [1, 2, 3, 4]
    assert numbers(it.read(since_ms=start_ms + 200)) == [2, 3, 4], "time never goes back"
    assert numbers(it.read(since_ms=start_ms + 201)) == [4]
    assert numbers(it.read(since_ms=start_ms + 1000)) == []


def test_what_is_too_old_goes(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRIM_S", 0.05)
    it = desk(Limits(bytes_max=10**9, age_max_days=1))
    for number in range(1, 5):
        it.take(number, t_ms=now_ms() - 2 * 86_400_000)
    it.take(5)
    it.until(lambda: it.read(0).gone == 5)


def test_a_damaged_file_is_set_aside_and_a_new_one_begun(desk: Open, tmp_path: Path) -> None:
    it = desk()
    it.take(1)
    it.settle()
    identity = it.journal.safe[0]
    it.close()
    file = tmp_path / "journal" / "events.db"
    file.write_bytes(b"rubbish" * 1000)
    again = Desk(tmp_path)
    try:
        assert any("the journal is damaged, and a new one is begun" in s for s in again.log.lines)
        assert again.journal.safe[0] != identity
        assert again.take(2)
        assert again.read(1, identity=identity).gone is not None
        assert sources(again.read())[-1][1:] == ("alpha", "b1", 2)
        assert len(list(file.parent.glob("events.db.damaged-*"))) == 1
    finally:
        again.close()
    desk().take(3)


def test_a_file_that_is_damaged_within_is_found_while_events_go_on(
    desk: Open, tmp_path: Path
) -> None:
    it = desk()
    for number in range(1, 5000):
        it.take(number)
    it.settle()
    identity = it.journal.safe[0]
    it.close()
    file = tmp_path / "journal" / "events.db"
    with open(file, "r+b") as stream:
        stream.seek(3 * 4096)
        stream.write(b"\xff" * 8192)
    again = Desk(tmp_path)
    try:
        assert again.take(6000)
        again.until(lambda: again.journal.safe[0] != identity)
        again.settle()
        assert sources(again.read())[-1][1:] == ("alpha", "b1", 6000)
        assert not again.take(6000)
    finally:
        again.close()
    last = desk()
    assert not last.take(6000), "what was had is known over the damage"


def full(it: Desk) -> Callable[[], None]:
    """Fill the disk: SQLite says so when the file may not grow; return what ends that."""
    db = it.journal._database._db
    db.execute("PRAGMA max_page_count = 1")

    def free() -> None:
        db.execute("PRAGMA max_page_count = 1073741823")

    return free


def test_a_full_disk_costs_nothing_while_memory_lasts(
    desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    it = desk()
    it.take(1)
    it.settle()
    free = full(it)
    for number in range(2, 3000):
        it.take(number)
    it.until(lambda: any("cannot be written; events go on" in said for said in it.log.lines))
    assert "the journal in" in it.journal.warnings()[0]
    page = it.read(2990)
    assert numbers(page) == list(range(2991, 3000)), "what waits for the disk can be had"
    assert page.safe < 2999
    free()
    it.settle()
    it.until(lambda: any("written again lost=0" in said for said in it.log.lines))
    assert it.journal.warnings() == []
    assert len(numbers(it.read(0, count=10_000))) == 2999


def test_what_a_full_disk_cost_is_a_hole_and_is_said(
    desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    monkeypatch.setattr(module, "WAITING_MAX", 1000)
    it = desk()
    it.take(1)
    it.settle()
    free = full(it)
    for number in range(2, 3001):
        it.take(number)
    assert it.read(0, count=10_000).next == 1001
    assert it.read(1001).gone == 3001, "the last ones are lost, and nothing follows"
    free()
    it.until(lambda: it.journal.safe[1] == 1001)
    it.take(3001)
    it.settle()
    assert numbers(it.read(0, count=10_000)) == [*range(1, 1002), 3001]
    assert it.journal.warnings() == [
        f"1999 events are missing in the journal in {it.journal.directory}"
    ]
    it.until(lambda: any("written again lost=1999" in said for said in it.log.lines))


def test_numbers_that_were_lost_are_not_used_again(
    desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITING_MAX", 1)
    it = desk()
    it.take(1)
    it.settle()
    full(it)
    for number in range(2, 10):
        it.take(number)
    it.until(lambda: it.journal.warnings())
    again = desk()
    assert again.take(20)
    again.settle()
    assert numbers(again.read()) == [1, 2, 10]


@contextmanager
def locked(it: Desk, wait_ms: int) -> Iterator[None]:
    """Let another process hold the file; a write waits for it so long, and then fails."""
    it.journal._database._db.execute(f"PRAGMA busy_timeout = {wait_ms}")
    with closing(sqlite3.connect(it.journal._database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def test_another_process_that_locks_the_file_is_waited_for(
    desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    it = desk()
    with locked(it, wait_ms=10):
        it.take(1)
        it.until(lambda: any("database is locked" in said for said in it.log.lines))
    it.settle()


def test_who_asks_does_not_wait_for_a_disk_that_hangs(desk: Open) -> None:
    """A write that another process holds up stands for one that the disk does."""
    it = desk()
    it.take(1)
    it.settle()
    with locked(it, wait_ms=600_000):
        it.take(2)
        it.until(lambda: it.journal._writing)
        it.take(3)
        assert numbers(it.read(0)) == [1, 2, 3]
        assert numbers(it.read(1, count=1)) == [2]
        assert it.journal.safe[1] == 1
    it.settle()
    assert numbers(it.read(0)) == [1, 2, 3]


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file")
    with pytest.raises((OSError, sqlite3.OperationalError)):
        Desk(tmp_path)
