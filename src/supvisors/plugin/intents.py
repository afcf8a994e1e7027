"""What operators want of processes, as the agent keeps it over restarts.

Holds: `Intents`, which reads `intents.json` in `state_dir` and names the processes that are
not to be started by `autostart`.
Must not touch: writing there; what a wish means beyond that.
Invariants: a file that is absent, damaged or of another version holds nothing back, and
supervisord's log says so.
Tests: tests/plugin/test_intents.py, tests/live/test_hold_back.py.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from supvisors.plugin.causes import BY_COMMAND
from supvisors.plugin.files import read_end
from supvisors.plugin.guard import Guard

FILE_NAME = "intents.json"
#: Version of the file that the agent writes.
VERSION = 1
#: A longer file is damaged: it has a line for each process that an operator wished for.
FILE_BYTES_MAX = 16 * 1024 * 1024
#: Wishes that Supervisor's autostart would act against.
HELD_BACK = ("stopped", "disabled")


class Intents:
    """The processes that `autostart` has to leave alone.

    Args:
        guard: whose logger hears what is wrong with the file.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._held_back: dict[str, str] = {}

    def read(self, options: Mapping[str, str]) -> None:
        """Take what the agent has written.

        Args:
            options: those of `[supvisors]`, as they were collected.
        """
        self._held_back = {}
        directory = options.get("state_dir", "").strip()
        if not os.path.isabs(directory):  # the agent keeps nothing then
            return
        path = os.path.join(directory, FILE_NAME)
        try:
            self._held_back = held_back(read_end(path, FILE_BYTES_MAX))
        except FileNotFoundError:
            return
        except (OSError, ValueError, RecursionError) as error:
            self._log(
                f"cannot read {path} ({error}), so no program is held back: autostart may start "
                "what an operator stopped; stop it again, and the agent writes the file anew"
            )

    def why_held_back(self, namespec: str, was_removed: bool = False) -> str:
        """Return why `autostart` must not start a process, '' when it may.

        Args:
            was_removed: a command of Supervisor stopped it here, and its group was removed and
                comes again, as `supervisorctl update` does: that stop was nobody's wish, even
                if the agent has not yet come to lift it.
        """
        why = self._held_back.get(namespec, "")
        return "" if was_removed and why == _STOPPED_BY_COMMAND else why

    def _log(self, text: str) -> None:
        if self._guard.logger is not None:
            self._guard.logger.error(f"supvisors: {text}")


def held_back(data: bytes) -> dict[str, str]:
    """Return namespec -> why of the processes that a file of intents holds back.

    Raises:
        ValueError: it is not what the agent writes.
    """
    content = json.loads(data)
    if not isinstance(content, dict) or content.get("v") != VERSION:
        raise ValueError(f"it is not of version {VERSION}")
    intents = content.get("intents")
    if not isinstance(intents, list) or not all(isinstance(i, dict) for i in intents):
        raise ValueError("it has no list of intents")
    return {str(i.get("name")): _why(i) for i in intents if _holds_back(i)}


def _holds_back(intent: dict[str, Any]) -> bool:
    return intent.get("kind") == "process" and intent.get("wanted") in HELD_BACK


def _why(intent: dict[str, Any]) -> str:
    return f"wanted {intent.get('wanted')}: {intent.get('why') or intent.get('by')}"


_STOPPED_BY_COMMAND = _why({"wanted": "stopped", "why": BY_COMMAND})
