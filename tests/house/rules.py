"""The house rules that can be read off a text. Each returns what it finds, a line for each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from tests.house.tree import MADE

LINES_MAX = 400
#: A longer file says in its docstring why it is one subject and not two.
EXEMPTION = f"Longer than {LINES_MAX} lines because"

CARD = ("Holds:", "Must not touch:", "Tests:")

#: What would let the core see the clock, the world, or the accidents of one run.
UNKNOWN_TO_CORE = frozenset(
    "__import__ breakpoint bytearray bytes compile eval exec globals hash id input locals "
    "memoryview open print".split()
)

LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK|breakpoint\(|set_trace\()|^(<{7}|>{7})", re.M)
MACHINE_PATH = re.compile(r"(?<![\w.~}/-])/(?:home|root|Users|work|tmp)/\w")
REGISTRY = re.compile(
    r"https?://[\w.-]*(?:pypi|pythonhosted|maven|sonatype|npmjs|deb\.debian)[\w.-]*"
    r"|index-url|PIP_INDEX|find-links",
    re.I,
)

_TEST_PATH = re.compile(r"\btests/[\w/.-]*[\w/]")
_TARGET = re.compile(r"^([a-z-]+):", re.M)
_MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")
_MAP_PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|toml|md))`")


def _lines_with(pattern: re.Pattern[str], path: str, text: str) -> list[str]:
    return [
        f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}"
        for match in pattern.finditer(text)
    ]


def leftovers(path: str, text: str) -> list[str]:
    """Find marks of unfinished work."""
    return _lines_with(LEFTOVER, path, text)


def machine_paths(path: str, text: str) -> list[str]:
    """Find paths that exist on somebody's machine only."""
    return _lines_with(MACHINE_PATH, path, text)


def registries(path: str, text: str) -> list[str]:
    """Find places where packages are fetched from: that is the machine's own business."""
    return _lines_with(REGISTRY, path, text)


def too_long(path: str, text: str) -> list[str]:
    """Find a file that has grown over the limit without a word why."""
    count = len(text.splitlines())
    if count <= LINES_MAX or EXEMPTION in text:
        return []
    return [f"{path}: {count} lines; split it by subject, or say '{EXEMPTION} …'"]


def card_faults(module: str, source: str, root: Path) -> list[str]:
    """Find what the card at the head of a module lacks, and tests that it names in vain."""
    card = ast.get_docstring(ast.parse(source)) or ""
    lacking = [f"{module}: its card lacks '{word}'" for word in CARD if word not in card]
    _, _, tests = card.partition("Tests:")
    return lacking + [
        f"{module}: its card names {path}, which does not exist"
        for path in _TEST_PATH.findall(tests)
        if not (root / path).exists()
    ]


def impurities(module: str, source: str) -> list[str]:
    """Find names that the core must not know."""
    return [
        f"{module}:{node.lineno}: {node.id}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name) and node.id in UNKNOWN_TO_CORE
    ]


def unnamed(text: str, names: Iterable[str]) -> list[str]:
    """Return those of the names that a text does not spell between backticks."""
    return [name for name in names if f"`{name}`" not in text]


def dead_paths(page: str, text: str, bases: Iterable[Path]) -> list[str]:
    """Find paths that a page names and that are not there, what is made left out."""
    bases = list(bases)
    return [
        f"{page}: {path}"
        for path in _MAP_PATH.findall(text)
        if not MADE.intersection(path.split("/"))
        and not any((base / path).exists() for base in bases)
    ]


def unknown_words(page: str, text: str, makefile: str) -> list[str]:
    """Find `make` words that a page, in its code, shows and the Makefile does not have."""
    code = re.findall(r"`[^`\n]+`|^```.*?^```", text, re.M | re.S)
    targets = set(_TARGET.findall(makefile))
    return [
        f"{page}: make {word}" for word in _MAKE.findall("\n".join(code)) if word not in targets
    ]


def dead_citations(module: str, source: str, page: str) -> list[str]:
    """Find sections of the semantics that a source cites and the page does not have."""
    sections = set(re.findall(r"^### (\d+)\.", page, re.M))
    return [
        f"{module}: semantics, section {number}"
        for number in re.findall(r"semantics, section (\d+)", source)
        if number not in sections
    ]


def fragment_faults(name: str, text: str, kinds: Iterable[str]) -> list[str]:
    """Find what is wrong with one fragment of the change log."""
    stem, _, kind = name.removesuffix(".md").rpartition(".")
    faults = []
    if not name.endswith(".md") or not re.fullmatch(r"\+[a-z0-9-]+", stem) or kind not in kinds:
        faults.append(f"changelog.d/{name}: a name reads '+subject.KIND.md', KIND of {list(kinds)}")
    if not text.strip():
        faults.append(f"changelog.d/{name}: empty")
    return faults
