"""The table of `[supvisors]` options.

Holds: `OPTIONS`, one row for each (semantics, section 10), and the kinds of values they take.
Must not touch: how options depend on one another (`settings.py`).
Invariants: a reader turns any text into a value or a ValueError that says what is wrong.
Tests: tests/config/test_table.py.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from supvisors.config.addresslist import AddressEntry, parse_address_list
from supvisors.model import ConciliationStrategy, StartingStrategy

PORT_MAX: Final = 65535
#: Where events are published in the clear, always; elsewhere only with keys.
EVENT_HOST: Final = "127.0.0.1"
#: Ports that agents use among themselves, counted from `internal_port`. The one after it is
#: left out, since that is the usual `event_port`.
BUS_PORT_OFFSETS: Final = (0, 2, 3)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of values.

    Attributes:
        read: text -> value; its ValueError says what is wrong with the text.
        allowed: what may be written, as it follows on "Write".
        example: a text that is accepted, once expanded.
    """

    read: Callable[[str], Any]
    allowed: str
    example: str


@dataclass(frozen=True, slots=True)
class Option:
    """One row of the table.

    Attributes:
        default: what holds when the option is absent; None where another option or the host
            decides, or where there is none.
        help: what it is for, in one line.
        field: its name in `Settings`, where a unit makes that another one.
    """

    name: str
    kind: Kind
    default: Any
    help: str
    field: str = ""

    @property
    def cure(self) -> str:
        """What to write instead of a wrong value."""
        return f"Write {self.kind.allowed}, for example: {self.name} = {self.kind.example}"


# --- Kinds of values -----------------------------------------------------------------------

_TRUE: Final = ("yes", "true", "on", "1")
_FALSE: Final = ("no", "false", "off", "0")
_BYTES_PER_UNIT: Final = {"": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}
#: Supervisor's words for levels; the agent knows none finer than debug.
_LOG_LEVELS: Final = {
    **{level: level for level in ("critical", "error", "warn", "info", "debug")},
    "trace": "debug",
    "blather": "debug",
}


def _integer(low: int, high: int, example: int, what: str = "a whole number") -> Kind:
    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
            raise ValueError("not a whole number")
        if not low <= int(text) <= high:
            raise ValueError(f"not in the range from {low} to {high}")
        return int(text)

    return Kind(read, f"{what} from {low} to {high}", str(example))


def _port(example: int, high: int = PORT_MAX) -> Kind:
    return _integer(1, high, example, "a port")


def _read_boolean(text: str) -> bool:
    if text.lower() not in _TRUE + _FALSE:
        raise ValueError("neither true nor false")
    return text.lower() in _TRUE


def _read_byte_size(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,15})(|kb|mb|gb)", text.lower())
    if match is None:
        raise ValueError("not a number of bytes")
    return int(match[1]) * _BYTES_PER_UNIT[match[2]]


def _one_of(words: dict[str, Any], example: str) -> Kind:
    """Return the kind of `words`, in any case of their letters."""
    by_word = {word.lower(): value for word, value in words.items()}

    def read(text: str) -> Any:
        if text.lower() not in by_word:
            raise ValueError("not one of the words that are known here")
        return by_word[text.lower()]

    return Kind(read, f"one of {', '.join(words)}", example)


def _read_path(text: str) -> str:
    if not text.isprintable():
        raise ValueError("has a line break or another control character")
    if not text.startswith("/"):
        raise ValueError("not an absolute path")
    return text


def _path(example: str) -> Kind:
    return Kind(
        _read_path, "an absolute path; %(here)s is the file's directory", f"%(here)s/{example}"
    )


def _read_word(text: str) -> str:
    if not re.fullmatch(r"[^\s:]+", text):
        raise ValueError("not a single word")
    return text


