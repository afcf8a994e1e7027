"""Who waits is served in turn, within a budget; nobody waits in the way of others."""

from __future__ import annotations

from supvisors.publisher.waiting import BURST_BYTES, BYTES_PER_S, PERIOD_S, Waiter, Waiting
from supvisors.wire.requests import SLOTS, SnapshotRequest


def waiter(connection: int, slot: int = 0, client: str = "c") -> Waiter:
    request = SnapshotRequest(f"{client}{connection}", slot, ("process",))
    return Waiter(0, connection, request)


def test_first_come_first_served() -> None:
    waiting = Waiting(0.0)
    for connection in (3, 1, 2):
        waiting.add(waiter(connection))
    served = [waiting.take(0.0) for _ in range(4)]
    assert [one.connection if one else None for one in served] == [3, 1, 2, None]
    assert waiting.due_s() is None


def test_what_is_withdrawn_is_not_served() -> None:
    waiting = Waiting(0.0)
    waiting.add(waiter(1))
    waiting.add(waiter(2))
    waiting.withdraw(0, waiter(1).request.topic)
    waiting.withdraw(0, b"nothing")
    assert waiting.take(0.0) == waiter(2)
    assert len(waiting) == 0


def test_one_connection_has_as_many_places_as_slots() -> None:
    waiting = Waiting(0.0)
    for number in range(100):
        waiting.add(waiter(1, number % SLOTS, client=str(number)))
    waiting.add(waiter(2))
    assert len(waiting) == SLOTS + 1
    for _ in range(SLOTS):
        waiting.take(0.0)
    assert waiting.take(0.0) == waiter(2)
    waiting.add(waiter(1))
    assert len(waiting) == 1, "places are free again"


def test_bytes_per_second_are_bounded() -> None:
    waiting = Waiting(0.0)
    for connection in range(200):
        waiting.add(waiter(connection))
    size, now_s, sent, served = 2_400_000, 0.0, 0, 0
    while len(waiting):
        due_s = waiting.due_s()
        assert due_s is not None
        now_s = max(now_s, due_s) + 1e-6
        while waiting.take(now_s) is not None:
            waiting.charge(size)
            sent, served = sent + size, served + 1
            assert sent <= BURST_BYTES + now_s * BYTES_PER_S + size
        waiting.served(now_s)
    assert served == 200
    assert now_s <= 200 * size / BYTES_PER_S + 200 * 1e-5


def test_requests_gather_after_a_service() -> None:
    waiting = Waiting(0.0)
    waiting.add(waiter(1))
    assert waiting.take(0.0) is not None
    waiting.served(0.0)
    waiting.add(waiter(2))
    assert waiting.take(PERIOD_S / 2) is None
    assert waiting.due_s() == PERIOD_S
    assert waiting.take(PERIOD_S) == waiter(2)
