// From JSON to the values of dialect 2.
//
// Holds: one function for each object that a frame can be.
// Must not touch: frames, sockets.
// Invariants: what does not fit is a Misfit. Unknown keys are ignored outside the bodies of
//     dialect 1, so that more can be added.
// Tests: clients/cpp/tests/sync_test.cpp, clients/cpp/fuzz/decode_fuzz.cpp.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "../decode.hpp"
#include "../errors.hpp"
#include "../json.hpp"
#include "happenings.hpp"
#include "requests.hpp"
#include "values.hpp"

namespace supvisors::event::detail {

using Json = nlohmann::json;

struct Misfit {
    std::string detail;
};

[[nodiscard]] inline Json parse_strictly(std::string_view raw) {
    refuse_what_parsers_take(raw);
    Json value = Json::parse(raw, nullptr, false);
    if (value.is_discarded()) {
        throw Misfit{"no JSON"};
    }
    return value;
}

inline const Json& at(const Json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    if (found == object.end()) {
        throw Misfit{std::string(key) + " is missing"};
    }
    return *found;
}

[[nodiscard]] inline std::int64_t integer(const Json& value, std::int64_t min, std::int64_t max) {
    const bool fits = value.is_number_integer() &&
                      (!value.is_number_unsigned() ||
                       value.get<std::uint64_t>() <= static_cast<std::uint64_t>(max));
    if (!fits || value.get<std::int64_t>() < min || value.get<std::int64_t>() > max) {
        throw Misfit{"an integer is missing or out of its range"};
    }
    return value.get<std::int64_t>();
}

[[nodiscard]] inline std::int64_t number(const Json& value) { return integer(value, 0, time_max); }

[[nodiscard]] inline std::string text(const Json& value) {
    if (!value.is_string()) {
        throw Misfit{"a string is missing"};
    }
    return value.get<std::string>();
}

[[nodiscard]] inline std::string identity(const Json& value) {
    std::string name = text(value);
    if (!is_identity(name)) {
        throw Misfit{"an identity has 1 to 32 characters of A-Z a-z 0-9 _ -"};
    }
    return name;
}

inline void check_version(const Json& object) {
    static_cast<void>(integer(at(object, "v"), sync_version, sync_version));
}

// The value of a key that may be missing or null, read by a function.
template <class Read>
auto optional_at(const Json& object, const char* key, Read&& read)
    -> std::optional<decltype(read(object))> {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) {
        return std::nullopt;
    }
    return read(*found);
}

[[nodiscard]] inline SourceId read_source(const Json& value) {
    if (!value.is_array() || value.size() != 3) {
        throw Misfit{"an id is a list of three"};
    }
    return {text(value[0]), text(value[1]), number(value[2])};
}

[[nodiscard]] inline Facts read_facts(const Json& value) {
    if (!value.is_object()) {
        throw Misfit{"facts are an object"};
    }
    const auto code = [](const Json& item) {
        using Limits = std::numeric_limits<std::int32_t>;
        return static_cast<std::int32_t>(integer(item, Limits::min(), Limits::max()));
    };
    const auto text_at = [&](const char* key) {
        return value.contains(key) ? text(value[key]) : std::string{};
    };
    Facts facts;
    facts.exit_code = optional_at(value, "exit_code", code);
    facts.signal = optional_at(value, "signal", code);
    facts.run_time_ms = optional_at(value, "run_time_ms", number);
    facts.spawn_error = text_at("spawn_error");
    facts.restarts = value.contains("restarts") ? number(value["restarts"]) : 0;
    facts.reason = text_at("reason");
    return facts;
}

[[nodiscard]] inline Position read_position(const Json& value) {
    return {identity(at(value, "id")), number(at(value, "seq"))};
}

[[nodiscard]] inline Meta read_meta(const Json& value) {
    check_version(value);
    Meta meta;
    meta.stream = identity(at(value, "stream"));
    meta.seq = integer(at(value, "seq"), 1, time_max);
    meta.time_ms = number(at(value, "t"));
    meta.id = optional_at(value, "id", read_source);
    meta.facts = optional_at(value, "facts", read_facts);
    meta.record = optional_at(value, "record", number);
    return meta;
}

[[nodiscard]] inline Stand read_stand(const Json& value) {
    check_version(value);
    Stand stand;
    stand.stream = identity(at(value, "stream"));
    stand.time_ms = number(at(value, "t"));
    for (const auto& item : at(value, "seqs").items()) {
        stand.seqs.emplace(item.key(), number(item.value()));
    }
    const auto is_told = [&](std::string_view name) { return stand.seqs.count(name) != 0; };
    if (!std::all_of(all_headers.begin(), all_headers.end(), is_told) || !is_told(removed_name)) {
        throw Misfit{"seqs lacks one of the headers, or removed"};
    }
    stand.journal = optional_at(value, "journal", read_position);
    return stand;
}

