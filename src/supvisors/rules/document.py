"""From bytes to elements: the one place that knows XML.

Holds: `parse`, which gives a plain tree of `Element`; the schema `rules.xsd`; the limits that
keep a hostile file from costing time, memory or a connection.
Must not touch: the meaning of an element (`reader.py`).
Invariants: any bytes give a document or one `ConfigError`. Nothing is fetched, no entity is
expanded, no document type is accepted.
Tests: tests/rules/test_document.py.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from lxml import etree

from supvisors.config import ConfigError, Mistake
from supvisors.rules.table import BYTES_MAX

SCHEMA: Final = "rules.xsd"

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
#: What may stand before the first element, and a document type there. No part of it is tried
#: a second time, so that it takes one pass over any text.
_DOCTYPE: Final = re.compile(rb"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
_SCHEMA_HINTS: Final = re.compile(
    r"\{http://www\.w3\.org/2001/XMLSchema-instance\}(noNamespaceS|s)chemaLocation"
)


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a file.

    Attributes:
        line: number from 1 of its start.
        text: its own, without that of its children and without white space around it.
    """

    tag: str
    line: int
    attributes: Mapping[str, str]
    text: str
    children: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A well-formed file.

    Attributes:
        complaints: line and words of what the schema has against it.
    """

    root: Element
    complaints: tuple[tuple[int, str], ...]


def parse(data: bytes, file: str) -> Document:
    """Return the elements of a file.

    Args:
        file: its name, for what is said about it.

    Raises:
        ConfigError: it is no XML, or not of a kind that is read here.
    """
    trouble = _trouble(data)
    if trouble is not None:
        raise _error(file, *trouble)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data.removeprefix(_BYTE_ORDER_MARK), parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        problem = re.sub(r", line \d+, column \d+.*", "", error.msg or "it is empty", flags=re.S)
        raise _error(file, line, f"no XML: {problem}", "Correct it there, or above") from error
    docinfo = root.getroottree().docinfo
    assert docinfo.internalDTD is None, "a document type came through"
    schema = _schema()
    schema.validate(root)
    complaints = [(entry.line, str(entry.message)) for entry in schema.error_log]
    return Document(_element(root), tuple(complaints))


def _trouble(data: bytes) -> tuple[int | None, str, str] | None:
    """Return line, problem and cure of what is not even given to the parser."""
    if len(data) > BYTES_MAX:
        return None, f"larger than {BYTES_MAX} bytes", "Name a rules file"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1, "not UTF-8", "Save the file as UTF-8"
    if b"\0" in data:
        return data[: data.index(b"\0")].count(b"\n") + 1, "not UTF-8", "Save the file as UTF-8"
    found = _DOCTYPE.match(data.removeprefix(_BYTE_ORDER_MARK))
    if found:
        return (
            data.count(b"\n", 0, found.end()) + 1,
            "it has a document type",
            "Remove <!DOCTYPE …>",
        )
    return None


def _error(file: str, line: int | None, problem: str, cure: str) -> ConfigError:
    return ConfigError((Mistake(file, line, "", "", problem, cure, ""),))


@functools.cache
def _schema() -> Any:
    text = resources.files("supvisors.rules").joinpath(SCHEMA).read_bytes()
    return etree.XMLSchema(etree.fromstring(text))


def _element(node: Any) -> Element:
    children = [child for child in node if isinstance(child.tag, str)]
    texts = [node.text, *(child.tail for child in node)]
    return Element(
        str(node.tag),
        int(node.sourceline or 1),
        {
            str(name): str(value)
            for name, value in node.attrib.items()
            if not _SCHEMA_HINTS.fullmatch(str(name))
        },
        "".join(text or "" for text in texts).strip(" \t\r\n"),
        tuple(_element(child) for child in children),
    )
