"""Where a supervisord is looked for, and what is said when it cannot be asked."""

from __future__ import annotations

import errno
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from supvisors.cli.conf import read
from supvisors.cli.errors import CommandError
from supvisors.cli.server import Server, ask, call, server_of, unreachable
from tests.cli.harness import BASE, SERVER, SUPERVISORD, check_one_line, run, write
from tests.live.harness import free_port

CTL = "[supervisorctl]\nserverurl = unix://%(here)s/ctl.sock\nusername = me\npassword = secret\n"
INET = "[inet_http_server]\nport = *:9009\nusername = you\npassword = word\n"


def found(directory: Path, text: str) -> Server:
    return server_of(read(str(write(directory, text))))


# --- where it is ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "url", "username", "password"),
    [
        (f"{BASE}{CTL}", "unix://{here}/ctl.sock", "me", "secret"),
        (f"{BASE}{INET}{CTL}", "unix://{here}/ctl.sock", "me", "secret"),
        (f"{BASE}[supervisorctl]\n", "http://localhost:9001", None, None),
        (
            f"{BASE}[supervisorctl]\nserverurl = http://%(ENV_HERE)s:9002\n",
            "http://host:9002",
            None,
            None,
        ),
        (BASE, "unix://{here}/supervisor.sock", None, None),
        (f"{INET}{BASE}", "unix://{here}/supervisor.sock", None, None),
        (f"{SUPERVISORD}{INET}", "http://127.0.0.1:9009", "you", "word"),
        (
            f"{SUPERVISORD}[inet_http_server]\nport = 10.1.2.3:9009\n",
            "http://10.1.2.3:9009",
            None,
            None,
        ),
    ],
)
def test_it_is_found_as_supervisorctl_finds_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    url: str,
    username: str | None,
    password: str | None,
) -> None:
    monkeypatch.setenv("HERE", "host")
    conf = tmp_path / "supervisord.conf"
    expected = Server(url.format(here=tmp_path), username, password, str(conf))
    assert found(tmp_path, text) == expected


def test_a_section_in_an_included_file_counts(tmp_path: Path) -> None:
    write(tmp_path, SERVER, "more/server.conf")
    server = found(tmp_path, f"{SUPERVISORD}[include]\nfiles = more/*.conf\n")
    assert server.url == f"unix://{tmp_path}/more/supervisor.sock"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SUPERVISORD, ["neither [supervisorctl] nor an HTTP server", "[unix_http_server]"]),
        (f"{BASE}[supervisorctl]\nserverurl = https://x\n", ["'https://x'", "unix:///path"]),
        (f"{BASE}[supervisorctl]\npassword = %(nobody)s\n", ["[supervisorctl]", "nobody"]),
        (f"{SUPERVISORD}[unix_http_server]\n", ["[unix_http_server]", "no file"]),
        (f"{SUPERVISORD}[inet_http_server]\n", ["[inet_http_server]", "no port"]),
        (f"{SUPERVISORD}[inet_http_server]\nport = x\n", ["[inet_http_server]", "'x"]),
    ],
)
def test_a_configuration_that_does_not_say_where(
    tmp_path: Path, text: str, words: list[str]
) -> None:
    with pytest.raises(CommandError) as caught:
        found(tmp_path, text)
    for word in ("supervisord.conf", *words):
        assert word in str(caught.value)
    assert "PATH" not in str(caught.value), "it shows the environment"


def test_a_file_that_cannot_be_read_at_all(tmp_path: Path) -> None:
    conf = write(tmp_path, "no configuration")
    with pytest.raises(CommandError, match=r"supervisord\.conf"):
        call(str(conf), "get_status")


# --- when it does not answer ---------------------------------------------------------------


def why(url: str, timeout_s: float = 10.0) -> str:
    with pytest.raises(CommandError) as caught:
        ask(Server(url, None, None, "some.conf"), "get_status", timeout_s=timeout_s)
    assert socket.getdefaulttimeout() is None
    return str(caught.value)


@contextmanager
def listening(answer: bytes) -> Iterator[str]:
    """Serve every connection with the same bytes once it has asked; yield the URL."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_nobody_listens(tmp_path: Path) -> None:
    for url in (f"unix://{tmp_path}/no.sock", f"http://127.0.0.1:{free_port()}"):
        assert why(url).startswith(f"no supervisord answers at {url} (")
        assert why(url).endswith("start it with 'supervisord -c some.conf'")


def test_a_socket_of_another_user() -> None:
    """It is made up here, since root may open everything."""
    error = PermissionError(errno.EACCES, "Permission denied")
    said = str(unreachable(error, Server("unix:///a.sock", None, None, "some.conf")))
    assert said.startswith("unix:///a.sock may not be opened (Permission denied): run as")


def test_one_that_hangs() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        assert f"supervisord at {url} has not answered within 0.1 s" in why(url, timeout_s=0.1)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"hello\r\n\r\n", "is no supervisord"),
        (b"HTTP/1.0 200 OK\r\n\r\n<html><p></html>", "is no supervisord"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "HTTP status 404 Not Found"),
        (b"", "supervisord"),
    ],
)
def test_something_else_answers(answer: bytes, words: str) -> None:
    with listening(answer) as url:
        said = why(url)
    assert words in said
    assert url in said
    assert "some.conf" in said


# --- the commands --------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["fence", "beta"],
        ["unfence", "beta"],
        ["start", "web"],
        ["stop", "web:db", "--no-wait"],
        ["rules", "show"],
        ["site", "shutdown", "--yes"],
    ],
)
def test_every_command_tells_in_one_line_that_there_is_no_supervisord(
    command: list[str], tmp_path: Path
) -> None:
    conf = write(tmp_path, BASE)
    check_one_line(
        run(*command, "-c", conf), 1, "no supervisord answers", f"'supervisord -c {conf}'"
    )