def _read_event_host(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError("not an IP address") from None
    if address.is_unspecified:
        raise ValueError("stands for all addresses, 127.0.0.1 among them, which has the events")
    if address == ipaddress.ip_address(EVENT_HOST):
        raise ValueError("has the events anyway, in the clear")
    return str(address)


def _read_address_list(text: str) -> tuple[AddressEntry, ...]:
    entries, problems = parse_address_list(text, _INTERNAL_PORT.read)
    if problems:
        raise ValueError("; ".join(problems))
    return entries


_ADDRESS_LIST = Kind(
    _read_address_list,
    "entries of the form name, name:port, <name>host:port or [IPv6]:port, separated by commas",
    "<alpha>localhost:65001",
)
_INTERNAL_PORT = _port(65001, PORT_MAX - BUS_PORT_OFFSETS[-1])
_BOOLEAN = Kind(_read_boolean, "true or false", "true")
_BYTE_SIZE = Kind(_read_byte_size, "a number of bytes, which may end in KB, MB or GB", "50MB")
_USER = Kind(_read_word, "the name or the number of a user of this host", "nobody")
_EVENT_HOST = Kind(_read_event_host, "one IP address of this host", "192.0.2.1")
_STARTING = _one_of(dict(StartingStrategy.__members__), "LESS_LOADED")
_CONCILIATION = _one_of(dict(ConciliationStrategy.__members__), "SENICIDE")
_LOG_LEVEL = _one_of(_LOG_LEVELS, "debug")

# --- The table -----------------------------------------------------------------------------

OPTIONS: Final = (
    Option(
        "address_list",
        _ADDRESS_LIST,
        None,
        "Who belongs to the system; without it, this host alone.",
        "addresses",
    ),
    Option("internal_port", _INTERNAL_PORT, 65001, "First port that agents use among themselves."),
    Option("event_port", _port(65002), 65002, "Port of the event interface, on 127.0.0.1."),
    Option("event_host", _EVENT_HOST, None, "Address for event clients elsewhere, with keys."),
    Option("rules_file", _path("rules.xml"), None, "XML file with rules for applications."),
    Option("auto_fence", _BOOLEAN, False, "Isolate an address that is lost, until it is unfenced."),
    Option(
        "synchro_timeout",
        _integer(1, 3600, 15),
        15,
        "Seconds to wait at the start for the other addresses.",
        "synchro_timeout_s",
    ),
    Option(
        "tick_period",
        _integer(1, 60, 1),
        1,
        "Seconds from beat to beat; the same on all hosts.",
        "tick_period_s",
    ),
    Option(
        "inactivity_ticks",
        _integer(2, 720, 5),
        5,
        "Beats missed in a row until an address is lost.",
    ),
    Option(
        "quorum",
        _integer(1, 1000, 1),
        None,
        "Addresses that must be RUNNING for automatic actions.",
    ),
    Option("starting_strategy", _STARTING, StartingStrategy.CONFIG, "Where a process starts."),
    Option(
        "conciliation_strategy",
        _CONCILIATION,
        ConciliationStrategy.USER,
        "What is done about a process that runs too often.",
    ),
    Option(
        "state_dir", _path("state"), None, "Directory of the keys and of what outlives a restart."
    ),
    Option(
        "journal_max_mb",
        _integer(0, 100_000, 100),
        100,
        "Size of the journal of events in state_dir; 0 for none.",
    ),
    Option("journal_max_days", _integer(1, 3650, 7), 7, "Age of the oldest event in the journal."),
    Option(
        "logfile", _path("supvisors.log"), None, "The agent's log, beside what supervisord keeps."
    ),
    Option("logfile_maxbytes", _BYTE_SIZE, 50 * 1024**2, "Size at which the log is rotated."),
    Option("logfile_backups", _integer(0, 1000, 10), 10, "Rotated logs to keep."),
    Option("loglevel", _LOG_LEVEL, "info", "The least important lines to log."),
    Option("user", _USER, None, "As whom a root supervisord runs the agent; else as itself."),
)
