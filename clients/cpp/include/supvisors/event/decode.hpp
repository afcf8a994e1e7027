// From frames to values: dialect 1 of the event interface.
//
// Holds: decode, which is given all frames of one message.
// Must not touch: sockets; the keys, but through their forms.
// Invariants: any bytes give an Event or a WireError.
// Tests: clients/cpp/tests/vectors_test.cpp, clients/cpp/fuzz/decode_fuzz.cpp.

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "errors.hpp"
#include "forms.hpp"
#include "json.hpp"
#include "model.hpp"

namespace supvisors::event::detail {

inline Fault misfit(Reason reason, std::string_view key, const char* wanted) {
    return {reason, std::string(key) + " is not " + wanted};
}

// The integer that a field is. One that needs more than 64 bits is one too, out of any range.
inline std::int64_t integer_of(const Field& field) {
    if (field.kind != Kind::integer && field.kind != Kind::beyond) {
        throw misfit(Reason::wrong_type, field.key, "an integer");
    }
    return field.kind == Kind::integer ? field.integer : -1;
}

inline void expect(Kind kind, const Field& field, const char* wanted) {
    if (field.kind != kind) {
        throw misfit(Reason::wrong_type, field.key, wanted);
    }
}

inline void fill(std::string& member, Field& field) {
    expect(Kind::text, field, "a string");
    member = std::move(field.text);
}

inline void fill(std::vector<std::string>& member, Field& field) {
    expect(Kind::texts, field, "a list of strings");
    member = std::move(field.texts);
}

inline void fill(bool& member, Field& field) {
    expect(Kind::boolean, field, "a boolean");
    member = field.integer != 0;
}

template <class Body, class Type>
void fill(Body& body, const Key<Body, Type>& key, Field& field) {
    if constexpr (std::is_enum_v<Type>) {
        const std::optional<Type> state = state_of<Type>(integer_of(field));
        if (!state) {
            throw misfit(Reason::unknown_code, field.key, "the code of a state");
        }
        body.*key.member = *state;
    } else if constexpr (std::is_integral_v<Type> && !std::is_same_v<Type, bool>) {
        const std::int64_t integer = integer_of(field);
        if (integer < 0 || integer > key.max) {
            throw misfit(Reason::out_of_range, field.key, "in its range");
        }
        body.*key.member = static_cast<Type>(integer);
    } else {
        fill(body.*key.member, field);
    }
}

// The state was filled before: its code stands before its name in every form.
template <class Body, class State>
void fill(Body& body, const NameOf<Body, State>& key, Field& field) {
    expect(Kind::text, field, "a string");
    if (field.text != to_string(body.*key.member)) {
        throw misfit(Reason::contradiction, field.key, "the name of the code");
    }
}

// The field with a key. Keys stand mostly in the order of the form: looked at there first.
inline Field* find(std::vector<Field>& fields, std::size_t likely, std::string_view key) {
    if (likely < fields.size() && fields[likely].key == key) {
        return &fields[likely];
    }
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [&](const Field& field) { return field.key == key; });
    return found == fields.end() ? nullptr : &*found;
}

inline void refuse_duplicates(const std::vector<Field>& fields) {
    std::vector<std::string_view> keys;
    keys.reserve(fields.size());
    for (const Field& field : fields) {
        keys.push_back(field.key);
    }
    std::sort(keys.begin(), keys.end());
    if (std::adjacent_find(keys.begin(), keys.end()) != keys.end()) {
        throw Fault{Reason::duplicate_key, "a key stands twice"};
    }
}

// The body that fields are.
template <class Body>
Body body_of(std::vector<Field>& fields) {
    std::size_t count = 0;
    for_each_key<Body>([&](const auto& key) {
        if (find(fields, count++, key.name) == nullptr) {
            throw Fault{Reason::missing_key, std::string(key.name) + " is missing"};
        }
    });
    if (fields.size() > count) {  // where all are there, a key that stands twice is one too many
        refuse_duplicates(fields);
        throw Fault{Reason::extra_key, "a key that this header does not have"};
    }
    Body body;
    std::size_t index = 0;
    for_each_key<Body>(
        [&](const auto& key) { fill(body, key, *find(fields, index++, key.name)); });
    if (const std::string_view fault = contradiction(body); !fault.empty()) {
        throw Fault{Reason::contradiction, std::string(fault)};
    }
    return body;
}

template <class Body>
Body read_body(std::string_view raw) {
    std::vector<Field> fields = read_object(raw);
    return body_of<Body>(fields);
}

// Tries the alternatives of Event one after the other.
template <std::size_t index = 0>
std::optional<Event> read_event(std::string_view header, std::string_view raw) {
    if constexpr (index < std::variant_size_v<Event>) {
        using Body = std::variant_alternative_t<index, Event>;
        if (header == Form<Body>::header) {
            return read_body<Body>(raw);
        }
        return read_event<index + 1>(header, raw);
    }
    return std::nullopt;
}

// What a WireError keeps of a header: it may be of any length.
inline std::string shown(std::string_view header) { return std::string(header.substr(0, 64)); }

}  // namespace supvisors::event::detail

namespace supvisors::event {

// The event that a message carries. `frames` are all frames of one message, as they arrived.
// Throws WireError for everything that is not exactly one message of dialect 1.
[[nodiscard]] inline Event decode(const std::vector<std::string_view>& frames) {
    const std::string_view header = frames.empty() ? std::string_view{} : frames.front();
    if (frames.size() != 2) {
        throw WireError(Reason::frame_count, detail::shown(header),
                        std::to_string(frames.size()) + " frames instead of 2");
    }
    try {
        if (std::optional<Event> event = detail::read_event(header, frames.back())) {
            return std::move(*event);
        }
    } catch (const detail::Fault& fault) {
        throw WireError(fault.reason, detail::shown(header), fault.detail);
    }
    throw WireError(Reason::unknown_header, detail::shown(header), "no header of this release");
}

}  // namespace supvisors::event
