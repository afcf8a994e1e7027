"""What passes which choice."""

from __future__ import annotations

import pytest

from supvisors.client.choice import Choice, as_set
from supvisors.model import ProcessEvent
from supvisors.wire.happenings import Event, Gap, Happening, Joined, Status, Vanished
from tests.client.harness import BODIES

EVENT = BODIES["event"]
assert isinstance(EVENT, ProcessEvent)
HAPPENINGS: dict[str, Happening] = {
    **{name: Status(body, None, 1) for name, body in BODIES.items() if name != "event"},
    "event": Event(EVENT, ("alpha", "b", 1), None, 1),
    "removed process": Vanished("web", "nginx"),
    "removed application": Vanished("web", ""),
}
ALL = set(HAPPENINGS)
OF_WEB = {"application", "process", "event", "removed process", "removed application"}


@pytest.mark.parametrize(
    ("choice", "passing"),
    [
        (Choice(), ALL),
        (Choice(frozenset({"process"})), {"process", "removed process"}),
        (
            Choice(frozenset({"application", "supvisors"})),
            {
                "application",
                "supvisors",
                "removed application",
            },
        ),
        (Choice(applications=frozenset({"web"})), OF_WEB),
        (Choice(applications=frozenset({"db"})), set()),
        (Choice(processes=frozenset({"web:nginx"})), {"process", "event", "removed process"}),
        (Choice(processes=frozenset({"web:*", "db:pg"})), {"process", "event", "removed process"}),
        (Choice(processes=frozenset({"web:php"})), set()),
        (Choice(addresses=frozenset({"alpha"})), {"address", "process", "event"}),
        (Choice(addresses=frozenset({"bêta"})), {"process"}),
        (Choice(frozenset({"event"}), addresses=frozenset({"alpha"})), {"event"}),
    ],
)
def test_what_passes(choice: Choice, passing: set[str]) -> None:
    assert {name for name, happening in HAPPENINGS.items() if choice.takes(happening)} == passing


def test_gaps_pass_where_something_may_be_missed() -> None:
    choice = Choice(frozenset({"process"}), applications=frozenset({"web"}))
    assert choice.takes(Joined())
    assert choice.takes(Gap("process", 1, 2))
    assert choice.takes(Gap("removed", 1, 2))
    assert not choice.takes(Gap("event", 1, 2))


def test_one_name_or_several() -> None:
    assert as_set(None) is None
    assert as_set("web") == frozenset({"web"})
    assert as_set(["web", "db"]) == frozenset({"web", "db"})
