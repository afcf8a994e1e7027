"""What the mesh promises beside the contract: who may listen where, ports that are taken,
names that move, a share for each peer, and hearers that are sent away."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import zmq

from supvisors.bus.codec import STREAM_BYTES_MAX, Ask, NotYet, Tick
from supvisors.bus.endpoint import Endpoint, Names
from supvisors.bus.mesh import Mesh, NotLoopback
from supvisors.bus.peerlink import PeerLink
from supvisors.bus.sockets import BATCH, PortTaken, Reader
from supvisors.core.inputs import Fetched, Got, GroupsReset, Missed, Ticked
from supvisors.core.messages import Beat
from supvisors.log import Log, line
from supvisors.model import ProcessInfo, ProcessState, SupvisorsState
from tests.contract.drivers import CODEC, TIMEOUT_S, MeshDriver, a_list

pytestmark = pytest.mark.slow  # handshakes take their time

TICK = CODEC.encode(Tick("b1", 0, 0, Beat(1, SupvisorsState.OPERATION)))


class Lines(Log):
    """A log that keeps its lines."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def write(self, level: str, reason: str, facts: Any = ()) -> None:
        self.lines.append(f"{level} {line(reason, facts)}")


class Open:
    """Lets everybody in under one name, and says who was asked for."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name
        self.clients: list[str] = []
        self.servers = 0

    def server(self, _socket: Any) -> None:
        self.servers += 1

    def client(self, _socket: Any, peer: str) -> None:
        self.clients.append(peer)

    def sender(self, _frame: zmq.Frame) -> str | None:
        return self.name


@pytest.fixture
def driver() -> Iterator[MeshDriver]:
    driver = MeshDriver()
    driver.log = Lines()
    yield driver
    driver.close()


def made(driver: MeshDriver, own: Endpoint, peers: list[Endpoint], **how: Any) -> Mesh:
    """Return a mesh of its own, made on the loop."""

    async def make() -> Mesh:
        return Mesh(
            driver.context, own, "b1", peers, lambda _: None, lambda _: None, driver.log, **how
        )

    return driver.loop.run_until_complete(make())


@pytest.mark.parametrize(
    ("own", "peer", "hosts"),
    [
        ("10.1.2.3", "127.0.0.1", ("10.1.2.3",)),
        ("127.0.0.1", "10.1.2.3", ("10.1.2.3",)),
        ("alpha", "beta", ("alpha", "beta")),
    ],
)
def test_without_keys_it_runs_on_the_loopback_network_only(
    driver: MeshDriver, own: str, peer: str, hosts: tuple[str, ...]
) -> None:
    with pytest.raises(NotLoopback, match="no keys, and not on the loopback network") as caught:
        made(driver, Endpoint("alpha", own, 21000), [Endpoint("beta", peer, 21000)])
    assert caught.value.hosts == hosts


def test_an_address_without_peers_opens_nothing(driver: MeshDriver) -> None:
    end = driver.ends["alpha"]
    mesh = made(driver, Endpoint("alpha", "some-host", end.port), [])
    driver.run(lambda: mesh.tick(Beat(1, SupvisorsState.OPERATION)))
    with socket.socket() as probe:
        assert probe.connect_ex((end.host, end.port)) != 0
    driver.run(mesh.rebind_publisher)
    driver.run(mesh.close)


@pytest.mark.parametrize("offset", [0, 2])
def test_a_port_that_is_taken_is_named(driver: MeshDriver, offset: int) -> None:
    end = driver.ends["alpha"]
    with socket.socket() as other:
        other.bind((end.host, end.port + offset))
        other.listen()
        with pytest.raises(PortTaken) as caught:
            made(driver, end, [driver.ends["beta"]])
        assert (caught.value.host, caught.value.port) == (end.host, end.port + offset)
        assert (
            str(caught.value)
            == f"port {end.port + offset} of {end.host} is taken by another process"
        )
    with socket.socket() as probe:  # and nothing was left open
        driver.until(lambda: probe.connect_ex((end.host, end.port)) != 0)


def test_a_host_name_is_looked_up_until_it_is_found(driver: MeshDriver) -> None:
    answers: list[list[str] | None] = [None, []]
    asked: list[str] = []

    def lookup(host: str) -> list[str]:
        asked.append(host)
        answer = answers.pop(0) if answers else ["127.0.0.1"]
        if answer is None:
            raise OSError("no such host")
        return answer

    taken: list[Any] = []
    beta = driver.puppet("beta")
    security = Open()
    peer = Endpoint("beta", "beta.example.org", driver.ends["beta"].port)

    async def make() -> Mesh:
        return Mesh(
            driver.context,
            driver.ends["alpha"],
            "b1",
            [peer],
            lambda _: None,
            taken.append,
            driver.log,
            security,
            lookup,
        )

    mesh = driver.loop.run_until_complete(make())
    driver.until(lambda: taken, beta.tick)
    assert isinstance(taken[0], Ticked)
    facts = "address=beta host=beta.example.org"
    assert asked == ["beta.example.org"] * 3
    assert security.clients == ["beta", "beta"]
    assert security.servers == 2
    assert isinstance(driver.log, Lines)
    assert driver.log.lines == [
        f'warn peer\'s host name not found {facts} why="no such host"',
        f'warn peer\'s host name not found {facts} why="it has no IP address"',
        f"info peer's host name found {facts} ip=127.0.0.1",
    ]
    driver.run(mesh.close)


class Linked:
    """A link to beta whose patience is short."""

    def __init__(self, driver: MeshDriver, *ips: str) -> None:
        self.heard: list[bytes] = []
        self._driver, self._ips = driver, ips
        driver.run(self._make)

    def _make(self) -> None:
        peer = Endpoint("beta", "beta.example.org", self._driver.ends["beta"].port)
        names = Names(lambda _host: self._ips)
        context, log = self._driver.context, self._driver.log
        self.link = PeerLink(
            context, "alpha", peer, names, self._hear, self._hear, log, Open(), 0.3
        )

    def _hear(self, _name: str, data: bytes) -> None:
        self.heard.append(data)


def test_a_peer_that_is_silent_is_looked_up_again(driver: MeshDriver) -> None:
    beta = driver.puppet("beta")
    linked = Linked(driver, "127.0.0.2", "127.0.0.1")
    driver.until(lambda: linked.heard, lambda: beta.tell(TICK))
    assert linked.heard[0] == TICK
    assert isinstance(driver.log, Lines)
    ips = [text.rpartition("=")[2] for text in driver.log.lines]
    assert ips[:2] == ["127.0.0.2", "127.0.0.1"]
    driver.run(linked.link.close)


def test_a_message_that_is_too_long_is_not_taken_and_the_peer_is_connected_anew(
    driver: MeshDriver,
) -> None:
    beta = driver.puppet("beta")
    linked = Linked(driver, "127.0.0.1")
    driver.until(lambda: linked.heard, lambda: beta.tell(TICK))
    beta.tell(b"x" * (STREAM_BYTES_MAX * 2))
    beta.tell(b"behind it")
    driver.until(lambda: linked.heard[-1] == b"after it", lambda: beta.tell(b"after it"))
    assert set(linked.heard) == {TICK, b"after it"}
    driver.run(linked.link.close)


def test_who_asks_is_what_the_link_says(driver: MeshDriver) -> None:
    """With keys the name that a sender gives itself means nothing."""
    asked: list[str] = []
    security = Open("gamma")

    async def make() -> Mesh:
        peers = [driver.ends["beta"], driver.ends["gamma"]]
        return Mesh(
            driver.context,
            driver.ends["alpha"],
            "b1",
            peers,
            lambda address: asked.append(address),
            lambda _: None,
            driver.log,
            security,
        )

    mesh = driver.loop.run_until_complete(make())
    beta = driver.puppet("beta")
    driver.run(lambda: mesh.cut("beta"))
    beta.ask("alpha", CODEC.encode(Ask(1, "alpha", "b1")))
    driver.until(lambda: beta.answers)  # gamma is not cut
    security.name = None
    beta.ask("alpha", CODEC.encode(Ask(2, "alpha", "b1")))
    driver.until(lambda: mesh.counts.get(("", "unknown sender")))
    assert asked == ["alpha"]
    driver.run(mesh.close)


def test_an_agent_may_come_back_before_its_last_connection_is_gone(driver: MeshDriver) -> None:
    driver.agent("alpha")
    with driver.context.socket(zmq.DEALER) as dead, driver.context.socket(zmq.DEALER) as alive:
        for number, dealer in enumerate((dead, alive)):
            dealer.setsockopt(zmq.ROUTING_ID, b"beta")
            dealer.connect(f"tcp://127.0.0.1:{driver.ends['alpha'].ask_port}")
            dealer.send(CODEC.encode(Ask(number, "alpha", "b1")))
            driver.until(lambda dealer=dealer: dealer.poll(0))  # type: ignore[misc]
            assert CODEC.decode(dealer.recv()) == NotYet(number, "alpha")


def test_a_message_of_more_than_one_frame_is_none(driver: MeshDriver) -> None:
    alpha = driver.agent("alpha")
    beta = driver.puppet("beta", alpha)
    beta._publisher.send_multipart([TICK, TICK])  # type: ignore[attr-defined]
    driver.until(lambda: alpha.bus.counts == {("beta", "not an envelope"): 1})
    with driver.context.socket(zmq.DEALER) as dealer:
        dealer.setsockopt(zmq.ROUTING_ID, b"beta")
        dealer.connect(f"tcp://127.0.0.1:{driver.ends['alpha'].ask_port}")
        dealer.send_multipart([TICK, TICK])
        driver.until(lambda: alpha.bus.counts.get(("", "not an envelope")))


def test_a_record_that_is_too_long_is_fetched_as_a_list(driver: MeshDriver) -> None:
    alpha, beta = driver.agent("alpha"), driver.agent("beta")
    beta.lists["beta"] = a_list(0)
    driver.until(lambda: alpha.of(Ticked), beta.tick)
    driver.until(lambda: alpha.of(Fetched), lambda: alpha.fetch("beta", "b1"))
    info = ProcessInfo("g", "n" * 1000, ProcessState.RUNNING)
    beta.say(GroupsReset("beta", "tap", 1, (info,) * (STREAM_BYTES_MAX // 1000)))
    assert beta.bus.counts == {("beta", "record too long"): 1}
    driver.until(lambda: alpha.of(Missed), beta.tick)
    driver.until(lambda: alpha.of(Got), lambda: alpha.fetch("beta", "b1"))


def test_what_is_dropped_is_told_ever_less_often(driver: MeshDriver) -> None:
    alpha = driver.agent("alpha")
    beta = driver.puppet("beta", alpha)
    for number in range(1, 121):
        beta.record(number, boot="b9")
    driver.until(lambda: alpha.bus.counts.get(("beta", "unknown boot")) == 120)
    assert isinstance(driver.log, Lines)
    assert driver.log.lines == [
        f'info message of a peer dropped peer=beta why="unknown boot" total={total}'
        for total in (1, 10, 100)
    ]


def test_who_is_sent_away_hears_nothing_more(driver: MeshDriver) -> None:
    alpha, beta = driver.agent("alpha"), driver.agent("beta")
    with driver.context.socket(zmq.SUB) as stranger:
        stranger.setsockopt(zmq.RECONNECT_IVL, -1)  # it does not come back
        stranger.subscribe(b"")
        stranger.connect(f"tcp://127.0.0.1:{driver.ends['alpha'].port}")
        driver.until(lambda: beta.of(Ticked, "alpha") and stranger.poll(0), alpha.tick)
        assert isinstance(alpha.bus, Mesh)
        driver.run(alpha.bus.rebind_publisher)
        while stranger.poll(0):
            stranger.recv()
        count = len(beta.of(Ticked, "alpha"))
        driver.until(lambda: len(beta.of(Ticked, "alpha")) > count + 3, alpha.tick)
        last = [CODEC.decode(stranger.recv()) for _ in iter(partial(stranger.poll, 0), 0)]
        heard = {envelope.beat.number for envelope in last if isinstance(envelope, Tick)}
        assert heard.isdisjoint(tick.beat.number for tick in beta.of(Ticked, "alpha")[count:])


def test_a_turn_of_the_loop_gives_each_peer_its_share(driver: MeshDriver) -> None:
    taken: list[str] = []
    ends: list[Reader] = []

    def fill() -> None:
        for name in ("flood", "calm"):
            back, front = driver.context.socket(zmq.PAIR), driver.context.socket(zmq.PAIR)
            back.bind(f"inproc://{name}")
            front.connect(f"inproc://{name}")
            for _ in range(BATCH * 5 if name == "flood" else 1):
                front.send(b"x")
            front.close()
            ends.append(Reader(back, lambda _, name=name: taken.append(name)))  # type: ignore[misc]

    driver.run(fill)
    driver.until(lambda: len(taken) == BATCH * 5 + 1)
    assert taken.index("calm") <= 2 * BATCH  # its descriptor, then the first look
    for end in ends:
        driver.run(end.close)


def test_a_reader_that_is_closed_by_what_it_reads_reads_no_more(driver: MeshDriver) -> None:
    taken: list[bytes] = []
    readers: list[Reader] = []

    def take(frames: list[zmq.Frame]) -> None:
        taken.append(frames[0].bytes)
        readers[0].close()

    def fill() -> None:
        back, front = driver.context.socket(zmq.PAIR), driver.context.socket(zmq.PAIR)
        back.bind("inproc://closing")
        front.connect("inproc://closing")
        for text in (b"1", b"2"):
            front.send(text)
        front.close()
        readers.append(Reader(back, take))

    driver.run(fill)
    driver.until(lambda: taken)
    driver.loop.run_until_complete(asyncio.sleep(0))
    assert taken == [b"1"]
    readers[0].wake()
    readers[0].close()


def test_everybody_is_let_go_of_at_once(driver: MeshDriver) -> None:
    """A peer that is not there does not hold up the end."""
    alpha = driver.agent("alpha")
    alpha.tick()
    alpha.fetch("beta", "b1")
    before = driver.loop.time()
    alpha.close()
    assert driver.loop.time() - before < TIMEOUT_S / 10
