"""Names on the command line: what they mean, and how a shell completes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from supvisors.cli.names import concerns, is_process, plan_concerns, rejoin_colons
from tests.cli.harness import BASE, run, write
from tests.cli.stub import Stub, refused, serving

STATUS: dict[str, Any] = {
    "addresses": [{"address_name": "alpha"}, {"address_name": "beta"}],
    "applications": [{"application_name": "web"}, {"application_name": "cron"}],
    "processes": [
        {"application_name": "web", "process_name": "db"},
        {"application_name": "web", "process_name": "front"},
        {"application_name": "cron", "process_name": "cron"},
    ],
}


def test_a_colon_means_processes() -> None:
    assert [is_process(name) for name in ("web", "web:db", "web:*")] == [False, True, True]


@pytest.mark.parametrize(
    ("name", "namespec", "expected"),
    [
        ("web", "web:db", True),
        ("web:*", "web:db", True),
        ("web:", "web:db", True),
        ("web:db", "web:db", True),
        ("web:db", "web:front", False),
        ("web", "webs:db", False),
        ("web:*", "webs:db", False),
    ],
)
def test_which_processes_a_name_means(name: str, namespec: str, expected: bool) -> None:
    assert concerns(name, namespec) is expected


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ({"application_name": "web", "active": [], "waiting": []}, True),
        ({"application_name": "", "active": ["web:db"], "waiting": []}, True),
        ({"application_name": "", "active": [], "waiting": ["web:db"]}, True),
        ({"application_name": "cron", "active": ["cron:cron"], "waiting": []}, False),
    ],
)
def test_which_plans_are_about_a_name(plan: dict[str, Any], expected: bool) -> None:
    assert plan_concerns("web", plan) is expected


@pytest.mark.parametrize(
    ("words", "joined", "prefix"),
    [
        (["supvisors", "start", "we"], ["supvisors", "start", "we"], ""),
        (["supvisors", "start", "web", ":"], ["supvisors", "start", ""], "web:"),
        (["supvisors", "start", "web", ":", "d"], ["supvisors", "start", "d"], "web:"),
        (
            ["supvisors", "start", "web", ":", "db", "--j"],
            ["supvisors", "start", "web:db", "--j"],
            "",
        ),
        (["supvisors", "start", ""], ["supvisors", "start", ""], ""),
    ],
)
def test_words_that_bash_parts_are_joined(words: list[str], joined: list[str], prefix: str) -> None:
    environment = {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
    rejoin_colons(environment)
    assert environment["COMP_WORDS"].split("\n") == joined
    assert environment["COMP_CWORD"] == str(len(joined) - 1)
    assert environment.get("_SUPVISORS_COMPLETE_PREFIX", "") == prefix


def completed(*words: str) -> list[str]:
    done = run(
        _SUPVISORS_COMPLETE="complete_bash",
        COMP_WORDS="\n".join(("supvisors", *words)),
        COMP_CWORD=str(len(words)),
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["drain", "-c", "CONF", "a"], ["alpha"]),
        (["fence", "-c", "CONF", ""], ["alpha", "beta"]),
        (["start", "-c", "CONF", "we"], ["web", "web:db", "web:front"]),
        (["start", "-c", "CONF", "web", ":"], ["db", "front"]),
        (["why", "-c", "CONF", "web", ":", "f"], ["front"]),
        (["rules", "show", "-c", "CONF", "c"], ["cron", "cron:cron"]),
        (["conciliate", "S"], ["SENICIDE", "STOP"]),
        (["start", "--strategy", "L"], ["LESS_LOADED"]),
        (["site", "r"], ["restart"]),
    ],
)
def test_names_are_completed(words: list[str], expected: list[str], tmp_path: Path) -> None:
    with serving(Stub(get_status=STATUS), tmp_path) as conf:
        assert completed(*(conf if word == "CONF" else word for word in words)) == expected


@pytest.mark.slow
def test_where_nobody_answers_there_is_nothing_to_choose(tmp_path: Path) -> None:
    assert completed("start", "-c", str(write(tmp_path, BASE)), "w") == []
    with serving(Stub(get_status=refused("FAILED", "no agent")), tmp_path) as conf:
        assert completed("start", "-c", conf, "w") == []
