"""`supvisors check`: every fault with file, line, option, value and cure; nothing is started."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from supvisors.cli.conf import read
from supvisors.cli.findings import examine
from tests.cli.harness import BASE, RPC, SERVER, SUPERVISORD, run, write

PROGRAMS = "[program:web]\ncommand = sleep 1\n[program:db]\ncommand = sleep 1\n"


@pytest.fixture
def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock.getsockname()[1]


@pytest.mark.parametrize("option", [[], ["-c"], ["--conf"]])
def test_a_good_file_is_praised_with_a_summary(
    option: list[str], tmp_path: Path, free_port: int
) -> None:
    conf = write(tmp_path, f"{BASE}{PROGRAMS}[supvisors]\nevent_port = {free_port}\n")
    done = run("check", *option, conf)
    assert done.stderr == ""
    assert done.stdout == (
        f"OK: {conf}: address {socket.gethostname().lower()}, events on 127.0.0.1:{free_port}, "
        "2 programs (applications: db, web)\n"
    )
    assert done.returncode == 0


def test_included_files_and_expansions_are_followed(tmp_path: Path, free_port: int) -> None:
    conf = write(tmp_path, f"{BASE}[include]\nfiles = conf.d/*.conf %(ENV_MORE)s\n")
    write(
        tmp_path,
        "[supvisors]\nevent_port = %(ENV_PORT)s\nlogfile = %(here)s/a.log\nuser = %(ENV_WHO)s\n",
        "conf.d/supvisors.conf",
    )
    write(tmp_path, "[program:web]\ncommand = %(here)s/web\n", "more.conf")
    done = run("check", conf, MORE="more.conf", PORT=str(free_port), WHO="root")
    assert done.returncode == 0, done.stdout
    assert f"events on 127.0.0.1:{free_port}, 1 program (applications: web)" in done.stdout


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    conf = write(tmp_path, f"{SERVER}{SUPERVISORD}minfds = many\n{RPC}[include]\nfiles = *.inc\n")
    included = write(
        tmp_path,
        "[supvisors]\nevent_port = sixty\nevnt_host = x\nlogfile = %(nowhere)s/x\n"
        "user = no-such-user\n[program:web]\ncommand = sleep\nstartsecs = soon\n",
        "a.inc",
    )
    done = run("check", conf)
    *lines, last = done.stdout.splitlines()
    assert done.returncode == 1
    assert last == f"{conf}: 6 faults"
    starts = [
        f"{included}:8: [program:web] startsecs = 'soon': invalid literal",
        f"{included}:2: [supvisors] event_port = 'sixty': not a whole number. Write a port",
        f"{included}:4: [supvisors] logfile = '%(nowhere)s/x': Format string",
        f"{included}:5: [supvisors] user = 'no-such-user': Invalid user name no-such-user. Write",
        f"{included}:3: [supvisors] evnt_host = 'x': there is no such option. Write event_host",
    ]
    for start in starts:
        assert any(line.startswith(f"fault: {start}") for line in lines), start
    assert any(line.startswith(f"fault: {conf}:6: [supervisord] minfds") for line in lines)


FACTORY = "supervisor.rpcinterface_factory = supvisors.plugin:make_supvisors_rpcinterface"
OURS = f"{SERVER}{SUPERVISORD}"

#: configuration -> severity, and what the line says behind the name of the file
FINDINGS = {
    OURS: (
        "fault",
        ": [rpcinterface:supvisors]: Supvisors is not loaded, since its section is missing. Add "
        f"two lines: [rpcinterface:supvisors] and {FACTORY}.",
    ),
    f"{SUPERVISORD}{RPC}": (
        "fault",
        ": there is no HTTP server section, and without one Supervisor loads no plugin. Add two "
        "lines: [unix_http_server] and file = %(here)s/supervisor.sock.",
    ),
    f"{OURS}[rpcinterface:supvisors]\nsupervisor.rpcinterface_factory = supvisors.plugin\n": (
        "fault",
        ":7: [rpcinterface:supvisors] supervisor.rpcinterface_factory = 'supvisors.plugin': this "
        f"is not the factory of Supvisors. Write {FACTORY}.",
    ),
    f"{OURS}[rpcinterface:supvisors]\nsupervisor.rpcinterface_factory = supvisors:make\n": (
        "fault",
        ":7: [rpcinterface:supvisors] supervisor.rpcinterface_factory = 'supvisors:make': "
        f"supvisors:make cannot be resolved within [rpcinterface:supvisors]. Write {FACTORY}.",
    ),
    f"{BASE}[supvisors]\nlogfile = /no/such/x.log\n": (
        "fault",
        ":9: [supvisors] logfile = '/no/such/x.log': there is no directory /no/such. Make that "
        "directory, or correct the path.",
    ),
    f"{BASE}[supvisors]\naddress_list = elsewhere\n": (
        "fault",
        ":9: [supvisors] address_list = 'elsewhere': no entry is this host, which is neither "
        "named 'alpha', as its supervisord is,",
    ),
    f"{BASE}[supvisors]\naddress_list = alpha, <beta>192.0.2.2\nstate_dir = /no/such\n": (
        "fault",
        ":10: [supvisors] state_dir = '/no/such': there is no key in /no/such/keys/self, and "
        "agents need keys where they leave loopback, as for alpha:65001, <beta>192.0.2.2:65001. "
        "Run 'supvisors keys init'.",
    ),
    f"{BASE}[supvisors]\naddress_list = <alpha>127.0.0.1, <beta>localhost:7001\n": (
        "warning",
        ": [supvisors] state_dir: it is not set, so fences do not outlive a restart of the agent. "
        "Write an absolute path, for example: state_dir = %(here)s/state.",
    ),
    f"{BASE}event_port = 60002\n": (
        "warning",
        ":8: [rpcinterface:supvisors] event_port = '60002': this option is not read here. Move "
        "it to [supvisors].",
    ),
    f"{BASE}xmlrpc_commands = lan\n": (
        "fault",
        ":8: [rpcinterface:supvisors] xmlrpc_commands = 'lan': 'lan' is not understood. Write "
        "cluster, local or off, or for each kind of server, such as 'unix:cluster, inet:local'.",
    ),
    f"{BASE}colour = red\n": (
        "warning",
        ":8: [rpcinterface:supvisors] colour = 'red': this option is not read here. Remove it.",
    ),
    f"{BASE}[supervisors]\nevent_port = 60002\n": (
        "warning",
        ":8: [supervisors]: nobody reads this section. Write [supvisors], if you meant that.",
    ),
    f"{BASE}[Supvisor]\n": (
        "warning",
        ":8: [Supvisor]: nobody reads this section. Write [supvisors], if you meant that.",
    ),
    f"{BASE}[rpcinterface:other]\n{FACTORY}\n": (
        "warning",
        ":8: [rpcinterface:other]: Supvisors is loaded under another name than supvisors. Call "
        "the section [rpcinterface:supvisors].",
    ),
    f"{BASE}[supvisors]\nrules_file = /no/such/rules.xml\n": (
        "fault",
        ":9: [supvisors] rules_file = '/no/such/rules.xml': it cannot be read (No such file or "
        "directory). Name a file that the agent's user may read.",
    ),
    f"{BASE}[program:web]\ncommand = x\nstdout_logfile_maxbytes = 0\n": (
        "warning",
        ": For [program:web], AUTO logging used for stdout_logfile without rollover, set maxbytes "
        "> 0 to avoid filling up filesystem unintentionally. Supervisor goes on with it.",
    ),
    f"{BASE}[program:supvisors]\ncommand = x\n": (
        "info",
        ":8: [program:supvisors]: the agent is started as this section says, not as Supvisors "
        "would start it. Remove the section, unless you mean to.",
    ),
}


def findings(conf: Path) -> list[tuple[str, str]]:
    return [
        (str(finding.severity), str(finding.mistake))
        for finding in examine(read(str(conf))).findings
        if "is in use at this moment" not in finding.mistake.problem  # a shared machine's affair
    ]


@pytest.mark.parametrize(("text", "expected"), FINDINGS.items())
def test_a_finding_is_one_line(text: str, expected: tuple[str, str], tmp_path: Path) -> None:
    conf = write(tmp_path, text)
    ((severity, line),) = findings(conf)
    assert (severity, line[: len(f"{conf}{expected[1]}")]) == (expected[0], f"{conf}{expected[1]}")


# --- the rules file --------------------------------------------------------------------------

#: On lines 8 and 9 the section, then the programs from line 10 on.
WITH_RULES = (
    f"{BASE}[supvisors]\nrules_file = %(here)s/rules.xml\n"
    "[program:web]\ncommand = x\nautostart = false\n"
    "[program:db]\ncommand = x\nautostart = true\n"
    "[program:queue]\ncommand = x\nnumprocs = 2\nprocess_name = %(program_name)s_%(process_num)d\n"
    "[group:shop]\nprograms = web, queue\n"
)
EVERYWHERE = "and supervisord starts this program by itself, on every host and out of its turn"


def rules_findings(tmp_path: Path, rules: str) -> list[tuple[str, str]]:
    """Return the findings of a configuration with these rules, without the directory."""
    conf = write(tmp_path, WITH_RULES)
    write(tmp_path, f"<root>\n{rules}\n</root>\n", "rules.xml")
    return [(severity, line.removeprefix(f"{tmp_path}/")) for severity, line in findings(conf)]


def test_mistakes_of_the_rules_file_are_faults_with_its_lines(tmp_path: Path) -> None:
    rules = (
        '<application name="shop"><program name="web">\n<colour/>\n'
        "<required>true</required><wait_exit>1</wait_exit></program></application>"
    )
    found = rules_findings(tmp_path, rules)
    assert [severity for severity, _ in found] == ["fault", "fault", "warning"]
    starts = [
        "rules.xml:3: application shop, program web, colour: there is no such element here.",
        "rules.xml:4: application shop, program web, wait_exit = '1': not one of the words",
        "rules.xml:4: application shop, program web, required = 'true': without a start rank",
    ]
    for (_, line), start in zip(found, starts, strict=True):
        assert line.startswith(start)


def test_a_good_rules_file_is_not_spoken_of(tmp_path: Path) -> None:
    rules = '<application name="shop"><program name="web"/></application>'
    found = rules_findings(tmp_path, rules)
    assert found == [
        (
            "warning",
            "supervisord.conf:16: [program:queue]: the rules name shop, "
            f"{EVERYWHERE}. Write autostart = false.",
        )
    ]


def test_autostart_that_is_written_is_shown(tmp_path: Path) -> None:
    assert rules_findings(tmp_path, '<application name="db"/>') == [
        (
            "warning",
            "supervisord.conf:15: [program:db] autostart = 'true': the rules name db, "
            f"{EVERYWHERE}. Write autostart = false.",
        )
    ]


def test_rules_for_what_is_not_there_are_warned_of(tmp_path: Path) -> None:
    rules = (
        '<application name="shops"/>\n<application name="shop"><start_sequence>1</start_sequence>\n'
        '<program name="queue_2"/></application>'
    )
    assert [line for _, line in rules_findings(tmp_path, rules)][:3] == [
        "rules.xml:2: application shops: this configuration has no such group of programs. "
        "Write shop, if you meant that, unless only other hosts have it.",
        "rules.xml:3: application shop, start_sequence = '1': no process of it has a start rank, "
        "so nothing is started at this rank. Write a start_sequence above 0 for its programs, or "
        "remove this one.",
        "rules.xml:4: application shop, program queue_2: shop has no such process in this "
        "configuration. Write queue_1, if you meant that, unless only other hosts have it.",
    ]


def test_json_of_a_mistake_in_the_rules_file(tmp_path: Path) -> None:
    conf = write(tmp_path, WITH_RULES)
    rules = write(tmp_path, "<root>\n<application/></root>", "rules.xml")
    done = run("check", conf, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["findings"][0] == {
        "severity": "fault",
        "file": str(rules),
        "line": 2,
        "option": "application",
        "value": "",
        "problem": "it has no name",
        "cure": 'Write name, for example: <application name="…">',
        "section": "",
    }


# --- what else there is ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "section",
    ["supervisorctl", "unix_http_server:x", "program:supvisor", "include-me", "group:supvisors"],
)
def test_other_sections_are_left_alone(section: str, tmp_path: Path) -> None:
    conf = write(tmp_path, f"{BASE}[{section}]\ncommand = x\nfile = %(here)s/x\n")
    assert findings(conf) == []


def test_an_include_that_matches_nothing_is_warned_of(tmp_path: Path) -> None:
    conf = write(tmp_path, f"{BASE}[include]\nfiles = conf.d/*.conf\n")
    assert findings(conf) == [
        (
            "warning",
            f"{conf}:9: [include] files = 'conf.d/*.conf': no file matches "
            f'"{tmp_path}/conf.d/*.conf". Correct the pattern, or leave it out.',
        )
    ]


def test_an_included_directory_is_told(tmp_path: Path) -> None:
    """Supervisor passes over what it cannot open without a word."""
    conf = write(tmp_path, f"{BASE}[include]\nfiles = *.d\n")
    (tmp_path / "conf.d").mkdir()
    ((severity, line),) = findings(conf)
    assert severity == "warning"
    assert line.startswith(f"{tmp_path}/conf.d: cannot be read")


def test_a_warning_is_no_failure(tmp_path: Path, taken_port: int) -> None:
    conf = write(tmp_path, f"{BASE}[supvisors]\nevent_port = {taken_port}\n")
    done = run("check", conf)
    warning, ok = done.stdout.splitlines()
    assert warning == (
        f"warning: {conf}:9: [supvisors] event_port = '{taken_port}': 127.0.0.1:{taken_port} is "
        "in use at this moment. Choose another event_port, unless it is this very supervisord "
        "that uses it."
    )
    assert ok.startswith("OK: ")
    assert done.returncode == 0


def test_the_identifier_finds_the_own_entry(tmp_path: Path) -> None:
    conf = write(tmp_path, f"{BASE}[supvisors]\naddress_list = alpha\n")
    examination = examine(read(str(conf)))
    assert examination.settings is not None
    assert examination.settings.local.name == "alpha"


def test_json_says_the_same(tmp_path: Path, free_port: int) -> None:
    conf = write(
        tmp_path, f"{BASE}{PROGRAMS}[supvisors]\naddress_list = alpha\nevent_port = {free_port}\n"
    )
    done = run("check", conf, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "file": str(conf),
        "included": [],
        "ok": True,
        "findings": [],
        "summary": {
            "address": "alpha",
            "event_host": "127.0.0.1",
            "event_port": free_port,
            "programs": {"db": ["db"], "web": ["web"]},
        },
    }


def test_json_has_no_summary_of_what_does_not_work(tmp_path: Path) -> None:
    result = json.loads(run("check", write(tmp_path, OURS), "--json").stdout)
    assert (result["ok"], result["summary"]) == (False, None)


def test_json_of_faults(tmp_path: Path) -> None:
    conf = write(tmp_path, f"{BASE}[supvisors]\nevent_port = sixty\n")
    done = run("check", conf, "--json")
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert (result["ok"], result["summary"]) == (False, None)
    assert result["findings"] == [
        {
            "severity": "fault",
            "file": str(conf),
            "line": 9,
            "option": "event_port",
            "value": "sixty",
            "problem": "not a whole number",
            "cure": "Write a port from 1 to 65535, for example: event_port = 65002",
            "section": "supvisors",
        }
    ]


def test_a_value_cannot_steer_the_terminal_or_be_taken_for_markup(tmp_path: Path) -> None:
    conf = write(tmp_path, f"{BASE}[supvisors]\nevent_port = [red]\x1b[2J\n")
    assert r"event_port = '[red]\x1b[2J'" in run("check", conf).stdout


def test_it_starts_and_leaves_nothing(tmp_path: Path) -> None:
    conf = write(tmp_path, f"{BASE}[program:touch]\ncommand = touch %(here)s/touched\n")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    assert run("check", conf, TMPDIR=str(temporary)).returncode == 0
    assert sorted(os.listdir(tmp_path)) == ["supervisord.conf", "tmp"]
    assert list(temporary.iterdir()) == []
