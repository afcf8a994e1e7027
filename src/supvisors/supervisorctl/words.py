"""What is written behind a command of supervisorctl, and what it means.

Holds: the flags and words that commands take, and `read`.
Must not touch: what is done with them.
Invariants: what is not understood is an error that names it.
Tests: tests/cli/test_supervisorctl.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class UsageError(Exception):
    """The words of a command are not those that it takes."""


@dataclass(frozen=True)
class Flag:
    """A word that begins with `--` and may be left out.

    Attributes:
        usage: how it is written.
        value: what holds without it.
        read: from what is written behind `=` to the value, None where nothing is.
    """

    usage: str
    value: object
    read: Callable[[str], object] | None = None


def _strategy(text: str) -> str | int:
    return int(text) if text.isdigit() else text


FLAGS = {
    "wait": Flag("--nowait", value=True),
    "strategy": Flag("--strategy=STRATEGY", "", _strategy),
    "at_a_time": Flag("--at-a-time=NUMBER", 1, int),
    "where": Flag("--address=ADDRESS", "", str),
    "bytes": Flag("--bytes=NUMBER", 1600, int),
}
READ = {"conciliation_strategy": _strategy}
#: Words that may be left out, and what holds then; the rest of the line are the arguments.
OPTIONAL = {"arguments": "", "channel": "stdout", "conciliation_strategy": ""}


def usage(params: str) -> str:
    """Return the words that a command with these parameters takes."""
    names = params.split()
    flags = [f"[{FLAGS[name].usage}]" for name in names if name in FLAGS]
    words = [_word(name) for name in names if name not in FLAGS]
    return " ".join([*flags, *words])


def read(params: str, line: str) -> tuple[str, list[object]]:
    """Return what a command is about, '' for the whole, and the values of its parameters.

    Args:
        params: what its method takes, in its order: flags, and words by what they name.
        line: what is written behind the command.

    Raises:
        UsageError: the words are not those that it takes.
    """
    names = params.split()
    flags, line = _read_flags([name for name in names if name in FLAGS], line)
    words = _read_words([name for name in names if name not in FLAGS], line)
    about = str(next(iter(words.values()), ""))
    return about, [{**flags, **words}[name] for name in names]


def _word(name: str) -> str:
    return f"[<{name}>]" if name in OPTIONAL else f"<{name}>"


def _read_flags(names: list[str], line: str) -> tuple[dict[str, object], str]:
    """Return the values of flags, and what stands behind those that are written."""
    values = {name: FLAGS[name].value for name in names}
    by_key = {FLAGS[name].usage.partition("=")[0]: name for name in names}
    line = line.strip()
    while line.startswith("--"):
        word, *rest = line.split(None, 1)
        line = rest[0] if rest else ""
        key, equals, text = word.partition("=")
        if key not in by_key:
            raise UsageError(f"there is no {key}")
        flag = FLAGS[by_key[key]]
        if bool(equals) != (flag.read is not None):
            raise UsageError(f"write {flag.usage}, not {word}")
        try:
            values[by_key[key]] = flag.read(text) if flag.read is not None else not flag.value
        except ValueError as error:
            raise UsageError(f"{word}: {error}") from error
    return values, line


def _read_words(names: list[str], line: str) -> dict[str, object]:
    values: dict[str, object] = {}
    for name in names:
        limit = 0 if name == "arguments" else 1
        words = line.split(None, limit) if limit else [line.strip()]
        if not words and name not in OPTIONAL:
            raise UsageError(f"<{name}> is missing")
        word = words[0] if words else OPTIONAL[name]
        values[name] = READ[name](word) if name in READ else word
        line = words[1] if len(words) > 1 else ""
    if line:
        raise UsageError(f"'{line}' is too much")
    return values
