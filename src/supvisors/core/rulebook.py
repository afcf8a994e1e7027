"""What the core asks of the rules, wherever they come from.

Holds: `RuleBook`, the contract; `FixedRules`, rules that are written out one by one; `NO_RULES`.
Must not touch: files and their form; what is done because of a rule.
Invariants: what is not managed has the default rules (semantics, section 9).
Tests: tests/core/test_rulebook.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from supvisors.model import ApplicationRule, ProcessRule

_NO_APPLICATION_RULE: Final = ApplicationRule()
_NO_PROCESS_RULE: Final = ProcessRule()


class RuleBook(Protocol):
    """What an operator declares. A process need not exist to be asked for."""

    def is_managed(self, application: str) -> bool:
        """Tell whether the rules name an application."""

    def application(self, name: str) -> ApplicationRule:
        """Return the rule of an application, the default when it is not managed."""

    def process(self, application: str, name: str) -> ProcessRule:
        """Return the rule of a process, the default when its application is not managed."""


class FixedRules:
    """Rules by name.

    Args:
        processes: by namespec.
        applications: by name. One is also managed when a process of it has a rule.
    """

    def __init__(
        self,
        processes: Mapping[str, ProcessRule] | None = None,
        applications: Mapping[str, ApplicationRule] | None = None,
    ) -> None:
        self._processes = dict(processes or {})
        self._applications = dict(applications or {})
        for namespec in self._processes:
            self._applications.setdefault(namespec.partition(":")[0], _NO_APPLICATION_RULE)

    def is_managed(self, application: str) -> bool:
        return application in self._applications

    def application(self, name: str) -> ApplicationRule:
        return self._applications.get(name, _NO_APPLICATION_RULE)

    def process(self, application: str, name: str) -> ProcessRule:
        return self._processes.get(f"{application}:{name}", _NO_PROCESS_RULE)


NO_RULES: Final[RuleBook] = FixedRules()
