"""From elements to what is written in them, one by one.

Holds: `read`, which gives `Written` for every application, program and model.
Must not touch: XML (`document.py`); what the elements mean together (`resolve.py`).
Invariants: it goes on behind every mistake, so that one reading finds them all.
Tests: tests/rules/test_mistakes.py, tests/rules/test_elements.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from supvisors.model import AddressMarker
from supvisors.rules.document import Element
from supvisors.rules.mistakes import Mistakes, cure_of_name, join
from supvisors.rules.table import (
    ADDRESS_LIST,
    NAME,
    NAME_CURE,
    OF_APPLICATION,
    OF_PROGRAM,
    Row,
)

#: The group of the agent, which supervisord looks after.
OWN_GROUP: Final = "supvisors"
_ROOT_HOLDS: Final = ("application", "model", "alias")
_ROWS: Final = {
    "application": {row.name: row for row in OF_APPLICATION},
    "program": {row.name: row for row in OF_PROGRAM},
    "model": {row.name: row for row in OF_PROGRAM},
}


@dataclass(frozen=True, slots=True)
class Written:
    """What one application, program or model says.

    Attributes:
        name: its own; for a program also the pattern.
        is_pattern: the name is the pattern of a program.
        path: of the element, for what is said about it.
        values: by name of the element.
        lines: of these elements.
        programs: of an application.
    """

    name: str
    is_pattern: bool
    path: str
    line: int
    values: Mapping[str, Any]
    lines: Mapping[str, int]
    programs: tuple[Written, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is written in a file."""

    applications: tuple[Written, ...]
    models: Mapping[str, Written]


def read(root: Element, addresses: Sequence[str], said: Mistakes) -> Sheet:
    """Return what a file says.

    Args:
        addresses: names of the address list.
        said: takes every mistake.
    """
    if root.tag != "root":
        said.refuse(root.line, f"<{root.tag}>", "the first element is not <root>", "Write <root>")
        return Sheet((), {})
    return _Reader(addresses, said).read(root)


