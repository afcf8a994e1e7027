"""The demo names a command that its reader can type."""

from __future__ import annotations

import shutil
import sys

import pytest

from supvisors.cli import demo


@pytest.mark.parametrize(
    ("called_as", "found", "named"),
    [
        (".venv/bin/supvisors", None, ".venv/bin/supvisors"),
        (".venv/bin/supvisors", "/usr/bin/supvisors", "supvisors"),
        ("supvisors/cli/__main__.py", None, "supvisors"),
    ],
)
def test_it_names_itself_as_a_shell_finds_it(
    called_as: str, found: str | None, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [called_as, "demo"])
    monkeypatch.setattr(shutil, "which", lambda _: found)
    assert demo._command() == named
