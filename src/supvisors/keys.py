"""The key store: who may speak on the bus, and who we are there.

Holds: `KeyStore`, the files under `state_dir/keys/`, and `Keys`, what they say at an instant.
Must not touch: sockets; the options of `[supvisors]`.
Invariants: an existing own key is never overwritten. The secret half leaves its file only
inside `Keys`, which does not show it. One key belongs to one name. A file of another's key
that cannot be read gives that one no key and is told; it takes nobody else's.
Tests: tests/link/test_keys.py, tests/cli/test_keys.py.

`self` holds the own secret key, from which its public half is computed; `peers/<address>.pub`
and `clients/<name>.pub` hold a public key each. A key is a line of 40 characters in Z85.
"""

from __future__ import annotations

import os
import re
import stat
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import zmq
from zmq.utils import z85

from supvisors.durable import Owner, make_directory, write_file

KEYS_NAME: Final = "keys"
OWN_NAME: Final = "self"
SUFFIX: Final = ".pub"
#: Longest file that is looked at: a key with blanks around it is far shorter.
FILE_BYTES_MAX: Final = 1000

_Z85_KEY = re.compile(r"[0-9A-Za-z.:+=^!/*?&<>()\[\]{}@%$#-]{40}")
#: What addresses are called: a word or an IPv6 address, and so always a file name.
_NAME = re.compile(r"[\w:][\w.:-]*")


class KeyKind(Enum):
    """What a key of another opens: the bus, or the events. No key opens both."""

    PEER = "address"
    CLIENT = "client"


#: How an operator comes by a key, and what he does with it.
_SHOWN: Final = {
    KeyKind.PEER: "'supvisors keys show' prints it on the host that it belongs to",
    KeyKind.CLIENT: "'supvisors keys client make' prints it where the client runs",
}
_SHOW_AND_ADD: Final = {
    KeyKind.PEER: "Run 'supvisors keys show' on {name}, and add what it prints",
    KeyKind.CLIENT: "Run 'supvisors keys client make' for {name}, and add what it prints",
}
_ADD: Final = {KeyKind.PEER: "add", KeyKind.CLIENT: "client add"}
_NAMES: Final = {
    KeyKind.PEER: ("an address", "Write a name as address_list has it"),
    KeyKind.CLIENT: ("a client", "Write letters, digits, '.', '_' and '-'"),
}


class KeysError(Exception):
    """The store is not as it should be; the text is one line: file, what is wrong, cure."""

    def __init__(self, file: str, problem: str, cure: str) -> None:
        super().__init__(" ".join(f"{file}: {problem}. {cure}.".split()))
        self.file = file
        self.problem = problem
        self.cure = cure


@dataclass(frozen=True, slots=True)
class Keys:
    """What the store holds at an instant. Keys are in Z85.

    Attributes:
        public, secret: our own pair.
        peers: address -> public key, for the bus.
        clients: name -> public key, for the event interface.
        problems: what is wrong, and the cure, for each file that gives no key.
    """

    public: str
    secret: str = field(repr=False)
    peers: Mapping[str, str]
    clients: Mapping[str, str]
    problems: tuple[tuple[str, str], ...] = ()


def read_key(text: str) -> str:
    """Return a key without the blanks around it.

    Raises:
        ValueError: with what is wrong with it.
    """
    key = text.strip()
    if len(key) != 40:
        raise ValueError(f"a key has 40 characters, and this has {len(key)}")
    if not _Z85_KEY.fullmatch(key):
        raise ValueError("a key is written in Z85, and this has other characters")
    try:
        data = z85.decode(key)
    except (ValueError, struct.error):
        data = b""
    if len(data) != 32:
        raise ValueError("a key stands for 32 bytes, and this does not")
    return key


