"""Rules that are written out one by one, and what holds without any."""

from __future__ import annotations

from supvisors.core.rulebook import NO_RULES, FixedRules
from supvisors.model import ApplicationRule, ProcessRule, RunningFailureStrategy

WEB = ProcessRule(required=True, start_sequence=2)
SHOP = ApplicationRule(running_failure_strategy=RunningFailureStrategy.STOP_APPLICATION)


def test_without_rules_nothing_is_managed() -> None:
    assert not NO_RULES.is_managed("shop")
    assert NO_RULES.application("shop") == ApplicationRule()
    assert NO_RULES.process("shop", "web") == ProcessRule()


def test_an_application_is_managed_when_it_or_a_process_of_it_has_a_rule() -> None:
    rules = FixedRules({"shop:web": WEB}, {"office": ApplicationRule()})
    assert [name for name in ("shop", "office", "web") if rules.is_managed(name)] == [
        "shop",
        "office",
    ]


def test_what_is_written_is_what_is_given() -> None:
    rules = FixedRules({"shop:web": WEB}, {"shop": SHOP})
    assert rules.application("shop") == SHOP
    assert rules.process("shop", "web") == WEB
    assert rules.process("shop", "db") == ProcessRule()
    assert rules.process("office", "web") == ProcessRule()
