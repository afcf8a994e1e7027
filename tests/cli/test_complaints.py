"""Supervisor's complaints, each in one line with file, line, option, value and cure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from supvisors.cli.complaints import CURES, as_mistakes
from supvisors.cli.conf import read
from tests.cli.harness import write

D = "[supervisord]\n"
P = f"{D}[program:a]\ncommand = sleep\n"

#: configuration -> what the line says behind the name of the file, its end left out
COMPLAINTS = {
    f"{D}minfds = many\n": ":2: [supervisord] minfds = 'many': invalid literal for int() with "
    "base 10: 'many'. Write a whole number",
    f"{D}logfile_maxbytes = 5TB\n": ":2: [supervisord] logfile_maxbytes = '5TB': invalid literal",
    f"{D}logfile_maxbytes = xMB\n": ":2: [supervisord] logfile_maxbytes = 'xMB': invalid literal",
    f"{D}directory = /no/such\n": ":2: [supervisord] directory = '/no/such': /no/such is not an "
    "existing directory. Make that directory, or correct the path.",
    f"{D}directory = /\nlogfile = /no/such/x\n": ":3: [supervisord] logfile = '/no/such/x': The "
    "directory named as part of the path /no/such/x does not exist. Make that",
    f"{D}loglevel = loud\n": ":2: [supervisord] loglevel = 'loud': bad logging level name 'loud'. "
    "Write critical, error, warn, info, debug, trace or blather.",
    f"{D}umask = 9\n": ":2: [supervisord] umask = '9': 9 can not be converted to an octal type. "
    "Write an octal number",
    f"{D}nodaemon = perhaps\n": ":2: [supervisord] nodaemon = 'perhaps': not a valid boolean "
    "value: 'perhaps'. Write true or false.",
    f"{D}environment = A\n": ":2: [supervisord] environment = 'A': Unexpected end of key/value "
    "pairs in value 'A'. Write pairs",
    f"{D}logfile = %(foo)s\n": ":2: [supervisord] logfile = '%(foo)s': Format string '%(foo)s' "
    "for 'supervisord.logfile' contains names ('foo') which cannot be expanded. Write names",
    f"{D}logfile = 50%\n": ":2: [supervisord] logfile = '50%': Format string '50%' for "
    "'supervisord.logfile' is badly formatted: incomplete format. Write %%",
    "[x]\na = 1\n": ": .ini file does not include supervisord section. Add a line: [supervisord].",
    "": ": .ini file does not include supervisord section. Add a line: [supervisord].",
    "a = 1\n[x]\n": ":1: the line 'a = 1' stands before the first section. Put a line",
    f"{D}foo bar\n": ":2: the line 'foo bar' is neither a section nor an option. Write option",
    f"{D}[include]\n": ":2: [include] files: .ini file has [include] section, but no files "
    "setting. Add a line such as: files = conf.d/*.conf.",
    f"{P}user = no-such-user\n": ":4: [program:a] user = 'no-such-user': Invalid user name "
    "no-such-user. Write a user that exists",
    f"{D}[program:a]\nautostart = 1\n": ":2: [program:a] command: program section program:a does "
    "not specify a command. Add a line such as: command = /usr/bin/program.",
    f"{P}numprocs = 2\nnumprocs_start = 1\n": ":2: [program:a] process_name: %(process_num) must "
    "be present within process_name when numprocs > 1. Write process_name = ",
    f"{P}priority = 10\nstartsecs = soon\n": ":5: [program:a] startsecs = 'soon': invalid literal",
    f"{P}stopsignal = FOO\n": ":4: [program:a] stopsignal = 'FOO': value 'FOO' is not a valid "
    "signal name. Write the name of a signal, such as TERM.",
    f"{P}exitcodes = 0,999\n": ":4: [program:a] exitcodes = '0,999': not a valid list of exit "
    "codes: '0,999'. Write numbers from 0 to 255",
    f"{P}autorestart = Sometimes\n": ":4: [program:a] autorestart = 'Sometimes': invalid "
    "'autorestart' value 'sometimes'. Write true, false or unexpected.",
    f"{P}stopasgroup = true\nkillasgroup = false\n": ":4: [program:a] stopasgroup = 'true': Cannot "
    "set stopasgroup=true and killasgroup=false. Correct it",
    f"{P}environment = A,B\n": ":4: [program:a] environment = 'A,B': Unexpected end",
    f"{P}[program:g h]\ncommand = x\n": ":4: [program:g h]: Invalid name: 'g h' because of "
    "character: ' '. Leave out blanks, colons and slashes.",
    f"{D}[group:g]\nprograms = a,b\n": ":3: [group:g] programs = 'a,b': [group:g] names unknown "
    "program or fcgi-program a. Add that section, or leave its name out.",
    f"{D}[group:h]\n[group:g]\npriority = x\n": ":4: [group:g] priority = 'x': invalid literal",
    f"{D}[eventlistener:l]\ncommand = x\n": ":2: [eventlistener:l] events: [eventlistener:l] "
    'section requires an "events" line. Add a line such as: events = PROCESS_STATE.',
    f"{D}[eventlistener:l]\ncommand = x\nevents = FOO\n": ":4: [eventlistener:l] events = 'FOO': "
    "Unknown event type FOO in [eventlistener:l] events. Write a name from",
    f"{D}[inet_http_server]\nport = 99999\n": ":3: [inet_http_server] port = '99999': not a valid "
    "port number: '99999'. Write a port, such as 127.0.0.1:9001.",
    f"{D}[inet_http_server]\n": ":2: [inet_http_server] port: section [inet_http_server] has no "
    "port value. Write a port",
    f"{D}[unix_http_server]\n": ":2: [unix_http_server] file: section [unix_http_server] has no "
    "file value. Add a line such as: file = %(here)s/supervisor.sock.",
    f"{D}[unix_http_server]\nfile = /x\nusername = x\n": ":4: [unix_http_server] username = 'x': "
    "Section [unix_http_server] contains incomplete authentication",
    f"{D}[inet_http_server]\nport = 1\n[unix_http_server]\nfile = /x\nchown = no-such-user\n": ":6:"
    " [unix_http_server] chown = 'no-such-user': Invalid sockchown value no-such-user. Write user",
    f"{D}[rpcinterface:x]\nsupervisor.rpcinterface_factory = no.such:thing\n": ":3: "
    "[rpcinterface:x] supervisor.rpcinterface_factory = 'no.such:thing': no.such:thing cannot be "
    "resolved within [rpcinterface:x]. Correct its spelling",
    f"{D}[rpcinterface:supvisors]\nsupervisor.rpcinterface_factory = supvisors.plugin:make\n": ":3:"
    " [rpcinterface:supvisors] supervisor.rpcinterface_factory = 'supvisors.plugin:make': "
    "supvisors.plugin:make cannot be resolved within [rpcinterface:supvisors]. Write "
    "supervisor.rpcinterface_factory = supvisors.plugin:make_supvisors_rpcinterface.",
    f"{D}[rpcinterface:x]\na = 1\n": ":2: [rpcinterface:x] supervisor.rpcinterface_factory: "
    "section [rpcinterface:x] does not specify a supervisor.rpcinterface_factory. Add that line.",
}


def lines(conf: Path) -> list[str]:
    reading = read(str(conf))
    return [
        str(mistake)
        for complaint in reading.complaints
        for mistake in as_mistakes(complaint, reading)
    ]


@pytest.mark.parametrize(("text", "said"), COMPLAINTS.items())
def test_a_complaint_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    conf = write(tmp_path, text)
    (line,) = lines(conf)
    assert line.startswith(f"{conf}{said}")
    assert "\n" not in line


def test_the_file_that_has_the_option_is_named(tmp_path: Path) -> None:
    conf = write(tmp_path, f"{D}[include]\nfiles = a.inc\n")
    included = write(tmp_path, "\n[program:a]\ncommand = sleep\nstartsecs = soon\n", "a.inc")
    (line,) = lines(conf)
    assert line.startswith(f"{included}:4: [program:a] startsecs = 'soon'")


def test_each_program_is_blamed_for_its_own_value(tmp_path: Path) -> None:
    conf = write(tmp_path, f"{P}startsecs = soon\n[program:b]\ncommand = b\nstopwaitsecs = soon\n")
    assert [line.split(":")[1:3] for line in lines(conf)] == [
        ["4", " [program"],
        ["7", " [program"],
    ]


def test_a_line_that_cannot_be_read_is_found_in_its_file(tmp_path: Path) -> None:
    conf = write(tmp_path, f"{D}[include]\nfiles = a.inc\n")
    included = write(tmp_path, "[program:a]\nfoo\ncommand = sleep\nbar baz\n", "a.inc")
    assert [line.split(" is ")[0] for line in lines(conf)] == [
        f"{included}:2: the line 'foo'",
        f"{included}:4: the line 'bar baz'",
    ]


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    conf = tmp_path / "supervisord.conf"
    conf.write_bytes(b"[supervisord]\nidentifier = \xe9\n")
    (line,) = lines(conf)
    assert line.endswith("Save the file as UTF-8.")


def test_a_plugin_that_fails_is_told_and_not_fatal(tmp_path: Path) -> None:
    """What an import raises can be anything; here it is no ImportError."""
    conf = write(tmp_path, f"{D}[rpcinterface:x]\nsupervisor.rpcinterface_factory = this..is:odd\n")
    (line,) = lines(conf)
    assert ":3: [rpcinterface:x] supervisor.rpcinterface_factory = 'this..is:odd'" in line


def test_only_the_first_cure_that_fits_is_used_and_each_is_a_pattern() -> None:
    for cure in CURES:
        re.compile(cure.words)
        assert not cure.text.endswith(".")
    assert CURES[-1].words == ""
