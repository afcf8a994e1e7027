"""The files that the house rules look at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "supvisors"

#: Folders that are made, not written.
MADE = {
    ".git",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".venv",
    ".venv.tmp",
    "__pycache__",
    "build",
    "dist",
    "target",
}


def written_files() -> Iterator[Path]:
    """Yield every file that somebody wrote, in order."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name not in MADE)
        yield from (Path(folder, name) for name in sorted(names))


def texts() -> dict[str, str]:
    """Return the text of every written file by its path from the root of the tree."""
    return {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in written_files()}


def sources() -> dict[str, str]:
    """Return the text of every module of the package by its dotted name."""
    return {module_name(path): path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.py"))}


def module_name(path: Path) -> str:
    """Return the dotted name of a module of the package: `supvisors.core.inputs`."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def rooms() -> list[str]:
    """Return the rooms of the package: its folders and the modules beside them."""
    found = {name.split(".")[1] for name in sources() if "." in name}
    return sorted(found)
