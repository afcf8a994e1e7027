"""Imports point downwards, the core is pure, and no module is dead."""

from __future__ import annotations

import pytest

from tests.house.arrows import ROOMS, dead_modules, forbidden_imports
from tests.house.rules import UNKNOWN_TO_CORE, impurities
from tests.house.tree import rooms, sources

#: Modules that somebody else than a module of ours reaches for, and who that is.
ENTRIES = {
    "supvisors": "everybody",
    "supvisors.agent": "the plugin, as the program of the agent",
    "supvisors.bus.memory": "the tests and the simulation, as a second engine of the bus",
    "supvisors.cli": "the console command",
    "supvisors.cli.__main__": "python -m supvisors.cli",
    "supvisors.client.subscriber": "the clients of the event interface",
    "supvisors.plugin": "supervisord, by its option supervisor.rpcinterface_factory",
    "supvisors.supervisorctl": "supervisorctl, by its option supervisor.ctl_factory",
    "supvisors.utils": "the clients of the event interface",
}


def test_imports_follow_the_arrows() -> None:
    modules = sources()
    assert [
        fault
        for module, source in modules.items()
        for fault in forbidden_imports(module, source, modules)
    ] == []


def test_the_table_names_the_rooms_that_exist() -> None:
    assert sorted(ROOMS) == rooms()


def test_the_table_points_downwards() -> None:
    order = list(ROOMS)
    for position, (name, room) in enumerate(ROOMS.items()):
        below = set(order[:position])
        assert {ours.split(".")[0] for ours in room.ours} <= below, name


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("supvisors.utils", "import os"),
        ("supvisors.model", "from supvisors.core import Core"),
        ("supvisors.core.processes", "import time"),
        ("supvisors.core.processes", "from time import monotonic"),
        ("supvisors.core.processes", "import asyncio"),
        ("supvisors.core.processes", "import logging"),
        ("supvisors.core.processes", "import os"),
        ("supvisors.core.processes", "import random"),
        ("supvisors.core.processes", "import socket"),
        ("supvisors.core.processes", "import threading"),
        ("supvisors.core.processes", "import zmq"),
        ("supvisors.core.processes", "from supvisors import wire"),
        ("supvisors.core.processes", "def late():\n    from supvisors.wire import encode"),
        ("supvisors.wire.dialect1", "import socket"),
        ("supvisors.wire", "from supvisors.core.inputs import Started"),
        ("supvisors.config.settings", "import sys"),
        ("supvisors.config", "import msgspec"),
        ("supvisors.plugin.tap", "import msgspec"),
        ("supvisors.plugin.tap", "import zmq"),
        ("supvisors.plugin.tap", "from supvisors.model import ProcessState"),
        ("supvisors.tapframes", "from supvisors.core.core import Core"),
        ("supvisors.link", "from supvisors.plugin import records"),
        ("supvisors.link", "from supvisors import agent"),
        ("supvisors.publisher", "from supvisors.core import Core"),
        ("supvisors.client.subscriber", "from supvisors.link import Link"),
        ("supvisors.client.subscriber", "import supvisors.agent"),
        ("supvisors.cli.check", "from supvisors.core import Core"),
        ("supvisors.cli.check", "from supvisors.plugin import tap"),
        ("supvisors.cli.check", "import supvisors.agent as a"),
        ("supvisors.cli.check", "from ..agent import main"),
        ("supvisors.cli.check", "import requests"),
        ("supvisors", "import os"),
        ("supvisors.attic", "import os"),
    ],
)
def test_an_arrow_upwards_is_found(module: str, line: str) -> None:
    assert len(forbidden_imports(module, line, [*sources(), "supvisors.plugin.tap"])) == 1


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("supvisors.core.processes", "from supvisors.core import phase"),
        ("supvisors.plugin.tap", "from supervisor import events"),
        ("supvisors.cli.check", "from supvisors.plugin.options import collect"),
        ("supvisors.cli.check", "from supvisors.plugin import options"),
        ("supvisors.cli.check", "from supvisors import __version__"),
    ],
)
def test_an_arrow_downwards_is_not(module: str, line: str) -> None:
    assert forbidden_imports(module, line, sources()) == []


def test_the_core_is_pure() -> None:
    assert [
        fault
        for module, source in sources().items()
        if module.startswith("supvisors.core")
        for fault in impurities(module, source)
    ] == []


@pytest.mark.parametrize("name", sorted(UNKNOWN_TO_CORE))
def test_an_impure_name_is_found(name: str) -> None:
    assert impurities("supvisors.core.phase", f"def f(x):\n    return {name}(x)") == [
        f"supvisors.core.phase:2: {name}"
    ]


def test_no_module_is_dead() -> None:
    assert dead_modules(sources(), ENTRIES) == []


def test_every_entry_exists() -> None:
    assert set(sources()) >= set(ENTRIES)


def test_a_dead_module_is_found() -> None:
    tree = {"a": "from a import b", "a.b": "import a.c.d", "a.c": "", "a.c.d": "", "a.e": ""}
    assert dead_modules(tree, {"a"}) == ["a.e"]
