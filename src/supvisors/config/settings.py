"""From the words of `[supvisors]` to settings.

Holds: `Settings`; `parse_settings`, with the rules that join options to one another and to
the host.
Must not touch: the running system; what is known of the host comes in as `HostFacts`.
Invariants: any mapping of texts gives settings or `ConfigError`, nothing else.
Tests: tests/config/test_settings.py.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from supvisors.config.addresslist import AddressEntry, HostFacts, find_local
from supvisors.config.locate import Where
from supvisors.config.mistake import ConfigError, Mistake
from supvisors.config.table import BUS_PORT_OFFSETS, OPTIONS, Option
from supvisors.model import ConciliationStrategy, StartingStrategy

#: From this number of addresses on a quorum is the majority, else 1 (semantics, section 4).
MAJORITY_ADDRESS_COUNT: Final = 3

_TABLE: Final = {option.name: option for option in OPTIONS}
_KNOWN: Final = ", ".join(_TABLE)


@dataclass(frozen=True, slots=True)
class Settings:
    """What `[supvisors]` says, with defaults filled in.

    Attributes:
        addresses: the entries of `address_list`, in its order, each with its port.
        local: the entry that is this host.
        internal_port: first port for other agents on this host: that of `local`.
        event_port: port of the event interface on `EVENT_HOST`, and on `event_host`.
        event_host: address for event clients elsewhere, None for none.
        rules_file: path of the rules file, None for no rules.
        synchro_timeout_s: how long the start waits for the other addresses.
        inactivity_ticks: missed beats after which an address is judged.
        quorum: how many addresses must be RUNNING before anything is started or repaired.
        state_dir: where keys, fences and the journal are kept; None for nowhere.
        journal_max_mb: size of the journal, 0 for none.
        logfile: of the agent, beside its standard output, which supervisord keeps; or None.
        logfile_maxbytes: 0 for a log that is never rotated.
        loglevel: critical, error, warn, info or debug.
        user: as whom a root supervisord runs the agent, None for itself.
    """

    addresses: tuple[AddressEntry, ...]
    local: AddressEntry
    internal_port: int
    event_port: int
    event_host: str | None
    rules_file: str | None
    auto_fence: bool
    synchro_timeout_s: int
    tick_period_s: int
    inactivity_ticks: int
    quorum: int
    starting_strategy: StartingStrategy
    conciliation_strategy: ConciliationStrategy
    state_dir: str | None
    journal_max_mb: int
    journal_max_days: int
    logfile: str | None
    logfile_maxbytes: int
    logfile_backups: int
    loglevel: str
    user: str | None


def parse_settings(
    options: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    where: Where,
    identifier: str,
    host: HostFacts,
) -> tuple[Settings, tuple[Mistake, ...]]:
    """Return the settings, and what the operator should be warned of.

    Args:
        options: option -> value, expanded.
        problems: option -> why its value could not be made out; the value is as written.
        where: option -> file and line.
        identifier: supervisord's, which may name an entry of `address_list`.
        host: what the host is called and reached by.

    Raises:
        ConfigError: with every mistake, in the order of the table; unknown options come last.
    """
    reading = _Reading(options, problems, where)
    values = reading.values()
    if not reading.is_wrong("address_list", "quorum"):
        _set_quorum(reading, values)
    if not reading.is_wrong("address_list", "internal_port"):
        _set_local(reading, values, identifier, host)
    if not reading.is_wrong("event_port", "internal_port"):
        _check_ports(reading, values)
    if reading.mistakes:
        raise ConfigError(reading.sorted_mistakes(), tuple(reading.warnings))
    return Settings(**values), tuple(reading.warnings)


class _Reading:
    """One reading of the options, with what was found wrong so far."""

    def __init__(
        self, options: Mapping[str, str], problems: Mapping[str, str], where: Where
    ) -> None:
        self._options = options
        self._problems = problems
        self._where = where
        self.mistakes: list[Mistake] = []
        self.warnings: list[Mistake] = []

    def values(self) -> dict[str, Any]:
        """Return field of `Settings` -> value, the default where there is a mistake."""
        values = {}
        for option in OPTIONS:
            value = self._read(option)
            values[option.field or option.name] = value
        for name in self._options:
            if name not in _TABLE:
                self._refuse_unknown(name)
        return values

    def is_wrong(self, *names: str) -> bool:
        return any(mistake.option in names for mistake in self.mistakes)

    def is_written(self, name: str) -> bool:
        return name in self._options

    def refuse(self, name: str, problem: str, cure: str) -> None:
        self.mistakes.append(self._mistake(name, problem, cure))

    def warn(self, name: str, problem: str, cure: str) -> None:
        self.warnings.append(self._mistake(name, problem, cure))

    def sorted_mistakes(self) -> tuple[Mistake, ...]:
        order = [*_TABLE, *self._options]
        return tuple(sorted(self.mistakes, key=lambda mistake: order.index(mistake.option)))

    def _read(self, option: Option) -> Any:
        problem = self._problems.get(option.name)
        if problem is not None:
            self.refuse(option.name, *_explain(option, problem))
            return option.default
        text = self._options.get(option.name)
        if text is None:
            return option.default
        try:
            return option.kind.read(text.strip())
        except ValueError as error:
            problem = str(error) if text.strip() else "has no value"
            self.refuse(option.name, problem, option.cure)
            return option.default

    def _refuse_unknown(self, name: str) -> None:
        near = difflib.get_close_matches(name, _TABLE, n=1)
        cure = f"Write {near[0]}, if you meant that" if near else f"Remove it; there are {_KNOWN}"
        self.refuse(name, "there is no such option", cure)

    def _mistake(self, name: str, problem: str, cure: str) -> Mistake:
        file, line = self._where(name)
        return Mistake(file, line, name, self._options.get(name, ""), problem, cure)


def _explain(option: Option, problem: str) -> tuple[str, str]:
    """Return problem and cure of a value that could not be made out.

    Supervisor's words on a failed expansion end with the whole environment.
    """
    if not problem.startswith("Format string"):
        return problem, option.cure
    words, _, _ = problem.partition(" Available names: ")
    return words.rstrip("."), (
        "Write names that are known, such as %(here)s, %(host_node_name)s and %(ENV_HOME)s, "
        "and %% for a percent sign"
    )


def default_quorum(address_count: int) -> int:
    """Return the majority of three addresses or more, else 1 (semantics, section 4)."""
    return address_count // 2 + 1 if address_count >= MAJORITY_ADDRESS_COUNT else 1


def _set_quorum(reading: _Reading, values: dict[str, Any]) -> None:
    count = len(values["addresses"] or (None,))
    if values["quorum"] is None:
        values["quorum"] = default_quorum(count)
    elif values["quorum"] > count:
        reading.refuse(
            "quorum",
            f"more than the number of addresses, which is {count}",
            f"Write a number up to {count}, for example: quorum = {default_quorum(count)}",
        )


def _set_local(reading: _Reading, values: dict[str, Any], identifier: str, host: HostFacts) -> None:
    """Find the entry that is this host; without a list, the host name is the only one."""
    entries = values["addresses"]
    if entries is None:
        values["local"] = AddressEntry(host.names[0], host.names[0], values["internal_port"])
        values["addresses"] = (values["local"],)
        return
    local = find_local(entries, identifier, values["internal_port"], host)
    if len(local) != 1:
        reading.refuse("address_list", *_no_local(entries, local, identifier, host))
        return
    port = values["internal_port"]
    values["local"] = replace(local[0], port=local[0].port or port)
    values["addresses"] = tuple(replace(entry, port=entry.port or port) for entry in entries)
    values["internal_port"] = values["local"].port
    _check_neighbours(reading, values["addresses"])
    if len(entries) > 1 and not reading.is_written("state_dir"):
        reading.warn(
            "state_dir",
            "it is not set, so fences do not outlive a restart of the agent",
            "Write an absolute path, for example: state_dir = %(here)s/state",
        )


def _check_neighbours(reading: _Reading, entries: tuple[AddressEntry, ...]) -> None:
    """Refuse entries that would use one another's ports on one host."""
    owners: dict[tuple[str, int], AddressEntry] = {}
    for entry in entries:
        ports = [(entry.host, (entry.port or 0) + offset) for offset in BUS_PORT_OFFSETS]
        taken = next((place for place in ports if place in owners), None)
        if taken is not None:
            reading.refuse(
                "address_list",
                f"{owners[taken]} and {entry} both use port {taken[1]} of one host",
                "Write ports that are 10 apart, for example: "
                f"{replace(entry, port=(owners[taken].port or 0) + 10)}",
            )
        owners.update(dict.fromkeys(ports, entry))


