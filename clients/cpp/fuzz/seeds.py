"""Writes the vectors and the transcripts as inputs of decode_fuzz: `seeds.py WIRE FOLDER`."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any


def frame(told: dict[str, Any]) -> bytes:
    """The bytes of a frame in any of the forms of wire/vectors/."""
    if "text" in told:
        return str(told["text"]).encode()
    if "base64" in told:
        return base64.b64decode(told["base64"])
    return json.dumps(told["json"]).encode()


def main() -> None:
    """One file for each vector and for each transcript."""
    vectors, folder = Path(sys.argv[1]) / "vectors", Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for path in vectors.rglob("*.json"):
        content = json.loads(path.read_text())
        for case in content.get("cases", []):
            message = b"\xff".join(map(frame, case["frames"]))
            (folder / case["id"]).write_bytes(message)
        messages = [m for step in content.get("steps", []) for m in step["in"]]
        if messages:
            sequence = b"\xfe".join(b"\xff".join(map(frame, m)) for m in messages)
            (folder / f"sync-{path.stem}").write_bytes(sequence)


if __name__ == "__main__":
    main()
