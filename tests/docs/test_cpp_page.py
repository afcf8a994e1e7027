"""What the page of the C++ client shows is built as it says there, and hears events."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.program import running
from tests.live.harness import Site, serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        shutil.which("cmake") is None or shutil.which("g++") is None,
        reason="no C++ here: tools/setup.sh cpp",
    ),
]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cpp-client.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)


def run(line: str, cwd: Path) -> None:
    done = subprocess.run(
        line.split(), cwd=cwd, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package is, installed by the lines of the page."""
    folder = tmp_path_factory.mktemp("cpp")
    (lines,) = blocks("text")
    for line in lines.splitlines():
        here = line.replace("build/cpp", str(folder / "build"))
        run(here.replace("/usr/local", str(folder / "prefix")), ROOT)
    return folder / "prefix"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A host with a program that comes and goes."""
    with serving(
        tmp_path_factory.mktemp("cpp-docs"),
        "[program:camera]\ncommand = sleep 0.3\nstartsecs = 0\nautorestart = true\n",
    ) as site:
        yield site


def built(source: str, prefix: Path, folder: Path) -> Path:
    """Build a block in a project of its user's, as the page says; return that program."""
    (lists,) = blocks("cmake")
    preamble = "cmake_minimum_required(VERSION 3.16)\nproject(watch CXX)\n"
    (folder / "CMakeLists.txt").write_text(preamble + lists)
    (folder / "watch.cpp").write_text(source)
    run(f"cmake -S . -B build -DCMAKE_PREFIX_PATH={prefix}", folder)
    run("cmake --build build", folder)
    return folder / "build" / "watch"


@pytest.mark.parametrize("source", [block for block in blocks("cpp") if "int main" in block])
def test_a_program_hears_events(site: Site, prefix: Path, tmp_path: Path, source: str) -> None:
    with running(str(built(source, prefix, tmp_path)), str(site.event_port)) as program:
        while "camera" not in program.next_line():
            pass


@pytest.mark.parametrize("source", [block for block in blocks("cpp") if "int main" not in block])
def test_a_function_compiles(prefix: Path, tmp_path: Path, source: str) -> None:
    built(f"{source}\nint main() {{}}\n", prefix, tmp_path)
