// From happenings to lines of JSON, as the transcripts of the protocol write them.
//
// Holds: to_line for a Happening.
// Must not touch: the keys of bodies, but through to_json.
// Tests: clients/cpp/tests/sync_test.cpp.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>

#include "../forms.hpp"
#include "../model.hpp"
#include "../text.hpp"
#include "happenings.hpp"

namespace supvisors::event::detail {

template <class Value>
std::string or_null(const std::optional<Value>& value) {
    return value ? written(*value) : "null";
}

inline std::string written(const Facts& facts) {
    return "{\"exit_code\": " + or_null(facts.exit_code) +
           ", \"signal\": " + or_null(facts.signal) +
           ", \"run_time_ms\": " + or_null(facts.run_time_ms) +
           ", \"spawn_error\": " + json_string(facts.spawn_error) +
           ", \"restarts\": " + written(facts.restarts) +
           ", \"reason\": " + json_string(facts.reason) + "}";
}

inline std::string written(const SourceId& id) {
    return "[" + json_string(id.address) + ", " + json_string(id.boot) + ", " + written(id.seq) +
           "]";
}

inline std::string body_line(const Change& change) {
    return std::visit(
        [&](const auto& body) {
            using Body = std::decay_t<decltype(body)>;
            if (change.id) {
                return "\"event\": " + to_json(body) + ", \"id\": " + written(*change.id);
            }
            return "\"status\": \"" + std::string(header_of<Body>) +
                   "\", \"body\": " + to_json(body);
        },
        change.body);
}

}  // namespace supvisors::event::detail

namespace supvisors::event {

// One JSON object without a line end: {"joined": true}, {"status": header, "body": …, "facts": …,
// "t": …}, {"event": body, "id": …, "facts": …, "t": …}, {"removed": …} or {"gap": […]}.
[[nodiscard]] inline std::string to_line(const Happening& happening) {
    return std::visit(
        overloaded{
            [](const Joined&) { return std::string(R"({"joined": true})"); },
            [](const Change& change) {
                return "{" + detail::body_line(change) +
                       ", \"facts\": " + (change.facts ? detail::written(*change.facts) : "null") +
                       ", \"t\": " + detail::written(change.time_ms) + "}";
            },
            [](const Vanished& gone) {
                return R"({"removed": {"application": )" + detail::json_string(gone.application) +
                       ", \"process\": " + detail::json_string(gone.process) + "}}";
            },
            [](const Gap& gap) {
                return R"({"gap": [)" + detail::json_string(gap.header) + ", " +
                       detail::written(gap.first) + ", " + detail::written(gap.last) + "]}";
            },
        },
        happening);
}

}  // namespace supvisors::event
