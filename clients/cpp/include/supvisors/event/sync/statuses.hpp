// The statuses and removals of a client: numbers, gaps, and the mirror.
//
// Holds: Statuses.
// Must not touch: events; subscriptions, but through its Question.
// Invariants: the mirror is what the outputs add up to.
// Tests: clients/cpp/tests/sync_test.cpp.

#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "asking.hpp"
#include "cluster.hpp"
#include "outputs.hpp"
#include "requests.hpp"
#include "values.hpp"

namespace supvisors::event::detail {

class Statuses {
public:
    Statuses(const std::vector<std::string_view>& headers, Question& question)
        : question_(&question) {
        std::copy_if(headers.begin(), headers.end(), std::back_inserter(names_),
                     [](std::string_view name) { return name != header_of<ProcessEvent>; });
        names_.push_back(removed_name);
    }

    [[nodiscard]] const Cluster& cluster() const noexcept { return cluster_; }
    [[nodiscard]] bool has_joined() const noexcept { return has_joined_; }

    // Takes nothing before the snapshot of the new stream.
    void enter() { held_.clear(); }

    // The next status, or not the next.
    [[nodiscard]] Outputs take(Instant now, Live live) {
        Outputs outputs;
        if (advance_to(now, live.header, live.meta.seq, outputs)) {
            StatusItem item{std::move(live.body), std::move(live.meta.facts)};
            cluster_.apply(item);
            outputs.emplace_back(change(std::move(item), live.meta.time_ms));
        }
        return outputs;
    }

    [[nodiscard]] Outputs take(Instant now, Removed removed) {
        Outputs outputs;
        if (advance_to(now, removed_name, removed.meta.seq, outputs) &&
            cluster_.remove(removed.gone)) {
            outputs.emplace_back(std::move(removed.gone));
        }
        return outputs;
    }

    // Notices that the last messages were lost.
    [[nodiscard]] Outputs compare(Instant now, const Stand& stand) {
        Outputs outputs = catch_up(stand);
        if (!outputs.empty()) {
            question_->want(now);
        }
        return outputs;
    }

    // Makes the mirror what a snapshot says, unless it is older than the mirror.
    [[nodiscard]] Outputs adopt(const Snapshot& snapshot) {
        const bool is_old = std::any_of(held_.begin(), held_.end(), [&](const auto& held) {
            return snapshot.stand.seq_of(held.first) < held.second;
        });
        if (is_old) {
            return {};
        }
        Outputs outputs = catch_up(snapshot.stand);
        for (const std::string_view name : names_) {
            held_[name] = snapshot.stand.seq_of(name);
        }
        question_->answered();
        Outputs changes = difference(snapshot);
        if (std::exchange(has_joined_, true)) {
            append(outputs, std::move(changes));
        } else {
            outputs.emplace_back(Joined{});
        }
        return outputs;
    }

private:
    static Change change(StatusItem item, std::int64_t time_ms) {
        return {std::move(item.body), std::move(item.facts), std::nullopt, time_ms};
    }

    // Whether a message of a number is to be taken; then it is the last one that is held.
    bool advance_to(Instant now, std::string_view name, std::int64_t seq, Outputs& outputs) {
        const auto held = held_.find(name);
        if (held == held_.end() || seq <= held->second) {
            return false;
        }
        append(outputs, advance(name, seq - 1));
        if (!outputs.empty()) {
            question_->want(now);
        }
        held->second = seq;
        return true;
    }

    Outputs catch_up(const Stand& stand) {
        Outputs outputs;
        for (const std::string_view name : names_) {
            if (held_.count(name) != 0) {
                append(outputs, advance(name, stand.seq_of(name)));
            }
        }
        return outputs;
    }

    Outputs advance(std::string_view name, std::int64_t seq) {
        std::int64_t& held = held_[name];
        if (seq <= held) {
            return {};
        }
        const std::int64_t first = std::exchange(held, seq) + 1;
        return {Gap{std::string(name), first, seq}};
    }

    Outputs difference(const Snapshot& snapshot) {
        Outputs outputs;
        for (const StatusItem& item : snapshot.statuses) {
            if (cluster_.apply(item)) {
                outputs.emplace_back(change(item, snapshot.stand.time_ms));
            }
        }
        for (Vanished& gone : cluster_.keep_only(snapshot.statuses)) {
            outputs.emplace_back(std::move(gone));
        }
        return outputs;
    }

    Question* question_;
    std::vector<std::string_view> names_;            // of what has numbers of its own
    std::map<std::string_view, std::int64_t> held_;  // the last of each; empty before a snapshot
    Cluster cluster_;
    bool has_joined_ = false;
};

}  // namespace supvisors::event::detail