class KeyStore:
    """The files under `state_dir/keys/`.

    Args:
        state_dir: the option.
        owner: to whom files are given that are made; the caller's by default.
    """

    def __init__(self, state_dir: str, owner: Owner = None) -> None:
        self.directory = os.path.join(state_dir, KEYS_NAME)
        self.own_path = os.path.join(self.directory, OWN_NAME)
        self._peers = os.path.join(self.directory, "peers")
        self._clients = os.path.join(self.directory, "clients")
        self._owner = owner
        self._stamp: object = None

    # --- our own key -----------------------------------------------------------------------

    def has_own(self) -> bool:
        """Tell whether there is an own key, or something in its place.

        Raises:
            KeysError: the directory may not be looked at.
        """
        with _told(self.own_path, "cannot be looked at", _ACCESS):
            try:
                os.lstat(self.own_path)
            except FileNotFoundError:
                return False
        return True

    def init(self) -> str:
        """Make our own pair of keys; return the public one.

        Raises:
            KeysError: there is one already, or it cannot be written.
        """
        public, secret = _new_pair()
        with _told(self.own_path, "cannot be written", _WRITE):
            make_directory(self._peers, self._owner)
            try:
                write_file(self.own_path, f"{secret}\n".encode(), self._owner, replace=False)
            except FileExistsError:
                raise KeysError(
                    self.own_path,
                    "there is a key already, and it is never overwritten",
                    "'supvisors keys show' prints its public half; to make another one, remove "
                    "the file, and tell all other hosts",
                ) from None
        return public

    def public(self) -> str:
        """Return the public half of our own key.

        Raises:
            KeysError: there is none, it is no key, or others may read it.
        """
        return _public_of(self._secret(), self.own_path)

    # --- the keys of others ----------------------------------------------------------------

    def add(self, name: str, text: str, kind: KeyKind = KeyKind.PEER) -> None:
        """Take a public key, instead of the one that its owner may have.

        Raises:
            KeysError: it is no key, or our own, or another one's; or it cannot be written.
        """
        path = self._path_of(name, kind)
        try:
            key = read_key(text)
        except ValueError as error:
            raise KeysError(path, str(error), _SHOWN[kind]) from None
        self._refuse_taken(path, name, key, kind)
        with _told(path, "cannot be written", _WRITE):
            make_directory(os.path.dirname(path), self._owner)
            write_file(path, f"{key}\n".encode(), self._owner)

    def remove(self, name: str, kind: KeyKind = KeyKind.PEER) -> None:
        """Forget a key.

        Raises:
            KeysError: there is none, or it cannot be removed.
        """
        path = self._path_of(name, kind)
        with _told(path, "cannot be removed", _WRITE):
            try:
                os.unlink(path)
            except FileNotFoundError:
                held = ", ".join(self.others(kind)) or "none"
                raise KeysError(
                    path, "there is no such key", f"Keys are held for: {held}"
                ) from None

    def peers(self) -> dict[str, str]:
        """Return address -> public key; files that give no key are left out.

        Raises:
            KeysError: the directory cannot be read.
        """
        return self.others(KeyKind.PEER)

    def others(self, kind: KeyKind) -> dict[str, str]:
        """Return name -> public key of peers or of clients, as `peers` does."""
        return self._read_all(kind, [])

    # --- for the agent ---------------------------------------------------------------------

    def load(self) -> Keys:
        """Return all that the store holds.

        Raises:
            KeysError: our own key is not as it must be, or a directory cannot be read.
        """
        self._refuse_open_doors()
        secret = self._secret()
        return self._with_others(_public_of(secret, self.own_path), secret)

    def reload(self, keys: Keys) -> Keys | None:
        """Return the keys in force now, None when they are those that are known.

        Our own pair stays what it was: it changes when the agent starts again. While no file
        changes this costs one look at each.

        Raises:
            KeysError: a directory cannot be read.
        """
        stamp = self._look()
        if stamp == self._stamp:
            return None
        current = self._with_others(keys.public, keys.secret)
        self._stamp = stamp  # taken before the reading: what changes meanwhile is seen next time
        return current if current != keys else None

    # --- reading ---------------------------------------------------------------------------

    def _secret(self) -> str:
        with _told(self.own_path, "cannot be read", _ACCESS):
            try:
                with open(self.own_path, "rb") as stream:
                    mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
                    data = stream.read(FILE_BYTES_MAX)
            except FileNotFoundError:
                cure = "Run 'supvisors keys init'"
                raise KeysError(self.own_path, "this host has no key yet", cure) from None
        if mode & 0o077:
            raise KeysError(
                self.own_path,
                f"others may read or write this secret key (mode {mode:04o})",
                f"Run 'chmod 600 {self.own_path}'; if others had access, make a new key",
            )
        try:
            return read_key(data.decode("ascii", "replace"))
        except ValueError as error:
            cure = "Restore the file, or remove it and run 'supvisors keys init'"
            raise KeysError(self.own_path, f"{error}, so it is no key", cure) from None

    def _with_others(self, public: str, secret: str) -> Keys:
        problems: list[tuple[str, str]] = []
        peers = self._read_all(KeyKind.PEER, problems, public)
        clients = self._read_all(KeyKind.CLIENT, problems, public)
        return Keys(public, secret, peers, clients, tuple(problems))

    def _read_all(
        self, kind: KeyKind, problems: list[tuple[str, str]], own: str = ""
    ) -> dict[str, str]:
        """Return name -> key of a directory; a key that two files hold belongs to neither."""
        directory = self._directory(kind)
        keys: dict[str, str] = {}
        for name, path in _key_files(directory):
            try:
                with open(path, "rb") as stream:
                    key = read_key(stream.read(FILE_BYTES_MAX).decode("ascii", "replace"))
                if key == own:
                    raise ValueError("this is our own key")
                keys[name] = key
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else error
                cure = f"Run 'supvisors keys {_ADD[kind]} {name} KEY' again"
                problems.append((f"{path} gives no key: {reason}", cure))
        for name, key in list(keys.items()):
            if twins := [other for other, its in keys.items() if its == key and other != name]:
                path = os.path.join(directory, f"{name}{SUFFIX}")
                problem = f"{path} gives no key: it is also the key of {', '.join(twins)}"
                problems.append((problem, "Remove the wrong one of them"))
        return {n: k for n, k in keys.items() if list(keys.values()).count(k) == 1}

    def _refuse_open_doors(self) -> None:
        """Whoever may write to these directories may let anybody in."""
        for directory in (self.directory, self._peers, self._clients):
            if os.path.isdir(directory) and (mode := os.stat(directory).st_mode) & 0o022:
                raise KeysError(
                    directory,
                    f"others may write to this directory (mode {stat.S_IMODE(mode):04o})",
                    f"Run 'chmod 700 {directory}'",
                )

    def _refuse_taken(self, path: str, name: str, key: str, kind: KeyKind) -> None:
        cure = _SHOW_AND_ADD[kind].format(name=name)
        if self.has_own() and key in (self.public(), self._secret()):
            raise KeysError(path, "this is this host's own key", cure)
        for its_kind in KeyKind:
            for other, its in self.others(its_kind).items():
                if its == key and (other, its_kind) != (name, kind):
                    who = other if its_kind is kind else f"the {its_kind.value} {other}"
                    raise KeysError(path, f"this is the key of {who} already", cure)

    def _directory(self, kind: KeyKind) -> str:
        return self._peers if kind is KeyKind.PEER else self._clients

    def _path_of(self, name: str, kind: KeyKind) -> str:
        directory = self._directory(kind)
        if not _NAME.fullmatch(name):
            whose, cure = _NAMES[kind]
            raise KeysError(directory, f"{name!r} is no name of {whose}", cure)
        return os.path.join(directory, f"{name}{SUFFIX}")

    def _look(self) -> tuple[tuple[str, int, int, int], ...]:
        """Return what changes with any key: name, inode, size and date of every file."""
        looks = []
        for directory in (self._peers, self._clients):
            for _, path in _key_files(directory):
                try:
                    info = os.stat(path)
                except OSError:
                    continue
                looks.append((path, info.st_ino, info.st_size, info.st_mtime_ns))
        return tuple(looks)


