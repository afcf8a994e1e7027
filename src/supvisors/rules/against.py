"""Rules held against the programs of one host: what they name and do not find.

Holds: `against`.
Must not touch: how programs are configured; it is told their names.
Tests: tests/rules/test_against.py, tests/cli/test_check.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from supvisors.config import Mistake
from supvisors.model import AddressMarker, own_index
from supvisors.rules.book import ManagedApplication, Program, RuleBook
from supvisors.rules.mistakes import Mistakes, cure_of_name, join

_ELSEWHERE: Final = ", unless only other hosts have it"


def against(
    book: RuleBook, processes: Mapping[str, Sequence[str]], address_count: int
) -> tuple[Mistake, ...]:
    """Return what an operator should look at, in the order of the file.

    Args:
        processes: names of the processes by the name of their group.
        address_count: length of the address list, for `#`.
    """
    said = Mistakes(book.file)
    for managed in book.applications.values():
        names = processes.get(managed.name)
        if names is None:
            problem = "this configuration has no such group of programs"
            cure = cure_of_name(managed.name, processes, "groups") + _ELSEWHERE
            said.warn(managed.line, managed.path, problem, cure)
            continue
        _programs(managed, names, address_count, said)
        _ranks(managed, names, said)
    return tuple(sorted(said.warnings, key=lambda mistake: mistake.line or 0))


def _programs(
    managed: ManagedApplication, names: Sequence[str], address_count: int, said: Mistakes
) -> None:
    holding = {name: managed.program_of(name) for name in names}
    for program in managed.programs:
        fitting = [name for name in names if program.fits(name)]
        if not fitting:
            problem = f"{managed.name} has no such process in this configuration"
            cure = cure_of_name(program.text, names, "processes") + _ELSEWHERE
            said.warn(program.line, program.path, problem, cure)
        elif program not in holding.values():
            problem = "every process that it fits has a rule that fits it better"
            said.warn(program.line, program.path, problem, "Remove it, or correct the pattern")
        else:
            held = [name for name in names if holding[name] is program]
            _indexes(program, held, address_count, said)


def _indexes(program: Program, names: Sequence[str], address_count: int, said: Mistakes) -> None:
    """Warn of processes for which `#` gives no address."""
    if program.rule.addresses is not AddressMarker.OWN_INDEX:
        return
    path = join(program.path, "addresses")
    for name in names:
        index = own_index(name)
        if index is None:
            problem = f"{name} does not end in a number, so # gives it no address"
        elif index >= address_count:
            problem = f"{name} has the index {index}, and address_list ends at {address_count - 1}"
        else:
            continue
        said.warn(program.line, path, problem, "Write addresses, or rename the process", "#")


def _ranks(managed: ManagedApplication, names: Sequence[str], said: Mistakes) -> None:
    """Warn of ranks that no automatic start reaches."""
    holding = [managed.program_of(name) for name in names]
    ranked = [each for each in holding if each is not None and each.rule.start_sequence > 0]
    rank = managed.rule.start_sequence
    path = join(managed.path, "start_sequence")
    if rank > 0 and not ranked:
        problem = "no process of it has a start rank, so nothing is started at this rank"
        cure = "Write a start_sequence above 0 for its programs, or remove this one"
        said.warn(managed.line, path, problem, cure, str(rank))
    elif rank <= 0 and ranked:
        problem = (
            "it has no start rank, so the ranks of its programs are not reached by themselves, "
            "only when an operator starts it"
        )
        cure = "Write a start_sequence above 0, unless you mean to start it by hand"
        said.warn(managed.line, managed.path, problem, cure)
