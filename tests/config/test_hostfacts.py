"""What the host is called and reached by, from the texts that Linux keeps."""

from __future__ import annotations

import socket

import pytest

from supvisors.config import HostFacts
from supvisors.hostfacts import host_facts, ipv4_addresses, ipv6_addresses, names_in_hosts

FIB_TRIE = """\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 192.0.2.0
        /24 link UNICAST
     |-- 192.0.2.7
        /32 host LOCAL
     |-- 192.0.2.255
        /32 link BROADCAST
Local:
     |-- 127.0.0.0
        /8 host LOCAL
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 192.0.2.7
        /32 host LOCAL
"""
IF_INET6 = """\
00000000000000000000000000000001 01 80 10 80       lo
20010db8000000000000000000000007 02 40 00 80     eth0
"""
HOSTS = """\
# 192.0.2.7 commented
127.0.0.1\tlocalhost
127.0.1.1 Alpha.example.org alpha   # Debian's way
192.0.2.7 www
2001:db8:0:0::7 www6
192.0.2.8 beta
not-an-address gamma

::1 ip6-localhost
"""


def test_local_addresses_are_found_and_no_networks_or_broadcasts() -> None:
    assert list(ipv4_addresses(FIB_TRIE)) == ["192.0.2.7", "127.0.0.1", "192.0.2.7"]
    assert list(ipv6_addresses(IF_INET6)) == ["::1", "2001:db8::7"]


def test_names_of_own_addresses_are_found() -> None:
    facts = HostFacts(("alpha",), ("192.0.2.7", "2001:db8::7"))
    assert list(names_in_hosts(HOSTS, facts)) == [
        "localhost",
        "alpha.example.org",
        "alpha",
        "www",
        "www6",
        "ip6-localhost",
    ]


def test_this_host_knows_itself() -> None:
    facts = host_facts()
    assert facts.names[0] == socket.gethostname().lower()
    assert facts.has("localhost")
    assert facts.has("127.0.0.1")
    assert len(set(facts.names)) == len(facts.names)
    assert len(set(facts.addresses)) == len(facts.addresses)


@pytest.mark.parametrize("host", ["192.0.2.8", "beta", "::2", ""])
def test_another_host_is_not_this_one(host: str) -> None:
    assert not HostFacts(("alpha",), ("192.0.2.7",)).has(host)


def test_every_address_found_can_be_bound() -> None:
    for address in host_facts().addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        if address.startswith("fe80"):
            continue  # cannot be bound without its interface
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
