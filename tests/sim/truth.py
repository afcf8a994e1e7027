"""What all agents must tell in the end, computed apart from them.

Holds: `differences`, between what the agents show and what the supervisords are.
Must not touch: the run.

The statuses come from the deliberately dumb twin of tests/core/, fed with the supervisords' own
lists in the order of each agent's address list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from supvisors.core import ClusterView
from supvisors.core.messages import Vote
from supvisors.model import (
    AddressState,
    ConciliationStrategy,
    ProcessState,
    ProcessStatus,
    SupvisorsState,
)
from tests.core import twin
from tests.core.taps import Tap
from tests.sim.host import Agent, Host
from tests.sim.operators import Operators
from tests.sim.site import Site

#: Process statuses of an agent, whatever the order of its list.
Statuses = dict[tuple[str, str], tuple[object, ...]]


def conflicts(hosts: Mapping[str, Host], site: Site) -> list[str]:
    """Return the processes that run more often than their rules want."""
    copies = Counter(
        info.namespec
        for host in hosts.values()
        for info in _tap_of(host).known.values()
        if info.state in _AWAKE and site.is_single(info.namespec)
    )
    return sorted(name for name, count in copies.items() if count > 1)


def unfinished(hosts: Mapping[str, Host], operators: Operators) -> list[str]:
    """Return the plans that are shown, and the orders whose operators wait."""
    found = [f"no response to {asked.order}" for asked in operators.unanswered()]
    for name, host in hosts.items():
        if host.agent is not None:
            found += [f"{name} shows {plan}" for plan in host.agent.core.view().plans]
    return found


def differences(hosts: Mapping[str, Host], absent: str, site: Site) -> list[str]:
    """Return what is not yet as it must be, the first of each kind.

    Args:
        absent: an address that is down on purpose: it cannot be compared with the truth, so
            that the agents are compared with each other where it is concerned.
    """
    agents: dict[str, Agent] = {}
    for name, host in hosts.items():
        if name != absent:
            if host.agent is None or not host.agent.connected:
                return [f"{name} has no agent"]
            if host.supervisord is None or host.supervisord.leaving is not None:
                return [f"{name} is still on its way out"]
            agents[name] = host.agent
    views = {name: agent.core.view() for name, agent in agents.items()}
    found = [*_of_addresses(views, absent), *_of_masters(agents, views)]
    found += _of_conflicts(views, conflicts(hosts, site), site)
    for name, view in views.items():
        found += _of_truth(name, agents[name], view, hosts, absent, site)
    found += _of_each_other(views)
    return found


def _of_addresses(views: Mapping[str, ClusterView], absent: str) -> list[str]:
    found = []
    for name, view in views.items():
        for status in view.addresses:
            is_absent = status.address_name == absent
            wanted = _ABSENT if is_absent else {AddressState.RUNNING}
            if status.state not in wanted:
                found.append(f"{name} shows {status.address_name} {status.state.name}")
    return found


_ABSENT = {AddressState.SILENT, AddressState.ISOLATED}
_AWAKE = {ProcessState.STARTING, ProcessState.RUNNING, ProcessState.BACKOFF}


def _of_conflicts(views: Mapping[str, ClusterView], truth: list[str], site: Site) -> list[str]:
    waits = site.policy.conciliation is ConciliationStrategy.USER
    if truth and not waits:
        return [f"{', '.join(truth)} in conflict"]
    state = SupvisorsState.CONCILIATION if truth else SupvisorsState.OPERATION
    found = []
    for name, view in views.items():
        if view.supvisors.state is not state or list(view.conflicts) != truth:
            shown = f"{view.supvisors.state.name}, in conflict {view.conflicts}"
            found.append(f"{name} shows {shown}, the truth is {truth}")
    return found


def _of_masters(agents: Mapping[str, Agent], views: Mapping[str, ClusterView]) -> list[str]:
    masters = {name: view.master for name, view in views.items()}
    if len(set(masters.values())) != 1 or None in masters.values():
        return [f"masters {masters}"]
    votes: dict[str, Vote | None] = {name: agent.vote for name, agent in agents.items()}
    boots = {name: agent.boot for name, agent in agents.items()}
    if len(set(votes.values())) != 1 or None in votes.values():
        return [f"votes {votes}"]
    (vote,) = set(votes.values())
    assert vote is not None, "None was sorted out above"
    if boots.get(vote.address) != vote.boot:
        return [f"they follow {vote}, which is no agent that lives"]
    return []


def _of_truth(
    name: str,
    agent: Agent,
    view: ClusterView,
    hosts: Mapping[str, Host],
    absent: str,
    site: Site,
) -> list[str]:
    taps = [_tap_of(hosts[address]) for address in hosts[name].setting.addresses]
    uncertain = set() if not absent else _ever_known(hosts[absent])
    keys = sorted({key for tap in taps for key in tap.known} - uncertain)
    expected = {key: _expected(agent, key, taps) for key in keys}
    shown = {
        (status.application_name, status.process_name): status
        for status in view.processes
        if (status.application_name, status.process_name) not in uncertain
    }
    for key in sorted(expected.keys() | shown.keys()):
        if expected.get(key) != shown.get(key):
            return [f"{name} shows {shown.get(key)}, the truth is {expected.get(key)}"]
    if uncertain or view.plans:
        return []
    statuses = [status for status in expected.values() if status is not None]
    applications = sorted({status.application_name for status in statuses})
    truth = [twin.application_status(group, statuses, site.ranks) for group in applications]
    if list(view.applications) != truth:
        return [f"{name} shows {view.applications}, the truth is {truth}"]
    return []


def _expected(agent: Agent, key: tuple[str, str], taps: list[Tap]) -> ProcessStatus | None:
    """Return the status of a process; what runs nowhere is FATAL when the master decided so."""
    status = twin.process_status(key, taps)
    why = agent.core.why(":".join(key))
    if status is None or status.addresses or why is None or not why.decided:
        return status
    return replace(status, state=ProcessState.FATAL, expected_exit=True)


def _of_each_other(views: Mapping[str, ClusterView]) -> list[str]:
    first, *others = views
    for name in others:
        one, other = _statuses(views[first]), _statuses(views[name])
        for key in sorted(one.keys() | other.keys()):
            if one.get(key) != other.get(key):
                return [f"{first} shows {key} {one.get(key)}, {name} shows {other.get(key)}"]
        if views[first].intents != views[name].intents:
            one_s, other_s = views[first].intents, views[name].intents
            return [
                f"{first} knows {set(one_s) - set(other_s)}, not {name}, but the reverse of "
                f"{set(other_s) - set(one_s)}"
            ]
        if views[first].plans != views[name].plans:
            return [f"{first} shows {views[first].plans}, {name} {views[name].plans}"]
        if views[first].applications != views[name].applications:
            return [f"{first} and {name} differ in applications"]
    return []


def _statuses(view: ClusterView) -> Statuses:
    return {(p.application_name, p.process_name): _plain(p) for p in view.processes}


def _plain(status: ProcessStatus) -> tuple[object, ...]:
    at_s, names = status.last_event_time_s, tuple(sorted(status.addresses))
    return (status.state, status.expected_exit, at_s, names)


def _tap_of(host: Host) -> Tap:
    return host.supervisord.tap if host.supervisord is not None else Tap(host.address)


def _ever_known(host: Host) -> set[tuple[str, str]]:
    return host.known_keys
