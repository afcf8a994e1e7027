"""What the clients make of the transcripts: the same happenings, and a cursor behind each."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from supvisors.client import follower as module
from supvisors.client.follower import Follower
from supvisors.wire.high import Cursor
from tests.wire.transcripts import FILES, as_json, frame

TOPICS = ("subscribe", "unsubscribe")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_handed_out_is_what_the_transcript_says(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = json.loads(path.read_text())
    now = 0.0
    clock = SimpleNamespace(monotonic=lambda: now)
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr("secrets.token_hex", lambda _: content["client"])
    begin = content["cursor"] and json.dumps(content["cursor"])
    follower = Follower(
        lambda _option, _topic: None,
        lambda _error: None,
        content["headers"],
        begin,
        content["since_ms"],
    )
    for index, step in enumerate(content["steps"]):
        now = step["at"]
        if index == 0:
            follower.start()
        else:
            follower.look()
        for message in step["in"]:
            follower.take([frame(told) for told in message])
        assert handed_out(follower) == [out for out in step["out"] if not set(out) & set(TOPICS)]
        if "cursor" in step:
            assert follower.cursor == (step["cursor"] and text_of(step["cursor"])), step["comment"]


def handed_out(follower: Follower) -> list[dict[str, Any]]:
    """Take all there is; the cursor never goes back in one journal."""
    told = []
    before = follower.cursor
    while (happening := follower.hand_out()) is not None:
        told.append(as_json(happening))
        assert not is_back(before, follower.cursor)
        before = follower.cursor
    return told


def is_back(before: str | None, after: str | None) -> bool:
    if before is None or after is None:
        return False
    old, new = Cursor.decode(before), Cursor.decode(after)
    return (
        old.journal == new.journal
        and new.seq >= old.seq
        and (new.told or new.seq) < (old.told or old.seq)
    )


def text_of(cursor: dict[str, Any]) -> str:
    return Cursor.decode(json.dumps(cursor)).encode()
