// What can be wrong with a message that arrived.
//
// Holds: the reasons, spelt as the vectors spell them, and the one exception of the decoders.
// Must not touch: anything else.
// Invariants: a reason is never renamed; wire/README.md explains each.
// Tests: clients/cpp/tests/vectors_test.cpp.

#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "model.hpp"

namespace supvisors::event {

enum class Reason {
    frame_count,
    unknown_header,
    not_utf8,
    bad_json,
    not_an_object,
    duplicate_key,
    missing_key,
    extra_key,
    wrong_type,
    out_of_range,
    unknown_code,
    contradiction,
    bad_meta,
    bad_content,
};

template <>
inline constexpr std::array<Named<Reason>, 14> states<Reason>{{
    {Reason::frame_count, "frame_count"},
    {Reason::unknown_header, "unknown_header"},
    {Reason::not_utf8, "not_utf8"},
    {Reason::bad_json, "bad_json"},
    {Reason::not_an_object, "not_an_object"},
    {Reason::duplicate_key, "duplicate_key"},
    {Reason::missing_key, "missing_key"},
    {Reason::extra_key, "extra_key"},
    {Reason::wrong_type, "wrong_type"},
    {Reason::out_of_range, "out_of_range"},
    {Reason::unknown_code, "unknown_code"},
    {Reason::contradiction, "contradiction"},
    {Reason::bad_meta, "bad_meta"},
    {Reason::bad_content, "bad_content"},
}};

// A message that no publisher of this protocol sends: the publisher's fault, never yours.
// A Subscriber drops it, counts it and goes on with the next one.
class WireError : public std::runtime_error {
public:
    WireError(Reason reason, std::string header, const std::string& detail)
        : std::runtime_error(text(reason, header, detail)),
          reason_(reason),
          header_(std::move(header)) {}

    // What kind of fault it is (wire/README.md, section "Reasons").
    [[nodiscard]] Reason reason() const noexcept { return reason_; }

    // First frame as it came, at most 64 bytes of it: it may hold any byte.
    [[nodiscard]] const std::string& header() const noexcept { return header_; }

private:
    static std::string text(Reason reason, const std::string& header, const std::string& detail) {
        std::string printable;
        for (const char byte : header) {
            printable += byte >= ' ' && byte <= '~' ? byte : '?';
        }
        return std::string(to_string(reason)) + ": '" + printable + "': " + detail;
    }

    Reason reason_;
    std::string header_;
};

}  // namespace supvisors::event
