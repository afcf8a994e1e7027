"""The registers of fences: orders, and merges in any order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from supvisors.core.fences import Fences
from supvisors.core.messages import Fence

registers = st.lists(
    st.builds(Fence, st.sampled_from("ab"), st.integers(0, 2), st.booleans(), st.just("by")),
    max_size=6,
)


def test_an_order_raises_the_register() -> None:
    fences = Fences()
    assert fences.order("beta", True, "alpha")
    assert not fences.order("beta", True, "alpha")
    assert fences.all() == (Fence("beta", 0, True, "alpha"),)
    assert fences.order("beta", False, "gamma")
    assert fences.all() == (Fence("beta", 1, False, "gamma"),)
    assert fences.order("beta", True, "alpha")
    assert fences.all() == (Fence("beta", 1, True, "alpha"),)


def test_a_fence_is_lifted_even_where_none_is_known() -> None:
    here, there = Fences(), Fences([Fence("beta", 0, True)])
    assert here.order("beta", False, "alpha")
    there.merge(here.all())
    assert not there.is_fenced("beta")


def test_an_unfence_voids_fences_that_come_late() -> None:
    fences = Fences([Fence("beta", 1, False)])
    assert fences.merge([Fence("beta", 0, True)]) == []
    assert not fences.is_fenced("beta")


@given(registers, registers)
def test_agents_that_merge_in_another_order_agree(one: list[Fence], other: list[Fence]) -> None:
    first, second = Fences(), Fences()
    first.merge([*one, *other])
    second.merge([*other, *one])
    assert first.all() == second.all()
    assert first.merge(second.all()) == []
