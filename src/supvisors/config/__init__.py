"""The options of `[supvisors]`: text in, frozen settings or all mistakes at once out.

Holds: `table.py`, the one table of options; `addresslist.py`, the grammar of `address_list`;
`settings.py`, what they give together; `digests.py`, what hosts compare of that; `mistake.py`,
what is told to the operator; `locate.py`, where in a file an option is written.
Must not touch: globals, argv, the running system. Only `locate_in_files` reads a file.
Invariants: an option that is not in the table is refused, never ignored. Every mistake names
file, option, value and cure (semantics, section 10).
Tests: tests/config/.
"""

from supvisors.config.addresslist import AddressEntry, HostFacts, leaves_loopback
from supvisors.config.digests import digests
from supvisors.config.locate import Where, locate, locate_in_files
from supvisors.config.mistake import ConfigError, Mistake
from supvisors.config.settings import Settings, parse_settings
from supvisors.config.table import EVENT_HOST, OPTIONS, Option
from supvisors.model import ConciliationStrategy, StartingStrategy

__all__ = [
    "EVENT_HOST",
    "OPTIONS",
    "AddressEntry",
    "ConciliationStrategy",
    "ConfigError",
    "HostFacts",
    "Mistake",
    "Option",
    "Settings",
    "StartingStrategy",
    "Where",
    "digests",
    "leaves_loopback",
    "locate",
    "locate_in_files",
    "parse_settings",
]