def make_pair_file(path: str) -> str:
    """Write the secret key of a new pair to a file of its owner alone; return the public one.

    Raises:
        KeysError: the file is there, or cannot be written.
    """
    public, secret = _new_pair()
    with _told(path, "cannot be written", "Name a file in a directory that you may write to"):
        try:
            write_file(os.path.abspath(path), f"{secret}\n".encode(), replace=False)
        except FileExistsError:
            cure = "Name another file, or remove it"
            raise KeysError(path, "there is a file already", cure) from None
    return public


def _new_pair() -> tuple[str, str]:
    """Return a public and a secret key; no command line takes the public one for an option."""
    while True:
        public, secret = (key.decode("ascii") for key in zmq.curve_keypair())
        if not public.startswith("-"):
            return public, secret


def _public_of(secret: str, path: str) -> str:
    try:
        return zmq.curve_public(secret.encode("ascii")).decode("ascii")
    except zmq.ZMQError as error:
        cure = "Restore the file, or remove it and run 'supvisors keys init'"
        raise KeysError(path, f"it is no key ({error})", cure) from None


def _key_files(directory: str) -> Iterator[tuple[str, str]]:
    """Yield name and path of every key in a directory, sorted; none when it is not there."""
    with _told(directory, "cannot be read", _ACCESS):
        try:
            files = sorted(os.listdir(directory))
        except FileNotFoundError:
            return
    for file in files:
        name = file.removesuffix(SUFFIX)
        if name != file and _NAME.fullmatch(name):
            yield name, os.path.join(directory, file)


# --- what the system refuses ---------------------------------------------------------------

_ACCESS: Final = "Run this as the agent's user or as root, or give the files to that user: chown"
_WRITE: Final = "Run this as the agent's user or as root, and see that the disk has room"


@contextmanager
def _told(path: str, problem: str, cure: str) -> Iterator[None]:
    """Turn what the system refuses into the words of a `KeysError`."""
    try:
        yield
    except OSError as error:
        raise KeysError(path, f"{problem} ({error.strerror})", cure) from error