@dataclass
class _Reader:
    addresses: Sequence[str]
    said: Mistakes
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def read(self, root: Element) -> Sheet:
        self._check(root, "", (), _ROOT_HOLDS)
        found: dict[str, list[Element]] = {tag: [] for tag in _ROOT_HOLDS}
        for child in root.children:
            found.get(child.tag, []).append(child)
        self._read_aliases(found["alias"])
        models = [self._read_rows(element, "", "model") for element in found["model"]]
        applications = [self._read_application(element) for element in found["application"]]
        self._refuse_doubles(models)
        self._refuse_doubles(applications)
        for application in applications:
            if application.name == OWN_GROUP:
                problem = "this is the agent itself, which supervisord looks after"
                self.said.refuse(application.line, application.path, problem, "Remove it")
        return Sheet(tuple(applications), {model.name: model for model in models if model.name})

    # --- names and addresses ---------------------------------------------------------------

    def _read_aliases(self, elements: Sequence[Element]) -> None:
        for element in elements:
            name, path = self._name(element, "", ("name",))
            self._check(element, path, ("name",), ())
            words = self._value(ADDRESS_LIST, element, path) or ()
            self._check_addresses(element, path, words, self.addresses)
            if name in self.aliases:
                self._refuse_double(element.line, path)
            elif name in self.addresses:
                problem, cure = "an address has that name", "Write another name"
                self.said.refuse(element.line, path, problem, cure)
            if name:
                self.aliases[name] = words

    def _check_addresses(
        self, element: Element, path: str, words: Sequence[str], known: Sequence[str]
    ) -> None:
        for word in words:
            if word not in known:
                cure = cure_of_name(word, known, "names that are known here")
                problem = f"{word} is not in address_list"
                if len(known) > len(self.addresses):
                    problem += " and no alias"
                self.said.refuse(element.line, path, problem, cure, element.text)

    def _dissolve(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Return addresses with those of an alias in its place, each where it comes first."""
        each = [address for word in words for address in self.aliases.get(word, (word,))]
        return tuple(dict.fromkeys(each))

    def _name(self, element: Element, path: str, attributes: Sequence[str]) -> tuple[str, str]:
        """Return the name of an element, '' when it has no good one, and its path."""
        given = [name for name in attributes if name in element.attributes]
        text = element.attributes[given[0]] if given else ""
        kind = "pattern " if given and given[0] == "pattern" else ""
        shown = text if text.isprintable() else repr(text)
        own = join(path, f"{element.tag} {kind}{shown}".strip())
        if len(given) != 1:
            example = f'<{element.tag} {attributes[0]}="…">'
            problem = f"it has no {' and no '.join(attributes)}"
            if given:
                problem = f"it has both {' and '.join(attributes)}"
            cure = f"Write {' or '.join(attributes)}, for example: {example}"
            self.said.refuse(element.line, own, problem, cure)
        elif not NAME.fullmatch(text):
            problem = "not one word without blanks, colons and slashes"
            self.said.refuse(
                element.line, join(path, element.tag, given[0]), problem, NAME_CURE, text
            )
            return "", own
        return text, own

    # --- elements --------------------------------------------------------------------------

    def _read_application(self, element: Element) -> Written:
        application = self._read_rows(element, "", "application", ("program",))
        programs = tuple(
            self._read_rows(child, application.path, "program")
            for child in element.children
            if child.tag == "program"
        )
        self._refuse_doubles(programs)
        return Written(
            application.name,
            False,
            application.path,
            application.line,
            application.values,
            application.lines,
            programs,
        )

    def _read_rows(
        self, element: Element, path: str, kind: str, besides: tuple[str, ...] = ()
    ) -> Written:
        """Return what the elements of an application, program or model say."""
        names = ("name", "pattern") if kind == "program" else ("name",)
        name, path = self._name(element, path, names)
        rows = _ROWS[kind]
        self._check(element, path, names, (*rows, *besides))
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for child in element.children:
            row = rows.get(child.tag)
            if row is None:
                continue
            own = join(path, child.tag)
            self._check(child, own, (), ())
            if row.field in lines:
                self._refuse_double(child.line, own, lines[row.field])
                continue
            lines[row.field] = child.line
            value = self._value(row, child, own)
            if row.field == "addresses" and value is not None:
                value = self._addresses(child, own, value)
            if value is not None:
                values[row.field] = value
        return Written(name, "pattern" in element.attributes, path, element.line, values, lines)

    def _addresses(
        self, element: Element, path: str, value: tuple[str, ...] | AddressMarker
    ) -> tuple[str, ...] | AddressMarker:
        if isinstance(value, AddressMarker):
            return value
        self._check_addresses(element, path, value, (*self.addresses, *self.aliases))
        return self._dissolve(value)

    def _value(self, row: Row, element: Element, path: str) -> Any:
        try:
            return row.kind.read(element.text)
        except ValueError as error:
            problem = str(error) if element.text else "it is empty"
            self.said.refuse(element.line, path, problem, row.cure, element.text)
            return None

    def _check(
        self, element: Element, path: str, attributes: Sequence[str], children: Sequence[str]
    ) -> None:
        """Refuse attributes, elements and text that have no place in an element."""
        for name, value in element.attributes.items():
            if name not in attributes:
                cure = _cure_of_place(name, attributes, "attributes")
                own = join(path or element.tag, name)
                self.said.refuse(element.line, own, "there is no such attribute here", cure, value)
        for child in element.children:
            if child.tag not in children:
                cure = _cure_of_place(child.tag, children, "elements")
                problem = "there is no such element here"
                self.said.refuse(child.line, join(path, child.tag), problem, cure, child.text)
        if children and element.text:
            problem = "there is text between the elements"
            self.said.refuse(element.line, path or element.tag, problem, "Remove it", element.text)

    # --- what is written twice -------------------------------------------------------------

    def _refuse_doubles(self, written: Sequence[Written]) -> None:
        first: dict[tuple[str, bool], int] = {}
        for each in written:
            key = each.name, each.is_pattern
            if each.name and key in first:
                self._refuse_double(each.line, each.path, first[key])
            first.setdefault(key, each.line)

    def _refuse_double(self, line: int, path: str, first: int | None = None) -> None:
        where = f", the first time in line {first}" if first else ""
        self.said.refuse(line, path, f"it is written twice{where}", "Remove one of them")


def _cure_of_place(name: str, known: Sequence[str], what: str) -> str:
    return cure_of_name(name, known, f"{what} of this place") if known else "Remove it"