[[nodiscard]] inline PageMeta read_page_meta(const Json& value) {
    check_version(value);
    PageMeta meta;
    meta.stream = identity(at(value, "stream"));
    meta.time_ms = number(at(value, "t"));
    meta.journal = optional_at(value, "journal", read_position);
    meta.next = optional_at(value, "next", number);
    meta.live_from = optional_at(value, "live_from", number);
    meta.gone = optional_at(value, "gone", number);
    const int ends = static_cast<int>(meta.next.has_value()) +
                     static_cast<int>(meta.live_from.has_value()) +
                     static_cast<int>(meta.gone.has_value());
    if (ends != 1) {
        throw Misfit{"a page has one of next, live_from and gone"};
    }
    if (!meta.journal && !meta.gone) {
        throw Misfit{"a page of records is of a journal"};
    }
    return meta;
}

// The field that a JSON value is, for the forms of dialect 1.
[[nodiscard]] inline Field field_of(const std::string& key, const Json& value) {
    Field field;
    field.key = key;
    if (value.is_boolean()) {
        field.kind = Kind::boolean;
        field.integer = value.get<bool>() ? 1 : 0;
    } else if (value.is_number_integer()) {
        const auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        const bool fits = !value.is_number_unsigned() || value.get<std::uint64_t>() <= max;
        field.kind = fits ? Kind::integer : Kind::beyond;
        field.integer = fits ? value.get<std::int64_t>() : 0;
    } else if (value.is_number()) {
        field.kind = Kind::fraction;
    } else if (value.is_string()) {
        field.kind = Kind::text;
        field.text = value.get<std::string>();
    } else if (value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& item) {
                   return item.is_string();
               })) {
        field.kind = Kind::texts;
        field.texts = value.get<std::vector<std::string>>();
    } else if (!value.is_null()) {
        field.kind = Kind::structure;
    }
    return field;
}

template <class Body>
[[nodiscard]] Body body_of(const Json& value) {
    if (!value.is_object()) {
        throw Misfit{"a body is an object"};
    }
    std::vector<Field> fields;
    fields.reserve(value.size());
    for (const auto& item : value.items()) {
        fields.push_back(field_of(item.key(), item.value()));
    }
    return body_of<Body>(fields);
}

template <class Body>
void read_statuses(const Json& lists, std::vector<StatusItem>& statuses) {
    const auto found = lists.find(header_of<Body>);
    if (found == lists.end()) {
        return;
    }
    if (!found->is_array()) {
        throw Misfit{"statuses stand in lists"};
    }
    for (const Json& item : *found) {
        if constexpr (std::is_same_v<Body, ProcessStatus>) {
            const Json& facts = at(item, "facts");
            statuses.push_back({body_of<Body>(at(item, "body")),
                                facts.is_null() ? std::nullopt
                                                : std::make_optional(read_facts(facts))});
        } else {
            statuses.push_back({body_of<Body>(item), std::nullopt});
        }
    }
}

template <std::size_t... index>
[[nodiscard]] std::vector<StatusItem> read_all_statuses(
    const Json& lists, std::index_sequence<index...> /*all*/) {
    if (!lists.is_object()) {
        throw Misfit{"statuses are an object"};
    }
    std::vector<StatusItem> statuses;
    const auto read = [&](auto kind) {
        using Body = typename decltype(kind)::type;
        if constexpr (!std::is_same_v<Body, ProcessEvent>) {
            read_statuses<Body>(lists, statuses);
        }
    };
    (read(std::common_type<std::variant_alternative_t<index, Event>>{}), ...);
    return statuses;
}

[[nodiscard]] inline Record read_record(const Json& value) {
    Record record;
    record.seq = number(at(value, "seq"));
    record.time_ms = number(at(value, "t"));
    record.id = read_source(at(value, "id"));
    const Json& facts = at(value, "facts");
    record.facts = facts.is_null() ? std::nullopt : std::make_optional(read_facts(facts));
    record.body = body_of<ProcessEvent>(at(value, "body"));
    return record;
}

[[nodiscard]] inline std::vector<Record> read_records(const Json& value) {
    if (!value.is_array() || value.size() > page_records_max) {
        throw Misfit{"records are a list of 1,000 at most"};
    }
    std::vector<Record> records;
    records.reserve(value.size());
    std::transform(value.begin(), value.end(), std::back_inserter(records), read_record);
    return records;
}

}  // namespace supvisors::event::detail
