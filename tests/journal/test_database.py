"""The SQLite file: what is appended is there, with the highest numbers; what is too much goes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supvisors.journal.database import CHUNK_ROWS, Database, Row, _chunks, set_aside
from supvisors.journal.records import NAME, Damaged


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(str(tmp_path))
    yield database
    database.close()


def row(seq: int, t_ms: int = 0, address: str = "alpha", boot: str = "b1") -> Row:
    return Row(seq, t_ms or seq, (address, boot, 100 + seq), f'{{"seq":{seq}}}')


def test_what_was_appended_is_read_in_pages(database: Database) -> None:
    database.append([row(seq) for seq in range(1, 8)])
    assert database.page(0, 100, 3) == (b'{"seq":1},{"seq":2},{"seq":3}', 3, 3)
    assert database.page(3, 5, 3) == (b'{"seq":4},{"seq":5}', 2, 5)
    assert database.page(7, 100, 3) == (b"", 0, 7)


def test_another_agent_finds_identity_numbers_and_lives(tmp_path: Path) -> None:
    first = Database(str(tmp_path))
    first.append([row(1), row(2, boot="b2"), row(3, address="beta")])
    first.append([row(4, boot="b2")])
    first.close()
    second = Database(str(tmp_path))
    assert (second.identity, second.last) == (first.identity, 4)
    assert second.lives() == {"alpha": [("b2", 104), ("b1", 101)], "beta": [("b1", 103)]}
    second.close()


def test_lives_are_taken_over_in_their_order(database: Database) -> None:
    lives = {"alpha": [("b2", 5), ("b1", 9)], "beta": [("b7", 1)]}
    database.note(lives)
    assert database.lives() == lives


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    database.append([row(1)])
    with pytest.raises(Damaged):  # the number is taken, which no journal of ours does
        database.append([row(2, address="beta"), row(1)])
    assert database.page(0, 9, 9) == (b'{"seq":1}', 1, 1)
    assert database.lives() == {"alpha": [("b1", 101)]}


@given(st.integers(0, 3 * CHUNK_ROWS))
def test_chunks_are_all_rows_in_few_lengths(count: int) -> None:
    rows = [row(seq) for seq in range(count)]
    chunks = list(_chunks(rows))
    assert [row for chunk in chunks for row in chunk] == rows
    assert {len(chunk) for chunk in chunks} <= {2**power for power in range(10)}


@pytest.mark.parametrize(
    ("t_ms", "first"), [(0, 2), (20, 2), (21, 4), (40, 4), (41, 5), (50, 5), (51, 6)]
)
def test_the_first_row_since_a_time_is_found(database: Database, t_ms: int, first: int) -> None:
    database.append([row(2, 20), row(4, 40), row(5, 50)])  # 3 was lost
    assert database.first_since(t_ms) == first


def test_what_is_too_old_goes_and_the_last_row_stays(database: Database) -> None:
    database.append([row(seq) for seq in range(1, 11)])
    assert database.trim(10**9, 4) == 3
    assert database.first() == 4
    assert database.trim(10**9, 1000) == 6
    assert (database.first(), database.last) == (10, 10)
    assert database.trim(10**9, 1000) == 0


def test_the_oldest_go_while_the_file_is_too_large(database: Database) -> None:
    rows = [Row(seq, seq, ("alpha", "b", seq), "x" * 1000) for seq in range(1, 2001)]
    database.append(rows)
    while database.trim(1_000_000, 0):
        pass
    assert database.first() > 1000
    assert database.page(0, 9999, 9999)[2] == 2000
    with sqlite3.connect(database.path) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    assert os.stat(database.path).st_size <= 1_100_000


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"rubbish" * 1000)
    with pytest.raises(Damaged):
        Database(str(tmp_path))


def test_a_database_of_another_format_is_damaged(tmp_path: Path) -> None:
    Database(str(tmp_path)).close()
    with sqlite3.connect(tmp_path / NAME) as other:
        other.execute("UPDATE about SET format = 99")
    other.close()
    with pytest.raises(Damaged, match="of another format"):
        Database(str(tmp_path))


def test_a_page_that_was_overwritten_is_found(tmp_path: Path) -> None:
    database = Database(str(tmp_path))
    database.append([row(seq) for seq in range(1, 5000)])
    database.check()
    database.close()
    with open(tmp_path / NAME, "r+b") as stream:
        stream.seek(3 * 4096)
        stream.write(b"\xff" * 8192)
    with pytest.raises(Damaged), closing(Database(str(tmp_path))) as again:
        again.check()


def test_one_file_that_was_set_aside_is_kept(tmp_path: Path) -> None:
    for _ in range(3):
        (tmp_path / NAME).write_bytes(b"x")
        (tmp_path / f"{NAME}-wal").write_bytes(b"y")
        set_aside(str(tmp_path))
    assert len(list(tmp_path.glob(f"{NAME}.damaged-*"))) == 2
    assert not (tmp_path / NAME).exists()
