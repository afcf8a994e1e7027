"""What the plugin takes from and adds to the configuration, with Supervisor's own parser and
`ServerOptions`: every option of `[supvisors]` is handed over expanded or with the reason why
not, the agent's program is added once and alike at every reading, and no mistake in the
section makes the reading fail."""

from __future__ import annotations

import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from supervisor.datatypes import name_to_uid
from supervisor.options import ServerOptions, UnhosedConfigParser

from supvisors.plugin import make_supvisors_rpcinterface, options
from supvisors.plugin.guard import Guard
from supvisors.plugin.options import (
    PROGRAM_SECTION,
    TAP_PATH,
    Collected,
    add_agent_program,
    collect,
    has_http_server,
    install,
    is_wanted,
    user_problem,
)

SUPERVISORD = """
[supervisord]
logfile = %(here)s/supervisord.log
pidfile = %(here)s/supervisord.pid
childlogdir = %(here)s

[unix_http_server]
file = %(here)s/supervisor.sock
"""
PLUGIN = """
[rpcinterface:supvisors]
supervisor.rpcinterface_factory = supvisors.plugin:make_supvisors_rpcinterface
"""


def parser_of(text: str) -> Any:
    parser = UnhosedConfigParser()
    parser.read_string(text)
    return parser


def collect_from(text: str, **environment: str) -> Collected:
    expansions = {f"ENV_{name}": value for name, value in environment.items()}
    return collect(parser_of(text), "/etc/supervisord.conf", "/etc", expansions)


def read(directory: Path, text: str, **files: str) -> Any:
    """Have a real `ServerOptions` read `text`, with the files that it includes."""
    for name, content in files.items():
        (directory / f"{name}.ini").write_text(content)
    conf = directory / "supervisord.conf"
    conf.write_text(SUPERVISORD + text)
    server_options = ServerOptions()
    server_options.configfile = str(conf)
    server_options.process_config(do_usage=False)
    return server_options


def program(server_options: Any, name: str = "supvisors") -> Any:
    """Return the configuration of a program, None when there is none."""
    for group in server_options.process_group_configs:
        for process in group.process_configs:
            if process.name == name:
                return process
    return None


# --- collect -------------------------------------------------------------------------------


def test_no_section_is_no_option_and_no_problem() -> None:
    assert collect_from("[supervisord]") == Collected("/etc/supervisord.conf", {}, {})


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("plain", "plain"),
        ("  blanks around  ", "blanks around"),
        ("%(here)s/supvisors.log", "/etc/supvisors.log"),
        ("%(ENV_SITE)s-1", "north-1"),
        ("%(host_node_name)s", platform.node()),
        ("100%%", "100%"),
        ("60002 ; the port", "60002"),
        ("a,\n b,\n c", "a,\nb,\nc"),
        ("", ""),
    ],
)
def test_a_value_is_expanded_as_supervisor_does(written: str, expected: str) -> None:
    collected = collect_from(f"[supvisors]\noption = {written}\n", SITE="north")
    assert collected == Collected("/etc/supervisord.conf", {"option": expected}, {})


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("%(ENV_NOWHERE)s", "ENV_NOWHERE"),
        ("%(here)", "badly formatted"),
        ("50%", "badly formatted"),
        ("%(here)d", "badly formatted"),
    ],
)
def test_an_expansion_that_fails_is_a_problem_of_its_option_alone(written: str, why: str) -> None:
    collected = collect_from(f"[supvisors]\nbad = {written}\ngood = %(here)s\n")
    assert collected.options == {"bad": written, "good": "/etc"}
    assert list(collected.problems) == ["bad"]
    assert why in collected.problems["bad"]


def test_an_option_without_a_known_directory_is_no_reason_to_fail() -> None:
    parser = parser_of("[supvisors]\nlogfile = %(here)s/log\n")
    assert collect(parser, None, None, {}) == Collected("", {"logfile": "None/log"}, {})


# --- is_wanted -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (PLUGIN, True),
        (PLUGIN.replace(":supvisors]", ":any_name]"), True),
        ("[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = a.b:c\n", False),
        ("[rpcinterface:supvisors]\nsomething = else\n", False),
        ("[supvisors]\nevent_port = 60002\n", False),
        ("", False),
    ],
)
def test_the_plugin_is_wanted_where_its_factory_is_named(text: str, wanted: bool) -> None:
    assert is_wanted(parser_of(text)) is wanted


@pytest.mark.parametrize(
    ("text", "serves"),
    [
        ("[unix_http_server]\nfile = a.sock\n", True),
        ("[inet_http_server]\nport = 127.0.0.1:9001\n", True),
        ("[inet_http_server:two]\nport = 127.0.0.1:9001\n", True),
        ("[supervisord]\n[supervisorctl]\n", False),
    ],
)
def test_whether_supervisord_serves_http(text: str, serves: bool) -> None:
    assert has_http_server(parser_of(text)) is serves


