"""What is no rules file at all, and what a hostile one cannot do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from supvisors.config import ConfigError
from supvisors.rules import load_rules
from supvisors.rules.document import parse
from supvisors.rules.table import BYTES_MAX
from tests.rules.harness import ADDRESSES, FILE, book, mistakes

XML = "Correct it there, or above."

#: bytes -> what is said of them
BROKEN = {
    b"": f"1: no XML: Document is empty. {XML}",
    b"<root>\n<a></root>": f"2: no XML: Opening and ending tag mismatch: a line 2 and root. {XML}",
    b"<root>\n&what;</root>": f"2: no XML: Entity 'what' not defined. {XML}",
    b"<root>\n\xff</root>": "2: not UTF-8. Save the file as UTF-8.",
    "<root/>".encode("utf-16"): "1: not UTF-8. Save the file as UTF-8.",
    "<root/>".encode("utf-16-le"): "1: not UTF-8. Save the file as UTF-8.",
    b"<!-- a --> <?p i?>\n<!DOCTYPE root><root/>": (
        "2: it has a document type. Remove <!DOCTYPE …>."
    ),
    b'\xef\xbb\xbf<?xml version="1.0"?><!DOCTYPE root SYSTEM "http://127.0.0.1/"><root/>': (
        "1: it has a document type. Remove <!DOCTYPE …>."
    ),
}


@pytest.mark.parametrize(("data", "said"), BROKEN.items())
def test_what_is_no_rules_file(data: bytes, said: str) -> None:
    assert mistakes(data) == [said]


def test_an_entity_brings_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("gamma")
    text = f'<!DOCTYPE root [<!ENTITY s SYSTEM "file://{secret}">]><root>&s;</root>'
    assert mistakes(text) == ["1: it has a document type. Remove <!DOCTYPE …>."]


def test_a_larger_file_is_refused_and_not_read_to_its_end() -> None:
    blank = b"<root/>" + b" " * (BYTES_MAX - len(b"<root/>"))
    assert parse(blank, FILE).root.tag == "root"
    (said,) = mistakes(blank + b" ")
    assert said == f" larger than {BYTES_MAX} bytes. Name a rules file."
    with pytest.raises(ConfigError, match="larger than"):
        load_rules("/dev/zero", ADDRESSES, lambda option: ("", None))


@pytest.mark.parametrize(
    "data",
    [
        b"<!-- a -->" * 50_000 + b"<root",
        b"<?a?>" * 50_000 + b"<root",
        b" " * 500_000 + b"<!DOCTYP",
        b"<!--" * 100_000,
        b"<root>" * 50_000,
    ],
    ids=["comments", "instructions", "blanks", "open comments", "depth"],
)
@pytest.mark.timeout(10)
def test_no_text_takes_long(data: bytes) -> None:
    assert len(mistakes(data)) == 1


def test_a_byte_order_mark_is_passed_over() -> None:
    assert book("\ufeff<root/>").applications == {}


def test_a_comment_may_speak_of_document_types() -> None:
    assert book("<!-- <!DOCTYPE x> --><root/>").applications == {}


def test_an_agent_without_rules_loads_no_parser() -> None:
    code = "import sys, supvisors.agent; print([m for m in sys.modules if 'lxml' in m])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "[]\n"
