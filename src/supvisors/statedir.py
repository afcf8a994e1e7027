"""What `state_dir` has to hold for the settings, and what it holds.

Holds: `examine`, in the same words for the agent, which refuses or logs them, and for
`supvisors check`.
Must not touch: the running system but for looking at files; it makes and changes none.
Invariants: agents and events that leave loopback have keys, or there is a fault.
Tests: tests/link/test_statedir.py, tests/cli/test_check.py.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass

from supvisors.config import Mistake, Settings, Where, leaves_loopback
from supvisors.keys import Keys, KeysError, KeyStore

OPTION = "state_dir"
_SET = "Write an absolute path, for example: state_dir = %(here)s/state"


@dataclass(frozen=True, slots=True)
class StateDir:
    """What was found.

    Attributes:
        keys: those that the agent uses, None when it talks in the clear.
        faults: why the agent cannot serve.
        warnings: what an operator should look at.
    """

    keys: Keys | None
    faults: tuple[Mistake, ...]
    warnings: tuple[Mistake, ...]


def examine(settings: Settings, where: Where) -> StateDir:
    """Return the keys of a configuration, and what is wrong with its `state_dir`.

    Args:
        where: option -> file and line.
    """

    def mistake(option: str, value: str, problem: str, cure: str) -> Mistake:
        file, line = where(option)
        return Mistake(file, line, option, value, problem, cure)

    path = settings.state_dir or ""
    need = _need(settings)
    if not path:
        cure = f"{_SET}; then run 'supvisors keys init'"
        faults = [mistake(OPTION, "", f"it is not set, and {need}", cure)] if need else []
        return StateDir(None, tuple(faults), ())
    warnings = [mistake(OPTION, path, *words) for words in _no_writing(settings, path)]
    try:
        keys = _keys(path, settings)
    except KeysError as error:
        fault = mistake(OPTION, path, f"{error.file}: {error.problem}", error.cure)
        return StateDir(None, (fault,), tuple(warnings))
    if keys is None:
        problem = f"there is no key in {KeyStore(path).own_path}, and {need}"
        cure = "Run 'supvisors keys init'"
        faults = [mistake(OPTION, path, problem, cure)] if need else []
        return StateDir(None, tuple(faults), tuple(warnings))
    warnings += [mistake(OPTION, path, *words) for words in _others(settings, keys)]
    return StateDir(keys, (), tuple(warnings))


def _need(settings: Settings) -> str:
    """Return why there must be keys, '' when there need be none."""
    far = [str(entry) for entry in settings.addresses if leaves_loopback(entry)]
    if far and len(settings.addresses) > 1:
        return f"agents need keys where they leave loopback, as for {', '.join(far)}"
    if settings.event_host is not None:
        return f"event clients on {settings.event_host} (event_host) are let in by keys only"
    return ""


def _keys(path: str, settings: Settings) -> Keys | None:
    store = KeyStore(path)
    if not store.has_own():
        return None
    keys = store.load()
    user = _user(settings)
    if user is not None and user.pw_uid not in (0, os.stat(store.own_path).st_uid):
        raise KeysError(
            store.own_path,
            f"it does not belong to {user.pw_name}, as whom the agent runs",
            f"Run 'chown -R {user.pw_name} {path}'",
        )
    return keys


def _others(settings: Settings, keys: Keys) -> Iterator[tuple[str, str]]:
    """Yield problem and cure for each key of others that is missing or wrong."""
    yield from keys.problems
    peers = [entry.name for entry in settings.addresses if entry != settings.local]
    lacking = [name for name in peers if name not in keys.peers]
    if lacking:
        yield (
            f"no key is held for {', '.join(lacking)}, so the agent does not talk to them",
            "Run for each 'supvisors keys add ADDRESS KEY', with what 'supvisors keys show' "
            "prints there",
        )
    if settings.event_host is not None and not keys.clients:
        yield (
            f"no client has a key, so none is let in on {settings.event_host} (event_host)",
            "Run 'supvisors keys client make FILE' where a client runs, and here 'supvisors keys "
            "client add NAME KEY' with what that prints",
        )


def _no_writing(settings: Settings, path: str) -> Iterator[tuple[str, str]]:
    """Yield problem and cure when the agent's user cannot write there."""
    nearest = path
    while not os.path.lexists(nearest) and nearest != os.path.dirname(nearest):
        nearest = os.path.dirname(nearest)
    user = _user(settings)
    name = user.pw_name if user else _own_name()
    if not os.path.isdir(nearest):
        problem, cure = f"{nearest} is no directory", "Write the path of a directory"
    elif _may_write(nearest, user):
        return
    else:
        problem, cure = f"{name} may not write to {nearest}", f"Run 'chown -R {name} {nearest}'"
        if nearest != path:
            cure = f"Make {path}, and let it belong to {name}"
    yield (
        f"{problem}, so fences do not outlive a restart of the agent, and there is no journal",
        cure,
    )


def _user(settings: Settings) -> pwd.struct_passwd | None:
    """Return the user that the option names, None when there is none such."""
    if settings.user is None:
        return None
    try:
        if settings.user.isdigit():
            return pwd.getpwuid(int(settings.user))
        return pwd.getpwnam(settings.user)
    except KeyError:
        return None


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _may_write(path: str, user: pwd.struct_passwd | None) -> bool:
    if user is None or user.pw_uid == os.geteuid():
        return os.access(path, os.W_OK | os.X_OK, effective_ids=True)
    if user.pw_uid == 0:
        return True
    info = os.stat(path)
    if info.st_uid == user.pw_uid:
        wanted = 0o300
    elif info.st_gid in os.getgrouplist(user.pw_name, user.pw_gid):
        wanted = 0o030
    else:
        wanted = 0o003
    return info.st_mode & wanted == wanted
