"""The table of options, row by row."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supvisors.config import (
    OPTIONS,
    AddressEntry,
    ConciliationStrategy,
    Option,
    Settings,
    StartingStrategy,
)

BY_NAME = {option.name: option for option in OPTIONS}
MIB = 1024 * 1024

#: Semantics, section 10, and `user`.
NAMES = """
    address_list internal_port event_port event_host rules_file auto_fence synchro_timeout
    tick_period inactivity_ticks quorum starting_strategy conciliation_strategy state_dir
    journal_max_mb journal_max_days logfile logfile_maxbytes logfile_backups loglevel user
"""

GOOD: list[tuple[str, str, Any]] = [
    ("address_list", "alpha:6000", (AddressEntry("alpha", "alpha", 6000),)),
    ("internal_port", "1", 1),
    ("internal_port", "65532", 65532),
    ("event_port", "65535", 65535),
    ("rules_file", "/etc/rules.xml", "/etc/rules.xml"),
    ("auto_fence", "true", True),
    ("auto_fence", "Yes", True),
    ("auto_fence", "on", True),
    ("auto_fence", "1", True),
    ("auto_fence", "FALSE", False),
    ("auto_fence", "no", False),
    ("auto_fence", "off", False),
    ("auto_fence", "0", False),
    ("synchro_timeout", "3600", 3600),
    ("tick_period", "60", 60),
    ("inactivity_ticks", "2", 2),
    ("quorum", "3", 3),
    ("starting_strategy", "less_loaded", StartingStrategy.LESS_LOADED),
    ("starting_strategy", "MOST_LOADED", StartingStrategy.MOST_LOADED),
    ("conciliation_strategy", "RUNNING_FAILURE", ConciliationStrategy.RUNNING_FAILURE),
    ("state_dir", "/var/lib/supvisors", "/var/lib/supvisors"),
    ("logfile", "/var/log/with blank.log", "/var/log/with blank.log"),
    ("logfile_maxbytes", "0", 0),
    ("logfile_maxbytes", "10", 10),
    ("logfile_maxbytes", "2kb", 2048),
    ("logfile_maxbytes", "50MB", 50 * MIB),
    ("logfile_maxbytes", "1Gb", 1024 * MIB),
    ("event_host", "192.0.2.1", "192.0.2.1"),
    ("event_host", "2001:DB8::1", "2001:db8::1"),
    ("journal_max_mb", "0", 0),
    ("logfile_backups", "0", 0),
    ("loglevel", "WARN", "warn"),
    ("loglevel", "critical", "critical"),
    ("loglevel", "trace", "debug"),
    ("loglevel", "blather", "debug"),
    ("user", "nobody", "nobody"),
    ("user", "1000", "1000"),
]

BAD = [
    ("internal_port", "65533", "not in the range from 1 to 65532"),
    ("event_port", "0", "not in the range from 1 to 65535"),
    ("event_port", "65536", "not in the range from 1 to 65535"),
    ("event_port", "-1", "not in the range from 1 to 65535"),
    ("event_port", "6500l", "not a whole number"),
    ("event_port", "65002.0", "not a whole number"),
    ("event_port", "6_5", "not a whole number"),
    ("event_port", "\N{ARABIC-INDIC DIGIT ONE}", "not a whole number"),
    ("event_port", "9" * 5000, "not a whole number"),
    ("event_host", "alpha", "not an IP address"),
    ("event_host", "127.0.0.1", "has the events anyway, in the clear"),
    ("event_host", "::", "stands for all addresses, 127.0.0.1 among them, which has the events"),
    ("journal_max_mb", "-1", "not in the range from 0 to 100000"),
    ("journal_max_days", "0", "not in the range from 1 to 3650"),
    ("rules_file", "rules.xml", "not an absolute path"),
    ("logfile", "/a\n/b", "has a line break or another control character"),
    ("auto_fence", "maybe", "neither true nor false"),
    ("synchro_timeout", "0", "not in the range from 1 to 3600"),
    ("tick_period", "0.5", "not a whole number"),
    ("tick_period", "61", "not in the range from 1 to 60"),
    ("inactivity_ticks", "1", "not in the range from 2 to 720"),
    ("quorum", "0", "not in the range from 1 to 1000"),
    ("starting_strategy", "CONF", "not one of the words that are known here"),
    ("conciliation_strategy", "KILL", "not one of the words that are known here"),
    ("logfile_maxbytes", "50TB", "not a number of bytes"),
    ("logfile_maxbytes", "-1", "not a number of bytes"),
    ("logfile_maxbytes", "MB", "not a number of bytes"),
    ("logfile_backups", "-1", "not in the range from 0 to 1000"),
    ("loglevel", "warning", "not one of the words that are known here"),
    ("user", "two words", "not a single word"),
    ("user", "a:b", "not a single word"),
]


def test_the_table_has_all_options_once() -> None:
    assert [option.name for option in OPTIONS] == NAMES.split()


def test_every_setting_has_its_option() -> None:
    fields = {option.field or option.name for option in OPTIONS}
    assert fields | {"local"} == {field.name for field in dataclasses.fields(Settings)}


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_option_says_what_it_is_for(option: Option) -> None:
    assert re.fullmatch(r"[A-Z][^\n]{10,60}\.", option.help)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_cure_shows_a_value_that_is_accepted(option: Option) -> None:
    assert option.cure == (
        f"Write {option.kind.allowed}, for example: {option.name} = {option.kind.example}"
    )
    option.kind.read(option.kind.example.replace("%(here)s", "/etc"))


@pytest.mark.parametrize(("name", "text", "value"), GOOD)
def test_a_good_value_is_read(name: str, text: str, value: object) -> None:
    assert BY_NAME[name].kind.read(text) == value


@pytest.mark.parametrize(("name", "text", "problem"), BAD)
def test_a_bad_value_is_refused_with_the_reason(name: str, text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(problem)}$"):
        BY_NAME[name].kind.read(text)


@given(st.sampled_from(OPTIONS), st.text())
def test_any_text_is_read_or_refused_with_a_reason(option: Option, text: str) -> None:
    reason = ""
    try:
        option.kind.read(text)
    except ValueError as error:
        reason = str(error) or "no reason"
    assert reason != "no reason"
