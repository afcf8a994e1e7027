"""`xmlrpc_commands`: what each HTTP server of a real supervisord lets through. A mistake in it
stops neither supervisord nor a program, and is told in its log and in every fault."""

from __future__ import annotations

from typing import Any
from xmlrpc.client import Fault, ServerProxy

import pytest

from tests.live.harness import BASE, Site, free_port
from tests.live.probe import Probe

FACTORY = "supervisor.rpcinterface_factory = supvisors.plugin:make_supvisors_rpcinterface\n"
PROGRAMS = """
[program:sleeper]
command = sleep 1000
startsecs = 0
"""


def outcome(proxy: Any, method: str, *params: object) -> str:
    """Return '' when a call goes through to the agent, else why it is refused."""
    try:
        assert getattr(proxy.supvisors, method)(*params) == [method, *params]
    except Fault as fault:
        text: str = fault.faultString
        return text
    return ""


@pytest.mark.parametrize(
    ("option", "unix", "inet"),
    [
        ("", ("", ""), ("", "has no password")),
        ("cluster", ("", ""), ("", "")),
        ("unix: local, inet: off", ("", "says 'local'"), ("says 'off'", "says 'off'")),
        ("unix: cluster, inet: lan", ("is not understood",) * 2, ("is not understood",) * 2),
    ],
)
def test_what_each_server_lets_through(
    site: Site, probe: Probe, option: str, unix: tuple[str, str], inet: tuple[str, str]
) -> None:
    port = free_port()
    base = BASE.replace(FACTORY, f"{FACTORY}xmlrpc_commands = {option}\n" if option else FACTORY)
    base += f"\n[inet_http_server]\nport = 127.0.0.1:{port}\n"
    site.write(PROGRAMS, base=base)
    site.start(ready=False)
    probe.told.wait("Loaded")
    site.wait_state("sleeper", "RUNNING")
    with ServerProxy(f"http://127.0.0.1:{port}") as over_tcp:
        for proxy, expected in ((site.rpc(), unix), (over_tcp, inet)):
            told = [outcome(proxy, "get_address_info", "alpha"), outcome(proxy, "fence", "beta")]
            for words, text in zip(expected, told, strict=True):
                assert words in text
                assert bool(words) is bool(text)
        assert over_tcp.system.listMethods() == site.rpc().system.listMethods()
    assert ("supvisors: xmlrpc_commands" in site.log()) is ("lan" in option)
    assert "nobody reads" not in site.log()
