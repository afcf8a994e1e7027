"""What an HTTP server lets through: by default everything but where a stranger may call, else
what `xmlrpc_commands` says; a mistake in it shuts every door and is explained."""

from __future__ import annotations

import pytest

from supvisors.plugin.doors import CLUSTER, INET, LOCAL, OFF, UNIX, door


@pytest.mark.parametrize(
    ("text", "unix", "inet", "protected_inet"),
    [
        ("", CLUSTER, LOCAL, CLUSTER),
        ("  ", CLUSTER, LOCAL, CLUSTER),
        ("cluster", CLUSTER, CLUSTER, CLUSTER),
        ("local", LOCAL, LOCAL, LOCAL),
        (" OFF ", OFF, OFF, OFF),
        ("inet:off", CLUSTER, OFF, OFF),
        ("unix: local", LOCAL, LOCAL, CLUSTER),
        ("unix : cluster , inet : local", CLUSTER, LOCAL, LOCAL),
    ],
)
def test_what_a_server_allows(text: str, unix: str, inet: str, protected_inet: str) -> None:
    assert door(text, UNIX, has_password=False).allows == unix
    assert door(text, INET, has_password=False).allows == inet
    assert door(text, INET, has_password=True).allows == protected_inet


@pytest.mark.parametrize(
    "text",
    ["on", "cluster, local", "unix:on", "tcp:off", "unix:off, unix:local", "unix:", ":off", ","],
)
@pytest.mark.parametrize("family", [UNIX, INET])
def test_a_mistake_shuts_the_door_and_is_explained(text: str, family: str) -> None:
    shut = door(text, family, has_password=True)
    assert (shut.allows, shut.is_mistake) == (OFF, True)
    refusal = shut.refusal("get_status")
    for words in ("get_status", "xmlrpc_commands of [rpcinterface:supvisors]", f"'{text}'"):
        assert words in refusal
    assert "write cluster, local or off" in refusal


def test_a_refusal_names_the_reason_and_the_cure() -> None:
    open_to_strangers = door("", INET, has_password=False)
    assert open_to_strangers.refusal("get_status") == ""
    refusal = open_to_strangers.control_refusal("fence")
    assert "fence reaches other hosts" in refusal
    assert "set username and password in [inet_http_server]" in refusal
    off = door("off", UNIX, has_password=False)
    for refused in (off.refusal("fence"), off.control_refusal("fence")):
        assert "says 'off' for this HTTP server" in refused
    everything = door("cluster", INET, has_password=False)
    assert everything.refusal("fence") == everything.control_refusal("fence") == ""
