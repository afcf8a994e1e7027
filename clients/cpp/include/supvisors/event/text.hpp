// From values to lines of JSON, for people and programs that read pipes.
//
// Holds: to_json, the body alone; to_line, byte for byte what `supvisors events --json` prints.
// Must not touch: the keys, but through their forms.
// Invariants: decoding the body that was written gives the same value.
// Tests: clients/cpp/tests/vectors_test.cpp, tests/clients/test_cpp.py.

#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "forms.hpp"
#include "model.hpp"

namespace supvisors::event::detail {

// Bytes that are not UTF-8 become U+FFFD: only values that were not decoded can hold some.
inline std::string json_string(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

inline std::string written(const std::string& text) { return json_string(text); }
inline std::string written(bool flag) { return flag ? "true" : "false"; }
inline std::string written(std::int64_t integer) { return std::to_string(integer); }
inline std::string written(std::int32_t integer) { return std::to_string(integer); }
inline std::string written(const std::vector<std::string>& texts) {
    std::string list = "[";
    for (const std::string& text : texts) {
        list += list.size() > 1 ? ", " : "";
        list += json_string(text);
    }
    return list + "]";
}

template <class Body, class Type>
std::string written(const Body& body, const Key<Body, Type>& key) {
    if constexpr (std::is_enum_v<Type>) {
        return written(static_cast<std::int64_t>(body.*key.member));
    } else {
        return written(body.*key.member);
    }
}

template <class Body, class State>
std::string written(const Body& body, const NameOf<Body, State>& key) {
    return json_string(to_string(body.*key.member));
}

}  // namespace supvisors::event::detail

namespace supvisors::event {

// The JSON object of a body, with its keys in the order of the protocol.
template <class Body>
[[nodiscard]] std::string to_json(const Body& body) {
    std::string object = "{";
    detail::for_each_key<Body>([&](const auto& key) {
        object += object.size() > 1 ? ", \"" : "\"";
        object += std::string(key.name) + "\": " + detail::written(body, key);
    });
    return object + "}";
}

// {"header": …, "body": {…}} without a line end.
[[nodiscard]] inline std::string to_line(const Event& event) {
    return std::visit(
        [](const auto& body) {
            using Body = std::decay_t<decltype(body)>;
            return "{\"header\": \"" + std::string(header_of<Body>) +
                   "\", \"body\": " + to_json(body) + "}";
        },
        event);
}

}  // namespace supvisors::event
