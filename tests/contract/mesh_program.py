"""An agent's end of the mesh as a process of its own: it beats, fetches, and prints what it hears.

    mesh_program.py NAME PORT PEER PORT [PEER PORT …]

All are on 127.0.0.1. Lines are those of the log, `heard PEER`, `got PEER NUMBER` and `bye PEER`.
"""

from __future__ import annotations

import asyncio
import sys

import zmq

from supvisors.bus.endpoint import Endpoint
from supvisors.bus.mesh import Mesh
from supvisors.core.inputs import BusFact, Got, Missed, PeerList, ProcessChanged, Ticked
from supvisors.core.messages import Beat
from supvisors.log import Log
from supvisors.model import SupvisorsState

BEAT_S = 0.05


async def main(names: list[str], ports: list[int]) -> None:
    """Run until somebody ends the process."""
    own, *peers = (
        Endpoint(*end) for end in zip(names, ["127.0.0.1"] * len(names), ports, strict=True)
    )
    heard: dict[str, str] = {}

    def take(fact: BusFact) -> None:
        if isinstance(fact, Ticked) and fact.beat and fact.beat.leaving:
            print("bye", fact.address, flush=True)
        match fact:
            case Ticked(address=address, boot=boot) if heard.get(address) != boot:
                heard[address] = boot
                print("heard", address, flush=True)
                mesh.fetch(address, boot, whole=False)
            case Missed(address=address, boot=boot):
                mesh.fetch(address, boot, whole=False)
            case Got(address=address, record=ProcessChanged(seq=seq)):
                print("got", address, seq, flush=True)

    def list_of(address: str) -> PeerList:
        return PeerList(address, 0, ())

    mesh = Mesh(zmq.Context(), own, "child", peers, list_of, take, Log())
    number = 0
    while True:
        number += 1
        mesh.tick(Beat(number, SupvisorsState.OPERATION))
        await asyncio.sleep(BEAT_S)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1::2], [int(port) for port in sys.argv[2::2]]))
