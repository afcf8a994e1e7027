"""The site of `examples/rules.xml` on loopback: four applications, twenty programs, three hosts.

Holds: `programs`, the programs of that site, each the same on every host; `managed`, a cluster of
it or of other rules; what its clients heard of starts and stops, in order.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from supvisors.model import ProcessState
from tests.live.cluster import EVERY_S, QUICK, Cluster, cluster
from tests.live.harness import Site, wait_for

RULES: Final = Path(__file__).resolve().parents[2] / "examples" / "rules.xml"

#: What runs for as long as nobody ends it.
STAYS: Final = "sleep 1000"
APPLICATIONS: Final[Mapping[str, Sequence[str]]] = {
    "storage": ("database", "loader", "cache", "backup"),
    "ingest": ("receiver", "decoder_0", "decoder_1", "decoder_2", "validator", "replay"),
    "shop": ("pricing", "basket", "web_0", "web_1", "web_2", "web_admin", "mailer"),
    "watch": ("collector", "alarm", "console"),
}
#: Unmanaged, and on every host.
PLAIN: Final = "ntp"
#: What the site does after its start.
LOADER: Final = "sh -c 'sleep 0.3'"

#: A change that a client heard: namespec, address, state.
Change = tuple[str, str, str]


def programs(
    applications: Mapping[str, Sequence[str]] = APPLICATIONS,
    commands: Mapping[str, str] | None = None,
    lines: Mapping[str, str] | None = None,
) -> str:
    """Return programs that do not start by themselves, and one that does and is unmanaged.

    Args:
        applications: the programs of each.
        commands: for some of the programs, what they run.
        lines: for some of them, further lines, which win over the usual ones.
    """
    own = {"loader": LOADER, **(commands or {})}
    more = {"loader": "autorestart = false", **(lines or {})}
    written = [f"[program:{PLAIN}]", f"command = {STAYS}", "startsecs = 0"]
    for application, names in applications.items():
        written += [f"[group:{application}]", f"programs = {', '.join(names)}"]
        for name in names:
            options = {"autostart": "false", "startsecs": "0", "startretries": "0"}
            for line in filter(None, more.get(name, "").splitlines()):
                option, _, value = line.partition(" = ")
                options[option] = value
            written += [f"[program:{name}]", f"command = {own.get(name, STAYS)}"]
            written += [f"{option} = {value}" for option, value in options.items()]
    return "\n".join(written)


@contextmanager
def managed(
    directory: Path,
    rules: str | None = None,
    options: str = QUICK,
    written: str | None = None,
    **more: Any,
) -> Iterator[Cluster]:
    """Make the site, whose hosts are not started yet. They share one rules file.

    Args:
        rules: text of the rules file, that of the example by default.
        options: further lines of `[supvisors]`.
        written: the programs, those of the site by default.
    """
    file = directory / "rules.xml"
    file.write_text(RULES.read_text() if rules is None else rules)
    lines = f"{options}\nrules_file = {file}\nstate_dir = %(here)s/state"
    with cluster(directory, options=lines, programs=written or programs(), **more) as made:
        yield made


def everywhere(hosts: Cluster, *names: str) -> list[Site]:
    """Return the sites of these hosts, or of all."""
    return [hosts.sites[name] for name in names or hosts.names]


def stop_all(hosts: Cluster) -> None:
    """End every supervisord at once, as an operator ends them one by one."""
    with ThreadPoolExecutor(len(hosts.names)) as pool:
        list(pool.map(Site.stop, everywhere(hosts)))


# --- what is there -------------------------------------------------------------------------


def copies(hosts: Cluster, namespec: str, *names: str) -> list[str]:
    """Return on which of these hosts, or of all, supervisord runs a process."""
    return [
        name
        for name in names or hosts.names
        if hosts.sites[name].info(namespec)["statename"] == "RUNNING"
    ]


def wait_copies(hosts: Cluster, namespec: str, expected: Sequence[str], *names: str) -> None:
    """Wait until supervisord runs a process on the expected hosts alone, and all agents say so.

    Args:
        names: the hosts that are asked, all by default.
    """

    def shown() -> list[list[str]]:
        rpcs = [site.rpc().supvisors for site in everywhere(hosts, *names)]
        return [rpc.get_process_info(namespec)[0]["addresses"] for rpc in rpcs]

    wait_for(
        lambda: (
            copies(hosts, namespec, *names) == [*expected]
            and all(addresses == [*expected] for addresses in shown())
        ),
        lambda: (
            f"{namespec} on {expected}: {copies(hosts, namespec, *names)}, {shown()}"
            f"\n{hosts.logs()}"
        ),
        every_s=EVERY_S,
    )


def pid_of(hosts: Cluster, namespec: str, name: str) -> int:
    """Return the process id of a process on a host, 0 when it does not run there."""
    pid: int = hosts.sites[name].info(namespec)["pid"]
    return pid


def crash(hosts: Cluster, namespec: str, name: str) -> None:
    """End a process on a host as a fault of its own does."""
    os.kill(pid_of(hosts, namespec, name), signal.SIGKILL)


# --- what clients heard --------------------------------------------------------------------


def told(
    hosts: Cluster, witness: str, header: str, since: float = 0.0
) -> list[tuple[float, dict[str, Any]]]:
    """Return what a client heard under a header since then, in order, with the time of it.

    Args:
        since: monotonic time, in s.
    """
    heard = hosts.heard[witness]
    # the times first: the client adds to them first
    pairs = zip(list(heard.times), list(heard.messages), strict=False)
    return [(at, body) for at, (name, body) in pairs if name == header and at >= since]


def changes(hosts: Cluster, witness: str, since: float = 0.0) -> list[Change]:
    """Return what a client heard of processes, in order."""
    return [
        (f"{body['group']}:{body['name']}", body["address"], ProcessState(body["state"]).name)
        for _, body in told(hosts, witness, "event", since)
    ]


def application_states(
    hosts: Cluster, witness: str, application: str, since: float = 0.0
) -> list[str]:
    """Return the states of an application as a client heard them, repetitions left out."""
    states: list[str] = []
    for _, body in told(hosts, witness, "application", since):
        if body["application_name"] == application and states[-1:] != [body["statename"]]:
            states.append(body["statename"])
    return states


def wait_changes(
    hosts: Cluster, witness: str, since: float, expected: Collection[Change]
) -> list[Change]:
    """Wait until a client has heard some changes of processes; return all that it heard."""
    wait_for(
        lambda: {*expected} <= {*changes(hosts, witness, since)},
        lambda: f"{expected}: {changes(hosts, witness, since)}\n{hosts.logs()}",
    )
    return changes(hosts, witness, since)


def wait_stages(
    hosts: Cluster,
    witness: str,
    since: float,
    stages: Sequence[Sequence[str]],
    begin: str,
    ends: Sequence[str],
) -> list[Change]:
    """Wait until a client has heard the ends of all stages, and check their order.

    Args:
        stages, begin, ends: as in `check_stages`.

    Returns:
        all that it heard of processes.
    """
    names = {name for stage in stages for name in stage}

    def ended() -> set[str]:
        return {name for name, _, state in changes(hosts, witness, since) if state in ends}

    wait_for(lambda: names <= ended(), lambda: f"{names - ended()}\n{hosts.logs()}")
    heard = changes(hosts, witness, since)
    check_stages(heard, stages, begin, ends)
    return heard


def check_stages(
    heard: Sequence[Change], stages: Sequence[Sequence[str]], begin: str, ends: Sequence[str]
) -> None:
    """Assert that processes came stage by stage: all of one had ended before the next began.

    Args:
        stages: namespecs that come together.
        begin: the state by which a process begins its stage.
        ends: the states by which it ends it; of each the last one that was heard counts.
    """
    positions = [
        (
            [i for i, (name, _, state) in enumerate(heard) if name in stage and state == begin],
            [i for i, (name, _, state) in enumerate(heard) if name in stage and state in ends],
        )
        for stage in stages
    ]
    for stage, (begins, finishes) in zip(stages, positions, strict=True):
        assert {heard[i][0] for i in begins} == set(stage), f"{stage} did not all begin: {heard}"
        assert {heard[i][0] for i in finishes} == set(stage), f"{stage} did not all end: {heard}"
    for (stage, (_, finishes)), (later, (begins, _)) in zip(
        zip(stages, positions, strict=True),
        list(zip(stages, positions, strict=True))[1:],
        strict=False,
    ):
        assert max(finishes) < min(begins), f"{later} began before {stage} had ended: {heard}"