# --- add_agent_program ---------------------------------------------------------------------


def test_the_agents_program_is_added() -> None:
    parser = parser_of("")
    add_agent_program(parser)
    section = dict(parser.items(PROGRAM_SECTION))
    command = shlex.split(section["command"].replace("%%", "%"))
    assert command == [sys.executable, "-P", "-m", "supvisors.agent"]
    assert section["environment"] == f'SUPVISORS_TAP="{TAP_PATH}"'
    assert section["priority"] == "-1"
    assert "user" not in section


def test_the_agents_program_runs_as_the_user_of_the_option() -> None:
    parser = parser_of("")
    add_agent_program(parser, "nobody")
    assert parser.get(PROGRAM_SECTION, "user") == "nobody"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", f'SUPVISORS_TAP="{TAP_PATH}"'),
        ("environment =", f'SUPVISORS_TAP="{TAP_PATH}"'),
        ('environment = A="1"', f'A="1",SUPVISORS_TAP="{TAP_PATH}"'),
        ('environment = A="1",', f'A="1",SUPVISORS_TAP="{TAP_PATH}"'),
        ('environment = A="%(ENV_B)s"', f'A="%(ENV_B)s",SUPVISORS_TAP="{TAP_PATH}"'),
    ],
)
def test_a_program_that_the_user_wrote_wins(written: str, expected: str) -> None:
    parser = parser_of(f"[program:supvisors]\ncommand = own --agent\n{written}\n")
    add_agent_program(parser, "nobody")
    section = dict(parser.items(PROGRAM_SECTION))
    assert section == {"command": "own --agent", "environment": expected}


# --- user_problem --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "supervisord_user", "problem"),
    [
        ("", "root", ""),
        ("", "nobody", ""),
        ("nobody", "root", ""),
        ("nobody", "nobody", ""),
        ("root", "root", ""),
        (str(name_to_uid("nobody")), "root", ""),
        ("root", "nobody", "does not run as root"),
        ("no-such-user", "root", "no-such-user"),
        ("nobody", "no-such-user", "no-such-user"),
    ],
)
def test_whether_the_agent_can_run_as_a_user(
    user: str, supervisord_user: str, problem: str
) -> None:
    found = user_problem(user, supervisord_user)
    assert problem in found
    assert bool(found) is bool(problem)


def test_supervisord_runs_as_whoever_reads_unless_it_changes_its_user() -> None:
    assert user_problem(str(os.getuid()), None) == ""
    own_or_root = os.getuid() in (0, name_to_uid("nobody"))
    assert (user_problem("nobody", None) == "") is own_or_root


# --- the hook in a real reading ------------------------------------------------------------


def test_a_reading_adds_the_program_and_hands_the_options_over(tmp_path: Path) -> None:
    found = read(tmp_path, PLUGIN + "[supvisors]\nlogfile = %(here)s/a.log\n")
    conf = str(tmp_path / "supervisord.conf")
    assert found.supvisors == Collected(conf, {"logfile": f"{tmp_path}/a.log"}, {})
    agent = program(found)
    assert agent.environment == {"SUPVISORS_TAP": TAP_PATH}
    assert agent.command.endswith("-P -m supvisors.agent")
    assert (agent.priority, agent.uid) == (-1, None)
    [interface] = found.configroot.supervisord.rpcinterface_factories
    assert interface[:2] == ("supvisors", make_supvisors_rpcinterface)


def test_a_reading_without_the_plugin_stays_as_it_is(tmp_path: Path) -> None:
    found = read(tmp_path, "[supvisors]\nevent_port = 60002\n[program:a]\ncommand = cat\n")
    assert found.supvisors == Collected()
    assert [group.name for group in found.process_group_configs] == ["a"]


def test_without_an_http_server_the_plugin_is_not_loaded_and_says_so(tmp_path: Path) -> None:
    conf = tmp_path / "supervisord.conf"
    conf.write_text("[supervisord]\nchildlogdir = %(here)s\n" + PLUGIN)
    found = ServerOptions()
    found.configfile = str(conf)
    found.process_config(do_usage=False)
    assert program(found) is None
    assert found.supvisors == Collected()
    [warning] = found.parse_warnings
    assert "no HTTP server: add [unix_http_server]" in warning


def test_options_come_from_an_included_file_with_its_own_directory(tmp_path: Path) -> None:
    included = tmp_path / "conf.d"
    included.mkdir()
    (included / "site.ini").write_text("[supvisors]\nlogfile = %(here)s/a.log\n")
    found = read(tmp_path, PLUGIN + "[include]\nfiles = %(here)s/conf.d/*.ini\n")
    assert found.supvisors.file == str(included / "site.ini")
    assert found.supvisors.options == {"logfile": f"{included}/a.log"}


