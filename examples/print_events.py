"""Prints every event as one JSON object a line, until Ctrl-C.

Usage: print_events.py PORT (the option event_port of the section [supvisors])
"""

import json
import sys
from typing import Any

import zmq

from supvisors.client.subscriber import SupvisorsEventInterface, create_logger


class PrintEvents(SupvisorsEventInterface):
    """Prints what it hears."""

    def on_supvisors_status(self, data: dict[str, Any]) -> None:
        self.print_event("supvisors", data)

    def on_address_status(self, data: dict[str, Any]) -> None:
        self.print_event("address", data)

    def on_application_status(self, data: dict[str, Any]) -> None:
        self.print_event("application", data)

    def on_process_status(self, data: dict[str, Any]) -> None:
        self.print_event("process", data)

    def on_process_event(self, data: dict[str, Any]) -> None:
        self.print_event("event", data)

    def print_event(self, header: str, data: dict[str, Any]) -> None:
        print(json.dumps({"header": header, "body": data}), flush=True)


subscriber = PrintEvents(zmq.Context.instance(), int(sys.argv[1]), create_logger())
subscriber.subscribe_all()
try:
    subscriber.start()
    subscriber.join()
except KeyboardInterrupt:
    subscriber.stop()
