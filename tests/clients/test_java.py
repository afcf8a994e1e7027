"""The Java client: its jars, the sample of the specification, and its lines beside ours.

`make client-java` builds the jars and runs the client's own tests; here is what needs more than
one language or more than one release of JeroMQ.
"""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from supvisors import __version__
from tests.client.harness import Publisher
from tests.client.program import running
from tests.clients.lines import Program, differences, expected, play, vectors
from tests.wire.vectors import VALID

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        shutil.which("javac") is None or shutil.which("mvn") is None,
        reason="no JDK or no Maven here: tools/setup.sh java",
    ),
]

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "clients" / "java"
TARGET = SOURCE / "target"
#: What the names of the jars have after the version.
JARS = ("", "-plain", "-sources", "-javadoc")
PAGE = ROOT / "docs" / "java-client.md"
PRINT_EVENTS = "org.supvisors.event.examples.PrintEvents"
FOLLOW_CLUSTER = "org.supvisors.event.examples.FollowCluster"


@functools.cache
def build() -> None:
    """Build the jars, where one is not there or older than what it is made of.

    `make` builds them before; this is for a run of these tests alone.
    """
    made_of = [SOURCE / "pom.xml", *(SOURCE / "src" / "main").rglob("*.java")]
    newest = max(file.stat().st_mtime for file in made_of)
    jars = [TARGET / f"supvisors-client-{__version__}{classifier}.jar" for classifier in JARS]
    if all(jar.exists() and jar.stat().st_mtime >= newest for jar in jars):
        return
    command = ["mvn", "--batch-mode", "--quiet", "--file", str(SOURCE / "pom.xml")]
    command += ["package", "-DskipTests"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def jar(classifier: str = "") -> Path:
    build()
    return TARGET / f"supvisors-client-{__version__}{classifier}.jar"


def class_path_of_oldest() -> str:
    """The client without its dependencies, on the JeroMQ that the specification names."""
    build()
    (jeromq,) = (TARGET / "oldest").glob("jeromq-0.3.6.jar")
    (jackson,) = (TARGET / "oldest").glob("jackson-core-*.jar")
    return f"{jar('-plain')}:{jeromq}:{jackson}"


@pytest.fixture(params=["with dependencies", "on JeroMQ 0.3.6"])
def class_path(request: pytest.FixtureRequest) -> str:
    return str(jar()) if request.param == "with dependencies" else class_path_of_oldest()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    publisher = Publisher()
    yield publisher
    publisher.close()


def blocks(language: str = "java") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)


def compiled(block: str, port: int, directory: Path, class_path: str) -> str:
    """Compile a block of the page as a user would paste it; return the class path to run it."""
    imports = [line for line in block.splitlines() if line.startswith("import ")]
    body = "\n".join(line for line in block.splitlines() if line not in imports)
    (directory / "Block.java").write_text(
        "\n".join(imports)
        + "\npublic class Block {\n"
        + "public static void main(String[] arguments) throws Exception {\n"
        + body.replace("60002", str(port))
        + "\n}\n}\n"
    )
    done = subprocess.run(
        ["javac", "-Xlint:-options", "-cp", class_path, "-d", str(directory), "Block.java"],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return f"{directory}:{class_path}"


def test_the_version_is_ours() -> None:
    pom = (ROOT / "clients" / "java" / "pom.xml").read_text("utf-8")
    written = re.search(r"<artifactId>supvisors-client</artifactId>.*?<version>(.*?)<", pom, re.S)
    assert written
    assert written[1] == __version__


def test_the_jar_has_all_that_it_needs() -> None:
    with zipfile.ZipFile(jar()) as archive:
        names = set(archive.namelist())
    assert "org/supvisors/event/SupvisorsEventSubscriber.class" in names
    assert "org/zeromq/ZMQ.class" in names
    assert "org/supvisors/event/shaded/jackson/core/JsonParser.class" in names
    assert not any(name.startswith("com/fasterxml") for name in names)
    for classifier in JARS[1:]:
        with zipfile.ZipFile(jar(classifier)) as archive:
            assert not any(name.startswith("org/zeromq/") for name in archive.namelist())


def test_the_sample_of_the_specification(
    publisher: Publisher, tmp_path: Path, class_path: str
) -> None:
    """The first block of the page, as it stands there, but for the port."""
    path = compiled(blocks()[0], publisher.port, tmp_path, class_path)
    with running("java", "-cp", path, "Block") as program:
        assert publisher.next_subscription() == b"\x01"
        for case in VALID[:20]:
            publisher.send(*case.frames)
            line = program.next_line()
            assert case.decoded
            key, value = next(iter(case.decoded.items()))
            assert line.startswith("Supvisors")
            assert f"{key}={value}" in line


@pytest.mark.parametrize("number", range(1, len(blocks())))
def test_the_other_blocks_compile(tmp_path: Path, number: int) -> None:
    compiled(blocks()[number], 60002, tmp_path, str(jar()))


def test_lines_are_those_of_the_command(tmp_path: Path, class_path: str) -> None:
    """All vectors, malformed ones too, to Java and to our own command at once."""
    programs = [
        Program("java", ("java", "-cp", class_path, PRINT_EVENTS)),
        Program("supvisors", (sys.executable, "-m", "supvisors.cli", "events", "--json", "--port")),
    ]
    messages = vectors()
    wanted = expected(messages)
    assert len(wanted) == len(VALID)
    assert differences(play(messages, programs, tmp_path), wanted) == ""


def test_a_missing_port_is_told() -> None:
    done = subprocess.run(
        ["java", "-cp", str(jar()), PRINT_EVENTS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "usage: PrintEvents PORT [HOST]\n"
