"""Which room may import what: the table, and the walk that holds the sources to it.

It is a walk of our own and not import-linter because one table then says all of it: our
rooms, the libraries and the modules of the standard library that a room may know. A tool for
the first part would leave the other two to a walk like this one.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass

#: Modules of the standard library that know nothing of the world outside.
PURE = frozenset(
    "__future__ abc bisect collections contextlib dataclasses difflib enum functools heapq "
    "ipaddress itertools json math operator re string types typing".split()
)


@dataclass(frozen=True)
class Room:
    """What a room may import beside itself.

    Attributes:
        ours: rooms, or modules of rooms, named without `supvisors.`.
        libraries: what is neither ours nor in the standard library.
        standard: modules of the standard library; None for all of them.
    """

    ours: frozenset[str] = frozenset()
    libraries: frozenset[str] = frozenset()
    standard: frozenset[str] | None = None


def _room(ours: str = "", libraries: str = "", standard: frozenset[str] | None = None) -> Room:
    return Room(frozenset(ours.split()), frozenset(libraries.split()), standard)


#: From the bottom up: a room imports only what stands above it in this table.
ROOMS = {
    "utils": _room(standard=frozenset({"typing"})),
    "model": _room(standard=frozenset({"__future__", "dataclasses", "enum", "typing"})),
    "core": _room("utils model", standard=PURE - {"contextlib", "ipaddress", "json", "re"}),
    "wire": _room("utils model", "msgspec", PURE),
    "config": _room("model", standard=PURE | {"hashlib"}),
    "rules": _room("model config", "lxml", PURE | {"hashlib", "importlib"}),
    "plugin": _room(libraries="supervisor"),
    # the agent's adapters
    "hostfacts": _room("config"),
    "log": _room(),
    "cursor": _room(),
    "durable": _room(),
    "keys": _room("durable", "zmq"),
    "statefile": _room("core.messages durable", "msgspec"),
    "kept": _room("log statefile"),
    "statedir": _room("config keys"),
    "trace": _room("core.inputs", "msgspec"),
    "tapframes": _room("model core.inputs", "msgspec"),
    "link": _room("core.inputs log tapframes", "msgspec"),
    "bus": _room("model core.inputs core.messages keys log", "msgspec zmq"),
    "neighbours": _room("bus config core.inputs core.outputs keys log", "zmq"),
    "journal": _room("cursor durable log wire", "msgspec"),
    "publisher": _room("utils model wire bus.curve journal keys log", "zmq"),
    "events": _room("core.outputs journal log publisher wire"),
    "commands": _room("model core wire"),
    "startup": _room(
        "bus.sockets config events hostfacts journal keys log neighbours publisher rules statedir "
        "tapframes",
        "zmq",
    ),
    "hands": _room("core.calls core.inputs core.outputs link rules startup"),
    "agent": _room(
        "model config core log cursor trace tapframes link neighbours publisher commands startup "
        "hands kept rules statefile",
        "msgspec zmq",
    ),
    # what runs at its clients
    "supervisorctl": _room(libraries="supervisor"),
    "client": _room("utils model wire", "zmq"),
    # for who writes a client
    "recording": _room("model wire", "msgspec"),
    "rehearsal": _room("model core.outputs events journal log publisher recording wire", "zmq"),
    "cli": _room(
        "utils model wire config hostfacts durable keys statedir rules plugin.doors "
        "plugin.options client publisher recording rehearsal",
        "rich supervisor typer zmq",
    ),
}


def imports(source: str, modules: Collection[str]) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every import, wherever it stands in the source.

    Args:
        modules: names of all our modules: they tell a module of ours from a name in one.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield node.lineno, full if full in modules else base


def forbidden_imports(module: str, source: str, modules: Collection[str]) -> list[str]:
    """Return what `module` imports against the table."""
    _, _, inner = module.partition(".")
    name = inner.split(".")[0]
    if name and name not in ROOMS:
        return [f"{module}: the table of arrows has no room '{name}'"]
    room = ROOMS[name] if name else _room(standard=frozenset())
    return [
        f"{module}:{line}: imports {imported}"
        for line, imported in imports(source, modules)
        if not _may(name, room, imported)
    ]


def _may(name: str, room: Room, imported: str) -> bool:
    top, _, inner = imported.partition(".")
    if top == "supvisors":
        # the package itself holds the version
        return not inner or any(_within(inner, allowed) for allowed in (name, *room.ours))
    if top in sys.stdlib_module_names:
        return room.standard is None or top in room.standard
    return top in room.libraries


def _within(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


def dead_modules(sources: dict[str, str], entries: Collection[str]) -> list[str]:
    """Return the modules that nobody imports and that are no way in."""
    used = set(entries)
    for source in sources.values():
        for _, imported in imports(source, sources):
            parts = imported.split(".")
            used.update(".".join(parts[:count]) for count in range(1, len(parts) + 1))
    return sorted(set(sources) - used)
