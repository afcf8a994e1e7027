"""Reads wire/vectors/ for the tests of this folder and of the clients."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

WIRE: Final = Path(__file__).parents[2] / "wire"
SCHEMAS: Final = WIRE / "schema"
FILES: Final = sorted((WIRE / "vectors").glob("*.json"))


@dataclass(frozen=True)
class Case:
    """One vector, as wire/README.md explains it.

    Attributes:
        schema: schema of its JSON frame; None for a message that is wrong as a whole.
        decoded: None for an invalid case; `reason` is None for a valid one.
    """

    id: str
    comment: str
    schema: str | None
    frames: tuple[bytes, ...]
    valid: bool
    decoded: dict[str, Any] | None
    reason: str | None
    flags: frozenset[str]

    def __str__(self) -> str:
        return self.id


def load(path: Path) -> Any:
    """The content of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def _frame(frame: dict[str, str]) -> bytes:
    if "text" in frame:
        return frame["text"].encode()
    return base64.b64decode(frame["base64"], validate=True)


def _cases(path: Path) -> list[Case]:
    content = load(path)
    schema = content["schema"]
    return [
        Case(
            id=case["id"],
            comment=case["comment"],
            schema=schema and Path(schema).name,
            frames=tuple(_frame(frame) for frame in case["frames"]),
            valid=case["valid"],
            decoded=case.get("decoded"),
            reason=case.get("reason"),
            flags=frozenset(case["flags"]),
        )
        for case in content["cases"]
    ]


CASES: Final = [case for path in FILES for case in _cases(path)]
VALID: Final = [case for case in CASES if case.valid]
INVALID: Final = [case for case in CASES if not case.valid]
