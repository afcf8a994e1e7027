"""Which store of keys a command of `supvisors keys` means.

Holds: `site_of`, from a configuration to its store; how what is wrong is told.
Must not touch: what is in the store.
Tests: tests/cli/test_keys.py.
"""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from supvisors.cli import conf as conf_files
from supvisors.cli.errors import CommandError
from supvisors.cli.findings import settings_of
from supvisors.config import ConfigError, Settings
from supvisors.durable import Owner
from supvisors.keys import KeysError, KeyStore


@dataclass(frozen=True)
class Site:
    """What a configuration says of its keys."""

    settings: Settings
    store: KeyStore

    @property
    def names(self) -> list[str]:
        return [entry.name for entry in self.settings.addresses]


def site_of(conf: str | None) -> Site:
    """Return the settings and the store of the configuration that the user means.

    Raises:
        CommandError: it has a mistake, or no `state_dir`.
    """
    reading = conf_files.read(conf_files.find(conf))
    try:
        settings, _ = settings_of(reading)
    except ConfigError as error:
        raise CommandError(" ".join(map(str, error.mistakes))) from error
    if settings.state_dir is None:
        raise CommandError(
            f"{reading.file}: [supvisors] state_dir is not set, and keys lie there",
            "write an absolute path, for example: state_dir = %(here)s/state",
        )
    return Site(settings, KeyStore(settings.state_dir, _owner(settings)))


def _owner(settings: Settings) -> Owner:
    """Return whose the files shall be: the agent's user, when root writes them for it."""
    if os.geteuid() != 0:
        return None
    if settings.user is not None:
        is_number = settings.user.isdigit()
        user = pwd.getpwuid(int(settings.user)) if is_number else pwd.getpwnam(settings.user)
        return user.pw_uid, user.pw_gid
    try:
        info = os.stat(settings.state_dir or "")
    except OSError:
        return None
    return info.st_uid, info.st_gid


@contextmanager
def as_command_error() -> Iterator[None]:
    """Tell what is wrong with the keys as a command does."""
    try:
        yield
    except KeysError as error:
        raise CommandError(str(error)) from error


def tell(text: str) -> None:
    """Say what to do next, beside the output."""
    print(f"supvisors: {text}", file=sys.stderr)
