"""What an operator should look at, in sentences.

Holds: `diagnose`.
Must not touch: what is decided.
Tests: tests/core/test_diagnosis.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from supvisors.core.addresses import Address
from supvisors.core.leadership import Leadership
from supvisors.core.membership import Membership
from supvisors.core.messages import Digests
from supvisors.model import AddressState

#: How long an operator is told of a message that was dropped.
RECENT_S: Final = 60.0


def diagnose(
    membership: Membership,
    leadership: Leadership,
    local: Address,
    *,
    digests: Digests,
    quorum: int,
    now: float,
) -> Iterator[str]:
    """Yield what is not as it should be, the most serious first.

    Args:
        digests: ours.
        quorum: how many addresses must be RUNNING before anything is started by itself.
        now: time of the last input, in s.
    """
    if leadership.master is None:
        yield leadership.why_no_master()
    states = [address.state for address in (local, *membership.peers)]
    running = states.count(AddressState.RUNNING)
    names = {p.name for p in membership.peers if p.state is AddressState.RUNNING}
    if running < quorum:
        yield (
            f"no quorum: {running} of {len(states)} addresses are RUNNING and {quorum} are needed, "
            "so nothing is started or repaired by itself"
        )
    for peer in membership.peers:
        yield from _about(peer, membership, names, digests, now)
    for name, count in sorted(membership.dropped.items()):
        if now < membership.dropped_s[name] + RECENT_S:
            yield f"{count} messages of {name} were dropped: it is isolated, or not in address_list"


def _about(
    peer: Address, membership: Membership, running: set[str], digests: Digests, now: float
) -> Iterator[str]:
    if peer.state is AddressState.ISOLATED and peer.mirrors:
        yield (
            f"{peer.name} has fenced this address, so it is isolated here: "
            f"run 'supvisors unfence' on the side of {peer.name}"
        )
    if peer.state is not AddressState.RUNNING:
        return
    if peer.relay is not None:
        yield (
            f"{peer.name} is not heard here since {now - peer.heard_s:.0f} s, but {peer.relay} "
            f"hears it and passes it on: look at the network from {peer.name} to here"
        )
    elif not membership.is_usable(peer, now):
        yield f"{peer.name} is heard here and does not hear this address: look at the network to it"
    if peer.beat is not None:
        yield from _differences(peer.name, peer.beat.digests, digests)
        for fence in peer.beat.fences:
            if fence.fenced and fence.address in running:
                yield (
                    f"{peer.name} has fenced {fence.address}, which runs here: "
                    f"run 'supvisors unfence {fence.address}' at {peer.name}"
                )


def _differences(name: str, theirs: Digests, ours: Digests) -> Iterator[str]:
    for field, what in (
        ("addresses", "address_list"),
        ("settings", "options that must be the same everywhere"),
        ("rules", "rules"),
    ):
        if getattr(theirs, field) != getattr(ours, field):
            yield f"{name} has other {what} than this address: make [supvisors] the same on both"
