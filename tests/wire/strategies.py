"""Any body of the event interface, and any message that looks a little like one."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from supvisors import wire
from supvisors.model import (
    PID_STATES,
    AddressState,
    AddressStatus,
    ApplicationState,
    ApplicationStatus,
    Body,
    ProcessEvent,
    ProcessState,
    ProcessStatus,
    SupvisorsState,
    SupvisorsStatus,
)

TIME_MAX: Final = 2**53 - 1
PID_MAX: Final = 2**31 - 1

_times = st.integers(0, TIME_MAX)
_states = st.sampled_from(ProcessState)


@st.composite
def _statuses(draw: st.DrawFn) -> ProcessStatus:
    state = draw(_states)
    expected = draw(st.booleans()) if state is ProcessState.EXITED else True
    addresses = tuple(draw(st.lists(st.text())))
    return ProcessStatus(draw(st.text()), draw(st.text()), state, expected, draw(_times), addresses)


@st.composite
def _events(draw: st.DrawFn) -> ProcessEvent:
    state = draw(_states)
    expected = draw(st.booleans()) if state is ProcessState.EXITED else True
    pid = draw(st.integers(0, PID_MAX)) if state in PID_STATES else 0
    return ProcessEvent(
        draw(st.text()), draw(st.text()), state, expected, draw(_times), pid, draw(st.text())
    )


def bodies() -> st.SearchStrategy[Body]:
    """Every body that the model allows."""
    return st.one_of(
        st.builds(SupvisorsStatus, st.sampled_from(SupvisorsState)),
        st.builds(
            AddressStatus,
            st.text(),
            st.sampled_from(AddressState),
            _times,
            _times,
            st.integers(0, 100),
        ),
        st.builds(
            ApplicationStatus,
            st.text(),
            st.sampled_from(ApplicationState),
            st.booleans(),
            st.booleans(),
        ),
        _statuses(),
        _events(),
    )


#: JSON values near the borders of what the keys take. No float is integral: JSON Schema takes
#: 2.0 for an integer, which is the one known difference (flag `beyond_schema`).
_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 102),
    st.sampled_from(
        [code.value for code in ProcessState] + [PID_MAX, PID_MAX + 1, TIME_MAX, TIME_MAX + 1]
    ),
    st.sampled_from([code.name for code in ProcessState] + ["OPERATION", "SILENT", ""]),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not x.is_integer()),
    st.lists(st.one_of(st.text(), st.integers()), max_size=3),
    st.dictionaries(st.text(), st.integers(), max_size=2),
)


@st.composite
def bent(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A header, and a body of it in which some keys were changed, dropped or added."""
    body = draw(bodies())
    fields: dict[str, Any] = dict(wire.body_as_dict(body))
    for key in draw(st.lists(st.sampled_from(sorted(fields)), max_size=2)):
        if draw(st.integers(0, 5)):
            fields[key] = draw(_values)
        else:
            fields.pop(key, None)
    if not draw(st.integers(0, 9)):
        fields[draw(st.text())] = draw(_values)
    return wire.header_of(body), fields
