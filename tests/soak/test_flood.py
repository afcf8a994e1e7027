"""A flood at a reader that sleeps, with small buffers, and everybody killed in the middle of it.

The tap is synthetic: supervisords cannot start processes so fast. Publisher and journal are
those of an agent and the readers those that users have, each in a process of its own.
Held and reported make what was published, by source id, exactly; the final state is right.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.harness import wait_for
from tests.soak.processes import IS_LONG, TIMEOUT_S, Reader, Source

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600 if IS_LONG else 120)]

UPDATES = 200_000 if IS_LONG else 20_000
PROCESSES = 500
#: Messages that wait for a client here and there.
BUFFERS = 100
LARGE, SMALL, NONE = 500_000_000, 1_000_000, 0
#: Floods with kills at random moments, and their size.
RUNS = 100 if IS_LONG else 3
RUN_UPDATES = 5_000

MakeSource = Callable[[int], Source]
MakeReader = Callable[[str, Source], Reader]


@pytest.fixture
def make_source(tmp_path: Path) -> Iterator[MakeSource]:
    made: list[Source] = []

    def make(journal_bytes: int) -> Source:
        made.append(Source(tmp_path / f"s{len(made)}", journal_bytes, BUFFERS, PROCESSES))
        return made[-1]

    yield make
    for source in made:
        source.kill()


@pytest.fixture
def make_reader(tmp_path: Path) -> Iterator[MakeReader]:
    made: list[Reader] = []

    def make(kind: str, source: Source) -> Reader:
        made.append(Reader(kind, source.port, tmp_path / f"r{len(made)}", BUFFERS))
        return made[-1]

    yield make
    for reader in made:
        reader.kill()


def kill_in_a_burst(source: Source, count: int) -> None:
    """Begin that many changes, kill the publisher after half of them, start it again."""
    half = source.number() + count // 2
    source.begin(count)
    wait_for(lambda: source.number() >= half, f"change {half}", TIMEOUT_S)
    source.kill()
    source.start()


def check_state(source: Source, reader: Reader) -> None:
    wait_for(lambda: reader.states() == source.states(), "its state is the right one", TIMEOUT_S)


def check_events(source: Source, reader: Reader) -> None:
    """With a journal the numbers of gaps are those of the journal: here, those of the changes."""
    last = source.number()
    told = reader.told
    reader.wait(lambda: told.last == last, f"{last} is held or reported")
    held = [number for _, _, number in told.ids]
    assert held == sorted(set(held)), "each once, in order"
    reported = [number for first, end in told.gaps for number in range(first, end + 1)]
    assert sorted(held + reported) == list(range(1, last + 1)), "each once, and nothing else"
    print(f"{last} published, {len(held)} held, {len(reported)} reported")


@pytest.mark.parametrize("kind", ["stream", "thread"])
@pytest.mark.parametrize("journal_bytes", [LARGE, SMALL], ids=["large", "small"])
def test_who_sleeps_while_everybody_is_killed(
    kind: str, journal_bytes: int, make_source: MakeSource, make_reader: MakeReader
) -> None:
    source = make_source(journal_bytes)
    source.start()
    reader = make_reader(kind, source)
    reader.start()
    source.change(10)
    reader.wait(lambda: reader.told.count == 10, "it hears")
    reader.say("sleep")
    kill_in_a_burst(source, UPDATES // 2)
    reader.say("wake")
    had = reader.told.count
    reader.wait(lambda: reader.told.count > had + 100, "it catches up")
    reader.kill()
    source.change(UPDATES // 4)
    reader.start()
    reader.say("sleep")
    source.change(UPDATES - source.number())
    reader.say("wake")
    check_events(source, reader)
    check_state(source, reader)
    assert reader.told.other_gaps, "the flood is larger than all queues on its way"
    assert bool(reader.told.gaps) is (journal_bytes == SMALL), "it lets go of what is asked for"


def test_without_a_journal_all_that_was_missed_is_told(
    make_source: MakeSource, make_reader: MakeReader
) -> None:
    """With a kill of the publisher, whose last number nobody knows then."""
    source = make_source(NONE)
    source.start()
    reader = make_reader("stream", source)
    reader.start()
    reader.say("sleep")
    kill_in_a_burst(source, UPDATES // 2)
    source.change(UPDATES - source.number())
    reader.say("wake")
    check_state(source, reader)
    last = source.number()
    reader.wait(lambda: missed(source, reader) <= reported(source, reader), "all is told")
    held = {number for _, _, number in reader.told.ids}
    twice = held & reported(source, reader)
    assert twice <= {source.lives()[1] + 1}, "but what the second life may have told again"
    assert len(held) < last, "something was missed"
    assert len(reader.told.ids) == len(held)


def missed(source: Source, reader: Reader) -> set[int]:
    return set(range(1, source.number() + 1)) - {number for _, _, number in reader.told.ids}


def reported(source: Source, reader: Reader) -> set[int]:
    """The changes that gaps stand for: numbers count anew in each life of the publisher."""
    lives = [*source.lives(), source.number()]
    found: set[int] = set()
    life = 0
    for first, last in reader.told.gaps:
        if last:
            found.update(range(lives[life] + first, lives[life] + last + 1))
        else:
            life += 1
            found.update(range(lives[life - 1] + first, lives[life] + 1))
    return found


@pytest.mark.parametrize("run", range(RUNS))
def test_kills_at_any_moment(run: int, make_source: MakeSource, make_reader: MakeReader) -> None:
    chance = random.Random(run)
    source = make_source(chance.choice([LARGE, LARGE, SMALL]))
    reader = make_reader(chance.choice(["stream", "thread"]), source)
    source.start()
    reader.start()
    while source.number() < RUN_UPDATES:
        match chance.choice(["source", "reader", "both", "sleep"]):
            case "source":
                kill_in_a_burst(source, chance.randrange(100, 1500))
            case "reader":
                source.begin(count := chance.randrange(10, 1000))
                had = reader.told.count + chance.randrange(count // 2)
                reader.wait(lambda had=had: reader.told.count > had, "it hears")  # type: ignore[misc]
                reader.kill()
                source.end()
                reader.start()
            case "both":
                source.begin(chance.randrange(1000))
                reader.kill()
                source.kill()
                source.start()
                reader.start()
            case "sleep":
                reader.say("sleep")
                source.change(chance.randrange(1500))
                reader.say("wake")
    source.change(1)  # again, if a life was killed before it took note of it
    check_events(source, reader)
    check_state(source, reader)
