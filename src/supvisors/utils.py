"""The names that the event interface promises to its clients.

Holds: the five headers, exactly as the specification of the event interface spells them
(section "Message header").
Must not touch: anything else. A helper that looks for a home has another room to live in.
Tests: tests/client/test_seed_names.py.
"""

from typing import Final

SUPVISORS_STATUS_HEADER: Final = "supvisors"
ADDRESS_STATUS_HEADER: Final = "address"
APPLICATION_STATUS_HEADER: Final = "application"
PROCESS_STATUS_HEADER: Final = "process"
PROCESS_EVENT_HEADER: Final = "event"
