"""Orders that go from host to host: a stop of what runs elsewhere, and what is refused."""

from __future__ import annotations

from pathlib import Path
from xmlrpc.client import Fault, ServerProxy

import pytest

from tests.live.cluster import Cluster, cluster
from tests.live.harness import Site, free_port, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

PROGRAMS = """
[program:camera]
command = sleep 1000
startsecs = 0

[program:echo]
command = echo
startsecs = 0
autorestart = false
autostart = false
exitcodes = 0

[program:stubborn]
command = /bin/sh -c "trap '' TERM; while :; do sleep 0.1; done"
startsecs = 0
stopwaitsecs = 1
"""


@pytest.mark.parametrize("password", [False, True])
def test_a_server_without_a_password_controls_no_other_host(site: Site, password: bool) -> None:
    port = free_port()
    users = "username = me\npassword = secret\n" if password else ""
    site.write(f"[inet_http_server]\nport = 127.0.0.1:{port}\n{users}\n{PROGRAMS}")
    site.start()
    login = "me:secret@" if password else ""
    with ServerProxy(f"http://{login}127.0.0.1:{port}") as proxy:
        assert proxy.supvisors.get_master_address() == "alpha"
        controls = {"stop_process": ("nobody", True), "fence": ("nobody",), "unfence": ("nobody",)}
        for method, params in controls.items():
            with pytest.raises(Fault, match="BAD_NAME" if password else "has no password"):
                getattr(proxy.supvisors, method)(*params)
    with pytest.raises(Fault, match="BAD_NAME"):  # through the unix socket
        site.rpc().supvisors.fence("nobody")


def running_on(hosts: Cluster, name: str) -> list[str]:
    (found,) = (p for p in hosts.shows("alpha")["processes"] if p["process_name"] == name)
    return list(found["addresses"])


def test_orders_between_hosts(tmp_path: Path) -> None:
    with cluster(tmp_path, programs=PROGRAMS) as hosts:
        hosts.start()
        wait_for(lambda: running_on(hosts, "camera") == [*hosts.names])
        hosts.wait_alike()
        rpc = hosts.sites["alpha"].rpc().supvisors

        assert rpc.stop_process("camera", True) is True
        assert {site.states()["camera:camera"] for site in hosts.sites.values()} == {"STOPPED"}

        wait_for(lambda: running_on(hosts, "stubborn") == [*hosts.names])
        assert rpc.stop_process("stubborn:*", True) is True
        assert {site.states()["stubborn:stubborn"] for site in hosts.sites.values()} == {"STOPPED"}

        with pytest.raises(Fault, match=r"NOT_RUNNING.*runs nowhere"):
            rpc.stop_process("camera", True)
        with pytest.raises(Fault, match=r"BAD_NAME.*known"):
            rpc.stop_process("nobody", False)

        assert rpc.start_args("echo", "one 'two three'", True) is True
        hosts.sites["alpha"].wait_output("echo", "one two three")
        assert hosts.sites["beta"].states()["echo:echo"] == "STOPPED"
        with pytest.raises(Fault, match=r"BAD_ARGUMENTS|INCORRECT_PARAMETERS"):
            rpc.start_args("echo", "an 'open quote", True)
