"""Each story is told again, and says the same; `--rewrite` records it as it is now."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.clusters import ClusterTeller
from tests.stories.teller import retell

STORIES = sorted(Path(__file__).parent.rglob("*.txt"))


def test_there_are_stories() -> None:
    assert STORIES


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.stem)
def test_story(story: Path, pytestconfig: pytest.Config) -> None:
    written = story.read_text(encoding="utf-8")
    told = retell(written, ClusterTeller() if story.parent.name == "clusters" else None)
    if pytestconfig.getoption("rewrite", default=False):
        story.write_text(told, encoding="utf-8")
    else:
        assert told.splitlines() == written.splitlines()


def test_a_line_that_no_command_gave_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="neither a command"):
        retell("supvisors OPERATION\n")
