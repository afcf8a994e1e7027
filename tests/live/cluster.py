"""Several hosts on loopback: a supervisord, an agent and a listening client for each.

Holds: `Cluster`, made of the `Site`s of `harness.py`; `QUICK`, options that make its tests short;
`pause`.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault

from tests.live.busports import internal_port
from tests.live.harness import BASE, Heard, Site, listen, wait_for, wait_program

HOST = "127.0.0.1"

#: Time between two questions to hosts that share this machine with all others.
EVERY_S = 0.1

#: `make live-long` sets it: what takes a while then takes as long as is claimed.
LONG = os.environ.get("SUPVISORS_LIVE_LONG", "") != ""

#: For tests that do not depend on the defaults.
QUICK = "inactivity_ticks = 3\nsynchro_timeout = 5"
QUICK_LIMIT_S = 3.0
#: The inactivity limit of the defaults.
LIMIT_S = 5.0

PROGRAMS = """
[group:station]
programs = camera, radio

[program:camera]
command = sleep 1000
startsecs = 0

[program:radio]
command = sleep 1000
startsecs = 0
autostart = false
"""


class Cluster:
    """The hosts by name, each with what a client of it heard.

    Args:
        names: of the addresses.
        options: further lines of `[supvisors]`, the same for all.
        orders: for a host whose list has another order, that order.
    """

    def __init__(
        self,
        directory: Path,
        stack: ExitStack,
        names: Sequence[str] = ("alpha", "beta", "gamma"),
        options: str = "",
        programs: str = PROGRAMS,
        orders: dict[str, Sequence[str]] | None = None,
    ) -> None:
        self.names = tuple(names)
        self.directory = directory
        self.options, self.programs = options, programs
        self.sites: dict[str, Site] = {}
        self.heard: dict[str, Heard] = {}
        self.places = {name: self._place(name) for name in names}
        for name in names:
            (directory / name).mkdir()
            self.sites[name] = self._site(name)
            self.write(name, (orders or {}).get(name, names))
            self.heard[name] = stack.enter_context(self._listen(name))

    def _place(self, name: str) -> str:
        """Return host and port of an address."""
        return f"{HOST}:{internal_port()}"

    def _site(self, name: str) -> Site:
        return Site(self.directory / name)

    def _listen(self, name: str) -> AbstractContextManager[Heard]:
        return listen(self.sites[name].event_port)

    def write(self, name: str, order: Sequence[str], options: str | None = None) -> None:
        """Write the configuration of one host.

        Args:
            order: of its address list.
            options: further lines of `[supvisors]`, those of the cluster by default.
        """
        site = self.sites[name]
        entries = ", ".join(f"<{each}>{self.places[each]}" for each in order)
        lines = self.options if options is None else options
        site.write(
            self.programs,
            f"address_list = {entries}\nevent_port = {site.event_port}\n{lines}",
            BASE.replace("identifier = alpha", f"identifier = {name}"),
        )

    def port(self, name: str) -> int:
        """Return the `internal_port` of an address."""
        return int(self.places[name].rpartition(":")[2])

    def others(self, *names: str) -> list[str]:
        """Return all hosts but these."""
        return [name for name in self.names if name not in names]

    # --- life ------------------------------------------------------------------------------

    def start(self, *names: str) -> None:
        """Start these hosts, or all, at once, and wait until each shows OPERATION."""
        for name in names or self.names:
            self.sites[name].launch()
        self.wait_operation(*names)

    def kill_host(self, name: str) -> None:
        """End a host as a power cut does: everything of it, at once."""
        site = self.sites[name]
        pids = [site.pid, *(pid for pid in site.processes() if pid != site.pid)]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        site.kill()
        site.end_processes()
        for path in site.tmpdir.iterdir():  # as the start after a power cut does
            shutil.rmtree(path)

    def signal_host(self, name: str, number: signal.Signals) -> None:
        """Send a signal to supervisord and agent of a host."""
        self.signal_supervisord(name, number)
        self.signal_agent(name, number)

    def signal_supervisord(self, name: str, number: signal.Signals) -> None:
        os.kill(self.sites[name].pid, number)

    def signal_agent(self, name: str, number: signal.Signals) -> None:
        processes = self.sites[name].processes()
        (agent,) = (pid for pid, words in processes.items() if "supvisors.agent" in words)
        os.kill(agent, number)

    def poke(
        self, name: str, timeout_s: float = 30.0, witnesses: Sequence[str] | None = None
    ) -> dict[str, float]:
        """Start the radio of a host and stop it again; wait until clients heard of both.

        Args:
            witnesses: hosts whose clients must hear of it, all by default.

        Returns:
            for each host, how long after the order its client heard of the start, in s.
        """
        begin = now()
        supervisor = self.sites[name].rpc().supervisor
        supervisor.startProcess("station:radio", False)
        # until it executes its program, a SIGTERM would be lost
        pid = self.sites[name].wait_state("station:radio", "RUNNING")["pid"]
        wait_program(pid, "sleep")
        supervisor.stopProcess("station:radio")

        def states(witness: str) -> dict[int, float]:
            heard = self.heard[witness]
            return {
                body["state"]: at - begin
                for at, (header, body) in zip(list(heard.times), list(heard.messages), strict=False)
                if at >= begin
                and header == "event"
                and (body["name"], body["address"]) == ("radio", name)
            }

        chosen = self.names if witnesses is None else witnesses
        for witness in chosen:
            wait_for(
                lambda witness=witness: states(witness).keys() >= {20, 0},  # type: ignore[misc]
                lambda: f"{witness} hears of the radio of {name}\n{self.logs()}",  # noqa: B023
                timeout_s,
                0.02,
            )
        return {witness: states(witness)[20] for witness in chosen}

    def clean(self) -> list[str]:
        """End all hosts at once; return what is left of them."""
        for site in self.sites.values():
            for pid in site.processes():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        with ThreadPoolExecutor(len(self.sites)) as pool:
            return [line for left in pool.map(Site.clean, self.sites.values()) for line in left]

    # --- questions -------------------------------------------------------------------------

    def status(self, name: str) -> dict[str, Any]:
        """Return what the agent of a host shows."""
        found: dict[str, Any] = self.sites[name].rpc().supvisors.get_status()
        return found

    def shows(self, name: str) -> dict[str, Any]:
        """Return what the agent of a host shows of what all agents must show alike."""
        status = self.status(name)
        return {
            "supvisors": status["supvisors"],
            "master": status["master"],
            "addresses": {a["address_name"]: a["statename"] for a in status["addresses"]},
            "applications": status["applications"],
            "processes": [p for p in status["processes"] if p["process_name"] != "supvisors"],
        }

    def wait_operation(self, *names: str) -> None:
        for name in names or self.names:
            wait_for(lambda name=name: self._operates(name), self.logs, every_s=EVERY_S)  # type: ignore[misc]

    def _operates(self, name: str) -> bool:
        try:
            return bool(self.status(name)["supvisors"]["statename"] == "OPERATION")
        except (OSError, Fault):  # it is not there yet
            return False

    def wait_address(
        self, subject: str, state: str, *witnesses: str, since: float = 0.0, timeout_s: float = 30.0
    ) -> dict[str, float]:
        """Wait until clients of these hosts, or of all others, heard that an address is in a state.

        Args:
            since: monotonic time from which on it must have been heard.

        Returns:
            for each of them when it was heard, in s.
        """
        found: dict[str, float] = {}

        def heard(name: str) -> bool:
            heard = self.heard[name]
            for at, (header, body) in zip(list(heard.times), list(heard.messages), strict=False):
                is_address = at >= since and header == "address"
                if is_address and (body["address_name"], body["statename"]) == (subject, state):
                    found[name] = at
                    return True
            return False

        for name in witnesses or [n for n in self.names if n != subject]:
            wait_for(
                lambda name=name: heard(name),  # type: ignore[misc]
                lambda: f"{subject} {state}\n{self.logs()}",
                timeout_s,
                0.02,
            )
        return found

    def wait_alike(self, *names: str, timeout_s: float = 30.0) -> dict[str, Any]:
        """Wait until these hosts, or all, show the same; return that."""
        chosen = names or self.names

        def alike() -> dict[str, Any] | None:
            shown = [self.shows(name) for name in chosen]
            return shown[0] if all(each == shown[0] for each in shown) else None

        found = wait_for(alike, lambda: "\n".join(str(self.shows(n)) for n in chosen), timeout_s)
        assert found is not None
        return found

    def states_of(self, subject: str, witness: str, since: float = 0.0) -> list[str]:
        """Return the states of an address as a client of a host heard them, repetitions left out.

        Args:
            since: monotonic time before which nothing counts.
        """
        return [
            body["statename"]
            for body in self._heard_since(witness, "address", since)
            if body["address_name"] == subject
        ]

    def supvisors_of(self, witness: str, since: float = 0.0) -> list[str]:
        """Return the Supvisors states that a client of a host heard."""
        return [body["statename"] for body in self._heard_since(witness, "supvisors", since)]

    def lost_since(self, since: float, *witnesses: str) -> list[str]:
        """Return who told since then, of whatever address, that it is not RUNNING.

        Args:
            witnesses: hosts whose clients are asked, all by default.
        """
        return [
            f"{witness} says that {body['address_name']} is {body['statename']}"
            for witness in witnesses or self.names
            for body in self._heard_since(witness, "address", since)
            if body["statename"] != "RUNNING"
        ]

    def _heard_since(self, witness: str, header: str, since: float) -> list[dict[str, Any]]:
        """Return bodies in order; of those about one address that say the same state, the first."""
        heard, found = self.heard[witness], []
        last: dict[str | None, str] = {}
        for at, (name, body) in zip(list(heard.times), list(heard.messages), strict=False):
            if name == header and at >= since:
                subject = body.get("address_name")
                if last.get(subject) != body["statename"]:
                    last[subject] = body["statename"]
                    found.append(body)
        return found

    def truth(self, *names: str) -> dict[str, tuple[list[str], set[str]]]:
        """Return what these hosts' supervisords say: namespec -> where it runs, and the states.

        The process of the agent itself is left out.
        """
        found: dict[str, tuple[list[str], set[str]]] = {}
        for name in names or self.names:
            for namespec, state in self.sites[name].states().items():
                if namespec != "supvisors:supvisors":
                    where, states = found.setdefault(namespec, ([], set()))
                    states.add(state)
                    if state in ("STARTING", "RUNNING", "BACKOFF", "STOPPING"):
                        where.append(name)
        return found

    def differences(self, *names: str) -> list[str]:
        """Return where what these hosts show, or their clients heard, is not what is true."""
        chosen = names or self.names
        truth = self.truth(*chosen)
        found = []
        for name in chosen:
            shown = {
                f"{body['application_name']}:{body['process_name']}": body
                for body in self.shows(name)["processes"]
            }
            if shown.keys() != truth.keys():
                found.append(f"{name} shows {sorted(shown)} instead of {sorted(truth)}")
                continue
            for namespec, (where, states) in truth.items():
                body = shown[namespec]
                is_state = body["statename"] == "RUNNING" if where else body["statename"] in states
                if body["addresses"] != where or not is_state:
                    found.append(f"{name} shows {body}, and it is {states} at {where}")
                if self._folded(name).get(namespec) != body:
                    found.append(f"{name}'s client heard {self._folded(name).get(namespec)}")
        return found

    def _folded(self, name: str) -> dict[str, dict[str, Any]]:
        return {
            f"{body['application_name']}:{body['process_name']}": body
            for body in self.heard[name].bodies("process")
        }

    def wait_true(self, *names: str, timeout_s: float = 30.0) -> dict[str, Any]:
        """Wait until these hosts, or all, show the same and that is true; return it."""
        shown = self.wait_alike(*names, timeout_s=timeout_s)
        wait_for(
            lambda: not self.differences(*names),
            lambda: "\n".join(self.differences(*names)),
            timeout_s,
            EVERY_S,
        )
        return shown

    def logs(self) -> str:
        """Return the logs of all agents."""
        return "\n".join(f"--- {name}\n{site.agent_log()}" for name, site in self.sites.items())


@contextmanager
def cluster(directory: Path, **options: Any) -> Iterator[Cluster]:
    """Make a cluster; at the end nothing of it may be left."""
    with ExitStack() as stack:
        made = Cluster(directory, stack, **options)
        try:
            yield made
        finally:
            left = made.clean()
        assert not left, left


def now() -> float:
    """Return the time that `Heard.times` are given in."""
    return time.monotonic()


def pause(duration_s: float) -> None:
    """Let time pass, where its length is what is tested."""
    threading.Event().wait(duration_s)
