"""Runs the transcripts of wire/vectors/sync/ as wire/README.md says that any language does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from supvisors.wire import WireError, body_as_dict, header_of
from supvisors.wire.cluster import Cluster
from supvisors.wire.dialect2 import Facts
from supvisors.wire.happenings import (
    Event,
    Gap,
    Joined,
    Output,
    Status,
    Subscribe,
    Unsubscribe,
    Vanished,
)
from supvisors.wire.high import Cursor
from supvisors.wire.sync import Synchroniser
from tests.wire.vectors import WIRE

FILES: Final = sorted((WIRE / "vectors" / "sync").glob("*.json"))
Json = dict[str, Any]


def frame(told: dict[str, Any]) -> bytes:
    """The bytes of a frame: a text, or any value as JSON."""
    if "text" in told:
        text: str = told["text"]
        return text.encode()
    return json.dumps(told["json"]).encode()


def facts_as_json(facts: Facts | None) -> Any:
    return None if facts is None else msgspec.to_builtins(facts)


def as_json(output: Output) -> Json:
    """An output as transcripts write it."""
    match output:
        case Subscribe(topic):
            return {"subscribe": topic.decode()}
        case Unsubscribe(topic):
            return {"unsubscribe": topic.decode()}
        case Joined():
            return {"joined": True}
        case Status(body, facts, t):
            told = {"status": header_of(body), "body": body_as_dict(body)}
            return {**told, "facts": facts_as_json(facts), "t": t}
        case Event(body, source, facts, t):
            happened: Json = {"event": body_as_dict(body), "id": list(source)}
            return {**happened, "facts": facts_as_json(facts), "t": t}
        case Vanished(application, process):
            return {"removed": {"application": application, "process": process}}
        case Gap(header, first, last):
            return {"gap": [header, first, last]}


def mirror(cluster: Cluster) -> Json:
    """The mirror as transcripts write it: lists by name."""

    def listed(table: Any) -> list[Any]:
        return [body_as_dict(table[name]) for name in sorted(table)]

    return {
        "supvisors": cluster.supvisors and body_as_dict(cluster.supvisors),
        "address": listed(cluster.addresses),
        "application": listed(cluster.applications),
        "process": [
            {
                "body": body_as_dict(cluster.processes[name]),
                "facts": facts_as_json(cluster.facts.get(name)),
            }
            for name in sorted(cluster.processes)
        ],
    }


class Run:
    """One transcript, step by step."""

    def __init__(self, content: Json) -> None:
        cursor = content["cursor"]
        self.machine = Synchroniser(
            content["client"],
            content["headers"],
            cursor=cursor and msgspec.convert(cursor, Cursor),
            since_ms=content["since_ms"],
        )
        self._has_started = False

    def step(self, step: Json) -> Json:
        """What the step is found to give, in the words of the transcript."""
        outputs: list[Output] = []
        refused = 0
        now = float(step["at"])
        if not self._has_started:
            self._has_started = True
            outputs += self.machine.start(now)
        elif not step["in"]:
            outputs += self.machine.wake(now)
        for message in step["in"]:
            try:
                outputs += self.machine.receive(now, [frame(told) for told in message])
            except WireError:
                refused += 1
        cursor = self.machine.cursor
        return {
            "out": [as_json(output) for output in outputs],
            "refused": refused,
            "deadline": self.machine.deadline,
            "cursor": cursor and json.loads(cursor.encode()),
            "mirror": mirror(self.machine.cluster),
        }


#: What a step says of its outcome; each is checked where it stands.
FOUND: Final = ("out", "refused", "deadline", "cursor", "mirror")


def rewritten(content: Json) -> Json:
    """The transcript with the outcomes as they are now; what was not written stays so."""
    run = Run(content)
    steps = []
    for step in content["steps"]:
        found = run.step(step)
        steps.append({**step, **{key: found[key] for key in FOUND if key in step}})
    return {**content, "steps": steps}


def written(content: Json) -> str:
    """The text of a transcript: a line for each message and for each output."""
    head = {key: value for key, value in content.items() if key != "steps"}
    lines = [f"  {_line(key)}: {_line(value)}," for key, value in head.items()]
    steps = ",\n".join(_step(step) for step in content["steps"])
    return "\n".join(["{", *lines, '  "steps": [', steps, "  ]", "}", ""])


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True)


def _step(step: Json) -> str:
    parts = []
    for key, value in step.items():
        if key in ("in", "out") and value:
            parts.append(f"      {_line(key)}: [\n{_items(value)}\n      ]")
        else:
            parts.append(f"      {_line(key)}: {_line(value)}")
    return "    {\n" + ",\n".join(parts) + "\n    }"


def _items(values: Sequence[Any]) -> str:
    return ",\n".join(f"        {_line(value)}" for value in values)


def load(path: Path) -> Json:
    content: Json = json.loads(path.read_text(encoding="utf-8"))
    return content


def names(paths: Iterable[Path]) -> list[str]:
    return [path.stem for path in paths]
