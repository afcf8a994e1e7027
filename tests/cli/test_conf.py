"""Where a supervisord.conf is looked for, and how it is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from supervisor.options import Options

from supvisors.cli.conf import find, read, search_paths
from supvisors.cli.errors import CommandError
from tests.cli.harness import BASE, RPC, SERVER, SUPERVISORD, run, write


def test_it_looks_where_supervisorctl_looks() -> None:
    assert search_paths() == Options(require_configfile=False).searchpaths
    assert "/etc/supervisord.conf" in search_paths()


@pytest.mark.parametrize("command", [["check"], ["events", "--seconds", "0"]])
def test_a_file_in_the_working_directory_is_found(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, f"{BASE}[supvisors]\nevent_port = none\n", "etc/supervisord.conf")
    done = run(*command, cwd=tmp_path)
    assert done.returncode == 1
    assert "etc/supervisord.conf" in done.stdout + done.stderr
    assert "event_port = 'none'" in done.stdout + done.stderr


def test_the_nearer_file_goes_first(tmp_path: Path) -> None:
    write(tmp_path, BASE)
    write(tmp_path, "no configuration", "etc/supervisord.conf")
    assert run("check", cwd=tmp_path).stdout.startswith("OK: supervisord.conf: ")


def test_no_file_at_all_is_told_with_all_places(tmp_path: Path) -> None:
    places = [str(tmp_path / "a"), str(tmp_path / "b")]
    with pytest.raises(CommandError) as caught:
        find(None, places)
    assert str(caught.value) == (
        f"there is no supervisord.conf at any of {', '.join(places)}: name yours with -c CONF"
    )


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere is no file: name a supervisord\.conf"):
        find(str(tmp_path / "nowhere"))


def test_all_that_was_read_is_kept(tmp_path: Path) -> None:
    conf = write(
        tmp_path,
        f"{BASE}[include]\nfiles = conf.d/*.conf\n"
        "[program:web]\ncommand = sleep 1\nnumprocs = 2\nprocess_name = web_%(process_num)s\n",
    )
    one = write(tmp_path, "[supvisors]\nevent_port = 6001\nlogfile = %(here)s/x\n", "conf.d/1.conf")
    two = write(
        tmp_path, "[group:shop]\nprograms = db\n[program:db]\ncommand = db\n", "conf.d/2.conf"
    )
    reading = read(str(conf))
    assert reading.files == (str(conf), str(one), str(two))
    assert reading.file == str(conf)
    assert reading.identifier == "alpha"
    assert reading.collected.options == {
        "event_port": "6001",
        "logfile": str(tmp_path / "conf.d" / "x"),
    }
    assert reading.processes == {"shop": ("db",), "web": ("web_0", "web_1")}
    assert reading.server_count == 1
    assert not reading.has_own_program
    assert reading.complaints == ()
    assert reading.warnings == ()


def test_an_own_program_of_the_user_is_seen(tmp_path: Path) -> None:
    conf = write(tmp_path, f"{BASE}[program:supvisors]\ncommand = sleep 1\n")
    reading = read(str(conf))
    assert reading.has_own_program
    assert reading.processes == {}


def test_reading_goes_on_behind_every_fault(tmp_path: Path) -> None:
    conf = write(
        tmp_path,
        f"{SERVER}port = 1\nusername = x\n{SUPERVISORD}minfds = many\n{RPC}x = 1\n"
        "[rpcinterface:other]\nsupervisor.rpcinterface_factory = no.such:thing\n"
        "[supvisors]\nevent_port = 6001\n"
        "[include]\nfiles = more/*.inc\n"
        "[program:a]\ncommand = sleep\nstartsecs = soon\n"
        "[program:b]\ncommand = sleep\n",
    )
    write(tmp_path, "[program:c]\ncommand = %(nowhere)s\n", "more/c.inc")
    write(tmp_path, "[supvisors]\nstate_dir = %(here)s\n", "more/d.inc")
    reading = read(str(conf))
    words = [str(complaint.error) for complaint in reading.complaints]
    assert len(words) == 5
    for word in ("'many'", "no.such:thing", "'soon'", "nowhere", "incomplete authentication"):
        assert any(word in line for line in words)
    assert reading.collected.options == {
        "event_port": "6001",
        "state_dir": str(tmp_path / "more"),
    }
    assert reading.processes["b"] == ("b",)


def test_reading_starts_nothing(tmp_path: Path) -> None:
    conf = write(tmp_path, f"{BASE}[program:touch]\ncommand = touch %(here)s/touched\n")
    assert read(str(conf)).complaints == ()
    assert list(tmp_path.iterdir()) == [conf]