def test_variables_of_the_section_supervisord_are_expanded(tmp_path: Path) -> None:
    (tmp_path / "more.ini").write_text("[supvisors]\nevent_port = %(ENV_PORT)s\n")
    text = '[supervisord]\nenvironment = PORT="60123"\n[include]\nfiles = more.ini\n'
    found = read(tmp_path, PLUGIN + text)
    assert found.supvisors.options == {"event_port": "60123"}


def test_the_program_is_the_same_at_every_reading(tmp_path: Path) -> None:
    text = PLUGIN + "[supvisors]\nevent_port = {}\n"
    found = read(tmp_path, text.format(60001))
    agent = program(found)
    (tmp_path / "supervisord.conf").write_text(SUPERVISORD + text.format(60002))
    found.process_config(do_usage=False)  # as `supervisorctl reread` does
    assert found.supvisors.options == {"event_port": "60002"}
    assert program(found) == agent
    assert program(found) is not agent


@pytest.mark.parametrize(
    "section",
    [
        "event_port = %(ENV_NOWHERE)s",
        "evnt_port = 60002",
        "logfile = 50%",
        "user = no-such-user",
        "user = %(",
        "user =",
        "address_list = ",
    ],
)
def test_no_mistake_in_the_section_makes_the_reading_fail(tmp_path: Path, section: str) -> None:
    found = read(tmp_path, f"{PLUGIN}[supvisors]\n{section}\n[program:a]\ncommand = cat\n")
    assert program(found, "a").command == "cat"
    assert program(found).uid is None
    assert section.split(" =")[0] in found.supvisors.options


def test_a_user_that_does_not_exist_is_a_problem_and_not_a_user_of_the_program(
    tmp_path: Path,
) -> None:
    found = read(tmp_path, PLUGIN + "[supvisors]\nuser = no-such-user\n")
    assert "no-such-user" in found.supvisors.problems["user"]
    assert program(found).uid is None


def test_the_agent_runs_as_the_user_of_the_option(tmp_path: Path) -> None:
    own_user = str(os.getuid())
    found = read(tmp_path, f"{PLUGIN}[supvisors]\nuser = {own_user}\n")
    assert found.supvisors.problems == {}
    assert program(found).uid == name_to_uid(own_user)


def test_the_hook_is_set_once() -> None:
    hooked = ServerOptions.process_groups_from_parser
    install(Guard())
    assert ServerOptions.process_groups_from_parser is hooked


def test_an_error_in_the_hook_leaves_the_reading_alone(tmp_path: Path) -> None:
    """`parser` below lacks what only `collect` asks for; the groups come nevertheless."""
    server = "[unix_http_server]\nfile = a.sock\n"
    parser = parser_of(PLUGIN + server + "[supvisors]\na = b\n[program:a]\ncommand = cat\n")
    del parser.section_to_file
    with pytest.raises(AttributeError):
        collect(parser, None, None, {})
    server_options = ServerOptions()
    [group] = server_options.process_groups_from_parser(parser)
    assert group.name == "a"
    assert server_options.supvisors == Collected()


#: Prints the path of the tap, and the agent's environment as Supervisor makes it of a file.
READ = """
import json, sys
from supervisor.options import ServerOptions
server_options = ServerOptions()
server_options.configfile = sys.argv[1]
server_options.process_config(do_usage=False)
[group] = server_options.process_group_configs
from supvisors.plugin.options import TAP_PATH
print(json.dumps([TAP_PATH, group.process_configs[0].environment]))
"""


@pytest.mark.parametrize(
    ("name", "is_used"), [("short", True), ("100% %(here)s", True), ("x" * 80, False)]
)
def test_the_socket_lies_in_tmpdir_where_the_kernel_allows(
    tmp_path: Path, name: str, is_used: bool
) -> None:
    conf = tmp_path / "supervisord.conf"
    conf.write_text(SUPERVISORD + PLUGIN)
    with tempfile.TemporaryDirectory(dir="/tmp") as parent:
        directory = os.path.join(parent, name)
        os.mkdir(directory)
        done = subprocess.run(
            [sys.executable, "-c", READ, str(conf)],
            env={**os.environ, "TMPDIR": directory},
            capture_output=True,
            check=True,
        )
    path, environment = json.loads(done.stdout)
    assert environment == {"SUPVISORS_TAP": path}
    assert path.startswith(directory + os.sep) is is_used
    assert len(os.fsencode(path)) <= 107


def test_the_directory_of_the_socket_cannot_be_guessed() -> None:
    assert len(options.BOOT) == 16
    assert os.path.dirname(TAP_PATH) == options.RUN_DIRECTORY
    assert len(os.path.basename(options.RUN_DIRECTORY)) == len("supvisors-") + 16
    assert not os.path.exists(options.RUN_DIRECTORY), "made when supervisord runs"
