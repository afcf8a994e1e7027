"""Everything that the core asks of the world. Adapters perform outputs in list order.

Holds: one frozen dataclass for each output.
Must not touch: behaviour.
Tests: tests/core/.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from supvisors.core.inputs import StreamRecord
from supvisors.core.messages import Answer, Beat, Call, Fence, Intent, Verb
from supvisors.model import Body, ExitFacts

Fact = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a process beside what its messages say.

    Attributes:
        exit: how its last run ended, None when none did.
        restarts: how often it was started again by itself.
        reason: why it was started or stopped last, in words.
    """

    exit: ExitFacts | None = None
    restarts: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Publish:
    """Tell the clients of the event interface.

    Attributes:
        source: of a process event: address, boot identity of its supervisord, number of its
            record. It is the same at every agent, and over restarts of agents.
        facts: of an event or the status of a process.
        gone: the process or the application exists no longer; this is its last status.
    """

    body: Body
    source: tuple[str, str, int] | None = None
    facts: Facts | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """Why something was decided: a line for the log, the transcript and, later, `why`.

    Attributes:
        reason: a short sentence without its variable parts, so that it can be searched for.
        facts: names and values, in the order in which they read best.
        level: `info` for what an operator wants to know, `warn` for what he should look at,
            `debug` for what only a developer needs.
    """

    reason: str
    facts: tuple[tuple[str, Fact], ...] = ()
    level: Literal["debug", "info", "warn"] = "info"


@dataclass(frozen=True, slots=True)
class Save:
    """Keep these fence registers over restarts, before anything that follows is performed."""

    fences: tuple[Fence, ...]


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep these registers of wishes over restarts, before anything that follows is performed.

    They are all that count over a restart: `started` is kept as `auto`.
    """

    intents: tuple[Intent, ...]


# --- for the bus ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Say:
    """Beat: tell every peer."""

    beat: Beat


@dataclass(frozen=True, slots=True)
class Record:
    """Append a record to our stream, which every peer follows."""

    record: StreamRecord


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask for what was missed of a peer's stream, or for its whole list.

    Attributes:
        address: whose stream it is.
        boot: identity of its agent, as its last beat said it.
        whole: the list is wanted even where the records alone would do.
        via: another peer who hears it, when we do not; None to ask it itself.
    """

    address: str
    boot: str
    whole: bool
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """Take nothing from this peer any more and give it nothing; answered by `Linked`."""

    address: str


@dataclass(frozen=True, slots=True)
class Join:
    """Make the link to a peer that was cut anew; answered by `Linked`."""

    address: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a peer to do something; it answers once, or never."""

    address: str
    call: Call


@dataclass(frozen=True, slots=True)
class Reply:
    """Tell a peer what became of its call."""

    address: str
    answer: Answer


# --- for the local supervisord, and for operators -------------------------------------------


@dataclass(frozen=True, slots=True)
class Do:
    """Have the local supervisord do something; answered by `Done`."""

    call_id: str
    verb: Verb
    namespec: str
    argument: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Respond:
    """Tell an operator what became of an order.

    Attributes:
        fault: name of the fault among Supervisor's `Faults`, '' when it was done.
        text: why not, and what to do.
        result: what was asked for, '' when that is only that it be done.
    """

    request: int
    fault: str = ""
    text: str = ""
    result: str = ""


BusOutput = Say | Record | Fetch | Cut | Join | Ask | Reply
Output = Publish | Note | Save | Keep | Do | Respond | BusOutput
