"""The grammar of `address_list`, and which of its entries is this host.

Holds: `AddressEntry`, `HostFacts`, `parse_address_list`, `find_local`, `leaves_loopback`.
Must not touch: the running system; whatever is known of the host comes in as `HostFacts`.
Invariants: names are never resolved. A host is compared as it is written, so that no DNS
server can delay or change what a configuration means (semantics, section 10).
Tests: tests/config/test_addresslist.py.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: `name`, `name:port`, `<name>host`, `<name>host:port`; an IPv6 host in brackets.
_ENTRY = re.compile(r"(?:<(?P<name>[^<>]*)>)?(?P<host>\[[^\[\]]*\]|[^:\[\]<>]*)(?::(?P<port>.*))?")
_WORD = re.compile(r"\w[\w.-]*")
_DIGITS_AND_DOTS = re.compile(r"[0-9.]+")


@dataclass(frozen=True, slots=True)
class AddressEntry:
    """One entry of `address_list`.

    Attributes:
        name: what events call it: its `<name>`, else its host.
        host: host name in lower case, or IP address without brackets in its shortest form.
        port: its internal port, None when `internal_port` holds.
    """

    name: str
    host: str
    port: int | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        name = f"<{self.name}>" if self.name.lower() != self.host else ""
        return f"{name}{host}" + (f":{self.port}" if self.port else "")


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What this host is called and reached by.

    Attributes:
        names: host names in lower case, the first one being its own.
        addresses: IP addresses of its interfaces, in their shortest form.
    """

    names: tuple[str, ...]
    addresses: tuple[str, ...]

    def has(self, host: str) -> bool:
        """Tell whether `host`, as `AddressEntry` holds it, is this host.

        The whole of 127.0.0.0/8 is, on every Linux.
        """
        return host in self.names or host in self.addresses or is_loopback(host)

    def __str__(self) -> str:
        return ", ".join((*self.names, *self.addresses))


def is_loopback(host: str) -> bool:
    """Tell whether `host` is an IP address of the loopback network."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def leaves_loopback(entry: AddressEntry) -> bool:
    """Tell whether an entry can only be reached by a network; there agents need keys."""
    return not (entry.host == "localhost" or is_loopback(entry.host))


def parse_address_list(
    value: str, read_port: Callable[[str], int]
) -> tuple[tuple[AddressEntry, ...], list[str]]:
    """Return the entries of `value` and what is wrong with it.

    Args:
        value: entries, separated by commas.
        read_port: text -> port; its ValueError says what is wrong with the text.
    """
    entries: list[AddressEntry] = []
    problems: list[str] = []
    for number, text in enumerate(value.split(","), start=1):
        try:
            entries.append(_entry(text.strip(), read_port))
        except ValueError as error:
            problems.append(f"entry {number}, {text.strip()!r}, {error}")
    return tuple(entries), problems + _duplicates(entries)


def find_local(
    entries: Sequence[AddressEntry], identifier: str, internal_port: int, host: HostFacts
) -> tuple[AddressEntry, ...]:
    """Return the entries that are this host: exactly one, if the list is right.

    The one that supervisord's `identifier` names; else those with the internal port and an
    address or a name of this host (semantics, section 10).
    """
    named = tuple(entry for entry in entries if entry.name == identifier)
    if named:
        return named
    return tuple(
        entry
        for entry in entries
        if (entry.port or internal_port) == internal_port and host.has(entry.host)
    )


def _entry(text: str, read_port: Callable[[str], int]) -> AddressEntry:
    if not text:
        raise ValueError("is empty")
    if text.count(":") > 1 and "[" not in text:
        raise ValueError("has an IPv6 address without brackets")
    match = _ENTRY.fullmatch(text)
    if match is None:
        raise ValueError("is not of the form name, name:port, <name>host:port or [IPv6]:port")
    host = _host(match["host"])
    name = match["name"]
    if name is None:
        name = host if ":" in host else match["host"]
    elif not _WORD.fullmatch(name):
        raise ValueError(f"has a name with other characters than letters, digits, . _ -: {name!r}")
    if match["port"] is None:
        return AddressEntry(name, host)
    try:
        return AddressEntry(name, host, read_port(match["port"]))
    except ValueError as error:
        raise ValueError(f"has a port that is {error}") from error


def _host(text: str) -> str:
    if text.startswith("["):
        try:
            return ipaddress.IPv6Address(text[1:-1]).compressed
        except ValueError:
            raise ValueError(f"has no IPv6 address between its brackets: {text}") from None
    if _DIGITS_AND_DOTS.fullmatch(text):
        try:
            return str(ipaddress.IPv4Address(text))
        except ValueError:
            raise ValueError(f"has a host that is no IPv4 address: {text}") from None
    if not _WORD.fullmatch(text):
        raise ValueError(f"has a host that is neither a name nor an IP address: {text!r}")
    return text.lower()


def _duplicates(entries: Sequence[AddressEntry]) -> list[str]:
    problems = []
    names: set[str] = set()
    places: set[tuple[str, int | None]] = set()
    for entry in entries:
        if entry.name in names:
            problems.append(f"two entries are named {entry.name}")
        elif (entry.host, entry.port) in places:
            problems.append(f"two entries have the same host and port: {entry}")
        names.add(entry.name)
        places.add((entry.host, entry.port))
    return problems
