"""What the pages show works: shell lines run, Python runs, configuration is accepted.

Every fenced block of README.md and docs/ is run or read: `sh` blocks line by line beside a
real supervisord, `python` blocks against its event port, `ini` blocks by `supvisors check`,
`xml` blocks as rules files; `cpp` and `cmake` blocks in test_cpp_page.py, `java`
blocks in tests/clients/test_java.py.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from supvisors.rules import parse_rules
from tests.live.harness import Site, serving, wait_for

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
#: Words a shell block may begin with: what these pages are about. `make` runs in CI itself.
COMMANDS = ("supvisors", "supervisorctl")
LANGUAGES = {"sh", "python", "ini", "xml", "text", "cpp", "cmake", "java"}


def blocks(language: str) -> list[tuple[str, str]]:
    """Return page name and text of every block in a language."""
    return [
        (page.name, match.group(2))
        for page in PAGES
        for match in BLOCK.finditer(page.read_text())
        if match.group(1) == language
    ]


def shell_lines() -> list[tuple[str, str]]:
    """Return page name and line of every command that the pages show."""
    return [
        (page, line)
        for page, text in blocks("sh")
        for line in text.splitlines()
        if line and not line.startswith(("#", "make ", "git ", "cd ", "pip "))
    ]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A host that serves while the blocks of all pages run."""
    with serving(
        tmp_path_factory.mktemp("docs"), "[program:camera]\ncommand = sleep 1000\nstartsecs = 0\n"
    ) as site:
        yield site


def test_every_block_is_of_a_kind_that_is_checked() -> None:
    kinds = {match.group(1) for page in PAGES for match in BLOCK.finditer(page.read_text())}
    assert kinds <= LANGUAGES
    assert {"sh", "python", "ini"} <= kinds


@pytest.mark.parametrize(("page", "line"), shell_lines())
def test_shell_lines_run(site: Site, page: str, line: str) -> None:
    assert line.split()[0] in COMMANDS, "a block may only show commands that are run here"
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=site.directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("page", "text"), blocks("python"))
def test_python_blocks_hear_events(site: Site, tmp_path: Path, page: str, text: str) -> None:
    script = tmp_path / "block.py"
    script.write_text(f"port = {site.event_port}\n{text}")
    with (tmp_path / "out").open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-u", str(script)],
            stdout=out,
            stderr=out,
            env={**os.environ, "SITE": str(site.directory)},
        )
    try:

        def heard() -> bool:
            printed = (tmp_path / "out").read_text()
            if "camera" in printed:
                return True
            assert process.poll() is None, printed
            if site.info("camera")["statename"] == "RUNNING":
                site.rpc().supervisor.stopProcess("camera")
            else:
                site.rpc().supervisor.startProcess("camera")
            return False

        wait_for(heard, lambda: (tmp_path / "out").read_text())
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(("page", "text"), blocks("ini"))
def test_configuration_blocks_are_accepted(tmp_path: Path, page: str, text: str) -> None:
    base = Site(tmp_path)
    base.write(supvisors="")
    written = base.conf.read_text()
    # a section of the block takes the place of the fixed one
    for header in re.findall(r"^\[.*?\]", text, re.M):
        written = re.sub(rf"^{re.escape(header)}\n(?:(?!\[).*\n)*", "", written, flags=re.M)
    base.conf.write_text(f"{written}\n{text}")
    shutil.copy(ROOT / "examples" / "rules.xml", tmp_path)
    words = [["check"]]
    if "state_dir" in text:  # the page says that keys are needed then
        words.insert(0, ["keys", "init"])
    for command in words:
        done = subprocess.run(
            [sys.executable, "-m", "supvisors.cli", *command, "-c", str(base.conf)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("page", "text"), blocks("xml"))
def test_rules_are_accepted(page: str, text: str) -> None:
    rules, warnings = parse_rules(text.encode(), page, ("alpha", "beta", "gamma"))
    assert rules.applications
    assert warnings == ()
