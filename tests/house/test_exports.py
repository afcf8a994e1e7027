"""The names that the specification of the event interface promises are there, and no more."""

from __future__ import annotations

import ast

import pytest

from supvisors import utils
from tests.house.tree import PACKAGE

UTILS = {
    "SUPVISORS_STATUS_HEADER": "supvisors",
    "ADDRESS_STATUS_HEADER": "address",
    "APPLICATION_STATUS_HEADER": "application",
    "PROCESS_STATUS_HEADER": "process",
    "PROCESS_EVENT_HEADER": "event",
}

#: What the Python snippet of the specification uses after `import *`.
SUBSCRIBER = {"SupvisorsEventInterface", "create_logger", "zmq"}


def assigned(source: str) -> set[str]:
    """Return the names that a module binds at its top level, imports apart."""
    bound: set[str] = set()
    for node in ast.parse(source).body:
        match node:
            case ast.Assign(targets=targets):
                bound |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
    return bound


def test_utils_holds_the_headers_and_no_guest() -> None:
    assert assigned((PACKAGE / "utils.py").read_text()) == set(UTILS)


def test_headers_are_spelt_as_specified() -> None:
    assert {name: getattr(utils, name) for name in UTILS} == UTILS


@pytest.mark.parametrize(
    "line", ["GUEST = 1", "GUEST: int = 1", "def GUEST(): ...", "class GUEST: ..."]
)
def test_a_guest_is_found(line: str) -> None:
    assert assigned(f"import os\n{line}") == {"GUEST"}


def test_subscriber_exports_what_the_snippet_uses() -> None:
    names: dict[str, object] = {}
    exec("from supvisors.client.subscriber import *", names)
    assert set(names) >= SUBSCRIBER
