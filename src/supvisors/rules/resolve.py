"""From what is written to rules: references, what is inherited, and what holds by default.

Holds: `resolve`, which gives the `RuleBook` of what was read.
Must not touch: XML, files.
Invariants: an element wins over a reference beside it, a program over its application
(semantics, section 9).
Tests: tests/rules/test_resolve.py, tests/rules/test_mistakes.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from supvisors.model import ApplicationRule, ProcessRule
from supvisors.rules.book import ManagedApplication, Program, RuleBook
from supvisors.rules.mistakes import Mistakes, cure_of_name, join
from supvisors.rules.reader import Sheet, Written

#: What a program that is silent about it has of its application.
_INHERITED = ("starting_failure_strategy", "running_failure_strategy")


def resolve(sheet: Sheet, file: str, said: Mistakes) -> RuleBook:
    """Return the rules of a file.

    Args:
        said: takes every mistake, and the warnings.
    """
    _check_references(sheet, said)
    return RuleBook(
        file, {each.name: _application(each, sheet, said) for each in sheet.applications}
    )


def _application(written: Written, sheet: Sheet, said: Mistakes) -> ManagedApplication:
    inherited = {name: written.values[name] for name in _INHERITED if name in written.values}
    programs = tuple(
        Program(
            program.name,
            program.is_pattern,
            _process_rule(program, {**inherited, **_merged(program, sheet)}, said),
            program.line,
            program.path,
        )
        for program in written.programs
    )
    return ManagedApplication(
        written.name,
        ApplicationRule(**written.values),
        ProcessRule(**inherited),
        programs,
        written.line,
        written.path,
    )


def _process_rule(program: Written, values: Mapping[str, Any], said: Mistakes) -> ProcessRule:
    fields = dict(values)
    fields.pop("reference", None)
    if "instances" in fields:
        fields["single"] = fields.pop("instances") == "one"
    rule = ProcessRule(**fields)
    if rule.required and rule.start_sequence <= 0:
        said.warn(
            program.lines.get("required", program.line),
            join(program.path, "required"),
            "without a start rank nothing starts it, so it is taken for optional",
            "Write a start_sequence above 0, or remove required",
            "true",
        )
        return ProcessRule(**{**fields, "required": False})
    return rule


def _merged(written: Written, sheet: Sheet) -> dict[str, Any]:
    """Return what a program says, and what those say to which it refers."""
    chain = [written, *_referred(written, sheet)]
    return {name: value for each in reversed(chain) for name, value in each.values.items()}


def _referred(written: Written, sheet: Sheet) -> Iterator[Written]:
    """Yield the model to which an element refers, that model's, and so on, each once."""
    seen = set()
    name: Any = written.values.get("reference")
    while name in sheet.models and name not in seen:
        seen.add(name)
        yield sheet.models[name]
        name = sheet.models[name].values.get("reference")


def _check_references(sheet: Sheet, said: Mistakes) -> None:
    programs = [program for each in sheet.applications for program in each.programs]
    for written in (*sheet.models.values(), *programs):
        name = written.values.get("reference")
        if name is not None and name not in sheet.models:
            cure = cure_of_name(name, sheet.models, "models")
            said.refuse(*_at_reference(written), "there is no such model", cure, name)
    for model in sheet.models.values():
        if model in list(_referred(model, sheet)):
            name = model.values["reference"]
            problem = "it comes back to this model"
            said.refuse(*_at_reference(model), problem, "Remove one of the references", name)


def _at_reference(written: Written) -> tuple[int, str]:
    return written.lines["reference"], join(written.path, "reference")
