"""Cores that break a rule of control on purpose, each its own.

Holds: one class for each; tests/sim/test_control.py says which rule it breaks.
Must not touch: the rules.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from supvisors.core import Core
from supvisors.core.inputs import Input, PeerList
from supvisors.core.messages import Intent, Plan
from supvisors.core.outputs import Ask, Do, Keep, Output, Record, Respond


class Chatty(Core):
    """It responds twice."""

    def handle(self, now: float, happening: Input) -> list[Output]:
        outputs = super().handle(now, happening)
        return [again for o in outputs for again in [o] * (1 + isinstance(o, Respond))]


class Taciturn(Core):
    """It does not respond."""

    def handle(self, now: float, happening: Input) -> list[Output]:
        return [o for o in super().handle(now, happening) if not isinstance(o, Respond)]


class Endless(Core):
    """Nobody else is told that a plan is over."""

    def handle(self, now: float, happening: Input) -> list[Output]:
        return [o for o in super().handle(now, happening) if not _is_end(o)]


class Stubborn(Core):
    """It starts what an operator has stopped."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _bend(self._direction.intents, "is_held", lambda _name: False)


class Tireless(Core):
    """It restarts without a limit, and at once."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        budget = _part(self._direction.repair, "_budget")
        _bend(budget, "is_spent", lambda _name, _now: False)
        _bend(budget, "due_s", lambda _name, now: now)


class Hasty(Core):
    """A start is done when it is ordered."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        jobs = _part(_part(self._direction, "_sequences"), "_jobs")
        judge = jobs.end_of

        def end_of(sequence: Any, job: Any, now: float) -> str | None:
            end: str | None = judge(sequence, job, now)
            return "" if end is None and job.ordered and job.verb == "start" else end

        _bend(jobs, "end_of", end_of)


class Doubling(Core):
    """What it has started elsewhere it starts here too."""

    def handle(self, now: float, happening: Input) -> list[Output]:
        outputs = super().handle(now, happening)
        calls = [o.call for o in outputs if isinstance(o, Ask) and o.call.verb == "start"]
        return [*outputs, *(Do(f"2-{c.call_id}", "start", c.namespec, "", c.cause) for c in calls)]


class Tidy(Core):
    """It stops what no rule names."""

    def handle(self, now: float, happening: Input) -> list[Output]:
        outputs = super().handle(now, happening)
        return [*outputs, Do(f"tidy-{now}", "stop", "yard:gate", "", "tidying up")]


class Secretive(Core):
    """Nobody else hears of a wish."""

    def handle(self, now: float, happening: Input) -> list[Output]:
        return [o for o in super().handle(now, happening) if not _is_wish(o)]

    def peer_list(self, address: str) -> PeerList | None:
        told = super().peer_list(address)
        return replace(told, intents=()) if told is not None else None


class Forgetful(Core):
    """It keeps no wish over a restart."""

    def handle(self, now: float, happening: Input) -> list[Output]:
        return [o for o in super().handle(now, happening) if not isinstance(o, Keep)]


class Idle(Core):
    """It starts nothing by itself."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _bend(_part(self._direction, "_control"), "start", lambda *_args, **_options: True)


class Careless(Core):
    """It does not restart what has failed."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _bend(self._direction.repair, "_restart", lambda *_args: None)


class Tolerant(Core):
    """It resolves no conflict."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _bend(self._direction.repair, "conciliate", lambda *_args: 1)


def _bend(part: Any, name: str, instead: Any) -> None:
    assert hasattr(part, name), f"{part} has no {name} any more"
    setattr(part, name, instead)


def _part(whole: Any, name: str) -> Any:
    return getattr(whole, name)


def _is_end(output: Output) -> bool:
    return isinstance(output, Record) and isinstance(output.record, Plan) and output.record.over


def _is_wish(output: Output) -> bool:
    return isinstance(output, Record) and isinstance(output.record, Intent)
