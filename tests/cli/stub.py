"""A supervisord that only has the namespace `supvisors`, with answers that a test gives.

Holds: `Stub`, `serving`, which lets it be asked.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from xmlrpc.client import Fault
from xmlrpc.server import SimpleXMLRPCServer

from supervisor.xmlrpc import Faults

from tests.cli.harness import write

#: An answer, or what gives it for the parameters of a call.
Answer = Any


class _Server(ThreadingMixIn, SimpleXMLRPCServer):
    daemon_threads = True


class Stub:
    """What the stub was asked, and what it answers.

    Attributes:
        answers: by name of the method.
        asked: method and parameters of every call, without those of `get_plans`.
    """

    def __init__(self, **answers: Answer) -> None:
        self.answers: dict[str, Answer] = answers
        self.asked: list[tuple[Any, ...]] = []

    def _dispatch(self, method: str, params: tuple[Any, ...]) -> Any:
        name = method.removeprefix("supvisors.")
        if name != "get_plans":
            self.asked.append((name, *params))
        answer = self.answers.get(name, [] if name == "get_plans" else True)
        if isinstance(answer, Fault):
            raise answer
        return answer(*params) if callable(answer) else answer


def refused(fault: str, text: str) -> Fault:
    """Return a fault as supervisord makes it."""
    return Fault(getattr(Faults, fault), f"{fault}: {text}")


@contextmanager
def serving(stub: Stub, directory: Path) -> Iterator[str]:
    """Serve; yield the path of a configuration that leads there."""
    with _Server(("127.0.0.1", 0), logRequests=False, allow_none=False) as server:
        server.register_instance(stub)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        port = server.server_address[1]
        try:
            yield str(
                write(
                    directory,
                    f"[supervisord]\n[supervisorctl]\nserverurl = http://127.0.0.1:{port}\n",
                )
            )
        finally:
            server.shutdown()
            thread.join()
