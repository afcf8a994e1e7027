"""Several hosts, each in a network namespace of its own, with a network of our own between them.

Holds: `Net`, the namespaces and the wire; `net_cluster`, the hosts in them; `needs_net`, which
skips where that cannot be.
Must not touch: the network of this machine. What is made here has names of its own and is removed.

Each namespace has a TUN device; a thread carries the packets from one to the others. So who hears
whom, how late and with which loss is said here, per direction, from one seed; and no bridge, no
firewall and no `netem` is needed, which not every kernel has.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import itertools
import os
import random
import selectors
import shutil
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.live.cluster import Cluster
from tests.live.harness import Heard, Site, listen

T = TypeVar("T")

TUN_PATH = Path("/dev/net/tun")
NETWORK = "10.77.0"
#: Every host has all ports to itself, so these are the defaults.
INTERNAL_PORT, EVENT_PORT = 65001, 65002
PACKET_BYTES_MAX = 2000

_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_CLONE_NEWNET = 0x40000000
_TCP = 6
_numbers = itertools.count()


def _lacks() -> str:
    """Return why there can be no namespaces here, '' when there can."""
    if os.getuid() != 0:
        return "network namespaces are made by root"
    if shutil.which("ip") is None:
        return "no ip: install iproute2"
    try:
        os.close(os.open(TUN_PATH, os.O_RDWR))
    except OSError as error:
        return f"{TUN_PATH} cannot be opened ({error.strerror})"
    probe = f"svprobe{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", probe], check=False, capture_output=True).returncode:
        return "'ip netns add' fails here"
    _ip("netns", "del", probe)
    return ""


def needs_net() -> None:
    """Skip the tests of a module where namespaces cannot be made."""
    if reason := _lacks():
        pytest.skip(reason, allow_module_level=True)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=30)


class Net:
    """Namespaces, and the wire between them.

    Attributes:
        cut: pairs (from, to) between which no packet passes.
        mute: triples (from, to, port): what `from` sends from this TCP port does not pass.
        delay_s: of every packet.
        loss: share of the packets that are lost, in [0;1].
    """

    def __init__(self, names: Sequence[str], seed: int = 1) -> None:
        number = next(_numbers)
        self.names = tuple(names)
        self.cut: set[tuple[str, str]] = set()
        self.mute: set[tuple[str, str, int]] = set()
        self.delay_s = self.loss = 0.0
        self._random = random.Random(seed)
        self._spaces = {n: f"sv{os.getpid()}-{number}-{n}" for n in self.names}
        self._devices = {n: f"sv{os.getpid()}x{number}{i}" for i, n in enumerate(self.names)}
        self._fds: dict[str, int] = {}
        self._by_ip = {_packed(self.ip(name)): name for name in self.names}
        self._late: list[tuple[float, int, str, bytes]] = []
        self._selector = selectors.DefaultSelector()
        self._wakes, self._waker = os.pipe()
        self._selector.register(self._wakes, selectors.EVENT_READ)
        self._ended = False
        self._thread = threading.Thread(target=self._carry)

    def ip(self, name: str) -> str:
        """Return the IP address of a host."""
        return f"{NETWORK}.{self.names.index(name) + 1}"

    def space(self, name: str) -> str:
        """Return the namespace of a host."""
        return self._spaces[name]

    def open(self, *without: str) -> None:
        """Make the namespaces; those of `without` have no interface yet."""
        for name in self.names:
            _ip("netns", "add", self._spaces[name])
            _ip("-n", self._spaces[name], "link", "set", "lo", "up")
            if name not in without:
                self.attach(name)
        self._thread.start()

    def attach(self, name: str) -> None:
        """Give a host its interface."""
        fd = os.open(TUN_PATH, os.O_RDWR | os.O_NONBLOCK)
        device, space = self._devices[name], self._spaces[name]
        fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH", device.encode(), _IFF_TUN | _IFF_NO_PI))
        self._fds[name] = fd
        _ip("link", "set", device, "netns", space)
        _ip("-n", space, "address", "add", f"{self.ip(name)}/24", "dev", device)
        _ip("-n", space, "link", "set", device, "up")
        self._selector.register(fd, selectors.EVENT_READ, name)
        os.write(self._waker, b".")

    def close(self) -> None:
        """Remove it all."""
        self._ended = True
        os.write(self._waker, b".")
        if self._thread.ident is not None:
            self._thread.join()
        self._selector.close()
        for fd in (*self._fds.values(), self._wakes, self._waker):
            os.close(fd)
        for space in self._spaces.values():
            with suppress(subprocess.CalledProcessError):  # it was not made
                _ip("netns", "del", space)

    def inside(self, name: str, call: Callable[[], T]) -> T:
        """Call something in the namespace of a host, in a thread that ends with it.

        Threads that it starts, such as those of ZeroMQ, stay in the namespace.
        """
        found: list[T] = []

        def run() -> None:
            libc = ctypes.CDLL(None, use_errno=True)
            with open(f"/var/run/netns/{self._spaces[name]}", "rb") as space:
                if libc.setns(space.fileno(), _CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), f"setns {name}")
            found.append(call())

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        (result,) = found
        return result

    # --- who hears whom --------------------------------------------------------------------

    def partition(self, *sides: Sequence[str]) -> None:
        """Cut the network into parts."""
        side = {name: number for number, names in enumerate(sides) for name in names}
        self.cut = {
            (one, other)
            for one, other in itertools.permutations(self.names, 2)
            if side[one] != side[other]
        }

    def heal(self) -> None:
        """Let everything pass again."""
        self.cut, self.mute = set(), set()

    # --- the wire --------------------------------------------------------------------------

    def _carry(self) -> None:
        while not self._ended:
            wait_s = self._late[0][0] - time.monotonic() if self._late else None
            for key, _ in self._selector.select(wait_s if wait_s is None else max(0.0, wait_s)):
                if key.data is None:
                    os.read(self._wakes, 100)
                else:
                    self._take(key.data, key.fd)
            while self._late and self._late[0][0] <= time.monotonic():
                _, _, name, packet = heapq.heappop(self._late)
                self._give(name, packet)

    def _take(self, sender: str, fd: int) -> None:
        for _ in range(100):
            try:
                packet = os.read(fd, PACKET_BYTES_MAX)
            except OSError:  # no more of them
                return
            receiver = self._by_ip.get(packet[16:20]) if packet[0] >> 4 == 4 else None
            if receiver is None or not self._passes(sender, receiver, packet):
                continue
            if self.delay_s:
                due = time.monotonic() + self.delay_s
                heapq.heappush(self._late, (due, next(_numbers), receiver, packet))
            else:
                self._give(receiver, packet)

    def _passes(self, sender: str, receiver: str, packet: bytes) -> bool:
        if (sender, receiver) in self.cut or (self.loss and self._random.random() < self.loss):
            return False
        start = (packet[0] & 15) * 4
        port = int.from_bytes(packet[start : start + 2]) if packet[9] == _TCP else 0
        return (sender, receiver, port) not in self.mute

    def _give(self, name: str, packet: bytes) -> None:
        with suppress(OSError, KeyError):  # its queue is full, or its interface is not there
            os.write(self._fds[name], packet)


def _packed(ip: str) -> bytes:
    return bytes(map(int, ip.split(".")))


class NetCluster(Cluster):
    """Hosts in namespaces, which talk with keys.

    Args:
        keys: for each host a directory with its keys, see `tests/live/netkeys.py`.
    """

    def __init__(self, net: Net, keys: Path, *arguments: Any, **options: Any) -> None:
        self.net = net
        self._keys = keys
        super().__init__(*arguments, **options)

    def _place(self, name: str) -> str:
        return f"{self.net.ip(name)}:{INTERNAL_PORT}"

    def _site(self, name: str) -> Site:
        site = Site(self.directory / name, EVENT_PORT)
        site.prefix = ("ip", "netns", "exec", self.net.space(name))
        shutil.copytree(self._keys / name / "state", site.directory / "state")
        return site

    def _listen(self, name: str) -> AbstractContextManager[Heard]:
        return listen(EVENT_PORT, lambda make: self.net.inside(name, make))

    def write(self, name: str, order: Sequence[str], options: str | None = None) -> None:
        lines = self.options if options is None else options
        super().write(name, order, f"{lines}\nstate_dir = %(here)s/state")


@contextmanager
def net_cluster(
    directory: Path, keys: Path, names: Sequence[str], without: Sequence[str] = (), **options: Any
) -> Iterator[NetCluster]:
    """Make hosts in namespaces; at the end nothing of them may be left.

    Args:
        keys: made by `tests/live/netkeys.py`.
        without: hosts that have no interface yet.
    """
    net = Net(names)
    with ExitStack() as stack:
        stack.callback(net.close)
        net.open(*without)
        made = NetCluster(net, keys, directory, stack, names=names, **options)
        try:
            yield made
        finally:
            left = made.clean()
        assert not left, left
