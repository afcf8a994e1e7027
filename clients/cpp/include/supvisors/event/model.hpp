// What the five messages of the event interface say, as values.
//
// Holds: one struct for each header and one enum for each kind of state, with their codes and
//     names as the protocol writes them; Event, any one of the five.
// Must not touch: JSON, sockets.
// Invariants: codes and names are frozen (wire/README.md). Times are plain integers with their
//     unit in the name, since a hostile one would overflow std::chrono's nanoseconds.
// Tests: clients/cpp/tests/vectors_test.cpp.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

namespace supvisors::event {

enum class SupvisorsState {
    initialization = 0,
    deployment = 1,
    operation = 2,
    conciliation = 3,
    restarting = 4,
    shutting_down = 5,
    shutdown = 6,
};

enum class AddressState {
    unknown = 0,
    checking = 1,
    running = 2,
    silent = 3,
    isolating = 4,
    isolated = 5,
};

enum class ApplicationState {
    stopped = 0,
    starting = 1,
    running = 2,
    stopping = 3,
};

// Codes and names are Supervisor's.
enum class ProcessState {
    stopped = 0,
    starting = 10,
    running = 20,
    backoff = 30,
    stopping = 40,
    exited = 100,
    fatal = 200,
    unknown = 1000,
};

// A state with the name that it has on the wire.
template <class State>
struct Named {
    State state;
    std::string_view name;
};

// All states of a kind, in the order of their codes: states<ProcessState>.
template <class State>
inline constexpr std::array<Named<State>, 0> states{};

template <>
inline constexpr std::array<Named<SupvisorsState>, 7> states<SupvisorsState>{{
    {SupvisorsState::initialization, "INITIALIZATION"},
    {SupvisorsState::deployment, "DEPLOYMENT"},
    {SupvisorsState::operation, "OPERATION"},
    {SupvisorsState::conciliation, "CONCILIATION"},
    {SupvisorsState::restarting, "RESTARTING"},
    {SupvisorsState::shutting_down, "SHUTTING_DOWN"},
    {SupvisorsState::shutdown, "SHUTDOWN"},
}};

template <>
inline constexpr std::array<Named<AddressState>, 6> states<AddressState>{{
    {AddressState::unknown, "UNKNOWN"},
    {AddressState::checking, "CHECKING"},
    {AddressState::running, "RUNNING"},
    {AddressState::silent, "SILENT"},
    {AddressState::isolating, "ISOLATING"},
    {AddressState::isolated, "ISOLATED"},
}};

template <>
inline constexpr std::array<Named<ApplicationState>, 4> states<ApplicationState>{{
    {ApplicationState::stopped, "STOPPED"},
    {ApplicationState::starting, "STARTING"},
    {ApplicationState::running, "RUNNING"},
    {ApplicationState::stopping, "STOPPING"},
}};

template <>
inline constexpr std::array<Named<ProcessState>, 8> states<ProcessState>{{
    {ProcessState::stopped, "STOPPED"},
    {ProcessState::starting, "STARTING"},
    {ProcessState::running, "RUNNING"},
    {ProcessState::backoff, "BACKOFF"},
    {ProcessState::stopping, "STOPPING"},
    {ProcessState::exited, "EXITED"},
    {ProcessState::fatal, "FATAL"},
    {ProcessState::unknown, "UNKNOWN"},
}};

// Name of a state on the wire; empty for a value that is none of its states.
template <class State>
[[nodiscard]] constexpr std::string_view to_string(State state) noexcept {
    for (const auto& named : states<State>) {
        if (named.state == state) {
            return named.name;
        }
    }
    return {};
}

// The state with a code; none when no state has it.
template <class State>
[[nodiscard]] constexpr std::optional<State> state_of(std::int64_t code) noexcept {
    for (const auto& named : states<State>) {
        if (static_cast<std::int64_t>(named.state) == code) {
            return named.state;
        }
    }
    return std::nullopt;
}

// State of the whole system. Header: supvisors.
struct SupvisorsStatus {
    SupvisorsState state = SupvisorsState::initialization;
};

// State of one address: one supervisord with its agent. Header: address.
struct AddressStatus {
    std::string address_name;
    AddressState state = AddressState::unknown;
    std::int64_t remote_time_ms = 0;  // its last TICK on its own clock, since 1970; 0: none yet
    std::int64_t local_time_ms = 0;   // when that TICK arrived, on the publisher's clock
    std::int32_t loading = 0;         // expected loading of what runs there, in percent
};

// State of one application: a group of Supervisor. Header: application.
struct ApplicationStatus {
    std::string application_name;
    ApplicationState state = ApplicationState::stopped;
    bool major_failure = false;  // a required process is not started
    bool minor_failure = false;  // an optional process is not started
};

// State of one process over all addresses. Header: process.
struct ProcessStatus {
    std::string application_name;
    std::string process_name;
    ProcessState state = ProcessState::stopped;
    bool expected_exit = true;           // false only if it exited and should not have
    std::int64_t last_event_time_s = 0;  // its last event anywhere, since 1970; 0: none yet
    std::vector<std::string> addresses;  // where it is, in the order of address_list
};

// One process changed state on one address. Header: event.
struct ProcessEvent {
    std::string group;
    std::string name;
    ProcessState state = ProcessState::stopped;
    bool expected = true;    // false only if it exited and should not have
    std::int64_t now_s = 0;  // when it happened on the clock of the address, since 1970
    std::int32_t pid = 0;    // 0 unless the state is running or stopping
    std::string address;
};

// Any message of the event interface: std::visit it, or ask std::get_if.
using Event = std::variant<SupvisorsStatus, AddressStatus, ApplicationStatus, ProcessStatus,
                           ProcessEvent>;

// Builds a visitor out of lambdas: std::visit(overloaded{[](const ProcessEvent& e) {…}, …}, event).
template <class... Lambdas>
struct overloaded : Lambdas... {
    using Lambdas::operator()...;
};
template <class... Lambdas>
overloaded(Lambdas...) -> overloaded<Lambdas...>;

[[nodiscard]] inline bool operator==(const SupvisorsStatus& a, const SupvisorsStatus& b) {
    return a.state == b.state;
}

[[nodiscard]] inline bool operator==(const AddressStatus& a, const AddressStatus& b) {
    const auto fields = [](const AddressStatus& s) {
        return std::tie(s.address_name, s.state, s.remote_time_ms, s.local_time_ms, s.loading);
    };
    return fields(a) == fields(b);
}

[[nodiscard]] inline bool operator==(const ApplicationStatus& a, const ApplicationStatus& b) {
    const auto fields = [](const ApplicationStatus& s) {
        return std::tie(s.application_name, s.state, s.major_failure, s.minor_failure);
    };
    return fields(a) == fields(b);
}

[[nodiscard]] inline bool operator==(const ProcessStatus& a, const ProcessStatus& b) {
    const auto fields = [](const ProcessStatus& s) {
        return std::tie(s.application_name, s.process_name, s.state, s.expected_exit,
                        s.last_event_time_s, s.addresses);
    };
    return fields(a) == fields(b);
}

[[nodiscard]] inline bool operator==(const ProcessEvent& a, const ProcessEvent& b) {
    const auto fields = [](const ProcessEvent& e) {
        return std::tie(e.group, e.name, e.state, e.expected, e.now_s, e.pid, e.address);
    };
    return fields(a) == fields(b);
}

[[nodiscard]] inline bool operator!=(const SupvisorsStatus& a, const SupvisorsStatus& b) {
    return !(a == b);
}
[[nodiscard]] inline bool operator!=(const AddressStatus& a, const AddressStatus& b) {
    return !(a == b);
}
[[nodiscard]] inline bool operator!=(const ApplicationStatus& a, const ApplicationStatus& b) {
    return !(a == b);
}
[[nodiscard]] inline bool operator!=(const ProcessStatus& a, const ProcessStatus& b) {
    return !(a == b);
}
[[nodiscard]] inline bool operator!=(const ProcessEvent& a, const ProcessEvent& b) {
    return !(a == b);
}

}  // namespace supvisors::event
