"""The table of an address, row by row, and its place in the numbering of a tap."""

from __future__ import annotations

import itertools

import pytest

from supvisors.core.addresses import Address, Trigger
from supvisors.core.inputs import GroupRemoved, Loaded, Ticked
from supvisors.model import AddressState, AddressStatus

#: Trigger -> states that it changes, and the one that they become.
MOVES = {
    "BEAT": ("UNKNOWN SILENT", "CHECKING"),
    "CHECKED": ("CHECKING", "RUNNING"),
    "CHECK_FAILED": ("CHECKING", "SILENT"),
    "ABSENT": ("UNKNOWN", "SILENT"),
    "INACTIVE": ("CHECKING RUNNING", "SILENT"),
    "LEFT": ("UNKNOWN CHECKING RUNNING", "SILENT"),
    "FENCED": ("UNKNOWN CHECKING RUNNING SILENT", "ISOLATING"),
    "LINK_CUT": ("ISOLATING", "ISOLATED"),
    "NAMES_US": ("UNKNOWN CHECKING RUNNING SILENT ISOLATING", "ISOLATED"),
    "UNFENCED": ("ISOLATING ISOLATED", "UNKNOWN"),
    "FORGIVES_US": ("ISOLATED", "UNKNOWN"),
}


@pytest.mark.parametrize(("state", "trigger"), list(itertools.product(AddressState, Trigger)))
def test_every_pair_of_state_and_trigger(state: AddressState, trigger: Trigger) -> None:
    address = Address("alpha", 0, state=state)
    befores, goal = MOVES[trigger.name]
    after = goal if state.name in befores.split() else state.name

    assert address.fire(trigger) == (after != state.name)
    assert address.state.name == after


def test_its_status_has_the_dates_of_the_newest_beat() -> None:
    address = Address("alpha", 0)
    address.date(Ticked("alpha", remote_ms=1, local_ms=2))
    address.date(Ticked("alpha", remote_ms=11, local_ms=12))

    assert address.body(30) == AddressStatus("alpha", AddressState.UNKNOWN, 11, 12, 30)


def loaded_address(boot: str = "boot", seq: int = 7) -> Address:
    address = Address("alpha", 0)
    address.load(Loaded("alpha", boot, seq, ()))
    return address


def record(boot: str = "boot", seq: int = 8) -> GroupRemoved:
    return GroupRemoved("alpha", boot, seq, "shop")


def test_records_are_followed_one_by_one() -> None:
    address = loaded_address()
    address.follow(record(seq=8))
    address.follow(record(seq=9))
    assert address.seq == 9


@pytest.mark.parametrize("seq", [6, 7, 9])
def test_a_record_out_of_sequence_is_our_fault(seq: int) -> None:
    with pytest.raises(AssertionError, match=rf"record {seq} of alpha follows record 7"):
        loaded_address().follow(record(seq=seq))


def test_a_record_of_another_boot_is_our_fault() -> None:
    with pytest.raises(AssertionError, match=r"is of boot other, the list .* is of boot boot"):
        loaded_address().follow(record(boot="other"))


def test_a_record_before_the_list_is_our_fault() -> None:
    with pytest.raises(AssertionError, match="came before its process list was loaded"):
        Address("alpha", 0).follow(record(seq=1))


def test_a_list_older_than_its_records_is_our_fault() -> None:
    with pytest.raises(AssertionError, match=r"true at record 6, but record 7 of boot boot"):
        loaded_address().load(Loaded("alpha", "boot", 6, ()))


@pytest.mark.parametrize(("boot", "seq"), [("boot", 7), ("boot", 90), ("other", 0)])
def test_a_newer_list_is_followed_from_its_record_on(boot: str, seq: int) -> None:
    address = loaded_address()
    address.load(Loaded("alpha", boot, seq, ()))
    address.follow(record(boot, seq + 1))
    assert (address.boot, address.seq) == (boot, seq + 1)
