"""The pages for maintainers say what is there, and all of it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.house.rules import (
    dead_citations,
    dead_paths,
    fragment_faults,
    unknown_words,
    unnamed,
)
from tests.house.tree import PACKAGE, ROOT, rooms, sources

MAP = ROOT / "ARCHITECTURE.md"
PAGES = [MAP, ROOT / "CONTRIBUTING.md", ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
#: Paths on a page are meant from one of these.
BASES = [ROOT, PACKAGE, PACKAGE / "core", PACKAGE / "plugin"]


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def names_of_rooms() -> list[str]:
    return [f"{room}/" if (PACKAGE / room).is_dir() else f"{room}.py" for room in rooms()]


def folders_of_tests() -> list[str]:
    return [
        f"tests/{folder.name}/"
        for folder in sorted((ROOT / "tests").iterdir())
        if folder.is_dir() and any(folder.glob("*.py"))
    ]


def test_the_map_names_every_room() -> None:
    assert unnamed(MAP.read_text(), names_of_rooms()) == []


def test_the_map_names_every_folder_of_tests() -> None:
    assert unnamed(MAP.read_text(), folders_of_tests()) == []


def test_an_unnamed_room_is_found() -> None:
    assert unnamed("`core/` and attic.py", ["core/", "attic.py"]) == ["attic.py"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_on_the_pages_exist(page: Path) -> None:
    assert dead_paths(page.name, page.read_text(), BASES) == []


def test_a_dead_path_is_found() -> None:
    text = "`core/`, `core/attic.py`, `attic/`, `gone.py`, `Makefile`, `a/b`, `clients/target/`"
    assert dead_paths("p", text, BASES) == [
        "p: core/attic.py",
        "p: attic/",
        "p: gone.py",
        "p: a/b",
    ]


def test_sections_that_the_sources_cite_exist() -> None:
    page = MAP.read_text()
    assert [
        fault
        for module, source in sources().items()
        for fault in dead_citations(module, source, page)
    ] == []


def test_a_dead_citation_is_found() -> None:
    source = "# semantics, section 2\n# semantics, section 11"
    assert dead_citations("m", source, "### 2. Words\n") == ["m: semantics, section 11"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_words_for_make_on_the_pages_exist(page: Path) -> None:
    assert unknown_words(page.name, page.read_text(), (ROOT / "Makefile").read_text()) == []


def test_an_unknown_word_for_make_is_found() -> None:
    page = "They make sense. `make check`, `make tea`\n```sh\nmake coffee\n```\n"
    assert unknown_words("p", page, "check: x\n") == ["p: make tea", "p: make coffee"]


def test_every_word_for_make_explains_itself() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.M)
    for word in phony.split():
        assert re.search(rf"^{word}:.*  ## \w", makefile, re.M), word


def test_ci_calls_make_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "cd ", "set "))]
    # the third part of `make check` is a part of `make test`
    assert [line.partition("  #")[0] for line in commands] == ["make form types", "make test"]


def test_tools_are_pinned() -> None:
    tools = project()["project"]["optional-dependencies"]["dev"]
    assert [tool for tool in tools if "==" not in tool] == []


def kinds_of_fragments() -> list[str]:
    return [kind["directory"] for kind in project()["tool"]["towncrier"]["type"]]


def test_fragments_of_the_change_log() -> None:
    kinds = kinds_of_fragments()
    assert [
        fault
        for path in sorted((ROOT / "changelog.d").iterdir())
        if path.name != "README.md"
        for fault in fragment_faults(path.name, path.read_text(), kinds)
    ] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("+tap.nothing.md", "x"),
        ("tap.added.md", "x"),
        ("+tap.added.txt", "x"),
        ("+tap.md", "x"),
        ("+Tap.added.md", "x"),
        ("+tap.added.md", " \n"),
    ],
)
def test_a_bad_fragment_is_found(name: str, text: str) -> None:
    assert len(fragment_faults(name, text, kinds_of_fragments())) == 1
