// The values that the messages of dialect 2 carry.
//
// Holds: one struct for each message and for what they share.
// Must not touch: JSON, sockets.
// Tests: clients/cpp/tests/sync_test.cpp.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "../model.hpp"
#include "happenings.hpp"

namespace supvisors::event::detail {

// Version of everything around the bodies.
inline constexpr std::int64_t sync_version = 2;
inline constexpr std::size_t page_records_max = 1'000;

struct Meta {
    std::string stream;
    std::int64_t seq = 0;
    std::int64_t time_ms = 0;
    std::optional<SourceId> id;
    std::optional<Facts> facts;
    std::optional<std::int64_t> record;  // of an event: its number in the publisher's journal
};

// How far a journal goes.
struct Position {
    std::string journal;
    std::int64_t seq = 0;
};

struct Stand {
    std::string stream;
    std::int64_t time_ms = 0;
    std::map<std::string, std::int64_t, std::less<>> seqs;
    std::optional<Position> journal;

    [[nodiscard]] std::int64_t seq_of(std::string_view name) const { return seqs.find(name)->second; }
};

struct PageMeta {
    std::string stream;
    std::int64_t time_ms = 0;
    std::optional<Position> journal;
    std::optional<std::int64_t> next;
    std::optional<std::int64_t> live_from;
    std::optional<std::int64_t> gone;
};

struct Live {
    std::string_view header;
    Meta meta;
    Event body;
};

struct Removed {
    Meta meta;
    Vanished gone;
};

struct Beat {
    Stand stand;
};

struct StatusItem {
    Event body;
    std::optional<Facts> facts;
};

struct Snapshot {
    std::string topic;
    Stand stand;
    std::vector<StatusItem> statuses;
};

struct Record {
    std::int64_t seq = 0;
    std::int64_t time_ms = 0;
    SourceId id;
    std::optional<Facts> facts;
    ProcessEvent body;
};

struct Page {
    std::string topic;
    PageMeta meta;
    std::vector<Record> records;
};

using Message = std::variant<Live, Removed, Beat, Snapshot, Page>;

}  // namespace supvisors::event::detail
