"""From options to settings: defaults, rules between options, and all mistakes at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supvisors.config import (
    OPTIONS,
    AddressEntry,
    ConciliationStrategy,
    ConfigError,
    HostFacts,
    Mistake,
    Settings,
    StartingStrategy,
    parse_settings,
)
from supvisors.config.settings import default_quorum

HOST = HostFacts(("alpha", "localhost"), ("127.0.0.1", "192.0.2.7"))
FILE = "/etc/supervisord.conf"
LINES = {option.name: number for number, option in enumerate(OPTIONS, start=10)}
ALPHA = AddressEntry("alpha", "alpha", 65001)

DEFAULTS = Settings(
    addresses=(ALPHA,),
    local=ALPHA,
    internal_port=65001,
    event_port=65002,
    event_host=None,
    rules_file=None,
    auto_fence=False,
    synchro_timeout_s=15,
    tick_period_s=1,
    inactivity_ticks=5,
    quorum=1,
    starting_strategy=StartingStrategy.CONFIG,
    conciliation_strategy=ConciliationStrategy.USER,
    state_dir=None,
    journal_max_mb=100,
    journal_max_days=7,
    logfile=None,
    logfile_maxbytes=50 * 1024 * 1024,
    logfile_backups=10,
    loglevel="info",
    user=None,
)


def parse(
    options: dict[str, str],
    problems: dict[str, str] | None = None,
    identifier: str = "supervisor",
    host: HostFacts = HOST,
) -> tuple[Settings, tuple[Mistake, ...]]:
    return parse_settings(
        options,
        problems or {},
        where=lambda option: (FILE, LINES.get(option)),
        identifier=identifier,
        host=host,
    )


def mistakes(options: dict[str, str], problems: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(options, problems)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_no_options_at_all_are_fine() -> None:
    assert parse({}) == (DEFAULTS, ())


def test_values_go_to_their_fields() -> None:
    settings, warnings = parse(
        {
            "address_list": "<rack1>localhost:6000",
            "internal_port": "6000",
            "event_port": "6001",
            "auto_fence": "true",
            "synchro_timeout": "20",
            "tick_period": "2",
            "inactivity_ticks": "7",
            "quorum": "1",
            "starting_strategy": "MOST_LOADED",
            "conciliation_strategy": "STOP",
            "state_dir": "/var/lib/supvisors",
            "event_host": "192.0.2.7",
            "journal_max_mb": "5",
            "journal_max_days": "2",
            "logfile": "/var/log/supvisors.log",
            "logfile_maxbytes": "1KB",
            "logfile_backups": "3",
            "loglevel": "debug",
            "user": "nobody",
        }
    )
    rack1 = AddressEntry("rack1", "localhost", 6000)
    assert warnings == ()
    assert settings == Settings(
        addresses=(rack1,),
        local=rack1,
        internal_port=6000,
        event_port=6001,
        event_host="192.0.2.7",
        rules_file=None,
        auto_fence=True,
        synchro_timeout_s=20,
        tick_period_s=2,
        inactivity_ticks=7,
        quorum=1,
        starting_strategy=StartingStrategy.MOST_LOADED,
        conciliation_strategy=ConciliationStrategy.STOP,
        state_dir="/var/lib/supvisors",
        journal_max_mb=5,
        journal_max_days=2,
        logfile="/var/log/supvisors.log",
        logfile_maxbytes=1024,
        logfile_backups=3,
        loglevel="debug",
        user="nobody",
    )


def test_blanks_around_a_value_do_not_count() -> None:
    assert parse({"event_port": " 6001\n"})[0].event_port == 6001


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            {"event_port": "abc"},
            f"{FILE}:12: [supvisors] event_port = 'abc': not a whole number. "
            "Write a port from 1 to 65535, for example: event_port = 65002.",
        ),
        (
            {"event_port": " "},
            f"{FILE}:12: [supvisors] event_port = ' ': has no value. "
            "Write a port from 1 to 65535, for example: event_port = 65002.",
        ),
        (
            {"evnt_port": "65002"},
            f"{FILE}: [supvisors] evnt_port = '65002': there is no such option. "
            "Write event_port, if you meant that.",
        ),
        (
            {"colour": "red"},
            f"{FILE}: [supvisors] colour = 'red': there is no such option. "
            f"Remove it; there are {', '.join(LINES)}.",
        ),
        (
            {"event_host": "0.0.0.0"},
            f"{FILE}:13: [supvisors] event_host = '0.0.0.0': stands for all addresses, 127.0.0.1 "
            "among them, which has the events. Write one IP address of this host, for example: "
            "event_host = 192.0.2.1.",
        ),
        (
            {"loglevel": "warning"},
            f"{FILE}:28: [supvisors] loglevel = 'warning': not one of the words that are known "
            "here. Write one of critical, error, warn, info, debug, trace, blather, for example: "
            "loglevel = debug.",
        ),
        (
            {"logfile": "supvisors.log"},
            f"{FILE}:25: [supvisors] logfile = 'supvisors.log': not an absolute path. Write an "
            "absolute path; %(here)s is the file's directory, for example: logfile = "
            "%(here)s/supvisors.log.",
        ),
        (
            {"quorum": "2"},
            f"{FILE}:19: [supvisors] quorum = '2': more than the number of addresses, which is 1. "
            "Write a number up to 1, for example: quorum = 1.",
        ),
        (
            {"event_port": "6000", "internal_port": "6000"},
            f"{FILE}:12: [supvisors] event_port = '6000': agents use 6000, 6002, 6003 from "
            "internal_port 6000 on, and event_port is 6000. Write another event_port, for "
            "example: event_port = 6001.",
        ),
        (
            {"internal_port": "65000"},
            f"{FILE}:11: [supvisors] internal_port = '65000': agents use 65000, 65002, 65003 from "
            "internal_port 65000 on, and event_port is 65002. Write another event_port, for "
            "example: event_port = 65001.",
        ),
        (
            {"address_list": "alpha:x"},
            f"{FILE}:10: [supvisors] address_list = 'alpha:x': entry 1, 'alpha:x', has a port "
            "that is not a whole number. Write entries of the form name, name:port, "
            "<name>host:port or [IPv6]:port, separated by commas, for example: address_list = "
            "<alpha>localhost:65001.",
        ),
        (
            {"address_list": "beta"},
            f"{FILE}:10: [supvisors] address_list = 'beta': no entry is this host, which is "
            "neither named 'supervisor', as its supervisord is, nor has at its internal port one "
            "of: alpha, localhost, 127.0.0.1, 192.0.2.7. Write one of these, or set identifier "
            "of [supervisord] to the name of this host's entry, for example: identifier = beta.",
        ),
        (
            {"address_list": "alpha, <b>elsewhere:7001, <c>elsewhere:7003"},
            f"{FILE}:10: [supvisors] address_list = 'alpha, <b>elsewhere:7001, "
            "<c>elsewhere:7003': <b>elsewhere:7001 and <c>elsewhere:7003 both use port 7003 of "
            "one host. Write ports that are 10 apart, for example: <c>elsewhere:7011.",
        ),
        (
            {"address_list": "alpha, <b>elsewhere, <c>elsewhere:65001"},
            f"{FILE}:10: [supvisors] address_list = 'alpha, <b>elsewhere, <c>elsewhere:65001': "
            "<b>elsewhere:65001 and <c>elsewhere:65001 both use port 65001 of one host. Write "
            "ports that are 10 apart, for example: <c>elsewhere:65011.",
        ),
    ],
)
def test_a_mistake_names_file_line_option_value_and_cure(
    options: dict[str, str], line: str
) -> None:
    assert mistakes(options) == [line]


def test_several_entries_that_are_this_host_are_listed() -> None:
    (several,) = mistakes({"address_list": "<a>alpha, <b>localhost"})
    assert "several entries are this host: <a>alpha, <b>localhost. Set identifier" in several
    assert several.endswith("for example: identifier = a.")


def test_the_identifier_decides_between_them() -> None:
    settings, _ = parse({"address_list": "<a>alpha, <b>localhost"}, identifier="b")
    assert settings.local == AddressEntry("b", "localhost", 65001)


def test_several_addresses_keep_their_order_and_get_their_ports() -> None:
    settings, _ = parse({"address_list": "<z>elsewhere:7000, alpha, <b>10.0.0.1"})
    assert settings.addresses == (
        AddressEntry("z", "elsewhere", 7000),
        ALPHA,
        AddressEntry("b", "10.0.0.1", 65001),
    )
    assert (settings.local, settings.quorum) == (ALPHA, 2)


def test_fences_that_are_not_kept_are_warned_of() -> None:
    _, (warning,) = parse({"address_list": "alpha, beta"})
    assert str(warning) == (
        f"{FILE}:22: [supvisors] state_dir: it is not set, so fences do not outlive a restart of "
        "the agent. Write an absolute path, for example: state_dir = %(here)s/state."
    )
    assert parse({"address_list": "alpha, beta", "state_dir": "/var/lib/x"})[1] == ()
    with pytest.raises(ConfigError) as caught:
        parse({"address_list": "alpha, beta", "state_dir": "x"})
    assert caught.value.warnings == ()


def test_one_entry_that_the_identifier_names_is_ours_wherever_it_points() -> None:
    settings, _ = parse({"address_list": "<b>elsewhere:7000"}, identifier="b")
    assert settings.local == AddressEntry("b", "elsewhere", 7000)
    assert settings.internal_port == 7000


def test_the_port_of_the_own_entry_is_the_one_that_must_not_be_the_event_port() -> None:
    with pytest.raises(ConfigError, match="agents use 65002, 65004, 65005"):
        parse({"address_list": "b:65002"}, identifier="b")


@pytest.mark.parametrize("offset", [1, 4, -1])
def test_a_port_beside_those_of_the_agents_is_free_for_events(offset: int) -> None:
    settings, _ = parse({"internal_port": "6000", "event_port": str(6000 + offset)})
    assert settings.event_port == 6000 + offset


@pytest.mark.parametrize("offset", [0, 2, 3])
def test_a_port_of_the_agents_is_not(offset: int) -> None:
    assert len(mistakes({"internal_port": "6000", "event_port": str(6000 + offset)})) == 1


def test_without_a_list_the_host_name_is_the_address() -> None:
    host = HostFacts(("omega", "localhost"), ())
    settings, _ = parse({}, host=host)
    assert settings.local.name == "omega"


@pytest.mark.parametrize(("count", "quorum"), [(1, 1), (2, 1), (3, 2), (4, 3), (5, 3)])
def test_a_quorum_is_the_majority_of_three_or_more(count: int, quorum: int) -> None:
    assert default_quorum(count) == quorum


def test_all_mistakes_come_at_once_in_the_order_of_the_table() -> None:
    lines = mistakes(
        {"zebra": "1", "user": "", "event_port": "x", "address_list": "a b", "apple": "2"}
    )
    assert [line.split("] ")[1].split(":")[0].split(" =")[0] for line in lines] == [
        "address_list",
        "event_port",
        "user",
        "zebra",
        "apple",
    ]


def test_mistakes_do_not_hide_the_warnings() -> None:
    with pytest.raises(ConfigError) as caught:
        parse({"address_list": "alpha, beta", "quorum": "x"})
    assert [warning.option for warning in caught.value.warnings] == ["state_dir"]


def test_a_failed_expansion_is_told_without_the_whole_environment() -> None:
    words = (
        "Format string '%(x)s' for 'supvisors.logfile' contains names ('x') which cannot be "
        "expanded. Available names: ENV_PASSWORD, ENV_PATH"
    )
    (line,) = mistakes({"logfile": "%(x)s"}, {"logfile": words})
    assert line == (
        f"{FILE}:25: [supvisors] logfile = '%(x)s': Format string '%(x)s' for "
        "'supvisors.logfile' contains names ('x') which cannot be expanded. Write names that are "
        "known, such as %(here)s, %(host_node_name)s and %(ENV_HOME)s, and %% for a percent sign."
    )


def test_another_problem_is_told_with_the_cure_of_the_option() -> None:
    (line,) = mistakes({"user": "nobodyy"}, {"user": "Invalid user name nobodyy"})
    assert line == (
        f"{FILE}:29: [supvisors] user = 'nobodyy': Invalid user name nobodyy. Write the name or "
        "the number of a user of this host, for example: user = nobody."
    )


NAMES = st.sampled_from([option.name for option in OPTIONS]) | st.text()
VALUES = st.text() | st.sampled_from(["1", "65002", "true", "alpha", "<a>b:1,c", "/x", "info"])


@given(
    st.dictionaries(NAMES, VALUES),
    st.dictionaries(NAMES, st.text(min_size=1), max_size=2),
    st.text(),
)
def test_any_texts_give_settings_or_mistakes_with_all_that_they_must_name(
    options: dict[str, str], problems: dict[str, str], identifier: str
) -> None:
    try:
        settings, _ = parse(options, problems, identifier)
        found: tuple[Mistake, ...] = ()
    except ConfigError as error:
        settings, found = DEFAULTS, error.mistakes
    refused = {mistake.option for mistake in found}
    assert settings.local in settings.addresses
    assert set(options) - set(LINES) <= refused
    assert set(problems) & set(LINES) <= refused
    for mistake in found:
        line = str(mistake)
        assert "\n" not in line
        assert line.startswith(FILE)
        assert " ".join(mistake.option.split()) in line
        assert mistake.value == options.get(mistake.option, "")
        assert mistake.problem
        assert line.endswith(f"{' '.join(mistake.cure.split())}.")
