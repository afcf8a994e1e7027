// What a synchronised client hears.
//
// Holds: one struct for each kind of happening; Facts and SourceId, which come with some.
// Must not touch: behaviour.
// Tests: clients/cpp/tests/sync_test.cpp.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <variant>

#include "../model.hpp"

namespace supvisors::event {

// What is known of a process beside its body.
struct Facts {
    std::optional<std::int32_t> exit_code;    // of its last run; none when a signal ended it
    std::optional<std::int32_t> signal;       // that ended its last run
    std::optional<std::int64_t> run_time_ms;  // length of its last run
    std::string spawn_error;                  // why it could not be spawned, or empty
    std::int64_t restarts = 0;                // how often it was started again by itself
    std::string reason;                       // why it was started or stopped last, or empty
};

[[nodiscard]] inline bool operator==(const Facts& a, const Facts& b) {
    const auto fields = [](const Facts& f) {
        return std::tie(f.exit_code, f.signal, f.run_time_ms, f.spawn_error, f.restarts, f.reason);
    };
    return fields(a) == fields(b);
}
[[nodiscard]] inline bool operator!=(const Facts& a, const Facts& b) { return !(a == b); }

// Which process event it is, whoever tells it, and how often.
struct SourceId {
    std::string address;
    std::string boot;      // identity of its supervisord's life
    std::int64_t seq = 0;  // number of the record there
};

[[nodiscard]] inline bool operator==(const SourceId& a, const SourceId& b) {
    return a.address == b.address && a.boot == b.boot && a.seq == b.seq;
}
[[nodiscard]] inline bool operator!=(const SourceId& a, const SourceId& b) { return !(a == b); }

// The mirror is complete for the first time.
struct Joined {};

// A status changed, and the mirror has it; or a process changed state on an address.
struct Change {
    Event body;
    std::optional<Facts> facts;  // of a ProcessStatus or a ProcessEvent, where some are known
    std::optional<SourceId> id;  // of a ProcessEvent
    std::int64_t time_ms = 0;    // of its publication, since 1970; of a repair, of the snapshot
    // Of a ProcessEvent: number in the journal of the agent, where it is known.
    std::optional<std::int64_t> record = std::nullopt;
};

// Something exists no longer; `process` is empty when it is the whole application.
struct Vanished {
    std::string application;
    std::string process;
};

// Messages that were published, did not come and cannot be had again. Statuses are repaired, or
// about to be; events are lost.
struct Gap {
    std::string header;      // one of the headers, or "removed"
    std::int64_t first = 0;  // numbers, both included: of the stream, or of the journal where
    std::int64_t last = 0;   // that was asked in vain; last is 0 when nobody knows how many
};

using Happening = std::variant<Joined, Change, Vanished, Gap>;

}  // namespace supvisors::event
