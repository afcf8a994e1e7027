"""Reads a story, does what its commands say to a core, and writes down what comes out.

Holds: `retell`, from the text of a story to the text that it should be.
Must not touch: files.

A line that begins with `> ` is a command; what follows it, up to the next command, an empty
line or a remark (`# …`), is what the core answered: messages by their header, notes by `note:`
or `warn:`. Notes at level debug are left out. The commands, with an example each, are the
methods of `Teller` whose names begin with `do_`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol, cast

from supvisors.core import Core
from supvisors.core.inputs import AgentLeaving, Input, Started, Wake
from supvisors.core.outputs import Note, Output, Publish
from supvisors.core.rulebook import FixedRules
from supvisors.model import (
    AddressStatus,
    ApplicationStatus,
    Body,
    ExitFacts,
    ProcessEvent,
    ProcessInfo,
    ProcessRule,
    ProcessState,
    ProcessStatus,
    SupvisorsStatus,
)
from tests.core.taps import PATIENT, Tap, heard

#: The wall time at which every story begins, in POSIX s.
BEGIN_S = 1_700_000_000


class Performer(Protocol):
    """Who performs the commands of a story."""

    def perform(self, command: str) -> list[str]: ...


def retell(story: str, performer: Performer | None = None) -> str:
    """Return a story with the answers that its commands get now.

    Args:
        performer: None for a new `Teller`.
    """
    teller, lines, answered = performer or Teller(), [], False
    for line in story.splitlines():
        if line.startswith("> "):
            lines += [line, *teller.perform(line[2:])]
            answered = True
        elif not line or line.startswith("#"):
            lines.append(line)
            answered = False
        elif not answered:
            raise ValueError(f"neither a command, nor a remark, nor an answer: {line}")
    return "\n".join(lines) + "\n"


class Teller:
    """One core, and the supervisords that it hears of."""

    def __init__(self) -> None:
        self.rules: dict[str, ProcessRule] = {}
        self.taps: dict[str, Tap] = {}
        self.now_s = 0.0

    def perform(self, command: str) -> list[str]:
        """Perform one command; return its answers."""
        verb, *words = command.split()
        names = [word for word in words if "=" not in word]
        options = dict(word.split("=", 1) for word in words if "=" in word)
        return list(getattr(self, f"do_{verb}")(*names, **options))

    def hear(self, happening: Input) -> list[str]:
        happening = heard(self.local, happening)
        return [told for out in self.core.handle(self.now_s, happening) for told in tell(out)]

    @property
    def wall_ns(self) -> int:
        return round((BEGIN_S + self.now_s) * 1_000_000_000)

    # --- commands --------------------------------------------------------------------------

    def do_rule(self, namespec: str, **options: str) -> list[str]:
        """`rule shop:db required=yes start=1 loading=20`, before `start`."""
        self.rules[namespec] = ProcessRule(
            required=options.get("required") == "yes",
            start_sequence=int(options.get("start", "0")),
            expected_loading=int(options.get("loading", "0")),
        )
        return []

    def do_start(self, *addresses: str) -> list[str]:
        """`start alpha`: the agent of the first address of this list starts."""
        self.taps = {address: Tap(address) for address in addresses}
        self.local = addresses[0]
        self.core = Core(addresses, self.local, rules=FixedRules(self.rules), limits=PATIENT)
        return self.hear(Started())

    def do_at(self, seconds: str) -> list[str]:
        """`at 5`: it is 5 s after the beginning; the core is woken if it wanted to be."""
        self.now_s = float(seconds)
        deadline = self.core.deadline()
        return self.hear(Wake()) if deadline is not None and deadline <= self.now_s else []

    def do_tick(self, address: str) -> list[str]:
        """`tick alpha`"""
        return self.hear(self.tap(address).beat(self.wall_ns // 1_000_000))

    def do_load(self, address: str, *lost: str, **states: str) -> list[str]:
        """`load alpha shop:web=RUNNING`: the list as it was told, with these differences.

        `load alpha lost 3 9`: records 3 to 9 are gone, the list is true at the next.
        """
        tap = self.tap(address)
        tap.known |= {(i.group, i.name): i for i in map(self.info, states.items())}
        if not lost:
            return self.hear(tap.loaded())
        _, first, last = lost
        tap.seq = int(last)
        return self.hear(tap.loaded((int(first), int(last))))

    def do_forget(self, address: str, namespec: str) -> list[str]:
        """`forget alpha shop:web`: the next list will not have it."""
        group, name = namespec.split(":")
        del self.tap(address).known[group, name]
        return []

    def do_event(self, address: str, namespec: str, state: str, **options: str) -> list[str]:
        """`event alpha shop:web EXITED expected=no code=3`, or `pid=12`, or `signal=9`."""
        group, name = namespec.split(":")
        ended = {word: int(options[word]) for word in ("code", "signal") if word in options}
        exit_facts = ExitFacts(ended.get("code"), ended.get("signal")) if ended else None
        return self.hear(
            self.tap(address).change(
                group,
                name,
                ProcessState[state],
                wall_ns=self.wall_ns,
                pid=int(options.get("pid", "0")),
                expected=options.get("expected", "yes") == "yes",
                exit_facts=exit_facts,
            )
        )

    def do_add(self, address: str, group: str, **states: str) -> list[str]:
        """`add alpha shop shop:web=STOPPED`"""
        return self.hear(self.tap(address).add(group, map(self.info, states.items())))

    def do_remove(self, address: str, group: str) -> list[str]:
        """`remove alpha shop`"""
        return self.hear(self.tap(address).remove(group))

    def do_reset(self, address: str, **states: str) -> list[str]:
        """`reset alpha shop:web=STOPPED`: supervisord reloaded; these are its processes."""
        return self.hear(self.tap(address).reset(map(self.info, states.items())))

    def do_supervisord(self, address: str, mode: str) -> list[str]:
        """`supervisord alpha shutdown`, or `reload`"""
        known = cast(Literal["shutdown", "reload"], mode)
        return self.hear(self.tap(address).leaving(known))

    def do_leave(self) -> list[str]:
        """`leave`: the agent is told to end."""
        return self.hear(AgentLeaving())

    def do_view(self) -> Iterable[str]:
        """`view`: all that is known now."""
        view = self.core.view()
        bodies: list[Body] = [view.supvisors, *view.addresses]
        bodies += [*view.applications, *view.processes]
        yield from map(tell_body, bodies)
        for seen in view.infos:
            info, ended = seen.info, seen.info.exit
            line = f"info {info.namespec} on {seen.address}: {info.state.name} pid={info.pid}"
            yield f"{line} code={ended.code} signal={ended.signal}" if ended else line
        yield from (f"conflict {namespec}" for namespec in view.conflicts)
        yield from (f"dropped {address}: {count}" for address, count in view.dropped)

    def tap(self, address: str) -> Tap:
        """Return the tap of an address, which may be one that the list lacks."""
        return self.taps.setdefault(address, Tap(address))

    def info(self, told: tuple[str, str]) -> ProcessInfo:
        (group, name), state = told[0].split(":"), told[1]
        return ProcessInfo(group, name, ProcessState[state])


# --- what comes out ------------------------------------------------------------------------


def tell(output: Output) -> list[str]:
    """Return an output as a line, or nothing."""
    if isinstance(output, Publish):
        return [tell_body(output.body)]
    if not isinstance(output, Note) or output.level == "debug":
        return []
    facts = " ".join(f"{name}={value}" for name, value in output.facts)
    return [f"{'warn' if output.level == 'warn' else 'note'}: {output.reason} | {facts}"]


def tell_body(body: Body) -> str:
    """Return a message as a line: header, name, state, the rest."""
    match body:
        case SupvisorsStatus():
            return f"supvisors {body.state.name}"
        case AddressStatus():
            times = f"remote={body.remote_time_ms} local={body.local_time_ms}"
            return f"address {body.address_name} {body.state.name} {times} loading={body.loading}"
        case ApplicationStatus():
            failures = f"{' major' * body.major_failure}{' minor' * body.minor_failure}"
            return f"application {body.application_name} {body.state.name}{failures}"
        case ProcessStatus():
            name = f"{body.application_name}:{body.process_name}"
            line = f"process {name} {body.state.name}{' unexpected' * (not body.expected_exit)}"
            return f"{line} last={body.last_event_time_s} on [{', '.join(body.addresses)}]"
        case ProcessEvent():
            line = f"event {body.group}:{body.name} {body.state.name}"
            line += f"{' unexpected' * (not body.expected)} now={body.now_s} pid={body.pid}"
            return f"{line} from {body.address}"
