"""What can be wrong with a message that arrived.

Holds: the reasons, spelt as the vectors spell them, and the one error of this room.
Must not touch: anything else.
Invariants: a reason is never renamed; wire/README.md explains each.
Tests: tests/wire/test_vectors.py (every reason has a vector), tests/wire/test_readme.py.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why a message is refused (wire/README.md, section "Reasons")."""

    FRAME_COUNT = "frame_count"
    UNKNOWN_HEADER = "unknown_header"
    NOT_UTF8 = "not_utf8"
    BAD_JSON = "bad_json"
    NOT_AN_OBJECT = "not_an_object"
    DUPLICATE_KEY = "duplicate_key"
    MISSING_KEY = "missing_key"
    EXTRA_KEY = "extra_key"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN_CODE = "unknown_code"
    CONTRADICTION = "contradiction"
    BAD_META = "bad_meta"
    BAD_CONTENT = "bad_content"


class WireError(Exception):
    """A message that no publisher of this protocol sends: the peer's fault.

    Drop the message, count it, go on with the next one.

    Attributes:
        reason: what kind of fault it is.
        header: first frame as text, '' when there is none; bytes that are not UTF-8 show as
            U+FFFD.
        detail: what exactly is wrong, for people.
    """

    def __init__(self, reason: Reason, header: str, detail: str) -> None:
        super().__init__(reason, header, detail)
        self.reason = reason
        self.header = header
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason} in a message with header {self.header!r}: {self.detail}"
