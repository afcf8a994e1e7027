"""Inputs and outputs of the core in short, for the lines of a trace.

Holds: `short`, one word or a few for any value that goes through the core's door.
Must not touch: which of them are written.
"""

from __future__ import annotations

from supvisors.core.inputs import (
    Fetched,
    Got,
    GroupAdded,
    GroupsReset,
    Loaded,
    PeerList,
    ProcessChanged,
    RulesRead,
    Started,
    Ticked,
)
from supvisors.core.messages import Beat, Fence, Lost, Vote
from supvisors.core.outputs import Note, Publish, Record, Save, Say
from supvisors.model import (
    AddressStatus,
    ApplicationStatus,
    ProcessEvent,
    ProcessInfo,
    ProcessStatus,
    SupvisorsStatus,
)


def short(value: object) -> str:
    """Return an input, an output or a part of one as a few words."""
    if isinstance(value, RulesRead):
        return "RulesRead"
    return _input(value) or _output(value) or _message(value) or _body(value) or repr(value)


def _input(value: object) -> str:
    match value:
        case Started(fences):
            return f"Started{_fences(fences)}"
        case Ticked(beat=None):
            return "Ticked"
        case Ticked():
            return f"Ticked {value.address}.{value.boot[-4:]} {short(value.beat)}"
        case Got():
            return f"Got {value.address}.{value.boot[-4:]} {short(value.record)}"
        case Fetched():
            return f"Fetched {value.address}.{value.boot[-4:]} {short(value.peer_list)}"
        case Loaded():
            lost = f" lost={value.lost}" if value.lost else ""
            return f"Loaded #{value.seq}.{value.boot[-4:]}{lost} {_infos(value.processes)}"
        case ProcessChanged():
            name = f"{value.group}:{value.name}"
            return f"#{value.seq}.{value.boot[-4:]} {name} {value.state.name}"
        case GroupAdded():
            return f"#{value.seq} added {value.group} {_infos(value.processes)}"
        case GroupsReset():
            return f"#{value.seq} reset {_infos(value.processes)}"
    return ""


def _output(value: object) -> str:
    match value:
        case Publish(body):
            return f"pub {short(body)}"
        case Note():
            facts = " ".join(f"{name}={fact}" for name, fact in value.facts)
            return f"{value.level}: {value.reason} | {facts}"
        case Save(fences):
            return f"Save{_fences(fences)}"
        case Say(beat):
            return f"Say {short(beat)}"
        case Record(record):
            return f"Record {short(record)}"
    return ""


def _message(value: object) -> str:
    match value:
        case Beat():
            said = [f"{value.state.name[:4]}{' leads' * value.leads}{' ready' * value.ready}"]
            said.append(f"vote={short(value.vote)} heard={_names(value.heard)}")
            said.append(f"running={_names(value.running)}{_fences(value.fences)}")
            leaving = f" leaving={value.leaving}/{value.grace_s}s" if value.leaving else ""
            return f"beat{value.number} {' '.join(said)}{leaving}"
        case Vote():
            return f"{value.epoch}/{value.address}.{value.boot[-4:]}"
        case Lost():
            who = f"{value.address}.{value.boot[-4:]}"
            return f"lost {who} beat={value.beat} {_infos(value.processes)}{' left' * value.left}"
        case PeerList():
            lost = ", ".join(map(short, value.lost))
            return f"#{value.tap_seq}.{value.tap_boot[-4:]} {_infos(value.processes)} [{lost}]"
        case ProcessInfo():
            return f"{value.namespec}={value.state.name}"
    return ""


def _body(value: object) -> str:
    match value:
        case SupvisorsStatus(state):
            return f"supvisors {state.name}"
        case AddressStatus():
            return f"address {value.address_name} {value.state.name}"
        case ApplicationStatus():
            failures = f"{' major' * value.major_failure}{' minor' * value.minor_failure}"
            return f"application {value.application_name} {value.state.name}{failures}"
        case ProcessStatus():
            name = f"{value.application_name}:{value.process_name}"
            return f"process {name} {value.state.name} on {_names(value.addresses)}"
        case ProcessEvent():
            return f"event {value.group}:{value.name} {value.state.name} from {value.address}"
    return ""


def _names(names: tuple[str, ...]) -> str:
    return f"[{','.join(names)}]"


def _infos(infos: tuple[ProcessInfo, ...]) -> str:
    return f"({' '.join(map(short, infos))})"


def _fences(fences: tuple[Fence, ...]) -> str:
    told = [f"{f.address}@{f.generation}{'!' if f.fenced else '-'}{f.by}" for f in fences]
    return f" fences={','.join(told)}" if told else ""
