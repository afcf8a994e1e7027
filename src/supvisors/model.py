"""What an address, an application, a process and a rule are.

Holds: the enums with their frozen codes and the frozen values that everybody speaks in.
Must not touch: behaviour beyond a derived property; bytes; I/O.
Invariants: codes are never renumbered, additions only (semantics, section 1).
Tests: tests/core/test_model.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final


class SupvisorsState(IntEnum):
    """State of the whole system, as the `supvisors` status publishes it."""

    INITIALIZATION = 0
    DEPLOYMENT = 1
    OPERATION = 2
    CONCILIATION = 3
    RESTARTING = 4
    SHUTTING_DOWN = 5
    SHUTDOWN = 6


class AddressState(IntEnum):
    """State of one address, as the `address` status publishes it."""

    UNKNOWN = 0
    CHECKING = 1
    RUNNING = 2
    SILENT = 3
    ISOLATING = 4
    ISOLATED = 5


class ApplicationState(IntEnum):
    """State of one application, as the `application` status publishes it."""

    STOPPED = 0
    STARTING = 1
    RUNNING = 2
    STOPPING = 3


class ProcessState(IntEnum):
    """State of one process: Supervisor's own names and codes."""

    STOPPED = 0
    STARTING = 10
    RUNNING = 20
    BACKOFF = 30
    STOPPING = 40
    EXITED = 100
    FATAL = 200
    UNKNOWN = 1000


#: States in which a process occupies its address (semantics, section 5).
PRESENT_STATES: Final = frozenset(
    {
        ProcessState.STARTING,
        ProcessState.RUNNING,
        ProcessState.BACKOFF,
        ProcessState.STOPPING,
    }
)

#: States in which the `event` message carries a pid (specification, "Process event").
PID_STATES: Final = frozenset({ProcessState.RUNNING, ProcessState.STOPPING})


#: A longer number at the end of a name is no index: no program has so many processes.
INDEX_DIGITS_MAX: Final = 9


def namespec(group: str, name: str) -> str:
    """Name of a process over all applications: `group:name`."""
    return f"{group}:{name}"


def own_index(name: str) -> int | None:
    """Index of a process among its like, None without one: the number at which its name ends."""
    digits = name[len(name.rstrip("0123456789")) :]
    return int(digits) if 0 < len(digits) <= INDEX_DIGITS_MAX else None


# --- What Supervisor says of a process on one address -------------------------------------


@dataclass(frozen=True, slots=True)
class ExitFacts:
    """How the last run of a process ended.

    Attributes:
        code: exit code; None when a signal ended it or it was never spawned.
        signal: signal that ended it; None when it exited by itself.
        run_time_ms: time from its spawn to its end, in ms.
        spawn_error: Supervisor's words when it could not be spawned or ended too early, or ''.
    """

    code: int | None = None
    signal: int | None = None
    run_time_ms: int | None = None
    spawn_error: str = ""


@dataclass(frozen=True, slots=True)
class Timing:
    """What the Supervisor configuration says about the time a program may take.

    Attributes:
        startsecs: how long it must run to count as started, in s.
        startretries: how often Supervisor tries again after a start that failed.
        stopwaitsecs: after how long a stop becomes a SIGKILL, in s.
    """

    startsecs: int = 1
    startretries: int = 3
    stopwaitsecs: int = 10


#: `cause` of what Supervisor does by itself, and of what its own commands do.
BY_AUTOSTART: Final = "supervisord: autostart"
BY_AUTORESTART: Final = "supervisord: autorestart"
BY_SHUTDOWN: Final = "supervisord: shutdown"
BY_RELOAD: Final = "supervisord: reload"
BY_COMMAND: Final = "operator: a command of Supervisor"

