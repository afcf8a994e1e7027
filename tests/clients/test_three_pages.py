"""The pages of the three clients offer the same, and say it with the same words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEADING = "## What the clients offer\n"
#: Page -> where the names of its column come from.
SOURCES = {
    "python-client.md": ("src/supvisors/client", "src/supvisors/wire", "examples"),
    "java-client.md": ("clients/java/src/main",),
    "cpp-client.md": ("clients/cpp/include", "clients/cpp/examples"),
}


def section(page: str) -> str:
    """What stands under the heading, up to the next one."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    assert text.count(HEADING) == 1, f"{page} needs the section {HEADING!r} once"
    return re.split(r"^## ", text.partition(HEADING)[2], flags=re.M)[0].strip()


def names(column: int) -> set[str]:
    """The words of the code spans of one column, without what is called with them."""
    rows = [line.split("|")[1:-1] for line in section("java-client.md").splitlines() if "|" in line]
    spans = [span for row in rows for span in re.findall(r"`([^`]+)`", row[column])]
    return {re.split(r"[(=]|\.py$", span)[0].split("::")[-1].split("/")[-1] for span in spans}


@pytest.mark.parametrize("page", SOURCES)
def test_the_pages_have_one_table(page: str) -> None:
    assert section(page) == section("java-client.md")


@pytest.mark.parametrize(("column", "page"), list(enumerate(SOURCES, 1)))
def test_what_a_table_names_exists(column: int, page: str) -> None:
    files = [file for folder in SOURCES[page] for file in sorted((ROOT / folder).rglob("*.*"))]
    text = "\n".join(
        f"{file.stem}\n{file.read_text('utf-8')}"
        for file in files
        if file.suffix in (".py", ".java", ".hpp", ".cpp")
    )
    assert names(column)
    assert [name for name in names(column) if not re.search(rf"\b{name}\b", text)] == []
