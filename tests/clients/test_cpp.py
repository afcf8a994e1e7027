"""The C++ client: its own tests, its example, its package, and the decoder beside ours."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from supvisors import __version__, wire
from tests.client.harness import BODIES, Publisher
from tests.client.program import Program, running
from tests.wire.vectors import CASES, VALID

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("cmake") is None, reason="no C++ here: tools/setup.sh cpp"),
]

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "clients" / "cpp"
PLAIN = ROOT / "build" / "cpp"
SANITIZED = ROOT / "build" / "cpp-sanitized"

#: A project of somebody who uses the client.
USER_PROJECT = """
cmake_minimum_required(VERSION 3.16)
project(watch CXX)
find_package(supvisors {version} REQUIRED)
add_executable(watch watch.cpp)
target_compile_options(watch PRIVATE -Wall -Wextra -Wpedantic -Werror)
target_link_libraries(watch PRIVATE supvisors::event)
"""


def run(*command: str | Path, stdin: str | None = None) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def build(folder: Path, *options: str) -> Path:
    run("cmake", "-S", SOURCE, "-B", folder, *options)
    run("cmake", "--build", folder, "--parallel", "2")
    return folder


@pytest.fixture(scope="session")
def plain() -> Path:
    """Build the examples as a user does."""
    return build(PLAIN, "-DCMAKE_BUILD_TYPE=RelWithDebInfo")


@pytest.fixture(scope="session")
def sanitized() -> Path:
    """Build all with the sanitizers, and with the other compiler where it is here."""
    compiler = "clang++" if shutil.which("clang++") else "c++"
    return build(
        SANITIZED,
        f"-DCMAKE_CXX_COMPILER={compiler}",
        "-DCMAKE_BUILD_TYPE=None",
        "-DSUPVISORS_TESTS=ON",
        "-DSUPVISORS_SANITIZERS=address,undefined",
    )


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    publisher = Publisher()
    yield publisher
    publisher.close()


def line_of(frames: Sequence[bytes]) -> str:
    """What `supvisors events --json` prints for a message."""
    body = wire.decode(frames)
    message = {"header": wire.header_of(body), "body": wire.body_as_dict(body)}
    return json.dumps(message, ensure_ascii=False)


def prints_all_vectors(publisher: Publisher, program: Program) -> None:
    assert publisher.next_subscription() == b"\x01"
    for case in VALID:
        publisher.send(*case.frames)
        assert program.next_line() == line_of(case.frames) + "\n", case.id


def test_its_own_tests(sanitized: Path) -> None:
    assert "Status: SUCCESS" in run(sanitized / "tests" / "event_tests")


def test_the_version_is_ours() -> None:
    written = re.search(
        r"project\(supvisors VERSION (\S+)", (SOURCE / "CMakeLists.txt").read_text()
    )
    assert written
    assert written[1] == __version__


@pytest.mark.parametrize("kind", ["plain", "sanitized"])
def test_print_events(publisher: Publisher, request: pytest.FixtureRequest, kind: str) -> None:
    program_path = request.getfixturevalue(kind) / "examples" / "print_events"
    with running(str(program_path), str(publisher.port)) as program:
        prints_all_vectors(publisher, program)
        assert program.interrupt() == 0
        assert program.errors == ""


def test_print_events_goes_on_after_what_is_malformed(publisher: Publisher, plain: Path) -> None:
    with running(str(plain / "examples" / "print_events"), str(publisher.port)) as program:
        assert publisher.next_subscription() == b"\x01"
        for case in CASES:
            if not case.valid and case.frames:
                publisher.send(*case.frames)
        frames = wire.encode(BODIES["event"])
        publisher.send(*frames)
        assert program.next_line() == line_of(frames) + "\n"
        assert program.interrupt() == 0
        refused = [case.reason for case in CASES if not case.valid and case.frames]
        assert [line.split(": ")[1] for line in program.errors.splitlines()] == refused


@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        ((), 2, "usage: print_events PORT [HOST]\n"),
        (("1", "2", "3"), 2, "usage: print_events PORT [HOST]\n"),
        (("x",), 1, "print_events: port must be in [1;65535], not 0\n"),
        (("60002", "a b"), 1, "print_events: host must be a name or an address, not 'a b'\n"),
    ],
)
def test_print_events_refuses(
    plain: Path, arguments: Sequence[str], status: int, error: str
) -> None:
    with running(str(plain / "examples" / "print_events"), *arguments) as program:
        assert program.wait() == status
        assert program.errors == error


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="no valgrind here")
def test_print_events_under_valgrind(publisher: Publisher, plain: Path) -> None:
    command = ["valgrind", "--quiet", "--leak-check=full", "--error-exitcode=9"]
    command += [str(plain / "examples" / "print_events"), str(publisher.port)]
    with running(*command) as program:
        prints_all_vectors(publisher, program)
        assert program.interrupt() == 0
        assert program.errors == ""


def test_an_installed_package_is_found(plain: Path, publisher: Publisher, tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    run("cmake", "--install", plain, "--prefix", prefix)
    project = tmp_path / "watch"
    project.mkdir()
    (project / "CMakeLists.txt").write_text(USER_PROJECT.format(version=__version__))
    example = SOURCE / "examples" / "print_events.cpp"
    shutil.copy(example, project / "watch.cpp")
    run("cmake", "-S", project, "-B", project / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", project / "build")
    with running(str(project / "build" / "watch"), str(publisher.port)) as program:
        prints_all_vectors(publisher, program)


def bent(frames: Sequence[bytes], chance: random.Random) -> list[bytes]:
    """Return frames with some bytes of the body changed, cut or put in."""
    raw = bytearray(frames[-1])
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(raw) + 1)
        match chance.randrange(4):
            case 0:
                raw[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del raw[at : at + chance.randint(1, 4)]
            case 2:
                raw[at:at] = chance.choice(b'",:{}[]0-\\ e.\0').to_bytes(1, "big")
            case 3:
                other = bytes(raw)
                start = chance.randrange(len(other) + 1)
                raw[at:at] = other[start : start + chance.randint(1, 30)]
    return [*frames[:-1], bytes(raw)]


def test_it_decodes_what_ours_decodes(sanitized: Path) -> None:
    """Bent messages are valid for both or for neither, and then the same."""
    chance = random.Random(6)
    messages = [bent(chance.choice(VALID).frames, chance) for _ in range(20_000)]
    lines = [" ".join(frame.hex() or "-" for frame in frames) for frames in messages]
    answers = run(sanitized / "tests" / "decode_lines", stdin="\n".join(lines) + "\n").split("\n")
    assert answers.pop() == ""
    assert len(answers) == len(messages)
    valid = 0
    for frames, answer in zip(messages, answers, strict=True):
        expected = line_or_nothing(frames)
        assert (answer if answer.startswith("{") else "") == expected, (frames, answer)
        valid += bool(expected)
    assert 0 < valid < len(messages)


def line_or_nothing(frames: Sequence[bytes]) -> str:
    try:
        return line_of(frames)
    except wire.WireError:
        return ""
