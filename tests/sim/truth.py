"""What all agents must tell in the end, computed apart from them.

Holds: `differences`, between what the agents show and what the supervisords are.
Must not touch: the run.

The statuses come from the deliberately dumb twin of tests/core/, fed with the supervisords' own
lists in the order of each agent's address list.
"""

from __future__ import annotations

from collections.abc import Mapping

from supvisors.core import ClusterView
from supvisors.core.messages import Vote
from supvisors.model import AddressState, ProcessStatus, SupvisorsState
from tests.core import twin
from tests.core.taps import Tap
from tests.sim.host import Agent, Host

#: Process statuses of an agent, whatever the order of its list.
Statuses = dict[tuple[str, str], tuple[object, ...]]


def differences(hosts: Mapping[str, Host], absent: str) -> list[str]:
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
    for name, view in views.items():
        found += _of_truth(name, view, hosts, absent)
    found += _of_each_other(views)
    return found


def _of_addresses(views: Mapping[str, ClusterView], absent: str) -> list[str]:
    found = []
    for name, view in views.items():
        if view.supvisors.state is not SupvisorsState.OPERATION:
            found.append(f"{name} shows {view.supvisors.state.name}")
        for status in view.addresses:
            is_absent = status.address_name == absent
            wanted = _ABSENT if is_absent else {AddressState.RUNNING}
            if status.state not in wanted:
                found.append(f"{name} shows {status.address_name} {status.state.name}")
    return found


_ABSENT = {AddressState.SILENT, AddressState.ISOLATED}


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


def _of_truth(name: str, view: ClusterView, hosts: Mapping[str, Host], absent: str) -> list[str]:
    taps = [_tap_of(hosts[address]) for address in hosts[name].setting.addresses]
    uncertain = set() if not absent else _ever_known(hosts[absent])
    keys = sorted({key for tap in taps for key in tap.known} - uncertain)
    expected = {key: twin.process_status(key, taps) for key in keys}
    shown = {
        (status.application_name, status.process_name): status
        for status in view.processes
        if (status.application_name, status.process_name) not in uncertain
    }
    for key in sorted(expected.keys() | shown.keys()):
        if expected.get(key) != shown.get(key):
            return [f"{name} shows {shown.get(key)}, the truth is {expected.get(key)}"]
    if uncertain:
        return []
    statuses = [status for status in expected.values() if status is not None]
    applications = sorted({status.application_name for status in statuses})
    truth = [twin.application_status(group, statuses, {}) for group in applications]
    if list(view.applications) != truth:
        return [f"{name} shows {view.applications}, the truth is {truth}"]
    return []


def _of_each_other(views: Mapping[str, ClusterView]) -> list[str]:
    first, *others = views
    for name in others:
        one, other = _statuses(views[first]), _statuses(views[name])
        for key in sorted(one.keys() | other.keys()):
            if one.get(key) != other.get(key):
                return [f"{first} shows {key} {one.get(key)}, {name} shows {other.get(key)}"]
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
