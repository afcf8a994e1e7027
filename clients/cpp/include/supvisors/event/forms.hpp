// The keys of each body: the one table from which messages are read and written.
//
// Holds: one Form for each struct of the model, with its header and its keys in their order.
//     A new header is one struct, one Form and one alternative of Event.
// Must not touch: the text of JSON, sockets.
// Invariants: these are the keys, ranges and orders of wire/schema/.
// Tests: clients/cpp/tests/vectors_test.cpp.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include "model.hpp"

namespace supvisors::event::detail {

// Times end where JSON readers cease to agree: above 2^53-1 some of them round.
inline constexpr std::int64_t time_max = (std::int64_t{1} << 53) - 1;
inline constexpr std::int64_t percent_max = 100;
inline constexpr std::int64_t pid_max = 2147483647;

// A key and the member that it fills; for an integer, the highest that it may be.
template <class Body, class Type>
struct Key {
    constexpr Key(std::string_view key, Type Body::*filled, std::int64_t highest = 0) noexcept
        : name(key), member(filled), max(highest) {}

    std::string_view name;
    Type Body::*member;
    std::int64_t max;
};

// A key that repeats a state by its name.
template <class Body, class State>
struct NameOf {
    constexpr NameOf(std::string_view key, State Body::*named) noexcept
        : name(key), member(named) {}

    std::string_view name;
    State Body::*member;
};

template <class Body>
struct Form;

template <>
struct Form<SupvisorsStatus> {
    static constexpr std::string_view header = "supvisors";
    static constexpr std::tuple keys{
        Key{"statecode", &SupvisorsStatus::state},
        NameOf{"statename", &SupvisorsStatus::state},
    };
};

template <>
struct Form<AddressStatus> {
    static constexpr std::string_view header = "address";
    static constexpr std::tuple keys{
        Key{"address_name", &AddressStatus::address_name},
        Key{"statecode", &AddressStatus::state},
        NameOf{"statename", &AddressStatus::state},
        Key{"remote_time", &AddressStatus::remote_time_ms, time_max},
        Key{"local_time", &AddressStatus::local_time_ms, time_max},
        Key{"loading", &AddressStatus::loading, percent_max},
    };
};

template <>
struct Form<ApplicationStatus> {
    static constexpr std::string_view header = "application";
    static constexpr std::tuple keys{
        Key{"application_name", &ApplicationStatus::application_name},
        Key{"statecode", &ApplicationStatus::state},
        NameOf{"statename", &ApplicationStatus::state},
        Key{"major_failure", &ApplicationStatus::major_failure},
        Key{"minor_failure", &ApplicationStatus::minor_failure},
    };
};

template <>
struct Form<ProcessStatus> {
    static constexpr std::string_view header = "process";
    static constexpr std::tuple keys{
        Key{"application_name", &ProcessStatus::application_name},
        Key{"process_name", &ProcessStatus::process_name},
        Key{"statecode", &ProcessStatus::state},
        NameOf{"statename", &ProcessStatus::state},
        Key{"expected_exit", &ProcessStatus::expected_exit},
        Key{"last_event_time", &ProcessStatus::last_event_time_s, time_max},
        Key{"addresses", &ProcessStatus::addresses},
    };
};

template <>
struct Form<ProcessEvent> {
    static constexpr std::string_view header = "event";
    static constexpr std::tuple keys{
        Key{"group", &ProcessEvent::group},
        Key{"name", &ProcessEvent::name},
        Key{"state", &ProcessEvent::state},
        Key{"expected", &ProcessEvent::expected},
        Key{"now", &ProcessEvent::now_s, time_max},
        Key{"pid", &ProcessEvent::pid, pid_max},
        Key{"address", &ProcessEvent::address},
    };
};

// Calls a function with each key of a body, in their order.
template <class Body, class Function>
constexpr void for_each_key(Function&& function) {
    std::apply([&](const auto&... keys) { (function(keys), ...); }, Form<Body>::keys);
}

// What two keys say against each other, or an empty text. Only an exit can be unexpected, and
// only what runs or is being stopped has a pid.
[[nodiscard]] inline std::string_view contradiction(const ProcessStatus& body) noexcept {
    const bool fine = body.expected_exit || body.state == ProcessState::exited;
    return fine ? "" : "expected_exit is false in a state other than EXITED";
}

[[nodiscard]] inline std::string_view contradiction(const ProcessEvent& body) noexcept {
    const bool alive =
        body.state == ProcessState::running || body.state == ProcessState::stopping;
    if (body.pid != 0 && !alive) {
        return "there is a pid in a state other than RUNNING and STOPPING";
    }
    const bool fine = body.expected || body.state == ProcessState::exited;
    return fine ? "" : "expected is false in a state other than EXITED";
}

template <class Body>
[[nodiscard]] std::string_view contradiction(const Body& /*body*/) noexcept {
    return {};
}

}  // namespace supvisors::event::detail

namespace supvisors::event {

// The headers of the event interface: what a message begins with, and what can be subscribed to.
template <class Body>
inline constexpr std::string_view header_of = detail::Form<Body>::header;

}  // namespace supvisors::event
