"""From the options that supervisord hands over to what an agent needs to serve.

Holds: reading the settings, the rules and the keys, opening the log file, the event ports and
the journal, and the `Refusal` that tells the operator what is wrong, in one line with file,
option, value and cure.
Must not touch: the core, the tap.
Tests: tests/live/test_mistakes.py.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import zmq

from supvisors.bus.sockets import PortTaken as BusPortTaken
from supvisors.config import (
    ConfigError,
    Mistake,
    Settings,
    Where,
    locate_in_files,
    parse_settings,
)
from supvisors.events import Events
from supvisors.hostfacts import host_facts
from supvisors.journal import Journal
from supvisors.journal import Limits as JournalLimits
from supvisors.keys import Keys
from supvisors.log import Log
from supvisors.neighbours import Neighbours
from supvisors.publisher import HOST, Door, Port, PortTaken
from supvisors.rules import RuleBook, load_rules
from supvisors.statedir import examine
from supvisors.tapframes import Hello

#: A port that the last agent held may take a moment to be free.
BIND_TIMEOUT_S = 2.0
BIND_RETRY_S = 0.1
_BYTES_PER_MB = 1024**2


class Refusal(Exception):
    """The agent cannot serve as it is configured; the text is one line for the operator."""


def read_settings(hello: Hello, log: Log) -> Settings:
    """Return the settings in force; what an operator should look at goes to the log.

    Raises:
        Refusal: with every mistake.
    """
    try:
        settings, warnings = parse_settings(
            hello.options,
            hello.problems,
            where=_where(hello),
            identifier=hello.identifier,
            host=host_facts(),
        )
    except ConfigError as error:
        raise Refusal(" ".join(map(str, error.mistakes))) from error
    for warning in warnings:
        log.write("warn", "configuration", [("what", warning)])
    return settings


def read_rules(settings: Settings, hello: Hello, log: Log) -> RuleBook:
    """Return the rules in force, none without a file; what to look at goes to the log.

    Raises:
        Refusal: with every mistake.
    """
    if settings.rules_file is None:
        return RuleBook()
    names = [entry.name for entry in settings.addresses]
    try:
        rules, warnings = load_rules(settings.rules_file, names, _where(hello))
    except ConfigError as error:
        raise Refusal(" ".join(map(str, error.mistakes))) from error
    for warning in warnings:
        log.write("warn", "rules", [("what", warning)])
    return rules


def open_log(settings: Settings, hello: Hello, log: Log) -> None:
    """Let the log go where the settings say, from the level they say.

    Raises:
        Refusal: the file cannot be written.
    """
    log.set_level(settings.loglevel)
    if settings.logfile is None:
        return
    try:
        log.to_file(settings.logfile, settings.logfile_maxbytes, settings.logfile_backups)
    except OSError as error:
        raise _refusal(
            hello,
            "logfile",
            settings.logfile,
            f"it cannot be written ({error.strerror})",
            "Name a file in a directory that the agent's user may write to",
        ) from error


def security_of(settings: Settings, hello: Hello, log: Log) -> Keys | None:
    """Return the keys for the bus, None when its agents may talk in the clear.

    With a key of our own it is never in the clear, on loopback neither.

    Raises:
        Refusal: agents leave loopback and there is no key, or it is not as it must be.
    """
    found = examine(settings, _where(hello))
    if found.faults:
        raise Refusal(" ".join(map(str, found.faults)))
    for warning in found.warnings:
        log.write("warn", "configuration", [("what", warning)])
    return found.keys


async def open_events(
    settings: Settings, hello: Hello, context: zmq.Context[Any], keys: Keys | None, log: Log
) -> Events:
    """Return the event interface: its ports and, where there is a place for it, the journal.

    Raises:
        Refusal: a port is taken, or may not be used.
    """
    ports = [await _open_port(settings, hello, "event_port", lambda: _near(settings, context))]
    door = None
    if settings.event_host is not None:
        assert keys is not None, "event_host without keys is refused"
        assert settings.state_dir is not None, "keys lie in state_dir"
        door = Door(settings.state_dir, keys, settings.local.name, log)
        try:
            ports.append(
                await _open_port(settings, hello, "event_host", lambda: _far(settings, door))
            )
        except Refusal:
            ports[0].close()
            door.close()
            raise
    return Events(ports, open_journal(settings, log), door, log)


def _near(settings: Settings, context: zmq.Context[Any]) -> Port:
    return Port(context, HOST, settings.event_port)


def _far(settings: Settings, door: Door) -> Port:
    assert settings.event_host is not None, "asked for only where it is set"
    return Port(door.context, settings.event_host, settings.event_port, door)


async def _open_port(
    settings: Settings, hello: Hello, option: str, make: Callable[[], Port]
) -> Port:
    port = settings.event_port
    host = HOST if option == "event_port" else settings.event_host
    value = str(port) if option == "event_port" else str(host)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + BIND_TIMEOUT_S
    while True:
        try:
            return make()
        except PortTaken as error:
            if loop.time() > deadline:
                problem = f"another process listens on {host}:{port}"
                cure = f"Choose another port, or end that process: 'ss -ltnp sport = :{port}'"
                raise _refusal(hello, option, value, problem, cure) from error
        except zmq.ZMQError as error:
            problem = f"the agent cannot listen on {host}:{port} ({error})"
            cure = "Choose a port that the agent's user may use"
            if option == "event_host":
                cure = "Write an address that this host has: 'ip address' shows them"
            raise _refusal(hello, option, value, problem, cure) from error
        await asyncio.sleep(BIND_RETRY_S)


def open_journal(settings: Settings, log: Log) -> Journal | None:
    """Return the journal, None where none is kept, which the log then says."""
    if settings.journal_max_mb == 0 or settings.state_dir is None:
        option = "journal_max_mb is 0" if settings.journal_max_mb == 0 else "state_dir is not set"
        log.write("info", "no journal of events is kept", [("why", option)])
        return None
    limits = JournalLimits(settings.journal_max_mb * _BYTES_PER_MB, settings.journal_max_days)
    deliver = asyncio.get_running_loop().call_soon_threadsafe
    try:
        return Journal(settings.state_dir, limits, log, deliver)
    except (OSError, sqlite3.Error) as error:
        facts = [("state_dir", settings.state_dir), ("why", error)]
        log.write("warn", "no journal of events can be kept", facts)
        return None


async def open_neighbours(
    settings: Settings, hello: Hello, make: Callable[[], Neighbours]
) -> Neighbours:
    """Return the bus, once the ports of a predecessor are free.

    Raises:
        Refusal: another process listens on them.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + BIND_TIMEOUT_S
    while True:
        try:
            return make()
        except BusPortTaken as error:
            if loop.time() > deadline:
                problem = f"another process listens on port {error.port}, which agents use"
                cure = f"Choose another port, or end that process: 'ss -ltnp sport = :{error.port}'"
                value = str(settings.internal_port)
                raise _refusal(hello, "internal_port", value, problem, cure) from error
        await asyncio.sleep(BIND_RETRY_S)


def _refusal(hello: Hello, option: str, value: str, problem: str, cure: str) -> Refusal:
    file, line = _where(hello)(option)
    return Refusal(str(Mistake(file, line, option, value, problem, cure)))


def _where(hello: Hello) -> Where:
    return locate_in_files(hello.file)
