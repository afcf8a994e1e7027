"""What a run ends with when a rule does not hold.

Holds: `Broken`.
Must not touch: the rules.
"""

from __future__ import annotations


class Broken(AssertionError):
    """A rule of the semantics does not hold.

    Attributes:
        rule: in a few words, the same for all runs that break it.
    """

    def __init__(self, rule: str, what: str) -> None:
        super().__init__(f"{rule}: {what}")
        self.rule = rule