def _no_local(
    entries: tuple[AddressEntry, ...],
    local: tuple[AddressEntry, ...],
    identifier: str,
    host: HostFacts,
) -> tuple[str, str]:
    """Return problem and cure of a list in which this host is not found exactly once."""
    cure = "of [supervisord] to the name of this host's entry, for example: identifier"
    if local:
        several = ", ".join(map(str, local))
        return (
            f"several entries are this host: {several}",
            f"Set identifier {cure} = {local[0].name}",
        )
    return (
        f"no entry is this host, which is neither named {identifier!r}, as its supervisord is, "
        f"nor has at its internal port one of: {host}",
        f"Write one of these, or set identifier {cure} = {entries[0].name}",
    )


def _check_ports(reading: _Reading, values: Mapping[str, Any]) -> None:
    event_port, internal_port = values["event_port"], values["internal_port"]
    if event_port - internal_port not in BUS_PORT_OFFSETS:
        return
    taken = ", ".join(str(internal_port + offset) for offset in BUS_PORT_OFFSETS)
    reading.refuse(
        "event_port" if reading.is_written("event_port") else "internal_port",
        f"agents use {taken} from internal_port {internal_port} on, and event_port is {event_port}",
        f"Write another event_port, for example: event_port = {internal_port + 1}",
    )