USUAL_TIMING: Final = Timing()


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """What one supervisord says of one of its processes at one instant.

    Attributes:
        group: name of the application.
        name: name of the process within it.
        state: Supervisor's state.
        expected: False only when it is EXITED with an unexpected exit code.
        pid: UNIX process id, 0 when there is none.
        event_ns: wall time of its last event in POSIX ns, 0 when there was none.
        exit: how its last run ended, None when it never ended since supervisord started.
        cause: why it was started or stopped last: one of the `BY_…` above, or what the agent
            gave with its order; '' before anything happened to it.
        restarts: how often Supervisor started it again by itself since anybody else started it.
        again: it is EXITED, and Supervisor is about to start it again by itself.
        timing: what its configuration says.
    """

    group: str
    name: str
    state: ProcessState
    expected: bool = True
    pid: int = 0
    event_ns: int = 0
    exit: ExitFacts | None = None
    cause: str = ""
    restarts: int = 0
    again: bool = False
    timing: Timing = USUAL_TIMING

    @property
    def namespec(self) -> str:
        return namespec(self.group, self.name)


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of a process on one address, and why.

    Attributes:
        at_ns: its date on the clock of the address, in POSIX ns.
        before: None for what was not known before.
        why: in words.
    """

    at_ns: int
    address: str
    before: ProcessState | None
    after: ProcessState
    why: str


# --- Rules ---------------------------------------------------------------------------------


class StartingStrategy(StrEnum):
    """How an address is chosen for a start (semantics, section 7)."""

    CONFIG = "CONFIG"
    LESS_LOADED = "LESS_LOADED"
    MOST_LOADED = "MOST_LOADED"


class StartingFailureStrategy(StrEnum):
    """What becomes of a start when a required process fails in it (semantics, section 7)."""

    ABORT = "ABORT"
    STOP = "STOP"
    CONTINUE = "CONTINUE"


class RunningFailureStrategy(StrEnum):
    """What is done about a process that crashed or whose host is lost (semantics, section 7)."""

    CONTINUE = "CONTINUE"
    RESTART_PROCESS = "RESTART_PROCESS"
    STOP_APPLICATION = "STOP_APPLICATION"
    RESTART_APPLICATION = "RESTART_APPLICATION"


class ConciliationStrategy(StrEnum):
    """What is done about a process that runs too often (semantics, section 8)."""

    SENICIDE = "SENICIDE"
    INFANTICIDE = "INFANTICIDE"
    STOP = "STOP"
    RESTART = "RESTART"
    RUNNING_FAILURE = "RUNNING_FAILURE"
    USER = "USER"


class AddressMarker(StrEnum):
    """What may stand in a rule in the place of a list of addresses."""

    #: Every address of the address list.
    ALL = "*"
    #: The address whose index in the address list is the `own_index` of the process.
    OWN_INDEX = "#"


@dataclass(frozen=True, slots=True)
class ApplicationRule:
    """What an operator declares about an application; the default holds without a rule.

    Attributes:
        start_sequence: rank of its automatic start, 0 or less when it is not started
            automatically.
        stop_sequence: rank of its stop, None when that is the start rank.
        starting_strategy: how addresses are chosen, None when the option of that name says it.
        starting_failure_strategy, running_failure_strategy: for those of its processes whose
            own rule says nothing.
    """

    start_sequence: int = 0
    stop_sequence: int | None = None
    starting_strategy: StartingStrategy | None = None
    starting_failure_strategy: StartingFailureStrategy = StartingFailureStrategy.ABORT
    running_failure_strategy: RunningFailureStrategy = RunningFailureStrategy.CONTINUE

    @property
    def stop_rank(self) -> int:
        return self.start_sequence if self.stop_sequence is None else self.stop_sequence


@dataclass(frozen=True, slots=True)
class ProcessRule:
    """What an operator declares about a process; the default is what holds without a rule.

    Attributes:
        required: a failure of this process is a major one of its application.
        start_sequence: rank of its automatic start, 0 or less when it is not started
            automatically.
        expected_loading: load that it puts on its address, in percent.
        single: more than one running copy is a conflict (`instances = one`).
        addresses: where it may run, in this order, or a marker for it.
        stop_sequence: rank of its stop, None when that is the start rank.
        wait_exit: its start is done when it has exited as expected.
        starting_failure_strategy, running_failure_strategy: its own, else its application's.
    """

    required: bool = False
    start_sequence: int = 0
    expected_loading: int = 0
    single: bool = True
    addresses: tuple[str, ...] | AddressMarker = AddressMarker.ALL
    stop_sequence: int | None = None
    wait_exit: bool = False
    starting_failure_strategy: StartingFailureStrategy = StartingFailureStrategy.ABORT
    running_failure_strategy: RunningFailureStrategy = RunningFailureStrategy.CONTINUE

    @property
    def stop_rank(self) -> int:
        return self.start_sequence if self.stop_sequence is None else self.stop_sequence


# --- Bodies of the event interface ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SupvisorsStatus:
    """Body of `supvisors`: the state of the whole system."""

    state: SupvisorsState


@dataclass(frozen=True, slots=True)
class AddressStatus:
    """Body of `address`.

    Attributes:
        remote_time_ms: date of its last TICK, on its own clock, in POSIX ms.
        local_time_ms: date at which that TICK arrived here, in POSIX ms.
        loading: sum of the expected loadings of what runs there, in [0;100].
    """

    address_name: str
    state: AddressState
    remote_time_ms: int = 0
    local_time_ms: int = 0
    loading: int = 0


@dataclass(frozen=True, slots=True)
class ApplicationStatus:
    """Body of `application`."""

    application_name: str
    state: ApplicationState
    major_failure: bool = False
    minor_failure: bool = False


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """Body of `process`: one process as seen over all addresses.

    Attributes:
        expected_exit: False only when EXITED with an unexpected exit code.
        last_event_time_s: date of its last event, in POSIX seconds.
        addresses: where it is STARTING, RUNNING, BACKOFF or STOPPING, in list order.
    """

    application_name: str
    process_name: str
    state: ProcessState
    expected_exit: bool = True
    last_event_time_s: int = 0
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProcessEvent:
    """Body of `event`: one process changed state on one address.

    Attributes:
        now_s: date of the event in the reference time of the address, in POSIX seconds.
        pid: UNIX process id, 0 outside RUNNING and STOPPING.
    """

    group: str
    name: str
    state: ProcessState
    expected: bool
    now_s: int
    pid: int
    address: str


#: Any message of the event interface.
Body = SupvisorsStatus | AddressStatus | ApplicationStatus | ProcessStatus | ProcessEvent
