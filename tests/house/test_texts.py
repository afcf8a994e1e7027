"""What no file of the tree may hold, how long one may be, and the card at its head."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.rules import (
    EXEMPTION,
    LINES_MAX,
    card_faults,
    leftovers,
    machine_paths,
    registries,
    too_long,
)
from tests.house.tree import ROOT, sources, texts

#: Here the rules and their bad samples are written.
OURS = "tests/house/"

CARD = '"""A room.\n\nHolds: it.\nMust not touch: that.\nTests: tests/house/.\n"""\n'


def judged() -> dict[str, str]:
    return {path: text for path, text in texts().items() if not path.startswith(OURS)}


def test_no_leftovers() -> None:
    assert [fault for path, text in judged().items() for fault in leftovers(path, text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "# TODO: later",
        "x = 1  # FIXME",
        "// XXX",
        "HACK",
        "breakpoint()",
        "pdb.set_trace()",
        "<<<<<<< ours",
        ">>>>>>> theirs",
    ],
)
def test_a_leftover_is_found(text: str) -> None:
    assert leftovers("file", f"fine\n{text}\n")[0].startswith("file:2: ")


def test_no_machine_paths() -> None:
    """Tests may name files that they feed to something."""
    assert [
        fault
        for path, text in judged().items()
        if not path.startswith("tests/")
        for fault in machine_paths(path, text)
    ] == []


@pytest.mark.parametrize(
    "text", ["/home/me/x", "'/root/x'", "(/tmp/x)", "see /work/x", "cd /Users/me"]
)
def test_a_machine_path_is_found(text: str) -> None:
    assert len(machine_paths("file", text)) == 1


@pytest.mark.parametrize(
    "text", ["/etc/supervisord.conf", "src/home/x", "https://example.org/home/x", "~/work/x"]
)
def test_other_paths_are_not(text: str) -> None:
    assert machine_paths("file", text) == []


def test_no_registry_is_named() -> None:
    assert [fault for path, text in judged().items() for fault in registries(path, text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "https://pypi.org/simple",
        "http://repo1.maven.org/maven2",
        "--extra-index-url x",
        "PIP_INDEX_URL=x",
        "pip --find-links x",
        "https://files.pythonhosted.org/x",
    ],
)
def test_a_registry_is_found(text: str) -> None:
    assert len(registries("file", text)) == 1


def test_no_source_is_too_long() -> None:
    assert [
        fault for module, source in sources().items() for fault in too_long(module, source)
    ] == []


def test_a_long_source_needs_an_exemption() -> None:
    long = "x\n" * (LINES_MAX + 1)
    assert len(too_long("file", long)) == 1
    assert too_long("file", f'"""{EXEMPTION} it is a table."""\n{long}') == []
    assert too_long("file", "x\n" * LINES_MAX) == []


def test_every_module_opens_with_its_card() -> None:
    """All but the package itself, which supervisord imports and which holds the version."""
    assert [
        fault
        for module, source in sources().items()
        if module != "supvisors"
        for fault in card_faults(module, source, ROOT)
    ] == []


@pytest.mark.parametrize("word", ["Holds:", "Must not touch:", "Tests:"])
def test_an_incomplete_card_is_found(word: str) -> None:
    assert card_faults("m", CARD, ROOT) == []
    assert card_faults("m", CARD.replace(word, "Maybe"), ROOT) == [f"m: its card lacks '{word}'"]


def test_no_card_at_all_is_found() -> None:
    assert len(card_faults("m", "x = 1", ROOT)) == 3


def test_a_card_that_names_no_tests_of_ours_is_found(tmp_path: Path) -> None:
    assert card_faults("m", CARD, tmp_path) == [
        "m: its card names tests/house/, which does not exist"
    ]
