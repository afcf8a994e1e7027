"""What this host is called and reached by, learnt without asking any name server.

Holds: `host_facts`, and the readers of the three files of Linux it rests on.
Must not touch: DNS. `gethostname` and files answer at once; a look-up may hang for minutes.
Tests: tests/config/test_hostfacts.py.

Names are the host name, `localhost`, and what `/etc/hosts` calls the addresses of this host,
which is where Linux keeps its fully qualified name. A host that is known by other names only
to a name server is told apart by supervisord's `identifier`.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator

from supvisors.config import HostFacts

_LOCAL_IPV4 = re.compile(r"\|-- ([0-9.]+)\s+/32 host LOCAL")


def host_facts() -> HostFacts:
    """Return the names and the interface addresses of this host, as they are now."""
    addresses = {
        *ipv4_addresses(_text("/proc/net/fib_trie")),
        *ipv6_addresses(_text("/proc/net/if_inet6")),
    }
    facts = HostFacts((socket.gethostname().lower(), "localhost"), tuple(sorted(addresses)))
    names = dict.fromkeys((*facts.names, *names_in_hosts(_text("/etc/hosts"), facts)))
    return HostFacts(tuple(names), facts.addresses)


def ipv4_addresses(fib_trie: str) -> Iterator[str]:
    """Yield the local addresses in the kernel's routing trie, repeated as they are there."""
    return (match[1] for match in _LOCAL_IPV4.finditer(fib_trie))


def ipv6_addresses(if_inet6: str) -> Iterator[str]:
    """Yield the addresses in the kernel's list of them: 32 hexadecimal digits begin a line."""
    for line in if_inet6.splitlines():
        yield ipaddress.IPv6Address(int(line.split()[0], 16)).compressed


def names_in_hosts(hosts: str, facts: HostFacts) -> Iterator[str]:
    """Yield, in lower case, what a text in the form of `/etc/hosts` calls this host."""
    for line in hosts.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if facts.has(_shortest(address)):
            yield from (name.lower() for name in names)


def _shortest(address: str) -> str:
    try:
        return ipaddress.ip_address(address).compressed
    except ValueError:
        return address


def _text(path: str) -> str:
    """Return the text of a file, '' where the system has none or keeps it to itself."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""
