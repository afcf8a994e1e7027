"""The public protocol of the event interface: values of the model to frames, and back.

Holds: `dialect1`, the two frames that any ZeroMQ SUB client understands.
Must not touch: sockets, clocks, threads, loggers; any import of ours but `model` and `utils`.
Invariants: pure and total. A body gives its frames; frames give a body or `WireError`, never
    anything else.
Tests: tests/wire/. The protocol itself, for every language: wire/README.md.
"""

from supvisors.wire.dialect1 import body_as_dict, decode, encode, header_of
from supvisors.wire.errors import Reason, WireError
from supvisors.wire.forms import HEADERS

__all__ = ["HEADERS", "Reason", "WireError", "body_as_dict", "decode", "encode", "header_of"]
