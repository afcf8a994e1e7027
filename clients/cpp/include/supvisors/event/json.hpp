// Strict JSON: what RFC 8259 lets readers choose is refused here.
//
// Holds: read_object, which reads one JSON object into a list of its fields; is_utf8.
// Must not touch: which keys there should be.
// Invariants: any bytes give fields or a Fault, in time and memory of the order of their length.
//     What is nested is read and forgotten, but for lists of strings: nothing recurses.
// Tests: clients/cpp/tests/vectors_test.cpp, clients/cpp/fuzz/.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "errors.hpp"

namespace supvisors::event::detail {

// Why bytes hold no such object. Internal: whoever knows the header makes a WireError of it.
struct Fault {
    Reason reason;
    std::string detail;
};

enum class Kind {
    null,
    boolean,
    integer,
    beyond,    // an integer that needs more than 64 bits
    fraction,  // a number with a fraction or an exponent
    text,
    texts,
    structure,  // an object, or a list of other things than strings
};

// A value, in the member that its kind says; a boolean is the integer 0 or 1.
struct Field {
    std::string key;
    Kind kind = Kind::null;
    std::int64_t integer = 0;
    std::string text;
    std::vector<std::string> texts;
};

// Whether bytes are UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] inline bool is_utf8(std::string_view text) noexcept {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    for (std::size_t at = 0; at < text.size();) {
        const unsigned first = byte(at);
        std::size_t more = 0;
        unsigned low = 0x80;   // what the second byte may be at least
        unsigned high = 0xBF;  // and at most
        if (first < 0x80) {
            ++at;
            continue;
        }
        if (first >= 0xC2 && first <= 0xDF) {
            more = 1;
        } else if (first >= 0xE0 && first <= 0xEF) {
            more = 2;
            low = first == 0xE0 ? 0xA0 : low;
            high = first == 0xED ? 0x9F : high;
        } else if (first >= 0xF0 && first <= 0xF4) {
            more = 3;
            low = first == 0xF0 ? 0x90 : low;
            high = first == 0xF4 ? 0x8F : high;
        } else {
            return false;
        }
        if (text.size() - at <= more || byte(at + 1) < low || byte(at + 1) > high) {
            return false;
        }
        for (std::size_t next = at + 2; next <= at + more; ++next) {
            if (byte(next) < 0x80 || byte(next) > 0xBF) {
                return false;
            }
        }
        at += more + 1;
    }
    return true;
}

// Takes the events of nlohmann's parser and keeps the fields of the outermost object.
class FieldReader {
public:
    FieldReader() { fields.reserve(usual_count); }

    std::vector<Field> fields;
    std::string error;      // of the parser
    bool is_object = false;

    bool null() { return take(Kind::null); }
    bool boolean(bool value) { return take(Kind::boolean, value ? 1 : 0); }
    bool number_integer(std::int64_t value) { return take(Kind::integer, value); }
    bool number_unsigned(std::uint64_t value) {
        constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        return value > max ? take(Kind::beyond)
                           : take(Kind::integer, static_cast<std::int64_t>(value));
    }
    bool number_float(double /*value*/, const std::string& text) {
        // The parser gives integers of more than 64 bits as numbers with a fraction.
        const bool is_integer = text.find_first_of(".eE") == std::string::npos;
        return take(is_integer ? Kind::beyond : Kind::fraction);
    }
    bool string(std::string& value) {
        if (is_object && depth_ == 1) {
            fields.back().text = std::move(value);
        } else if (is_object && depth_ == list_depth && fields.back().kind == Kind::texts) {
            fields.back().texts.push_back(std::move(value));
            return true;
        }
        return take(Kind::text);
    }
    bool binary(nlohmann::json::binary_t& /*value*/) { return false; }  // JSON has none

    bool start_object(std::size_t /*size*/) {
        is_object = is_object || depth_ == 0;
        return open(Kind::structure);
    }
    bool key(std::string& name) {
        if (depth_ == 1) {
            fields.emplace_back();
            fields.back().key = std::move(name);
        }
        return true;
    }
    bool end_object() { return close(); }
    bool start_array(std::size_t /*size*/) { return open(Kind::texts); }
    bool end_array() { return close(); }
    bool parse_error(std::size_t position, const std::string& /*token*/,
                     const nlohmann::json::exception& /*exception*/) {
        error = "no JSON at byte " + std::to_string(position);
        return false;
    }

private:
    static constexpr std::size_t usual_count = 8;  // no body has more keys
    static constexpr std::size_t list_depth = 2;  // in the object, in a list of it

    bool take(Kind kind, std::int64_t integer = 0) {
        if (is_object && depth_ == 1) {
            fields.back().kind = kind;
            fields.back().integer = integer;
        } else if (is_object && depth_ == list_depth) {
            fields.back().kind = Kind::structure;
        }
        return true;
    }
    bool open(Kind kind) {
        take(kind);
        ++depth_;
        return true;
    }
    bool close() {
        --depth_;
        return true;
    }

    std::size_t depth_ = 0;
};

// Throws Fault for what nlohmann's parser takes although it is no JSON in UTF-8: it skips a byte
// order mark, and a NUL is the end to it.
inline void refuse_what_parsers_take(std::string_view raw) {
    if (!is_utf8(raw)) {
        throw Fault{Reason::not_utf8, "bytes that are not UTF-8"};
    }
    if (raw.substr(0, 3) == "\xEF\xBB\xBF" || raw.find('\0') != std::string_view::npos) {
        throw Fault{Reason::bad_json, "a byte order mark or a NUL"};
    }
}

// The fields of the one JSON object that the bytes are, in their order. Throws Fault.
[[nodiscard]] inline std::vector<Field> read_object(std::string_view raw) {
    refuse_what_parsers_take(raw);
    FieldReader reader;
    if (!nlohmann::json::sax_parse(raw, &reader)) {
        throw Fault{Reason::bad_json, reader.error};
    }
    if (!reader.is_object) {
        throw Fault{Reason::not_an_object, "another JSON value than an object"};
    }
    return std::move(reader.fields);
}

}  // namespace supvisors::event::detail
