"""The commands of Supvisors in supervisorctl.

Holds: `COMMANDS`, the table of them: name, method of `supvisors.*`, words, text of its result.
Must not touch: what a command means.
Tests: tests/cli/test_supervisorctl.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from supvisors.supervisorctl import texts
from supvisors.supervisorctl.texts import Lines


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        method: of `supvisors.*`.
        text: what it does.
        params: what the method takes, in its order: flags, and words by what they name.
        done: what is said when the method has only said yes.
        lines: what is printed of a result.
        one: method for each word, where there may be any number of words.
        asks: what has to be confirmed by who works interactively.
    """

    method: str
    text: str
    params: str = ""
    done: str = ""
    lines: Callable[[Any], Lines] | None = None
    one: str = ""
    asks: str = ""


COMMANDS = {
    "sversion": Command("get_api_version", "Show the version of the commands."),
    "sstate": Command("get_supvisors_state", "Show the state of Supvisors.", lines=texts.state),
    "smaster": Command("get_master_address", "Show which address is the master."),
    "sstatus": Command("get_status", "Show all that is known.", lines=texts.status),
    "saddresses": Command(
        "get_all_addresses_info", "Show addresses.", lines=texts.addresses, one="get_address_info"
    ),
    "sapplications": Command(
        "get_all_applications_info",
        "Show applications.",
        lines=texts.applications,
        one="get_application_info",
    ),
    "sprocesses": Command(
        "get_all_process_info",
        "Show processes, and where they are.",
        lines=texts.processes,
        one="get_process_info",
    ),
    "sapplication_rules": Command(
        "get_application_rules", "Show the rules of an application.", "application"
    ),
    "sprocess_rules": Command("get_process_rules", "Show the rules of a process.", "namespec"),
    "sprocess_facts": Command(
        "get_process_facts",
        "Show how a process ended, and how often it was restarted, on each address.",
        "namespec",
    ),
    "sstrategies": Command("get_strategies", "Show the strategies."),
    "sconflicts": Command("get_conflicts", "Show what runs more often than its rule wants."),
    "splans": Command("get_plans", "Show what is being started and stopped."),
    "swhy": Command("why", "Show why a process is where it is.", "namespec"),
    "stail": Command(
        "tail_process",
        "Show the end of what a process wrote to stdout or stderr, on whatever address.",
        "namespec where channel bytes",
        lines=texts.text,
    ),
    "sstart_application": Command(
        "start_application", "Start an application.", "strategy application wait", "started"
    ),
    "sstop_application": Command(
        "stop_application", "Stop an application.", "application wait", "stopped"
    ),
    "srestart_application": Command(
        "restart_application",
        "Stop and start an application.",
        "strategy application wait",
        "restarted",
    ),
    "sstart_process": Command(
        "start_process",
        "Start a process where its rules and the strategy say.",
        "strategy namespec arguments wait",
        "started",
    ),
    "sstart_args": Command(
        "start_args",
        "Start a process of this address, with arguments added to its command line.",
        "namespec arguments wait",
        "started",
    ),
    "sstop_process": Command(
        "stop_process", "Stop a process wherever it runs.", "namespec wait", "stopped"
    ),
    "srestart_process": Command(
        "restart_process",
        "Stop a process wherever it runs, and start it.",
        "strategy namespec arguments wait",
        "restarted",
    ),
    "srolling_restart": Command(
        "rolling_restart",
        "Restart processes some at a time, until all are done or one fails.",
        "namespec at_a_time wait",
        "restarted",
    ),
    "sconciliate": Command(
        "conciliate", "Resolve the conflicts.", "conciliation_strategy", "conciliation begins"
    ),
    "senable": Command("enable", "Let a process be started again.", "namespec", "enabled"),
    "sdisable": Command(
        "disable", "Let nobody start a process until it is enabled.", "namespec", "disabled"
    ),
    "sdrain": Command(
        "drain", "Move the programs of an address elsewhere.", "address wait", "drained"
    ),
    "sundrain": Command("undrain", "End the drain of an address.", "address", "undrained"),
    "sfence": Command("fence", "Isolate an address.", "address", "fenced"),
    "sunfence": Command("unfence", "Let an address come back.", "address", "unfenced"),
    "sreload_rules": Command("reload_rules", "Read the rules file anew.", done="rules reloaded"),
    "srestart": Command(
        "restart",
        "Stop everything in order, and restart every supervisord.",
        done="restarting",
        asks="Really restart every supervisord y/N? ",
    ),
    "sshutdown": Command(
        "shutdown",
        "Stop everything in order, and shut every supervisord down.",
        done="shutting down",
        asks="Really shut every supervisord down y/N? ",
    ),
}
