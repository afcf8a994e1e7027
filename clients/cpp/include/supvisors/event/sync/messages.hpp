// Dialect 2 of the event interface: from frames to values.
//
// Holds: decode_sync, which is given all frames of one message.
// Must not touch: sockets, clocks; what a client makes of a message.
// Invariants: any bytes give a message or a WireError.
// Tests: clients/cpp/tests/sync_test.cpp, clients/cpp/fuzz/decode_fuzz.cpp.

#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "../decode.hpp"
#include "../errors.hpp"
#include "reading.hpp"
#include "requests.hpp"
#include "values.hpp"

namespace supvisors::event::detail {

using Frames = std::vector<std::string_view>;

inline void check_count(const Frames& frames, std::size_t count) {
    if (frames.size() != count) {
        throw WireError(Reason::frame_count, shown(frames.front()),
                        std::to_string(frames.size()) + " frames instead of " +
                            std::to_string(count));
    }
}

// Reads one frame; what is wrong with it is of the reason.
template <class Read>
auto read_frame(const Frames& frames, std::size_t index, Reason reason, Read&& read) {
    try {
        return read(parse_strictly(frames[index]));
    } catch (const Misfit& misfit) {
        throw WireError(reason, shown(frames.front()), misfit.detail);
    } catch (const Fault& fault) {
        throw WireError(reason, shown(frames.front()), fault.detail);
    }
}

[[nodiscard]] inline Message read_live(std::string_view header, const Frames& frames) {
    check_count(frames, 3);
    Meta meta = read_frame(frames, 1, Reason::bad_meta, read_meta);
    if ((header == header_of<ProcessEvent>) != meta.id.has_value()) {
        throw WireError(Reason::bad_meta, std::string(header),
                        "an id belongs to 'event', and to it alone");
    }
    return Live{header, std::move(meta), decode({header, frames[2]})};
}

[[nodiscard]] inline Message read_removed(const Frames& frames) {
    check_count(frames, 3);
    Meta meta = read_frame(frames, 1, Reason::bad_meta, read_meta);
    return Removed{std::move(meta),
                   read_frame(frames, 2, Reason::bad_content, [](const Json& value) {
                       const bool has_process = value.is_object() && value.contains("process");
                       return Vanished{text(at(value, "application")),
                                       has_process ? text(value["process"]) : std::string{}};
                   })};
}

[[nodiscard]] inline Message read_snapshot(const Frames& frames) {
    check_count(frames, 3);
    Stand stand = read_frame(frames, 1, Reason::bad_meta, read_stand);
    constexpr auto all = std::make_index_sequence<std::variant_size_v<Event>>();
    return Snapshot{std::string(frames.front()), std::move(stand),
                    read_frame(frames, 2, Reason::bad_content, [&](const Json& value) {
                        return read_all_statuses(value, all);
                    })};
}

[[nodiscard]] inline Message read_page(const Frames& frames) {
    check_count(frames, 3);
    PageMeta meta = read_frame(frames, 1, Reason::bad_meta, read_page_meta);
    return Page{std::string(frames.front()), std::move(meta),
                read_frame(frames, 2, Reason::bad_content, read_records)};
}

// The message of dialect 2 that frames are. Throws WireError for everything else.
[[nodiscard]] inline Message decode_sync(const Frames& frames) {
    const std::string_view topic = frames.empty() ? std::string_view{} : frames.front();
    const bool is_marked = topic.substr(0, 1) == std::string_view(&mark, 1);
    const std::string_view name = is_marked ? topic.substr(1) : std::string_view{};
    const auto* header = std::find(all_headers.begin(), all_headers.end(), name);
    if (header != all_headers.end()) {
        return read_live(*header, frames);
    }
    if (name == removed_name) {
        return read_removed(frames);
    }
    if (name == beat_name) {
        check_count(frames, 2);
        return Beat{read_frame(frames, 1, Reason::bad_meta, read_stand)};
    }
    switch (parse_request(topic)) {
        case RequestKind::snapshot: return read_snapshot(frames);
        case RequestKind::replay: return read_page(frames);
        case RequestKind::none: break;
    }
    throw WireError(Reason::unknown_header, shown(topic), "no topic of dialect 2");
}

[[nodiscard]] inline const std::string& stream_of(const Message& message) {
    return std::visit(
        overloaded{
            [](const Live& live) -> const std::string& { return live.meta.stream; },
            [](const Removed& removed) -> const std::string& { return removed.meta.stream; },
            [](const Beat& beat) -> const std::string& { return beat.stand.stream; },
            [](const Snapshot& snapshot) -> const std::string& { return snapshot.stand.stream; },
            [](const Page& page) -> const std::string& { return page.meta.stream; },
        },
        message);
}

}  // namespace supvisors::event::detail
